"""Decides what each step computes. Pure: it knows tokens and slots, and no native code.

Those who write have one row each in every step, so that nobody's answer waits for another's prompt,
and their drafts; a bounded number of rows reads prompts, one after the other, in the order of the
fair queue. A slot has room for a whole context: nothing that runs can be stuck for want of memory.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from models.llama.fairness import AHEAD, FairQueue
from models.llama.prefix import PrefixCache, common
from models.llama.sequence import Sequence, State

ALIKE = 3
"""Sequences that llama.cpp computes in one pass as it would one by one, to the bit: it has other
kernels for four, which round otherwise (docs/decisions/0025)."""

_THIRD = 3
_EVEN = 8  # rows: chunks of a multiple of it give the same as any others, to the bit


@dataclass(frozen=True, slots=True)
class Limits:
    """``running`` sequences at once, ``batch`` rows a step, ``mixed`` rows where somebody writes,
    ``queue`` requests that may wait for a service, ``drafted`` tokens in a guess.
    """

    running: int = 8
    batch: int = 64
    mixed: int = 64
    queue: int = 32
    drafted: int = 8


class QueueFull(Exception):
    """No more requests may wait; ``ahead`` do already."""

    def __init__(self, ahead: int) -> None:
        self.ahead = ahead
        super().__init__(f"{ahead} requests wait")


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one sequence in a step: ``tokens`` from position ``start`` on.

    The last ``outputs`` rows say what may follow them.
    """

    sequence: Sequence
    start: int
    tokens: list[int]
    outputs: int

    @property
    def reads(self) -> bool:
        """Whether it reads the prompt."""
        return self.start < self.sequence.prompt


