"""A runner without a model, which fails on whatever llama.cpp would refuse or get wrong.

What follows a prefix is a function of that prefix alone, so what a sequence writes must not depend
on who else is in the batch, on what was cached or on what was drafted.
"""

from __future__ import annotations

import itertools
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
    """Cells with their contents, by slot and position. ``cells`` bounds how many there are."""

    def __init__(self, slots: int, cells: int, batch: int) -> None:
        self.slots: list[list[int]] = [[] for _ in range(slots)]  # a slot's cells, by position
        self.cells: dict[int, int] = {}  # cell: its token
        self.bound = cells
        self.batch = batch
        self.computed: list[tuple[int, int]] = []  # (key, rows) of each part
        self._next = itertools.count()

    @property
    def used(self) -> int:
        """Cells that some slot holds."""
        return len({cell for slot in self.slots for cell in slot})

    def share(self, source: int, target: int, end: int) -> None:
        """As Memory says."""
        assert len(self.slots[source]) >= end, "what is shared must be there"
        if source != target:
            self.slots[target][:end] = self.slots[source][:end]

    def cut(self, slot: int, start: int) -> None:
        """As Memory says."""
        del self.slots[slot][start:]

    def save(self, slot: int) -> list[int]:
        """As Memory says: the tokens themselves."""
        return [self.cells[cell] for cell in self.slots[slot]]

    def load(self, slot: int, saved: object) -> bool:
        """As Memory says: into cells of its own."""
        assert not self.slots[slot] and isinstance(saved, list)
        self.slots[slot] = self._filled(saved)
        assert self.used <= self.bound, "no more cells than there are"
        return True

    def _filled(self, tokens: Sequence[int]) -> list[int]:
        cells = list(itertools.islice(self._next, len(tokens)))
        self.cells.update(zip(cells, tokens, strict=True))
        return cells

    def decode(self, parts: Sequence[Part]) -> list[list[NDArray[np.float32]]]:
        """As Runner says, after checking everything that can be checked."""
        assert 0 < sum(len(part.tokens) for part in parts) <= self.batch
        slots = [part.sequence.slot for part in parts]
        assert len(set(slots)) == len(slots) and min(slots) >= 0, "a slot is one sequence's"
        outputs = []
        for part in parts:
            one, held = part.sequence, self.slots[part.sequence.slot]
            assert part.tokens and len(held) == part.start, "positions are contiguous"
            assert [self.cells[cell] for cell in held] == one.tokens[: part.start]
            held += self._filled(part.tokens)
            self.computed.append((one.key, len(part.tokens)))
            context = tuple(self.cells[cell] for cell in held)
            ends = range(len(context) - part.outputs + 1, len(context) + 1)
            outputs.append([_peak(successor(context[:end])) for end in ends])
        live = {cell for slot in self.slots for cell in slot}
        assert len(live) <= self.bound, "no more cells than there are"
        self.cells = {cell: token for cell, token in self.cells.items() if cell in live}
        return outputs


def _peak(token: int) -> NDArray[np.float32]:
    logits = np.zeros(VOCABULARY, dtype=np.float32)
    logits[token] = 10.0
    return logits
