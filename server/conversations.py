"""Conversations: what a person and the machine said, sealed, whole after a crash.

A person's turn is stored before the road is taken, with the machine's turn beside it as
«interrupted»; the end of the exchange completes that turn. A process that dies in between leaves
an intact conversation that says so.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, cast

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from governance.clock import iso, parse_iso, utc_now
from server.tables import conversations, messages

State = Literal["complete", "refused", "interrupted", "cancelled", "failed"]
TITLE_LENGTH = 60


class Seals(Protocol):
    """What seals the texts; ``associated`` is the place of a text, which it cannot leave."""

    def seal(self, plaintext: str, associated: str) -> bytes: ...

    def open(self, sealed: bytes, associated: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation, without its messages."""

    id: str
    user_id: str
    service: str
    title: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A turn. ``grounding`` lists the sentences that no passage supports."""

    id: str
    conversation_id: str
    role: Literal["person", "machine"]
    state: State
    exchange_id: str
    text: str
    masked: tuple[tuple[int, int], ...]
    sources: tuple[str, ...]
    unsupported: tuple[str, ...]
    receipt: dict[str, Any] | None
    refusal: dict[str, Any] | None
    feedback: Literal["up", "down", ""]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Begun:
    """What :meth:`Conversations.begin` stored."""

    conversation: Conversation
    person: StoredMessage
    machine_id: str


@dataclass(frozen=True, slots=True)
class Ending:
    """What completes the machine's turn."""

    state: State
    text: str = ""
    sources: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    receipt: dict[str, Any] | None = None
    refusal: dict[str, Any] | None = None


