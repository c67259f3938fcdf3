"""What kind of answer a question asks for, as far as a sentence can be seen to give it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.text import facts
from rag.text.words import fold

_QUANTITY = re.compile(
    r"\b(?:combien|quand|how (?:many|much|long|often|old)|when|"
    r"quel(?:le)?s? (?:est |sont |etait )?(?:le |la |les |l')?(?:\w+ )?"
    r"(?:nombre|montant|duree|delai|"
    r"taux|age|prix|pourcentage|seuil|plafond|majoration|preavis|annee|date|periode|horaire|"
    r"indemnite|amende|salaire|effectif|frequence)s?|"
    r"a partir de (?:quel|combien)|"
    r"(?:quel|a quel|sous quel|dans quel) (?:delai|age|seuil|taux|montant)|"
    r"what (?:is|are) the (?:\w+ )?(?:number|amount|duration|deadline|rate|age|price|threshold))\b"
)
_FIGURE = re.compile(
    r"\d|\b(?:un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|seize|vingt|"
    r"trente|quarante|cinquante|soixante|cent|mille|moitie|tiers|quart|dixieme)\b"
)
_DURATION = frozenset(("minute", "heure", "jour", "semaine", "mois", "an"))
_MONEY = frozenset(("euro", "%"))
_HOW_MANY = r"(?:combien (?:de |d')|cb (?:de |d')|how many )"
_WHICH = (
    r"quel(?:le)?s? (?:est |sont |sera )?(?:l'|(?:le|la|les|mon|ma|mes|leur|son|sa) )?"
    r"(?:\w+ ){0,2}?"
)
# What is asked for, and the units (of ``facts``) that it is counted in; all that match count.
_COUNTED = tuple(
    (re.compile(rf"\b(?:{asked})"), units)
    for asked, units in (
        (rf"{_HOW_MANY}(?:jours?|j|days?)\b", frozenset(("jour",))),
        (rf"{_HOW_MANY}(?:semaines?|weeks?)\b", frozenset(("semaine",))),
        (rf"{_HOW_MANY}(?:mois|months?)\b", frozenset(("mois",))),
        (rf"{_HOW_MANY}(?:heures?|h|hours?)\b", frozenset(("heure",))),
        (rf"{_HOW_MANY}(?:ans?|annees?|years?)\b", frozenset(("an",))),
        (r"combien de (?:salaries|personnes|employes)\b", frozenset(("salarie",))),
        (r"(?:quel|a quel|what) age\b", frozenset(("an",))),
        (r"(?:a|de) quelles? heures?\b", frozenset(("heure",))),
        (
            r"combien de (?:temps|delai)\b|(?:tous|toutes) les combien\b|jusqu'(?:a quand|ou)\b|"
            r"combien (?:dure|a l'avance)|how (?:long|often)\b|dure combien|"
            rf"{_WHICH}(?:duree|delai|preavis|frequence|periodicite)s?\b",
            _DURATION,
        ),
        (
            r"combien (?:est|sont|coute|vaut|gagne|touche|faut-il (?:payer|sortir))|"
            r"a combien s'eleve|how much\b|"
            rf"{_WHICH}(?:montant|prix|salaire|cout|tarif|amende|taux|pourcentage|majoration)s?\b",
            _MONEY,
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a figure a question asks for: its ``units``, where it tells them, or only one."""

    units: frozenset[str]
    figures: bool

    def given(self, text: str) -> bool | None:
        """Whether ``text`` gives such a figure; None where none is asked for."""
        if self.units:
            return counts_in(self.units, text)
        return gives_figures(text) if self.figures else None

    def in_unit(self, text: str) -> bool:
        """Whether ``text`` counts in the unit; true of any where the question tells none."""
        return not self.units or counts_in(self.units, text)


def wanted(question: str) -> Wanted:
    """What of a figure ``question`` asks for."""
    return Wanted(units_asked(question), asks_for_figures(question))


def units_asked(question: str) -> frozenset[str]:
    """The units in one of which an answer to ``question`` counts, none where it does not tell."""
    folded = _said(question)
    return frozenset[str]().union(*(units for asked, units in _COUNTED if asked.search(folded)))


def counts_in(units: frozenset[str], sentence: str) -> bool:
    """Whether ``sentence`` counts something in one of ``units``."""
    return not units.isdisjoint(facts.units(sentence))


def asks_for_figures(question: str) -> bool:
    """Whether an amount, a duration, a number or a date answers ``question``."""
    return _QUANTITY.search(_said(question)) is not None


def gives_figures(sentence: str) -> bool:
    """Whether ``sentence`` holds a number, in figures or in words."""
    return _FIGURE.search(fold(sentence)) is not None


def _said(question: str) -> str:
    return fold(question).replace("\u2019", "'")
