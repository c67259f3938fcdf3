"""What is in the queue of review: entries, their texts, and who may decide on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from governance.charter.use import Delivery

State = Literal["waiting", "approved", "rejected", "changes"]
DecisionKind = Literal["approved", "rejected", "changes"]
DECISIONS: tuple[DecisionKind, ...] = ("approved", "rejected", "changes")
MIN_WORDS, MAX_WORDS = 3, 1000
"""Characters of the words that a decision needs."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is sealed of an entry: the request and the answer as they would leave.

    ``passages`` are the identifiers of those that the answer was given, ``unsupported`` the
    sentences that none supports; ``calls`` the tools' calls, as JSON values.
    """

    request: str
    answer: str
    passages: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    calls: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry without its texts. ``score`` and ``layer`` tell how its use was recognised."""

    exchange_id: str
    subject: str
    conversation_id: str
    service: str
    use_id: str
    role: str
    delivery: Delivery
    layer: str
    score: float
    charter_revision: str
    state: State
    created_at: datetime
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What its author may know of an entry; ``held`` is None until the text may be read."""

    entry: Entry
    reason: str
    held: Held | None


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who looks at the queue: their pseudonym, and the roles and services that they may decide for.

    ``services`` gives for each role its services, None for all of them.
    """

    subject: str
    services: Mapping[str, frozenset[str] | None]

    def may_see(self, entry: Entry) -> bool:
        """Whether the entry is of a role of theirs, in a service of it."""
        if entry.role not in self.services:
            return False
        covered = self.services[entry.role]
        return covered is None or entry.service in covered
