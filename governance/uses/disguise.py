"""Undoes what hides a request from its judge: text in base64, in hexadecimal, in leetspeak, rot13.

The model reads such texts well enough to obey them, so the judge must read what they say. What is
hidden is put in the place of what hides it; a text that hides nothing is returned as it is.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from typing import Final
from urllib.parse import unquote

_MAX_TEXT: Final = 20_000
"""A longer text is left as it is: the judge reads only parts of it."""
_BASE64: Final = re.compile(
    r"(?<![\w+/-])[A-Za-z0-9+/_-]{16,}(?:\s?[A-Za-z0-9+/_-]{40,})*={0,2}(?![\w+/=])"
)
_HEX: Final = re.compile(
    r"(?<!\w)(?:0x|\\x)?[0-9a-fA-F]{2}(?:[\s:,]?(?:0x|\\x)?[0-9a-fA-F]{2}){7,}(?!\w)"
)
_PERCENT: Final = re.compile(r"(?:%[0-9a-fA-F]{2}|[\w.+-]){3,}")
_LEET_WORD: Final = re.compile(
    r"(?<![\w.@/\[-])(?=[a-zA-Z0-9@$€]*[A-Za-z])(?=[a-zA-Z0-9@$€]*[0-9@$€])[a-zA-Z0-9@$€]{3,}(?![\w@/-])"
)
_LEET: Final = str.maketrans("013457@$€", "oieastase")
_CODE: Final = re.compile(r"[A-Z]{1,4}\d+|\d+[A-Za-z]{1,3}|[a-z]+\d+")
"""«A4», «BC2026», «12h», «excel2016»: names and measures, no leetspeak."""
_NAMES_ROT13: Final = re.compile(r"(?i)\brot[- ]?13\b|\bc[ée]sar\b")
_NAMES_REVERSAL: Final = re.compile(
    r"(?i)\b[àa] l['’ ]?envers\b|\bde droite [àa] gauche\b|\bbackwards?\b|\breversed?\b"
)
_READABLE: Final = re.compile(r"[^\W\d_]{2,}")
_PRINTABLE: Final = 0.9


def revealed(text: str) -> str:
    """``text`` with what it hides in the place of what hides it."""
    if len(text) > _MAX_TEXT:
        return text
    plain = _HEX.sub(lambda found: _from_hex(found.group()) or found.group(), text)
    plain = _BASE64.sub(lambda found: _from_base64(found.group()) or found.group(), plain)
    if "%" in plain:
        plain = _PERCENT.sub(lambda found: unquote(found.group()), plain)
    plain = _LEET_WORD.sub(_from_leet, plain)
    if _NAMES_ROT13.search(plain):
        plain = f"{plain}\n{codecs.encode(plain, 'rot13')}"
    if _NAMES_REVERSAL.search(plain):
        plain = f"{plain}\n{plain[::-1]}"
    return plain


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


def _said(raw: bytes) -> str | None:
    """What the bytes say, if they say something: most random bytes are no UTF-8."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    shown = sum(char.isprintable() or char.isspace() for char in text)
    words = sum(len(word) for word in _READABLE.findall(text))
    return text if shown >= _PRINTABLE * len(text) and words >= len(text) / 2 else None


def _from_leet(found: re.Match[str]) -> str:
    word = found.group()
    if _CODE.fullmatch(word) or sum(char.isalpha() for char in word) < 2:
        return word
    return word.translate(_LEET)
