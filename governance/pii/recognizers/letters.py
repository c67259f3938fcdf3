"""The letters of names written in the Latin alphabet, to be put in the brackets of a pattern."""

from __future__ import annotations

from typing import Final

_BLOCKS = (range(0x41, 0x250), range(0x1E00, 0x1F00))  # the last for Vietnamese and Welsh
_LETTERS = [chr(code) for block in _BLOCKS for code in block if chr(code).isalpha()]
UPPER: Final = "".join(letter for letter in _LETTERS if letter.isupper())
LOWER: Final = "".join(letter for letter in _LETTERS if letter.islower())
