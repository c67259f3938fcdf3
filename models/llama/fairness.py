"""Who goes next: weighted fair queueing between services, then between the users of one.

Each flow has a clock that its admitted work moves on, by tokens over weight; the flow whose clock
is furthest behind goes next. A flow that rested does not bank what it left unused: it comes back at
most ``CREDIT`` tokens behind the others, so that a light user goes before one who floods, and never
holds the others up for longer than that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from models.llama.sequence import Sequence

CREDIT = 1024.0  # tokens at weight 1: a prompt with its sources, and the answer
_KEPT = 512  # clocks of one kind, before those that say nothing are dropped
AHEAD = CREDIT / 4  # a service that is further ahead than this makes way for the others' prompts


@dataclass(slots=True)
class _Clocks:
    """The clocks of some flows; ``front`` is the latest at which one of them was served."""

    front: float = 0.0
    times: dict[str, float] = field(default_factory=dict)

    def of(self, name: str) -> float:
        return max(self.times.get(name, 0.0), self.front - CREDIT)

    def charge(self, name: str, cost: float) -> None:
        now = self.of(name)
        self.front = max(self.front, now)
        self.times[name] = now + cost
        if len(self.times) > _KEPT:  # those far behind say nothing any more
            self.times = {one: at for one, at in self.times.items() if at > self.front - CREDIT}


class FairQueue:
    """Waiting sequences, and the clocks of those who wait or waited."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[str, deque[Sequence]]] = {}
        self._services = _Clocks()
        self._users: dict[str, _Clocks] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Sequence]:
        for users in self._waiting.values():
            for line in users.values():
                yield from line

    def add(self, sequence: Sequence) -> None:
        """Put ``sequence`` last in its user's line."""
        users = self._waiting.setdefault(sequence.service, {})
        users.setdefault(sequence.user, deque()).append(sequence)
        self._count += 1

    def remove(self, sequence: Sequence) -> None:
        """Take ``sequence`` out of its line, wherever it stands there.

        Raises:
            ValueError: it does not wait.
        """
        users = self._waiting.get(sequence.service, {})
        line = users.get(sequence.user)
        if line is None:
            raise ValueError("this sequence does not wait")
        line.remove(sequence)
        self._count -= 1
        if not line:
            del users[sequence.user]
        if not users:
            del self._waiting[sequence.service]

    def heads(self) -> list[Sequence]:
        """The first of each user's line, in the order in which they are to be served."""
        first = [line[0] for users in self._waiting.values() for line in users.values()]
        return sorted(first, key=lambda one: (*self.turn(one), one.arrived, one.key))

    def turn(self, sequence: Sequence) -> tuple[float, float]:
        """The clocks of its service and of its user: the lower goes first."""
        users = self._users.get(sequence.service)
        return self._services.of(sequence.service), users.of(sequence.user) if users else 0.0

    def charge(self, sequence: Sequence, tokens: int) -> None:
        """Move the clocks of its flow on by work that was given to it."""
        self._services.charge(sequence.service, tokens / sequence.weight)
        users = self._users.setdefault(sequence.service, _Clocks())
        users.charge(sequence.user, tokens)

    def line(self) -> list[Sequence]:
        """All who wait in the order in which they will be served if nobody else comes.

        A guess: what they will write is not known, so their prompts stand for their cost.
        """
        lines = {
            (service, user): list(line)
            for service, users in self._waiting.items()
            for user, line in users.items()
        }
        clocks = {flow: self.turn(line[0]) for flow, line in lines.items()}
        order = []
        while lines:
            flow = min(lines, key=lambda f: (*clocks[f], lines[f][0].arrived, lines[f][0].key))
            first = lines[flow].pop(0)
            order.append(first)
            cost = first.prompt
            for other, (service, user) in clocks.items():
                if other[0] == flow[0]:
                    more = cost if other == flow else 0
                    clocks[other] = (service + cost / first.weight, user + more)
            if not lines[flow]:
                del lines[flow], clocks[flow]
        return order

    def forget(self) -> None:
        """Start all clocks anew: nobody waits, and what was given then took nothing from others."""
        self._services = _Clocks()
        self._users.clear()
