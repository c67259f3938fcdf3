"""Chooses what of a long text the embedder reads: it needs about 1 ms for each 3 characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

WHOLE = 200
"""Characters up to which a text is read whole."""
EMBEDDED = 260
"""Characters of which the meaning is computed."""
BEST = 130
"""Characters of the one sentence of a longer text that is read alone."""
_MAX_SENTENCES = 200
_SENTENCE = re.compile(r"[^.!?;\n]+[.!?;]*")

Score = Callable[[Sequence[str]], NDArray[np.float64]]


def sentences(text: str) -> list[str]:
    """The sentences of ``text``, none longer than :data:`BEST` characters."""
    found: list[str] = []
    for match in _SENTENCE.finditer(text):
        words = match.group().split()
        line = ""
        for word in words:
            if line and len(line) + len(word) >= BEST:
                found.append(line)
                line = ""
            line = f"{line} {word[:BEST]}".strip()
        if line:
            found.append(line)
    return (
        found
        if len(found) <= _MAX_SENTENCES
        else found[: _MAX_SENTENCES // 2] + found[-_MAX_SENTENCES // 2 :]
    )


def shortened(text: str) -> str:
    """``text``, or the first two thirds and the last third of what the embedder reads of it."""
    if len(text) <= EMBEDDED:
        return text
    end = EMBEDDED // 3
    return f"{text[: EMBEDDED - end]} … {text[-end:]}"


def pieces(text: str) -> list[str]:
    """``text``, or of a long one all its sentences, as many together as are read at once."""
    if len(text) <= WHOLE:
        return [text]
    found: list[str] = []
    for sentence in sentences(text):
        if found and len(found[-1]) + len(sentence) < WHOLE:
            found[-1] = f"{found[-1]} {sentence}"
        else:
            found.append(sentence)
    return found


def salient(text: str, score: Score, budget: int = WHOLE) -> str:
    """``text``, or of a long one the sentences that speak most for a use, in their order."""
    return telling(text, score, budget)[0]


def telling(text: str, score: Score, budget: int = WHOLE) -> tuple[str, str]:
    """What :func:`salient` gives, and the one sentence of ``text`` that speaks most for a use."""
    if len(text) <= budget:
        return text, text
    parts = sentences(text)
    if not parts:
        return text[:budget], text[:BEST]
    ranked = np.argsort(-score(parts), kind="stable")
    kept: set[int] = set()
    used = 0
    for index in ranked:
        if kept and used + len(parts[index]) > budget:
            break
        kept.add(int(index))
        used += len(parts[index]) + 1
    return " ".join(parts[index] for index in sorted(kept)), parts[int(ranked[0])]
