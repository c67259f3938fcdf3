"""A runner without a model, which fails on whatever llama.cpp would refuse or get wrong.

What follows a prefix is a function of that prefix alone, so what a sequence writes must not depend
on who else is in the batch, on what was cached or on what was drafted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.llama.scheduler import Part

VOCABULARY = 17
END = 0


def successor(prefix: tuple[int, ...]) -> int:
    """The token that follows ``prefix``, rarely the end; it repeats itself, so drafts can win."""
    return hash(prefix[-2:]) % VOCABULARY if len(prefix) % 7 else hash(prefix) % VOCABULARY


class FakeRunner:
    """A list of tokens for each slot, ``context`` at most; ``batch`` bounds the rows of a step."""

    def __init__(self, slots: int, context: int, batch: int) -> None:
        self.slots: list[list[int]] = [[] for _ in range(slots)]
        self.context = context
        self.batch = batch

    def cut(self, slot: int, start: int) -> None:
        """As Memory says."""
        del self.slots[slot][start:]

    def save(self, slot: int) -> list[int]:
        """As Memory says: the tokens themselves."""
        return list(self.slots[slot])

    def load(self, slot: int, saved: object) -> bool:
        """As Memory says."""
        assert not self.slots[slot] and isinstance(saved, list)
        self.slots[slot] = list(saved)
        return True

    def decode(self, parts: Sequence[Part]) -> list[list[NDArray[np.float32]]]:
        """As Runner says, after checking everything that can be checked."""
        assert parts and all(len(part.tokens) > 0 for part in parts)
        for reads in (True, False):
            rows = sum(len(part.tokens) for part in parts if part.reads == reads)
            assert rows <= self.batch
        slots = [part.sequence.slot for part in parts]
        assert len(set(slots)) == len(slots) and min(slots) >= 0, "a slot is one sequence's"
        outputs = []
        for part in parts:
            one, held = part.sequence, self.slots[part.sequence.slot]
            assert part.tokens and len(held) == part.start, "positions are contiguous"
            assert held == one.tokens[: part.start], "the cache holds what was written"
            held += part.tokens
            assert len(held) <= self.context
            context = tuple(held)
            ends = range(len(context) - part.outputs + 1, len(context) + 1)
            outputs.append([_peak(successor(context[:end])) for end in ends])
        return outputs


def _peak(token: int) -> NDArray[np.float32]:
    logits = np.zeros(VOCABULARY, dtype=np.float32)
    logits[token] = 10.0
    return logits
