"""References to articles of law, in all the ways people write them, as one normal form."""

from __future__ import annotations

import re
from collections.abc import Iterator

# «L. 3141-3», «L3141-3», «l 3141 - 3», «R.* 4127-1», «article D1221-23-1».
_CODE = re.compile(
    r"(?<![\w-])([LRD])[ \u00a0\u202f]?\.?[ \u00a0\u202f]?(\*?)[ \u00a0\u202f]?"
    r"(\d{1,4}(?:[ \u00a0\u202f]?[-‑–][ \u00a0\u202f]?\d{1,3}){0,3})(?![\w])",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    r"\b(?:articles?|art\.)[ \u00a0\u202f](\d{1,3}(?:-\d{1,3})?)(?![\w-])", re.IGNORECASE
)


def normalise(reference: str) -> str:
    """``reference`` without its spaces, points and stars, in capitals: «L. 3141-3» → «L3141-3»."""
    compact = re.sub(r"[\s.*\u00a0\u202f]", "", reference).upper()
    return re.sub(r"[‑–]", "-", compact)


def find(text: str) -> list[str]:
    """The references in ``text``, normal, in order and without repeats.

    «article 5» of a regulation is found as «5»; a lone «L 35» needs its hyphen or four digits to
    count, for «l 35» happens in addresses.
    """
    found: dict[str, None] = dict.fromkeys(reference for reference, _ in located(text))
    for match in _PLAIN.finditer(text):
        found[match.group(1)] = None
    return list(found)


def located(text: str) -> Iterator[tuple[str, int]]:
    """Each reference to an article of a code («L3141-3»), normal, and where it ends in ``text``."""
    for match in _CODE.finditer(text):
        reference = normalise(match.group(1) + match.group(3))
        if "-" in reference or len(reference) >= 5 or match.group(0)[0].isupper():
            yield reference, match.end()