def _chunk(left: int, room: int) -> int:
    """How many of the ``left`` tokens are read with ``room`` rows: all, or a multiple of _EVEN that
    leaves as many at least.
    """
    if left <= room:
        return left
    return max(0, min(room, left - _EVEN) // _EVEN * _EVEN)


class Scheduler:
    """Takes requests in, plans steps, lets requests go.

    Raises:
        ValueError: steps of so few rows that a prompt could not be cut as ``_chunk`` does.
    """

    def __init__(self, limits: Limits, prefixes: PrefixCache) -> None:
        if min(limits.batch, limits.mixed) < 2 * _EVEN:
            raise ValueError(f"a step has {2 * _EVEN} rows at least")
        self._limits = limits
        self._prefixes = prefixes
        self._queue = FairQueue()
        self.running: list[Sequence] = []
        self._steps = 0

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._queue)

    def add(self, sequence: Sequence) -> None:
        """Put a request in the queue.

        A service may fill its own queue and no other's, a user half of it.

        Raises:
            QueueFull: nothing is kept of the request.
        """
        bound = self._limits.queue
        service = [one for one in self._queue if one.service == sequence.service]
        user = sum(one.user == sequence.user for one in service) if sequence.user else 0
        if len(service) >= bound or user >= max(1, bound // 2) or len(self._queue) >= 4 * bound:
            raise QueueFull(len(service))
        self._queue.add(sequence)

    def line(self) -> list[Sequence]:
        """Those who wait, in the order in which they will be served if nobody else comes."""
        return self._queue.line()

    def plan(self) -> list[Part]:
        """The rows of the next step; none where there is nothing to do."""
        self._steps += 1
        self._prefixes.close_ranks(self.running)
        writing = self._writers()
        room = self._limits.mixed if writing else self._limits.batch
        # llama.cpp computes together those who have as many rows: a guess beside others' tokens
        # would cost a pass of its own
        alone = len(self.running) == len(writing) == 1 and not self._queue
        spare = min(room, self._limits.drafted) if alone else 0
        parts = []
        for one in writing:
            one.draft = one.draft[: max(0, min(spare, one.limit - one.written - 1))]
            rows = [one.tokens[-1], *one.draft]
            parts.append(Part(one, one.computed, rows, len(rows)))
            self._queue.charge(one, len(rows))
        for one in self._readers():
            bound = one.public if one.computed < one.public else one.prompt
            end = one.computed + _chunk(bound - one.computed, room)
            if end == one.computed:
                break
            rows = one.tokens[one.computed : end]
            parts.append(Part(one, one.computed, rows, int(end == one.prompt)))
            room -= len(rows)
        return parts

    def advance(self, part: Part, written: list[int]) -> None:
        """Note that the rows of ``part`` have been computed, and what was written after them.

        A draft is kept as far as it was written: what the cache holds beyond is given up.
        """
        one = part.sequence
        one.tokens += written
        if one.state is State.WRITING:
            one.computed += len(written)
            if len(written) < len(part.tokens):
                self._prefixes.trim(one)
            one.draft = []
            return
        one.computed += len(part.tokens)
        if one.computed == one.public > 0:
            self._prefixes.publish(one)
        if one.computed == one.prompt:
            one.state = State.WRITING

    def finish(self, sequence: Sequence) -> None:
        """Let a request go, done or cancelled, wherever it stands. A second time does nothing."""
        if sequence.state is State.WAITING:
            self._queue.remove(sequence)
        elif sequence.state is not State.DONE:
            self.running.remove(sequence)
            self._prefixes.end(sequence)
        sequence.state = State.DONE
        if not self.running and not self._queue:
            self._queue.forget()

    def forget(self, conversation: str) -> None:
        """Give up what is kept of ``conversation``; what it has here will not be kept."""
        for one in (*self.running, *self._queue):
            if one.conversation == conversation:
                one.conversation = ""
        self._prefixes.forget(conversation)

    def lose(self) -> list[Sequence]:
        """Let all go that run: the memory has lost them. Returns them."""
        lost, self.running = self.running, []
        self._prefixes.reset()
        for one in lost:
            one.state, one.slot = State.DONE, -1
        return lost

    def _writers(self) -> list[Sequence]:
        """Who writes in this step.

        While another service's prompt is read, one that is ahead of it writes every third time: a
        flood of writers would make up half of each step.
        """
        writing = [one for one in self.running if one.state is State.WRITING]
        reading = [one for one in self.running if one.state is State.READING]
        reading += [one for one in self._queue.heads() if self._has_share_left(one)]
        if not reading or self._steps % _THIRD == 0:
            return writing
        clocks = {one.service: self._queue.turn(one)[0] for one in [*reading, *writing]}
        read = {one.service for one in reading}

        def is_ahead(one: Sequence) -> bool:
            others = [clocks[service] for service in read if service != one.service]
            return bool(others) and clocks[one.service] > min(others) + AHEAD

        return [one for one in writing if not is_ahead(one)]

    def _readers(self) -> Iterator[Sequence]:
        """Whose prompts are to be read, those that are admitted now included, the next first."""
        given = set[Sequence]()
        while True:
            reading = [
                one for one in self.running if one.state is State.READING and one not in given
            ]
            heads = self._queue.heads()
            reading.sort(key=lambda one: (*one.turn, one.arrived, one.key))
            chosen = self._admitted(heads, before=reading[0] if reading else None)
            if chosen is None and not reading:
                return
            chosen = chosen or reading[0]
            given.add(chosen)
            yield chosen

    def _admitted(self, heads: list[Sequence], before: Sequence | None) -> Sequence | None:
        """Admit the first of ``heads`` that may start, and comes before ``before``."""
        for one in heads:
            turn = self._queue.turn(one)
            if before is not None and before.turn <= turn:
                return None
            if self._has_share_left(one) and not self._is_coming(one):
                self._prefixes.begin(one)
                self._queue.remove(one)
                self._queue.charge(one, one.prompt - one.cached)
                one.turn, one.state, one.admitted = turn, State.READING, time.monotonic()
                self.running.append(one)
                return one
        return None

    def _is_coming(self, one: Sequence) -> bool:
        """Whether public tokens of ``one`` are being read by another: they are worth a wait."""
        known = self._prefixes.shared(one)
        return any(
            other.state is State.READING
            and other.computed < other.public
            and common(other.tokens[: other.public], one.tokens[: one.public]) > known
            for other in self.running
        )

    def _has_share_left(self, one: Sequence) -> bool:
        """Whether a newcomer will still find a place once ``one`` runs.

        The last quarter is for services that run nothing, the one before for users who do not.
        """
        service = [other for other in self.running if other.service == one.service]
        quarters = bool(service) + any(other.user == one.user for other in service if one.user)
        places = self._limits.running
        return len(self.running) + quarters * places // 4 < places
