"""What the pages of review and of contested refusals need, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class ReviewStateView:
    """What the author reads of a review: ``role`` and the use are names for people."""

    state: Literal["waiting", "approved", "rejected", "changes"]
    delivery: Literal["hold", "draft"]
    role: str
    decided_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class ContestStateView:
    """What the person reads of a refusal that they contested."""

    state: Literal["open", "upheld", "accepted"]
    with_text: bool
    answered_at: datetime | None
    answer: str


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """An entry that waits. ``score`` is the margin of the use's recognition."""

    id: str
    use: str
    service: str
    role: str
    delivery: Literal["hold", "draft"]
    layer: str
    score: float
    created_at: datetime
    waited: str


@dataclass(frozen=True, slots=True)
class QueueView:
    """The page ``review.html``: what waits for this reviewer."""

    rows: tuple[ReviewRow, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntryView:
    """The page ``review_entry.html``: one entry with its texts. ``html`` is safe HTML."""

    row: ReviewRow
    reason: str
    legal_basis: tuple[str, ...]
    request: str
    html: str
    calls: tuple[tuple[str, str], ...]
    words: str = ""
    decision: str = ""


@dataclass(frozen=True, slots=True)
class RoleView:
    """A reviewer role: its members (sign-in name, name for people) and its counts by state."""

    id: str
    title: str
    members: tuple[tuple[str, str], ...]
    waiting: int
    decided: int


@dataclass(frozen=True, slots=True)
class MembersView:
    """The page ``review_members.html``."""

    roles: tuple[RoleView, ...]
    accounts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ContestView:
    """A contested refusal. ``text`` is None where the person did not agree to give it.

    ``line`` is the counter-example to paste into the charter, empty without a text.
    """

    id: str
    use_id: str
    title: str
    service: str
    layer: str
    score: float | None
    nearest: str
    state: Literal["open", "upheld", "accepted"]
    created_at: datetime
    comment: str
    text: str | None
    line: str
    answered_at: datetime | None
    answer: str


@dataclass(frozen=True, slots=True)
class ContestsView:
    """The page ``contests.html``; ``path`` is where its forms go, ``editor`` the charter's."""

    contests: tuple[ContestView, ...]
    path: str
    editor: str
