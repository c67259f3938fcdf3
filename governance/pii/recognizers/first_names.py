"""Given names of France, of all origins: they confirm a name beside them, and tell its gender.

INSEE's file of given names holds what parents living in France have called their children since
1900: it knows Aïcha, Mamadou and Thi as well as Jean. ``given_names.txt`` says how it was made.
"""

from __future__ import annotations

from typing import Final

from governance.pii.recognizers.base import folded
from governance.pii.recognizers.lists import sections

_NAMES = sections("given_names.txt", separator=" ")

_NEVER_ALONE = {"mercedes", "jesus", "mendes"}
"""More often a car, an oath or a surname."""

BOTH: Final = _NAMES["either"]
WOMEN: Final = _NAMES["women"] - BOTH
MEN: Final = _NAMES["men"] - BOTH
FIRST_NAMES: Final = (WOMEN | MEN | BOTH) - _NEVER_ALONE


def is_first_name(word: str) -> bool:
    """Whether ``word`` is a known given name; «Anne-Laure» is, its first half being one."""
    plain = folded(word)
    return plain in FIRST_NAMES or ("-" in plain and plain.split("-")[0] in FIRST_NAMES)


def gender_of(word: str) -> str:
    """``"F"`` or ``"M"`` where the given name leaves no doubt, else an empty text."""
    plain = folded(word)
    for name in (plain, plain.split("-")[0]):
        if name in WOMEN:
            return "F"
        if name in MEN:
            return "M"
    return ""
