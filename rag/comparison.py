"""Two texts of a document compared word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Indel

MAX_WORDS = 10_000
"""Of either text: comparing takes the product of both."""
_WORDS = re.compile(r"\n+|[^\s]+[^\S\n]*|[^\S\n]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of both texts, or of the one before («gone») or after («new») alone."""

    kind: Literal["same", "gone", "new"]
    text: str


def compare(before: str, after: str) -> tuple[Piece, ...] | None:
    """The stretches of both texts in their order; None where they are too long to be compared."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > MAX_WORDS:
        return None
    pieces: list[Piece] = []
    gone = came = ""
    for step in Indel.opcodes([_bare(word) for word in old], [_bare(word) for word in new]):
        left = old[step.src_start : step.src_end]
        right = new[step.dest_start : step.dest_end]
        if step.tag != "equal":
            gone, came = gone + "".join(left), came + "".join(right)
            continue
        pieces += _apart(gone, came)
        gone = came = ""
        # The last word of a text has no space behind it, and may have a word here.
        same = "".join(max(pair, key=len) for pair in zip(left, right, strict=True))
        pieces.append(Piece("same", same))
    return (*pieces, *_apart(gone, came))


def _bare(word: str) -> str:
    return word.strip(" \u00a0\u202f\t")


def _apart(gone: str, came: str) -> list[Piece]:
    return [*([Piece("gone", gone)] if gone else []), *([Piece("new", came)] if came else [])]
