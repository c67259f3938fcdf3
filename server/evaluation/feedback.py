"""Opinions on answers: each counts, and is read by the administrator where its author shares it.

What is shared is pseudonymised before it comes here, and sealed with its author's own key: to erase
that key erases it. It leaves with the thumb, with the conversation, and after the retention.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Engine, Row, delete, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from governance.audit.tables import person_keys
from governance.clock import iso, parse_iso, utc_now
from governance.messages import N_
from governance.sealing import PersonKeys, SealBroken
from server.tables import feedback_reviews as table

if TYPE_CHECKING:
    from server.assembly import Assembly
    from server.books import Books

Thumb = Literal["up", "down"]
Reason = Literal[
    "inexact", "incomplete", "off_topic", "outdated", "wrong_source", "refused", "other", ""
]
FeedbackState = Literal["new", "kept", "dismissed"]
Decided = Literal["kept", "dismissed"]
REASONS: tuple[Reason, ...] = get_args(Reason)
STATES: tuple[FeedbackState, ...] = get_args(FeedbackState)


class FeedbackError(Exception):
    """An opinion cannot be dealt with as asked; says why."""

    message_id = ""

    def __init__(self) -> None:
        self.params: dict[str, str | int | float] = {}
        super().__init__(self.message_id)


class NoSuchFeedback(FeedbackError):
    """There is none, it was not shared, or it was erased since."""

    message_id = N_("There is no such opinion, or its author no longer shares it.")


class AlreadyReviewed(FeedbackError):
    """Another decision came first."""

    message_id = N_("This opinion was already dealt with.")


class SharedSource(BaseModel):
    """A passage that was shown with the answer, by what finds it again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    document: str
    title: str
    reference: str
    url: str
    date: str
    cited: bool

    @property
    def name(self) -> str:
        """How a test names it: an article's reference, else the address, else the document."""
        return self.reference or self.url.partition("#")[0] or self.document


