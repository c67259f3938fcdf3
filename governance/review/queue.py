"""The queue of answers that a person must validate: what waits, who decides, what is released.

The text of an entry is sealed with its author's key. It is opened for a member of the entry's role
who is not its author, and for its author once approved (a draft was delivered before). A decision
and its audit record are one transaction: there is never one without the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, func, insert, select, update

from governance.audit.leaf import AuditRecord
from governance.audit.log import AuditLog
from governance.charter.use import Delivery
from governance.clock import iso, parse_iso, utc_now
from governance.review.entry import (
    DECISIONS,
    MAX_WORDS,
    MIN_WORDS,
    DecisionKind,
    Entry,
    Held,
    Reviewer,
    Standing,
    State,
)
from governance.review.errors import AlreadyDecided, NoSuchEntry, OwnRequest, WordsMissing
from governance.review.tables import review_entries as entries
from governance.sealing import PersonKeys, SealBroken

__all__ = [
    "DECISIONS",
    "MAX_WORDS",
    "MIN_WORDS",
    "DecisionKind",
    "Entry",
    "Held",
    "ReviewQueue",
    "Reviewer",
    "Standing",
    "State",
]


class ReviewQueue:
    """The entries' store. Safe to share by threads."""

    def __init__(
        self,
        engine: Engine,
        person_keys: PersonKeys,
        log: AuditLog,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._engine = engine
        self._keys = person_keys
        self._log = log
        self._now = now

    def put(self, entry: Entry, held: Held) -> None:
        """Add an entry that waits. Raises SQLAlchemyError: the answer must then not be given."""
        sealed = json.dumps(
            {
                "request": held.request,
                "answer": held.answer,
                "passages": held.passages,
                "unsupported": held.unsupported,
                "calls": [dict(call) for call in held.calls],
            }
        )
        with self._engine.begin() as connection:
            connection.execute(
                insert(entries).values(
                    exchange_id=entry.exchange_id,
                    subject=entry.subject,
                    conversation_id=entry.conversation_id,
                    service=entry.service,
                    use_id=entry.use_id,
                    role=entry.role,
                    delivery=entry.delivery,
                    layer=entry.layer,
                    score=entry.score,
                    charter_revision=entry.charter_revision,
                    state="waiting",
                    created_at=iso(entry.created_at),
                    sealed=self._keys.seal(
                        entry.subject, sealed, _place(entry.exchange_id), connection
                    ),
                )
            )

    def withdraw(self, exchange_id: str) -> None:
        """Remove an entry whose exchange did not end well: nothing of it is ever released."""
        self._delete(entries.c.exchange_id == exchange_id)

    def waiting(self, reviewer: Reviewer) -> tuple[Entry, ...]:
        """What the reviewer may decide, the oldest first; their own requests are not among it."""
        query = (
            select(entries)
            .where(entries.c.state == "waiting", entries.c.role.in_(list(reviewer.services)))
            .where(entries.c.subject != reviewer.subject)
            .order_by(entries.c.created_at)
        )
        with self._engine.connect() as connection:
            found = [_entry(row) for row in connection.execute(query)]
        return tuple(entry for entry in found if reviewer.may_see(entry))

    def counts(self) -> dict[tuple[str, State], int]:
        """How many entries there are, by role and state."""
        query = select(entries.c.role, entries.c.state, func.count()).group_by(
            entries.c.role, entries.c.state
        )
        with self._engine.connect() as connection:
            return {(row[0], row[1]): row[2] for row in connection.execute(query)}

    def read(self, exchange_id: str, reviewer: Reviewer) -> tuple[Entry, Held]:
        """An entry with its texts, for a member who is not its author.

        Raises:
            NoSuchEntry: there is none, or it is not for this reviewer, or its text was erased.
            OwnRequest: the reviewer asked for it.
        """
        with self._engine.connect() as connection:
            row = self._row(connection, exchange_id, reviewer)
            try:
                return _entry(row), self._held(connection, row)
            except SealBroken:
                raise NoSuchEntry from None

    def decide(
        self, exchange_id: str, reviewer: Reviewer, decision: DecisionKind, words: str
    ) -> Entry:
        """Validate or reject an answer, or ask for changes; the first decision stands.

        ``words`` are for the author, and needed unless the answer is approved. They are sealed in
        the log too, with the reviewer's key.

        Raises:
            NoSuchEntry, OwnRequest: as :meth:`read`.
            WordsMissing: too few or too many.
            AlreadyDecided: somebody was faster.
            AuditUnavailable: the log cannot be written: nothing is decided.
        """
        if decision not in DECISIONS:
            raise ValueError("a decision is one of DECISIONS")
        words = words.strip()
        if len(words) > MAX_WORDS or (len(words) < MIN_WORDS and (words or decision != "approved")):
            raise WordsMissing
        with self._engine.connect() as connection:
            entry = _entry(self._row(connection, exchange_id, reviewer))
        now = iso(self._now())

        def write(connection: Connection) -> None:
            reason = None
            if words:
                place = f"{_place(exchange_id)}/reason"
                reason = self._keys.seal(entry.subject, words, place, connection)
            changed = connection.execute(
                update(entries)
                .where(entries.c.exchange_id == exchange_id, entries.c.state == "waiting")
                .values(state=decision, decided_at=now, decided_by=reviewer.subject, reason=reason)
            )
            if changed.rowcount != 1:
                raise AlreadyDecided

        self._log.append(
            AuditRecord(
                "review",
                exchange_id,
                reviewer.subject,
                entry.service,
                entry.charter_revision,
                data={
                    "action": decision,
                    "use": entry.use_id,
                    "role": entry.role,
                    "delivery": entry.delivery,
                    "author": entry.subject,
                },
            ),
            words or None,
            also=write,
        )
        with self._engine.connect() as connection:
            return _entry(self._row(connection, exchange_id, reviewer))

    def standings(self, subject: str, exchange_ids: Iterable[str]) -> dict[str, Standing]:
        """What the author ``subject`` may know of their entries, by exchange."""
        query = select(entries).where(
            entries.c.subject == subject, entries.c.exchange_id.in_(list(exchange_ids))
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
            return {row.exchange_id: self._standing(connection, row) for row in rows}

    def news(self, subject: str) -> int:
        """How many decisions the author has not been shown yet."""
        query = select(func.count()).where(
            entries.c.subject == subject,
            entries.c.state != "waiting",
            entries.c.told_at.is_(None),
        )
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def told(self, subject: str, exchange_ids: Iterable[str]) -> None:
        """Remember that the author was shown these decisions."""
        with self._engine.begin() as connection:
            connection.execute(
                update(entries)
                .where(
                    entries.c.subject == subject,
                    entries.c.exchange_id.in_(list(exchange_ids)),
                    entries.c.state != "waiting",
                    entries.c.told_at.is_(None),
                )
                .values(told_at=iso(self._now()))
            )

    def destroy(self, conversation_id: str, keep: Collection[str] = ()) -> None:
        """Delete the entries of a conversation, but those of the exchanges to ``keep``."""
        self._delete(
            (entries.c.conversation_id == conversation_id)
            & entries.c.exchange_id.not_in(list(keep))
        )

    def expire(self, before: datetime) -> int:
        """Delete what is older than the charter keeps it, decided or not; how many there were."""
        return self._delete(entries.c.created_at < iso(before))

    def _delete(self, condition: ColumnElement[bool]) -> int:
        with self._engine.begin() as connection:
            return connection.execute(delete(entries).where(condition)).rowcount

    @staticmethod
    def _row(connection: Connection, exchange_id: str, reviewer: Reviewer) -> Row[Any]:
        query = select(entries).where(entries.c.exchange_id == exchange_id)
        row = connection.execute(query).one_or_none()
        if row is None or not reviewer.may_see(_entry(row)):
            raise NoSuchEntry
        if row.subject == reviewer.subject:
            raise OwnRequest
        return row

    def _standing(self, connection: Connection, row: Row[Any]) -> Standing:
        entry, reason, held = _entry(row), "", None
        try:
            if row.reason is not None:
                place = f"{_place(row.exchange_id)}/reason"
                reason = self._keys.open(row.subject, row.reason, place, connection)
            if entry.state == "approved":
                held = self._held(connection, row)
        except SealBroken:
            return Standing(entry, "", None)
        return Standing(entry, reason, held)

    def _held(self, connection: Connection, row: Row[Any]) -> Held:
        opened = self._keys.open(row.subject, row.sealed, _place(row.exchange_id), connection)
        values = json.loads(opened)
        return Held(
            values["request"],
            values["answer"],
            tuple(values["passages"]),
            tuple(values["unsupported"]),
            tuple(values["calls"]),
        )


def _place(exchange_id: str) -> str:
    return f"review/{exchange_id}"


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        exchange_id=row.exchange_id,
        subject=row.subject,
        conversation_id=row.conversation_id,
        service=row.service,
        use_id=row.use_id,
        role=row.role,
        delivery=cast(Delivery, row.delivery),
        layer=row.layer,
        score=row.score,
        charter_revision=row.charter_revision,
        state=cast(State, row.state),
        created_at=parse_iso(row.created_at),
        decided_at=parse_iso(row.decided_at) if row.decided_at else None,
    )
