"""Names in a schedule: those that appointments and duty rosters set beside an hour or a day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from governance.pii.recognizers.base import SPACE
from governance.pii.recognizers.labels import Trust
from governance.pii.recognizers.name_shapes import holds_known_name, names_in
from governance.pii.recognizers.naming import NAME

__all__ = ["scheduled_names"]

_S = SPACE
_HOUR: Final = re.compile(
    rf"(?<![\w,.])\d{{1,2}}{_S}?[h:]{_S}?(?:\d{{2}})?{_S}{{0,2}}(?:[:–-]{_S})?(?P<value>{NAME})"
    rf"(?={_S}?(?:[,;.\n/|)]|$))"
)
_DAY: Final = re.compile(
    r"(?m)^[ \t>*•-]{0,4}(?i:lun|mar|mer|jeu|ven|sam|dim|mon|tue|wed|thu|fri|sat|sun)"
    rf"(?:[^\W\d]{{0,7}})(?:{_S}?[^\W\d:\n]{{0,9}}|"
    rf"[ \d/.au-]){{0,4}}{_S}?:(?P<value>[^\n]{{2,120}})"
)
_LEAST: Final = 3
"""Entries from which a text is a schedule."""


def scheduled_names(text: str) -> Iterator[tuple[int, int]]:
    """The name of each entry, where half of them or more are known names."""
    for pattern in (_HOUR, _DAY):
        names = [
            name
            for entry in pattern.finditer(text)
            for name in names_in(text, *entry.span("value"), Trust.ROLE, many=True, whole=True)
        ]
        if len(names) >= _LEAST:
            known = sum(holds_known_name(text[start:end]) for start, end in names)
            if 2 * known >= len(names):
                yield from names