class Shared(BaseModel):
    """What a person shares, without personal data. ``right`` is the number of the source that they
    say was the right one, 0 where they say nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    answer: str
    comment: str = ""
    sources: tuple[SharedSource, ...] = ()
    right: int = 0

    @property
    def right_source(self) -> str:
        """How a test names the source that the person picked; empty where they picked none."""
        return next((each.name for each in self.sources if each.number == self.right), "")


@dataclass(frozen=True, slots=True)
class Opinion:
    """A thumb on the answer of an exchange, and why."""

    exchange_id: str
    conversation_id: str
    subject: str
    service: str
    value: Thumb
    reason: Reason


@dataclass(frozen=True, slots=True)
class FeedbackReview:
    """A shared opinion. ``test_id`` is the test made of it."""

    opinion: Opinion
    shared: Shared
    state: FeedbackState
    created_at: datetime
    decided_at: datetime | None
    test_id: str


@dataclass(frozen=True, slots=True)
class FeedbackCount:
    """How many opinions of a service have this thumb and reason, shared or not."""

    service: str
    value: Thumb
    reason: Reason
    count: int


class FeedbackReviews:
    """The opinions' store. Safe to share by threads."""

    def __init__(
        self, engine: Engine, person_keys: PersonKeys, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._engine = engine
        self._keys = person_keys
        self._now = now

    def put(self, opinion: Opinion, shared: Shared | None) -> None:
        """Keep an opinion in the place of an earlier one on the same answer.

        Without ``shared``, what was shared before is gone too.
        """
        with self._engine.begin() as connection:
            self._put(connection, opinion, shared)

    def withdraw(self, exchange_id: str, subject: str) -> None:
        """Delete an opinion that its author takes back."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(table).where(table.c.exchange_id == exchange_id, table.c.subject == subject)
            )

    def get(self, exchange_id: str) -> FeedbackReview:
        """A shared opinion. Raises NoSuchFeedback."""
        query = select(table).where(table.c.exchange_id == exchange_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
            review = self._review(connection, row) if row is not None else None
        if review is None:
            raise NoSuchFeedback
        return review

    def shared(self, state: FeedbackState, limit: int = 200) -> tuple[FeedbackReview, ...]:
        """The shared opinions in this state, the latest first."""
        query = (
            select(table)
            .where(table.c.state == state, table.c.sealed.is_not(None))
            .order_by(table.c.created_at.desc())
            .limit(limit)
        )
        with self._engine.connect() as connection:
            found = [self._review(connection, row) for row in connection.execute(query).all()]
        return tuple(review for review in found if review is not None)

    def counts(self) -> tuple[FeedbackCount, ...]:
        """The opinions by service, thumb and reason."""
        keys = (table.c.service, table.c.value, table.c.reason)
        query = select(*keys, func.count()).group_by(*keys).order_by(*keys)
        with self._engine.connect() as connection:
            return tuple(
                FeedbackCount(service, cast(Thumb, value), cast(Reason, reason), count)
                for service, value, reason, count in connection.execute(query).all()
            )

    def states(self) -> dict[FeedbackState, int]:
        """How many shared opinions there are in each state, those that were erased left out."""
        erased = exists().where(
            person_keys.c.subject == table.c.subject, person_keys.c.erased >= table.c.created_at
        )
        query = (
            select(table.c.state, func.count().label("total"))
            .where(table.c.sealed.is_not(None), ~erased)
            .group_by(table.c.state)
        )
        with self._engine.connect() as connection:
            found = {row.state: int(row.total) for row in connection.execute(query).all()}
        return {state: found.get(state, 0) for state in STATES}

    def decide(
        self,
        connection: Connection,
        exchange_id: str,
        decided: Decided,
        by: str,
        test_id: str = "",
    ) -> None:
        """Note what became of a shared opinion, inside an open transaction; the first one stands.

        ``by`` is the pseudonym of the administrator. Raises AlreadyReviewed.
        """
        changed = connection.execute(
            update(table)
            .where(
                table.c.exchange_id == exchange_id,
                table.c.state == "new",
                table.c.sealed.is_not(None),
            )
            .values(state=decided, decided_at=iso(self._now()), decided_by=by, test_id=test_id)
        )
        if changed.rowcount != 1:
            raise AlreadyReviewed

    def expire(self, before: datetime) -> int:
        """Delete what is older than the charter keeps it; how many there were."""
        with self._engine.begin() as connection:
            return connection.execute(
                delete(table).where(table.c.created_at < iso(before))
            ).rowcount

    def _put(self, connection: Connection, opinion: Opinion, shared: Shared | None) -> None:
        sealed = None
        if shared is not None:
            place = _place(opinion.exchange_id)
            text = shared.model_dump_json()
            sealed = self._keys.seal(opinion.subject, text, place, connection)
        values = {
            "conversation_id": opinion.conversation_id,
            "subject": opinion.subject,
            "service": opinion.service,
            "value": opinion.value,
            "reason": opinion.reason,
            "state": "new",
            "created_at": iso(self._now()),
            "decided_at": None,
            "decided_by": None,
            "test_id": "",
            "sealed": sealed,
        }
        replace = update(table).where(table.c.exchange_id == opinion.exchange_id).values(values)
        if connection.execute(replace).rowcount:
            return
        try:
            with connection.begin_nested():
                connection.execute(insert(table).values(exchange_id=opinion.exchange_id, **values))
        except IntegrityError:
            # Sent twice at once: the other one was first.
            connection.execute(replace)

    def _review(self, connection: Connection, row: Row[Any]) -> FeedbackReview | None:
        if row.sealed is None:
            return None
        try:
            text = self._keys.open(row.subject, row.sealed, _place(row.exchange_id), connection)
        except SealBroken:  # erased with the person's key
            return None
        return FeedbackReview(
            Opinion(
                row.exchange_id,
                row.conversation_id,
                row.subject,
                row.service,
                row.value,
                row.reason,
            ),
            Shared.model_validate_json(text),
            row.state,
            parse_iso(row.created_at),
            parse_iso(row.decided_at) if row.decided_at else None,
            row.test_id,
        )


def feedback_of(books: Books | Assembly) -> FeedbackReviews:
    """The opinions that an instance keeps."""
    return FeedbackReviews(books.database, books.person_keys)


def unexpired(books: Books | Assembly, days: int) -> FeedbackReviews:
    """The opinions of an instance, those that are more than ``days`` old destroyed first."""
    reviews = feedback_of(books)
    reviews.expire(utc_now() - timedelta(days=days))
    return reviews


def _place(exchange_id: str) -> str:
    return f"feedback/{exchange_id}"
