"""What the page of opinions needs, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from web.console_view import Listing


@dataclass(frozen=True, slots=True)
class FeedbackSourceView:
    """A passage shown with an answer; ``right``: its reader says that it was the right one."""

    number: int
    title: str
    reference: str
    url: str
    date: str
    cited: bool
    right: bool


@dataclass(frozen=True, slots=True)
class FeedbackEntryView:
    """An opinion that its author shares, in placeholders.

    ``answer`` is safe HTML; ``expected`` names the right source.
    """

    id: str
    service: str
    value: Literal["up", "down"]
    reason: str
    created_at: datetime
    question: str
    answer: str
    comment: str
    sources: tuple[FeedbackSourceView, ...]
    expected: str
    decided_at: datetime | None
    test_id: str


@dataclass(frozen=True, slots=True)
class FeedbackCountView:
    """All the opinions of a service, shared or not: thumbs, and reasons by count."""

    service: str
    up: int
    down: int
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class FeedbackView:
    """Opinions (``feedback.html``): those in ``state``; ``states`` counts those in each.

    ``tests`` are how many there are in the file, and ``problem`` what is wrong with it.
    """

    state: Literal["new", "kept", "dismissed"]
    states: tuple[tuple[str, int], ...]
    entries: tuple[FeedbackEntryView, ...]
    counts: tuple[FeedbackCountView, ...]
    tests: int
    problem: str
    listing: Listing
