"""A text as the rules read it: composed accents, ordinary digits and spaces, nothing invisible.

Texts that are copied from a PDF, a web page or a Mac hold accents apart from their letters, soft
hyphens, full-width digits, non-breaking spaces. People see no difference; a pattern would. The
rules read a plain copy, and what they find is told in the characters of the text itself.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

_SPACES: Final = (
    "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_HYPHENS: Final = "\u2010\u2011\u2012\u2212\ufe63"
_SWAPS: Final = tuple((sign, " ") for sign in _SPACES) + tuple((sign, "-") for sign in _HYPHENS)
_INVISIBLE: Final = (
    "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"
)
_ACCENTS: Final = "\u0300-\u036f\u20d0-\u20f0"
_FORMS: Final = "\ufb00-\ufb06\uff01-\uff5e\U0001d400-\U0001d7ff"
"""Ligatures of print, full-width signs, mathematical letters."""
_OTHER_DIGIT: Final = r"[^\D0-9]"
_HALF: Final = "\ud800-\udfff"
"""Half a character, which JSON can smuggle in."""

_ODD: Final = re.compile(f"[{_INVISIBLE}{_ACCENTS}{_FORMS}{_HALF}]")
_DIGIT: Final = re.compile(_OTHER_DIGIT)
_PIECE: Final = re.compile(
    f"(?P<invisible>[{_INVISIBLE}]+)"
    f"|(?P<accented>.?[{_INVISIBLE}]*[{_ACCENTS}][{_ACCENTS}{_INVISIBLE}]*)"
    f"|(?P<form>[{_FORMS}])|(?P<digit>{_OTHER_DIGIT})|(?P<half>[{_HALF}])",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Plain:
    """``text`` is the plain copy. ``starts`` and ``ends`` place each of its characters.

    Both are empty where the copy has the same number of characters as the original.
    """

    text: str
    starts: Sequence[int] = field(default=())
    ends: Sequence[int] = field(default=())

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` is in the original."""
        if not self.starts or start >= end:
            return start, end
        return self.starts[start], self.ends[end - 1]

    def copied(self, start: int, end: int) -> tuple[int, int]:
        """Where the stretch ``start`` to ``end`` of the original is in ``text``."""
        if not self.starts:
            return start, end
        return bisect_left(self.starts, start), bisect_left(self.starts, end)


def plain(text: str) -> Plain:
    """The plain copy of ``text``, which is ``text`` itself where it holds nothing odd."""
    if text.isascii():
        return Plain(text)
    copy = text
    for sign, ordinary in _SWAPS:
        if sign in copy:
            copy = copy.replace(sign, ordinary)
    if not (_ODD.search(copy) or _DIGIT.search(copy)):
        return Plain(copy)
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for piece in _PIECE.finditer(copy):
        start, end = piece.span()
        parts.append(copy[position:start])
        starts.extend(range(position, start))
        ends.extend(range(position + 1, start + 1))
        rewritten = _rewritten(piece)
        parts.append(rewritten)
        starts.extend([start] * len(rewritten))
        ends.extend([end] * len(rewritten))
        position = end
    parts.append(copy[position:])
    starts.extend(range(position, len(copy)))
    ends.extend(range(position + 1, len(copy) + 1))
    return Plain("".join(parts), starts, ends)


def _rewritten(piece: re.Match[str]) -> str:
    """What the rules read in place of an odd stretch."""
    found = piece.group()
    match piece.lastgroup:
        case "invisible":
            return ""
        case "accented":
            # One letter; marks that compose with nothing (struck-out text) are left out.
            visible = re.sub(f"[{_INVISIBLE}]", "", found)
            composed = unicodedata.normalize("NFC", visible)
            return "".join(char for char in composed if not unicodedata.combining(char))
        case "form":
            return unicodedata.normalize("NFKC", found)
        case "digit":
            return str(unicodedata.digit(found))
    return "\ufffd"
