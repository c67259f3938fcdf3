"""Undoes what hides a request from its judge: base64, hexadecimal, leetspeak, rot13, l.e.t.t.e.r.s.

The model reads such texts well enough to obey them, so the judge must read what they say. What is
hidden is put in the place of what hides it; a text that hides nothing is returned as it is.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

_MAX_TEXT: Final = 20_000
"""A longer text is left as it is: the judge reads only parts of it."""
_BASE64: Final = re.compile(
    r"(?<![\w+/-])[A-Za-z0-9+/_-]{16,}(?:\s[A-Za-z0-9+/_-]{40,})*={0,2}(?![\w+/=])"
)
_HEX: Final = re.compile(
    r"(?<!\w)(?:0x|\\x)?[0-9a-fA-F]{2}(?:[\s:,]?(?:0x|\\x)?[0-9a-fA-F]{2}){7,}(?!\w)"
)
_PERCENT: Final = re.compile(r"(?:%[0-9a-fA-F]{2}|[\w.+-]){3,}")
_LEET_WORD: Final = re.compile(r"(?<![\w.@/\[$€-])[a-zA-Z0-9@$€]{3,}+(?![\w@/-]|\.\w)")
_LEET: Final = str.maketrans("013457@$€", "oieastase")
_SPELLED: Final = re.compile(
    r"(?<![^\W\d_])[^\W\d_](?:(?P<apart>[ .·*_~/|-])[^\W\d_](?:(?P=apart)[^\W\d_])+)(?![^\W\d_])"
)
"""Three letters or more, each apart from the next by the same sign: «s.a.u.v.e», «t o u t»."""
_LONGEST_WORD: Final = 24
_CODE: Final = re.compile(r"[A-Za-z]+\d+|\d{2,}[A-Za-z]+|\d[A-Za-z]{1,3}")
"""«A4», «Budget2024», «COVID19», «12h», «100euros»: names, versions and measures, no leetspeak."""
_NAMES_ROT13: Final = re.compile(r"(?i)\brot[- ]?13\b|\bc[ée]sar\b")
_NAMES_REVERSAL: Final = re.compile(
    r"(?i)\b[àa] l['’ ]?envers\b|\bde droite [àa] gauche\b|\bbackwards?\b|\breversed?\b"
)
_READABLE: Final = re.compile(r"[^\W\d_]{2,}")
_PRINTABLE: Final = 0.9
_LEVELS: Final = 2
"""How many disguises one over the other are undone: base64 of hexadecimal, and no more."""


def revealed(text: str) -> str:
    """``text`` with what it hides in the place of what hides it. Takes a time linear in it."""
    if len(text) > _MAX_TEXT:
        return text
    parts = _decoded(text, _LEVELS)
    plain = "".join(part if hidden else _LEET_WORD.sub(_from_leet, part) for part, hidden in parts)
    plain = _SPELLED.sub(_from_letters, plain)
    if _NAMES_ROT13.search(plain):
        plain = f"{plain}\n{_joined(codecs.encode(plain, 'rot13'), _LEVELS - 1)}"
    if _NAMES_REVERSAL.search(plain):
        plain = f"{plain}\n{_joined(plain[::-1], _LEVELS - 1)}"
    return plain


def _joined(text: str, levels: int) -> str:
    return "".join(part for part, _ in _decoded(text, levels))


def _decoded(text: str, levels: int) -> list[tuple[str, bool]]:
    """``text`` in parts, of which some were hidden and are now plain, ``levels`` times over."""
    parts = [(text, False)]
    if levels == 0:
        return parts
    for pattern, decode in _ENCODINGS:
        parts = [
            piece
            for part, hidden in parts
            for piece in ([(part, True)] if hidden else _split(part, pattern, decode, levels))
        ]
    return parts


def _split(
    text: str, pattern: re.Pattern[str], decode: Callable[[str], str | None], levels: int
) -> Iterator[tuple[str, bool]]:
    """``text`` cut around what ``decode`` makes plain of what ``pattern`` finds in it."""
    start = 0
    for found in pattern.finditer(text):
        plain = decode(found.group())
        if plain is not None:
            yield text[start : found.start()], False
            yield _joined(plain, levels - 1), True
            start = found.end()
    yield text[start:], False


def _from_base64(payload: str) -> str | None:
    joined = re.sub(r"\s", "", payload).rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        raw = base64.b64decode(joined + "=" * (-len(joined) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return _said(raw)


def _from_hex(payload: str) -> str | None:
    digits = re.sub(r"0x|\\x|[\s:,]", "", payload)
    return _said(bytes.fromhex(digits)) if len(digits) % 2 == 0 else None


def _from_percent(payload: str) -> str | None:
    return _said(unquote_to_bytes(payload)) if "%" in payload else None


def _said(raw: bytes) -> str | None:
    """What the bytes say, if they say something: most random bytes are no UTF-8."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    shown = sum(char.isprintable() or char.isspace() for char in text)
    words = sum(len(word) for word in _READABLE.findall(text))
    says = words >= len(text) / 2 or _HEX.fullmatch(text)
    return text if shown >= _PRINTABLE * len(text) and says else None


_ENCODINGS: Final = ((_PERCENT, _from_percent), (_HEX, _from_hex), (_BASE64, _from_base64))


def _from_letters(found: re.Match[str]) -> str:
    said = found.group()
    # «S.N.C.F.» hides nothing; spaces between letters are never an acronym's.
    return said if said.isupper() and found["apart"] != " " else said[::2]


def _from_leet(found: re.Match[str]) -> str:
    word = found.group()
    letters = sum(char.isalpha() for char in word)
    # References mix capitals and figures as they come: «A1B2C3».
    fewest = len(word) - letters + word.isupper()
    if len(word) > _LONGEST_WORD or _CODE.fullmatch(word) or letters < max(2, fewest):
        return word
    return word.translate(_LEET)
