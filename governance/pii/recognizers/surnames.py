"""Surnames of France, by INSEE: they tell «dupont karim» and «J. Morel» from other words."""

from __future__ import annotations

from typing import Final

from governance.pii.recognizers.base import folded
from governance.pii.recognizers.lists import sections

_NAMES = sections("surnames.txt", separator=" ")

SURNAMES: Final = _NAMES["names"]
"""Folded surnames that are no words of French."""
RARE: Final = sections("rare_surnames.txt", separator=" ")["names"]
"""Rarer ones: they confirm a name whose place or neighbour says that it is one."""
ALSO_WORDS: Final = _NAMES["words"]
"""Folded surnames that are words as well: «Petit», «Roche», «Maire»."""


def is_surname(word: str) -> bool:
    """Whether ``word`` is a known surname that is hardly a word; a half of a compound is enough."""
    plain = folded(word)
    return plain in SURNAMES or ("-" in plain and plain.rsplit("-", 1)[1] in SURNAMES)


def is_any_surname(word: str) -> bool:
    """As :func:`is_surname`, of rarer surnames too."""
    plain = folded(word)
    return is_surname(word) or plain in RARE or ("-" in plain and plain.rsplit("-", 1)[1] in RARE)


def may_be_surname(word: str) -> bool:
    """As :func:`is_surname`, or a word that is a surname too."""
    return folded(word) in ALSO_WORDS or is_any_surname(word)