class Conversations:
    """The conversations' store. Every reading is by the person they belong to."""

    def __init__(self, engine: Engine, sealer: Seals) -> None:
        self._engine = engine
        self._sealer = sealer

    def of(self, user_id: str, limit: int = 100) -> tuple[Conversation, ...]:
        """The person's conversations, the latest first."""
        query = (
            select(conversations)
            .where(conversations.c.user_id == user_id)
            .order_by(conversations.c.updated_at.desc())
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return tuple(self._conversation(row) for row in connection.execute(query))

    def get(self, conversation_id: str, user_id: str) -> Conversation | None:
        """The conversation, where it is this person's."""
        with self._engine.connect() as connection:
            row = self._row(connection, conversation_id, user_id)
        return self._conversation(row) if row is not None else None

    def messages(self, conversation_id: str) -> tuple[StoredMessage, ...]:
        """The turns in their order."""
        query = (
            select(messages)
            .where(messages.c.conversation_id == conversation_id)
            .order_by(messages.c.position)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return tuple(self._message(row) for row in rows)

    def message(self, message_id: str, user_id: str) -> StoredMessage | None:
        """A turn, where its conversation is this person's."""
        return self._one(messages.c.id == message_id, user_id)

    def machine_turn(self, exchange_id: str, user_id: str) -> StoredMessage | None:
        """The machine's turn of an exchange, where it is this person's."""
        return self._one(
            (messages.c.exchange_id == exchange_id) & (messages.c.role == "machine"), user_id
        )

    def begin(
        self, conversation_id: str | None, user_id: str, service: str, text: str, exchange_id: str
    ) -> Begun | None:
        """Store the person's turn and the machine's place, in one transaction.

        Without ``conversation_id`` a conversation begins. None where it is not this person's.
        """
        with self._engine.begin() as connection:
            if conversation_id is None:
                conversation_id = self._create(connection, user_id, service, text)
            row = self._row(connection, conversation_id, user_id)
            if row is None:
                return None
            person = self._insert(connection, conversation_id, "person", "complete", text, "")
            machine = self._insert(
                connection, conversation_id, "machine", "interrupted", "", exchange_id
            )
            self._touch(connection, conversation_id)
        return Begun(self._conversation(row), person, machine.id)

    def begin_again(self, conversation_id: str, user_id: str, exchange_id: str) -> Begun | None:
        """Empty the last machine's turn for another answer to the same question.

        None where the conversation is not this person's, or has no question to answer.
        """
        with self._engine.begin() as connection:
            row = self._row(connection, conversation_id, user_id)
            if row is None:
                return None
            last = connection.execute(
                select(messages)
                .where(messages.c.conversation_id == conversation_id, messages.c.role == "person")
                .order_by(messages.c.position.desc())
                .limit(1)
            ).one_or_none()
            if last is None:
                return None
            connection.execute(
                delete(messages).where(
                    messages.c.conversation_id == conversation_id,
                    messages.c.position > last.position,
                )
            )
            machine = self._insert(
                connection, conversation_id, "machine", "interrupted", "", exchange_id
            )
            self._touch(connection, conversation_id)
            person = self._message(last)
        return Begun(self._conversation(row), person, machine.id)

    def set_masked(self, message_id: str, spans: Sequence[tuple[int, int]]) -> None:
        """Remember which characters of a person's turn the model did not see."""
        self._update(message_id, masked=json.dumps([list(span) for span in spans]))

    def set_prompt(self, message_id: str, turns: Sequence[tuple[str, str]]) -> None:
        """Keep «what the model saw», by role, sealed."""
        sealed = self._sealer.seal(json.dumps(turns), f"{message_id}/prompt")
        self._update(message_id, prompt=sealed)

    def prompt(self, exchange_id: str, user_id: str) -> tuple[tuple[str, str], ...] | None:
        """«What the model saw» of an exchange, where it is this person's and was kept."""
        condition = (messages.c.exchange_id == exchange_id) & messages.c.prompt.is_not(None)
        query = (
            select(messages.c.id, messages.c.prompt)
            .join(conversations)
            .where(condition, conversations.c.user_id == user_id)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        turns = json.loads(self._sealer.open(row.prompt, f"{row.id}/prompt"))
        return tuple((role, content) for role, content in turns)

    def end(self, message_id: str, ending: Ending) -> None:
        """Complete the machine's turn."""
        unsupported = json.dumps(ending.unsupported)
        self._update(
            message_id,
            state=ending.state,
            content=self._sealer.seal(ending.text, message_id),
            sources=json.dumps(ending.sources),
            grounding=self._sealer.seal(unsupported, f"{message_id}/grounding"),
            receipt=json.dumps(ending.receipt) if ending.receipt is not None else None,
            refusal=json.dumps(ending.refusal) if ending.refusal is not None else None,
        )

    def set_feedback(self, message_id: str, value: str, comment: str) -> None:
        """Keep a thumb, and its comment sealed."""
        sealed = self._sealer.seal(comment, f"{message_id}/comment") if comment else None
        self._update(message_id, feedback=value, comment=sealed)

    def unused_since(self, before: datetime) -> tuple[tuple[str, str], ...]:
        """The conversations in which nothing was asked since, each with whose it is."""
        query = (
            select(conversations.c.id, conversations.c.user_id)
            .where(conversations.c.updated_at < iso(before))
            .order_by(conversations.c.updated_at)
        )
        with self._engine.connect() as connection:
            return tuple((row.id, row.user_id) for row in connection.execute(query))

    def delete(
        self, conversation_id: str, user_id: str, unused_since: datetime | None = None
    ) -> bool:
        """Delete a conversation with its turns; False where it is not this person's, or where
        something was asked in it since ``unused_since``.
        """
        with self._engine.begin() as connection:
            row = self._row(connection, conversation_id, user_id)
            if row is None or (unused_since and row.updated_at >= iso(unused_since)):
                return False
            connection.execute(
                delete(messages).where(messages.c.conversation_id == conversation_id)
            )
            connection.execute(delete(conversations).where(conversations.c.id == conversation_id))
        return True

    def _create(self, connection: Connection, user_id: str, service: str, text: str) -> str:
        conversation_id, now = uuid.uuid4().hex, iso(utc_now())
        connection.execute(
            insert(conversations).values(
                id=conversation_id,
                user_id=user_id,
                service=service,
                title=self._sealer.seal(title_of(text), conversation_id),
                created_at=now,
                updated_at=now,
            )
        )
        return conversation_id

    def _insert(
        self,
        connection: Connection,
        conversation_id: str,
        role: str,
        state: str,
        text: str,
        exchange_id: str,
    ) -> StoredMessage:
        message_id = uuid.uuid4().hex
        position = connection.execute(
            select(func.coalesce(func.max(messages.c.position), -1)).where(
                messages.c.conversation_id == conversation_id
            )
        ).scalar_one()
        connection.execute(
            insert(messages).values(
                id=message_id,
                conversation_id=conversation_id,
                position=position + 1,
                role=role,
                state=state,
                exchange_id=exchange_id,
                content=self._sealer.seal(text, message_id),
                feedback="",
                created_at=iso(utc_now()),
            )
        )
        row = connection.execute(select(messages).where(messages.c.id == message_id)).one()
        return self._message(row)

    @staticmethod
    def _touch(connection: Connection, conversation_id: str) -> None:
        connection.execute(
            update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(updated_at=iso(utc_now()))
        )

    def _update(self, message_id: str, **values: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(messages).where(messages.c.id == message_id).values(**values))

    @staticmethod
    def _row(connection: Connection, conversation_id: str, user_id: str) -> Row[Any] | None:
        return connection.execute(
            select(conversations).where(
                conversations.c.id == conversation_id, conversations.c.user_id == user_id
            )
        ).one_or_none()

    def _one(self, condition: Any, user_id: str) -> StoredMessage | None:
        query = (
            select(messages)
            .join(conversations)
            .where(condition, conversations.c.user_id == user_id)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return self._message(row) if row is not None else None

    def _conversation(self, row: Row[Any]) -> Conversation:
        return Conversation(
            row.id,
            row.user_id,
            row.service,
            self._sealer.open(row.title, row.id),
            parse_iso(row.updated_at),
        )

    def _message(self, row: Row[Any]) -> StoredMessage:
        grounding = (
            json.loads(self._sealer.open(row.grounding, f"{row.id}/grounding"))
            if row.grounding
            else ()
        )
        return StoredMessage(
            id=row.id,
            conversation_id=row.conversation_id,
            role=row.role,
            state=cast(State, row.state),
            exchange_id=row.exchange_id,
            text=self._sealer.open(row.content, row.id),
            masked=tuple((a, b) for a, b in json.loads(row.masked or "[]")),
            sources=tuple(json.loads(row.sources or "[]")),
            unsupported=tuple(grounding),
            receipt=json.loads(row.receipt) if row.receipt else None,
            refusal=json.loads(row.refusal) if row.refusal else None,
            feedback=row.feedback,
            created_at=parse_iso(row.created_at),
        )


def title_of(text: str) -> str:
    """A conversation's title: the beginning of its first question, cut between words."""
    line = " ".join(text.split())
    if len(line) <= TITLE_LENGTH:
        return line
    return line[:TITLE_LENGTH].rsplit(" ", 1)[0] + "…"
