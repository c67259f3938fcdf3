"""Whether a find fills a cell of a table or a value of a file, whose label then says what it is."""

from __future__ import annotations

import re
from typing import Final

_BEFORE: Final = re.compile(r"(?:^|\n|[;|\t,:])[ \u00a0]*[\"']?[ \u00a0]*$")
_BEHIND: Final = re.compile(r"[ \u00a0]*[\"']?[ \u00a0]*(?:[;|\t,}\]]|\n|$)")
_DELIMITERS: Final = (";", "|", "\t", '","', '":')
_FEWEST: Final = 3
"""Delimiters of a line that make cells of what they enclose."""
_REACH: Final = 400
"""Characters of a line that are looked at, on each side."""


def fills_a_cell(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` stands alone between two delimiters of a line that has several."""
    if not (_BEFORE.search(text, max(0, start - 4), start) and _BEHIND.match(text, end)):
        return False
    first = text.rfind("\n", max(0, start - _REACH), start) + 1
    last = text.find("\n", end, end + _REACH)
    line = text[max(first, start - _REACH) : last if last >= 0 else end + _REACH]
    return any(line.count(delimiter) >= _FEWEST for delimiter in _DELIMITERS)
