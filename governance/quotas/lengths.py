"""How long a service's answers really are, so that a request holds no more than it will take.

The longest answer that the charter allows is rarely written: to hold it each time would block a
service whose quota is mostly unspent. After :data:`ENOUGH` answers of a service by a surface, a
request holds what 19 of 20 of the recent ones took; until then, the longest that it may take. The
twentieth passes its hold: that is counted and said at its settlement.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from governance.quotas.tables import quota_reservations as reservations

ENOUGH = 20
"""Answers to have seen before they are believed."""
RECENT = 200
"""Answers that are remembered: what a service asks for changes."""
QUANTILE = 0.95


@dataclass(frozen=True, slots=True)
class Length:
    """Tokens of one answer: ``extra`` that its prompt had beside the question, and ``answer``."""

    extra: int
    answer: int


def high(values: Iterable[int]) -> int:
    """The value that :data:`QUANTILE` of ``values`` do not pass."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(QUANTILE * len(ordered)) - 1)]


class Lengths:
    """The recent answers by service and surface, read once from the reservations, then kept."""

    def __init__(self) -> None:
        self._recent: dict[tuple[str, str], deque[Length]] = {}
        self._lock = threading.Lock()

    def expect(self, connection: Connection, service: str, surface: str, longest: Length) -> Length:
        """What a request of ``service`` will take; ``longest`` bounds its answer."""
        recent = self._load(connection, service, surface)
        with self._lock:
            known = tuple(recent)
        if len(known) < ENOUGH:
            return longest
        return Length(
            extra=high(length.extra for length in known),
            answer=min(longest.answer, high(length.answer for length in known)),
        )

    def learn(self, service: str, surface: str, length: Length) -> None:
        """Remember an answer; one of which nothing was ever asked here is read later."""
        with self._lock:
            recent = self._recent.get((service, surface))
            if recent is not None:
                recent.append(length)

    def _load(self, connection: Connection, service: str, surface: str) -> deque[Length]:
        with self._lock:
            known = self._recent.get((service, surface))
        if known is not None:
            return known
        query = (
            select(reservations.c.extra_tokens, reservations.c.answer_tokens)
            .where(
                reservations.c.service == service,
                reservations.c.surface == surface,
                reservations.c.answer_tokens.is_not(None),
            )
            .order_by(reservations.c.created.desc())
            .limit(RECENT)
        )
        rows = connection.execute(query).all()
        read = deque((Length(row[0] or 0, row[1]) for row in reversed(rows)), maxlen=RECENT)
        with self._lock:
            return self._recent.setdefault((service, surface), read)
