"""What is known of earlier prompts: saved once computed, loaded where a prompt begins so.

Public prefixes (system prompts, public passages) serve everybody. What follows them is saved when a
sequence ends, under the name of its conversation, and loaded again for that conversation only:
nobody can tell by the time of an answer what somebody else has asked.

It rests outside llama.cpp's cache: a copy of 700 tokens takes 2 to 4 ms, and what rests in the
cache slows down who runs there (docs/decisions/0025).
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.llama.sequence import Sequence as Request

_WORTH = 16  # tokens: to load fewer than these takes longer than to read them
_PUBLIC = 32  # public prefixes that are kept: each is looked at for each request


class Memory(Protocol):
    """The cache, by slot and position."""

    def cut(self, slot: int, start: int) -> None:
        """Give up what ``slot`` holds from position ``start`` on."""
        ...

    def save(self, slot: int) -> object:
        """A copy of what ``slot`` holds, outside the cache."""
        ...

    def load(self, slot: int, saved: object) -> bool:
        """Fill ``slot``, which is empty, with a copy; False, and nothing done, where it fails."""
        ...


@dataclass(frozen=True, slots=True)
class Saved:
    """The state after ``tokens``."""

    tokens: list[int]
    state: object


class PrefixCache:
    """Owns the slots, and the shelf of what is saved: of ``shelf`` tokens at most, the least
    recently used evicted first.
    """

    def __init__(self, memory: Memory, slots: int, shelf: int) -> None:
        self._memory = memory
        self._slots, self._limit = slots, shelf
        self.reset()

    def reset(self) -> None:
        """Begin anew, once the memory has lost all that it held."""
        self._free = list(range(self._slots))
        # by conversation, or by number where it is public
        self._shelf: OrderedDict[str | int, Saved] = OrderedDict()
        self._number = 0
        self.shelved = 0

    @property
    def free(self) -> int:
        """Slots that nobody has."""
        return len(self._free)

    def shared(self, request: Request) -> int:
        """How many public tokens of ``request`` are saved at this moment."""
        return self._public(request)[1]

    def begin(self, request: Request) -> None:
        """Give ``request`` a slot that holds what is known of its prompt. One must be free.

        The lowest goes first, so that those who run are neighbours.
        """
        request.slot = heapq.heappop(self._free)
        key: str | int | None
        key, length = self._public(request)
        own = self._shelf.get(request.conversation) if request.conversation else None
        if own is not None and (known := common(own.tokens, request.tokens[:-1])) > length:
            key, length = request.conversation, known
        if key is None or length < _WORTH:
            return
        self._shelf.move_to_end(key)
        if self._memory.load(request.slot, self._shelf[key].state):
            self._memory.cut(request.slot, length)
            request.computed = request.cached = length

    def publish(self, request: Request) -> None:
        """Save the public tokens of ``request`` for all; nothing more has been computed yet."""
        if self.shared(request) >= min(request.public, len(request.tokens) - 1):
            return
        tokens = request.tokens[: request.public]
        numbers = [key for key in self._shelf if isinstance(key, int)]
        for key in numbers:
            if common(self._shelf[key].tokens, tokens) == len(self._shelf[key].tokens):
                self._drop(key)  # the beginning of the new one
        numbers = [key for key in self._shelf if isinstance(key, int)]
        if len(numbers) >= _PUBLIC:
            self._drop(numbers[0])
        self._number += 1
        self._put(self._number, tokens, request.slot)

    def trim(self, request: Request) -> None:
        """Give up what the slot of ``request`` holds beyond what it has computed."""
        self._memory.cut(request.slot, request.computed)

    def end(self, request: Request) -> None:
        """Take back the slot; what was computed is saved for the conversation, if there is one."""
        if request.conversation and request.computed > request.public:
            tokens = request.tokens[: request.computed]
            self._put(request.conversation, tokens, request.slot)
        self._memory.cut(request.slot, 0)
        heapq.heappush(self._free, request.slot)
        request.slot = -1

    def close_ranks(self, running: Iterable[Request]) -> None:
        """Move those who run to the lowest slots, with all that has been computed.

        llama.cpp computes in one pass only slots that follow one another (docs/decisions/0025).
        """
        for one in sorted(running, key=lambda one: one.slot, reverse=True):
            if not self._free or self._free[0] > one.slot:
                return
            if one.computed and not self._memory.load(self._free[0], self._memory.save(one.slot)):
                return
            self._memory.cut(one.slot, 0)
            one.slot = heapq.heapreplace(self._free, one.slot)

    def forget(self, conversation: str) -> None:
        """Give up what is saved of ``conversation``, if anything is."""
        if conversation in self._shelf:
            self._drop(conversation)

    def saved(self) -> list[tuple[str | int, list[int]]]:
        """What is saved: of a conversation, or (a number) public."""
        return [(key, one.tokens) for key, one in self._shelf.items()]

    def _public(self, request: Request) -> tuple[int | None, int]:
        """The public prefix that has most in common with that of ``request``, and how much."""
        wanted = request.tokens[: min(request.public, len(request.tokens) - 1)]
        best: tuple[int | None, int] = (None, 0)
        for key, one in self._shelf.items():
            if isinstance(key, int) and (length := common(one.tokens, wanted)) > best[1]:
                best = key, length
        return best

    def _put(self, key: str | int, tokens: list[int], slot: int) -> None:
        """Save ``slot``, in the place of what was there under ``key``."""
        if key in self._shelf:
            self._drop(key)
        if len(tokens) > self._limit:
            return
        while self.shelved + len(tokens) > self._limit:
            self._drop(next(iter(self._shelf)))
        self._shelf[key] = Saved(tokens, self._memory.save(slot))
        self.shelved += len(tokens)

    def _drop(self, key: str | int) -> None:
        self.shelved -= len(self._shelf.pop(key).tokens)


def common(left: Sequence[int], right: Sequence[int]) -> int:
    """Number of leading items that are equal."""
    length = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        length += 1
    return length
