"""Contested refusals: opened by who was refused, answered by the admin or the DPO.

The text of the request is kept only where the person agreed; it, the comment and the answer are
sealed with the person's key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from governance.audit.leaf import AuditRecord
from governance.audit.log import AuditLog
from governance.clock import iso, parse_iso, utc_now
from governance.review.errors import AlreadyContested, AlreadyDecided, NoSuchEntry, WordsMissing
from governance.review.queue import MAX_WORDS, MIN_WORDS
from governance.review.tables import contests
from governance.sealing import PersonKeys, SealBroken

ContestState = Literal["open", "upheld", "accepted"]
Answered = Literal["upheld", "accepted"]
ANSWERS: tuple[Answered, ...] = ("upheld", "accepted")
MAX_COMMENT = 1000


@dataclass(frozen=True, slots=True)
class Refused:
    """The refusal that is contested, as the charter and the judge gave it."""

    exchange_id: str
    subject: str
    conversation_id: str
    service: str
    use_id: str
    title: str
    layer: str
    score: float | None
    nearest: str
    charter_revision: str


@dataclass(frozen=True, slots=True)
class Contest:
    """A contested refusal. ``text`` is None where the person did not agree to give it."""

    refused: Refused
    state: ContestState
    created_at: datetime
    answered_at: datetime | None
    text: str | None
    comment: str
    answer: str


class Contests:
    """The contests' store. Safe to share by threads."""

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

    def open(self, refused: Refused, comment: str, text: str | None) -> None:
        """Contest a refusal, once. ``text``: what the person wrote, if they agree to give it.

        Raises:
            AlreadyContested: this refusal already is.
            WordsMissing: the comment is too long.
            AuditUnavailable: the log cannot be written: nothing is kept.
        """
        comment = comment.strip()
        if len(comment) > MAX_COMMENT:
            raise WordsMissing

        def write(connection: Connection) -> None:
            def seal(words: str | None, what: str) -> bytes | None:
                if not words:
                    return None
                place = _place(refused.exchange_id, what)
                return self._keys.seal(refused.subject, words, place, connection)

            try:
                connection.execute(
                    insert(contests).values(
                        exchange_id=refused.exchange_id,
                        subject=refused.subject,
                        conversation_id=refused.conversation_id,
                        service=refused.service,
                        use_id=refused.use_id,
                        title=refused.title,
                        layer=refused.layer,
                        score=refused.score,
                        nearest=refused.nearest,
                        charter_revision=refused.charter_revision,
                        state="open",
                        created_at=iso(self._now()),
                        text=seal(text, "text"),
                        comment=seal(comment, "comment"),
                    )
                )
            except IntegrityError:
                raise AlreadyContested from None

        data = {"action": "opened", "use": refused.use_id, "with_text": bool(text)}
        self._log.append(self._record(refused, refused.subject, data), also=write)

    def answer(self, exchange_id: str, by: str, answered: Answered, words: str) -> Contest:
        """Uphold the refusal or lift it, with words that the person reads; the first one stands.

        ``by`` is the pseudonym of the admin or DPO.

        Raises:
            NoSuchEntry, AlreadyDecided, WordsMissing: nothing is changed.
            AuditUnavailable: the log cannot be written: nothing is changed.
        """
        if answered not in ANSWERS:
            raise ValueError("an answer is one of ANSWERS")
        words = words.strip()
        if not MIN_WORDS <= len(words) <= MAX_WORDS:
            raise WordsMissing
        refused = self.get(exchange_id).refused

        def write(connection: Connection) -> None:
            place = _place(exchange_id, "answer")
            changed = connection.execute(
                update(contests)
                .where(contests.c.exchange_id == exchange_id, contests.c.state == "open")
                .values(
                    state=answered,
                    answered_at=iso(self._now()),
                    answered_by=by,
                    answer=self._keys.seal(refused.subject, words, place, connection),
                )
            )
            if changed.rowcount != 1:
                raise AlreadyDecided

        data = {"action": answered, "use": refused.use_id, "author": refused.subject}
        self._log.append(self._record(refused, by, data), words, also=write)
        return self.get(exchange_id)

    def get(self, exchange_id: str) -> Contest:
        """A contest. Raises NoSuchEntry."""
        query = select(contests).where(contests.c.exchange_id == exchange_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                raise NoSuchEntry
            return self._contest(connection, row)

    def all(self, limit: int = 200) -> tuple[Contest, ...]:
        """The contests: the open ones first, then the latest."""
        query = (
            select(contests)
            .order_by((contests.c.state == "open").desc(), contests.c.created_at.desc())
            .limit(limit)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
            return tuple(self._contest(connection, row) for row in rows)

    def of(self, subject: str, conversation_id: str) -> dict[str, Contest]:
        """The contests of a person in a conversation, by exchange."""
        query = select(contests).where(
            contests.c.subject == subject, contests.c.conversation_id == conversation_id
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
            return {row.exchange_id: self._contest(connection, row) for row in rows}

    def waiting(self) -> int:
        """How many are open."""
        query = select(func.count()).where(contests.c.state == "open")
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def news(self, subject: str) -> int:
        """How many answers the person has not been shown yet."""
        query = select(func.count()).where(
            contests.c.subject == subject,
            contests.c.state != "open",
            contests.c.told_at.is_(None),
        )
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def told(self, subject: str, conversation_id: str) -> None:
        """Remember that the person was shown the answers of a conversation."""
        with self._engine.begin() as connection:
            connection.execute(
                update(contests)
                .where(
                    contests.c.subject == subject,
                    contests.c.conversation_id == conversation_id,
                    contests.c.state != "open",
                    contests.c.told_at.is_(None),
                )
                .values(told_at=iso(self._now()))
            )

    def destroy(self, conversation_id: str) -> None:
        """Delete the contests of a conversation."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(contests).where(contests.c.conversation_id == conversation_id)
            )

    def expire(self, before: datetime) -> int:
        """Delete what is older than the charter keeps it; how many there were."""
        with self._engine.begin() as connection:
            return connection.execute(
                delete(contests).where(contests.c.created_at < iso(before))
            ).rowcount

    @staticmethod
    def _record(refused: Refused, subject: str, data: dict[str, Any]) -> AuditRecord:
        return AuditRecord(
            "contest",
            refused.exchange_id,
            subject,
            refused.service,
            refused.charter_revision,
            data=data,
        )

    def _contest(self, connection: Connection, row: Row[Any]) -> Contest:
        def opened(blob: bytes | None, what: str) -> str | None:
            if blob is None:
                return None
            try:
                place = _place(row.exchange_id, what)
                return self._keys.open(row.subject, blob, place, connection)
            except SealBroken:  # erased with the person's key
                return None

        return Contest(
            Refused(
                row.exchange_id,
                row.subject,
                row.conversation_id,
                row.service,
                row.use_id,
                row.title,
                row.layer,
                row.score,
                row.nearest,
                row.charter_revision,
            ),
            cast(ContestState, row.state),
            parse_iso(row.created_at),
            parse_iso(row.answered_at) if row.answered_at else None,
            opened(row.text, "text"),
            opened(row.comment, "comment") or "",
            opened(row.answer, "answer") or "",
        )


def _place(exchange_id: str, what: str) -> str:
    return f"contest/{exchange_id}/{what}"
