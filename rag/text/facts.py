"""What a sentence says that can be checked to the letter: numbers, quantities and articles.

A number counts with its unit too: «trois mois» is not found in «trois semaines».
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.text import references
from rag.text.words import fold

_WORDS = {
    "deux": "2",
    "trois": "3",
    "quatre": "4",
    "cinq": "5",
    "six": "6",
    "sept": "7",
    "huit": "8",
    "neuf": "9",
    "dix": "10",
    "onze": "11",
    "douze": "12",
    "treize": "13",
    "quatorze": "14",
    "quinze": "15",
    "seize": "16",
    "vingt": "20",
    "trente": "30",
    "quarante": "40",
    "cinquante": "50",
    "soixante": "60",
    "cent": "100",
    "mille": "1000",
}
_UNITS = (
    "jours?|mois|semaines?|ans?|annees?|heures?|minutes?|euros?|salaries?|pour cent|fois|h|"
    "trimestres?|dixiemes?|quarts?|tiers"
)
_UNIT_OF = {
    **dict.fromkeys(("jour", "jours", "day", "days"), "jour"),
    **dict.fromkeys(("semaine", "semaines", "week", "weeks"), "semaine"),
    **dict.fromkeys(("mois", "month", "months"), "mois"),
    **dict.fromkeys(("an", "ans", "annee", "annees", "year", "years"), "an"),
    **dict.fromkeys(("heure", "heures", "h", "hour", "hours"), "heure"),
    **dict.fromkeys(("minute", "minutes"), "minute"),
    **dict.fromkeys(("euro", "euros", "€"), "euro"),
    **dict.fromkeys(("%", "pourcent"), "%"),
    **dict.fromkeys(("salarie", "salaries", "employee", "employees"), "salarie"),
}
_ONE = frozenset(("un", "une"))
"""Counted before these units only: «un jour» and «un salarié» often count nothing."""
_COUNTED_ONE = frozenset(("semaine", "mois", "an", "heure"))
_LOOK_BACK = 7
"""Words between a number and its unit, at most: «un, deux ou trois mois», «30 jours»."""
_PART = re.compile(r"\d+(?:[.,]\d+)?|[a-z]+|[^\w\s]")
_BREAK = frozenset(".;:!?()\u2026\u00ab\u00bb\u2013")
QUANTITIES = " ".join(_WORDS) + (
    " jour mois semaine an ans année heure minute euro pour cent fois trimestre demi"
)
_NUMBER = re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?")
_SPELT = re.compile(r"\b(" + "|".join(_WORDS) + r")\b")
_SPELT_WITH_UNIT = re.compile(r"\b(" + "|".join(_WORDS) + rf")\s+(?:{_UNITS})\b")
_AND_HALF = re.compile(r"\b(\d+|un|une|" + "|".join(_WORDS) + r")\s+\w+\s+et\s+demie?\b")
_LIST_NUMBER = re.compile(r"^\s*(?:[-*•]\s*)?\d{1,2}[.)]\s+")
_ARTICLE = re.compile(
    r"\b(?:articles?|art\.)[ \u00a0\u202f]+(?:[LRD][ \u00a0\u202f.*]*)?\d[\d-]*|"
    r"(?<![\w-])[LRD][ \u00a0\u202f]?\.?[ \u00a0\u202f]?\*?\d+(?:-\d+)*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """Numbers in one normal form («1 500,50» is «1500.5»), references («L3141-3»), and quantities
    («3 mois»)."""

    numbers: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    quantities: frozenset[str] = frozenset()

    def within(self, other: Facts) -> bool:
        """Whether all of this is found in ``other``."""
        return (
            self.numbers <= other.numbers
            and self.references <= other.references
            and self.quantities <= other.quantities
        )

    def __or__(self, other: Facts) -> Facts:
        return Facts(
            self.numbers | other.numbers,
            self.references | other.references,
            self.quantities | other.quantities,
        )


NOTHING = Facts()


def asserted(sentence: str) -> Facts:
    """The facts that a sentence asserts; a spelt number counts where a unit follows it."""
    return _facts(_LIST_NUMBER.sub("", sentence), _SPELT_WITH_UNIT, look_back=1)


def offered(text: str) -> Facts:
    """The facts that a source offers: every number in it, in figures or in words.

    A duration in years is offered in months too, and twelve months as a year.
    """
    found = _facts(text, _SPELT, look_back=_LOOK_BACK)
    same = frozenset(other for each in found.quantities for other in _same(each))
    return found | Facts(frozenset(each.split()[0] for each in same), quantities=same)


def units(text: str) -> frozenset[str]:
    """The units that a text counts in, each in its singular, without accents."""
    return frozenset(each.split()[1] for each in offered(text).quantities)


def _same(quantity: str) -> tuple[str, ...]:
    number, unit = quantity.split()
    if unit == "an" and number.isdigit():
        return (f"{12 * int(number[:4])} mois",)
    if unit == "mois" and number.isdigit() and int(number) % 12 == 0:
        return (f"{int(number) // 12} an",)
    return ()


def _facts(text: str, spelt: re.Pattern[str], *, look_back: int) -> Facts:
    cited = frozenset(references.find(text))
    bare = _ARTICLE.sub(" ", text)
    folded = fold(bare)
    halves = [(m.start(), m.end(), _and_half(m.group())) for m in _AND_HALF.finditer(folded)]
    numbers = {number for _, _, (number, _) in halves}
    counted = {f"{number} {unit}" for _, _, (number, unit) in halves if unit}
    if spelt is _SPELT_WITH_UNIT:
        folded = _AND_HALF.sub(" ", folded)
    numbers.update(_normal(found) for found in _NUMBER.findall(folded))
    numbers.update(_WORDS[found] for found in spelt.findall(folded))
    counted.update(_quantities(folded, look_back))
    return Facts(frozenset(numbers), cited, frozenset(counted))


def _and_half(said: str) -> tuple[str, str]:
    """«deux jours et demi» is 2.5 and its unit."""
    first, unit, *_ = said.split()
    whole = _WORDS.get(first, first if first.isdigit() else "1")
    return f"{whole}.5", _UNIT_OF.get(unit, "")


def _quantities(folded: str, look_back: int) -> set[str]:
    """Each number of a folded text with the unit that follows it, within ``look_back`` words."""
    joined = _NUMBER.sub(lambda m: _normal(m.group()), folded.replace("pour cent", "%"))
    parts = _PART.findall(joined)
    found: set[str] = set()
    for place, part in enumerate(parts):
        unit = _UNIT_OF.get(part)
        if unit is None:
            continue
        for before in reversed(parts[max(0, place - look_back) : place]):
            if before in _BREAK or before in _UNIT_OF:
                break
            if before[0].isdigit():
                found.add(f"{_normal(before)} {unit}")
            elif before in _WORDS:
                found.add(f"{_WORDS[before]} {unit}")
            elif before in _ONE and unit in _COUNTED_ONE:
                found.add(f"1 {unit}")
    return found


def _normal(number: str) -> str:
    plain = re.sub(r"[ \u00a0\u202f]", "", number).replace(",", ".")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    bare = plain.lstrip("0")
    return bare if bare[:1].isdigit() else f"0{bare}"
