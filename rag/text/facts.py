"""What a sentence says that can be checked to the letter: numbers and references to articles."""

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
    """Numbers in one normal form («1 500,50» is «1500.5») and references («L3141-3»)."""

    numbers: frozenset[str]
    references: frozenset[str]

    def within(self, other: Facts) -> bool:
        """Whether all of this is found in ``other``."""
        return self.numbers <= other.numbers and self.references <= other.references

    def __or__(self, other: Facts) -> Facts:
        return Facts(self.numbers | other.numbers, self.references | other.references)


def asserted(sentence: str) -> Facts:
    """The facts that a sentence asserts; a spelt number counts where a unit follows it."""
    return _facts(_LIST_NUMBER.sub("", sentence), _SPELT_WITH_UNIT)


def offered(text: str) -> Facts:
    """The facts that a source offers: every number in it, in figures or in words."""
    return _facts(text, _SPELT)


def _facts(text: str, spelt: re.Pattern[str]) -> Facts:
    cited = frozenset(references.find(text))
    bare = _ARTICLE.sub(" ", text)
    folded = fold(bare)
    numbers: set[str] = set()
    for match in _AND_HALF.finditer(folded):
        whole = match.group(1)
        numbers.add(f"{_WORDS.get(whole, whole if whole.isdigit() else '1')}.5")
    if spelt is _SPELT_WITH_UNIT:
        folded = _AND_HALF.sub(" ", folded)
    numbers.update(_normal(found) for found in _NUMBER.findall(folded))
    numbers.update(_WORDS[found] for found in spelt.findall(folded))
    return Facts(frozenset(numbers), cited)


def _normal(number: str) -> str:
    plain = re.sub(r"[ \u00a0\u202f]", "", number).replace(",", ".")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return plain.lstrip("0") or "0"
