"""The answers that may be given again, sealed by the instance's own key."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine, delete, insert, or_, select
from sqlalchemy.exc import IntegrityError

from governance.clock import iso, utc_now
from governance.keys import InstanceKeys
from governance.repetition.tables import kept_answers
from governance.sealing import SealBroken, Sealer
from rag.protocol import Grounding

MOST = 10_000
"""Answers kept at most; the oldest go first."""

_log = structlog.get_logger("sobria.repetition")


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer with what it stands on.

    ``raw`` is what the model wrote, before its citations were corrected; ``passages`` are those
    that it was given, in the order of their numbers: the id, and a hash of all that is shown of it.
    ``written_at`` is in UTC.
    """

    raw: str
    text: str
    grounding: Grounding
    passages: tuple[tuple[str, str], ...]
    written_at: datetime


_ANSWER = TypeAdapter(KeptAnswer)


class KeptAnswers:
    """The answers' store. Safe to share by threads and processes."""

    def __init__(
        self,
        engine: Engine,
        keys: InstanceKeys,
        *,
        now: Callable[[], datetime] = utc_now,
        most: int = MOST,
    ) -> None:
        self._engine = engine
        self._hashing = keys.derive("answers/key")
        self._sealer = Sealer(keys.derive("answers/seal"))
        self._now = now
        self._most = most

    def key(self, *parts: Any) -> str:
        """HMAC-SHA256 of ``parts``, which are JSON values: the key of an answer."""
        said = json.dumps(parts, ensure_ascii=True, sort_keys=True).encode()
        return hmac.new(self._hashing, said, hashlib.sha256).hexdigest()

    def find(self, key: str, days: int) -> KeptAnswer | None:
        """The answer of this key, where it was written in the last ``days`` days.

        One that does not open, or is not what was kept, is deleted: the next one takes its place.
        """
        query = select(kept_answers.c.sealed).where(kept_answers.c.key == key)
        with self._engine.connect() as connection:
            sealed = connection.execute(query).scalar()
        if sealed is None:
            return None
        try:
            answer = _ANSWER.validate_json(self._sealer.open(sealed, _place(key)))
        except (SealBroken, ValidationError, UnicodeDecodeError) as failure:
            # The type only: a validation error quotes what it read.
            _log.warning("kept_answer_unreadable", error=type(failure).__name__)
            self.drop(key)
            return None
        age = self._now() - answer.written_at
        return answer if age.total_seconds() < days * 86_400 else None

    def keep(self, key: str, service: str, charter_revision: str, answer: KeptAnswer) -> None:
        """Keep ``answer``, in the place of an older one; of two at the same instant, one stays."""
        sealed = self._sealer.seal(_ANSWER.dump_json(answer).decode(), _place(key))
        oldest = (
            select(kept_answers.c.written_at)
            .order_by(kept_answers.c.written_at.desc())
            .offset(self._most)
            .limit(1)
        )
        try:
            with self._engine.begin() as connection:
                connection.execute(delete(kept_answers).where(kept_answers.c.key == key))
                connection.execute(
                    insert(kept_answers).values(
                        key=key,
                        service=service,
                        charter_revision=charter_revision,
                        written_at=iso(answer.written_at),
                        sealed=sealed,
                    )
                )
                last = connection.execute(oldest).scalar()
                if last is not None:
                    connection.execute(
                        delete(kept_answers).where(kept_answers.c.written_at <= last)
                    )
        except IntegrityError:
            _log.info("kept_answer_already_there")

    def drop(self, key: str) -> None:
        """Delete the answer of this key."""
        with self._engine.begin() as connection:
            connection.execute(delete(kept_answers).where(kept_answers.c.key == key))

    def expire(self, before: datetime, charter_revision: str) -> int:
        """Delete what was written before then, or under another charter; how many there were."""
        gone = or_(
            kept_answers.c.written_at < iso(before),
            kept_answers.c.charter_revision != charter_revision,
        )
        with self._engine.begin() as connection:
            return connection.execute(delete(kept_answers).where(gone)).rowcount

    def clear(self, service: str | None = None) -> int:
        """Delete all answers, or those of a service; how many there were."""
        query = delete(kept_answers)
        if service is not None:
            query = query.where(kept_answers.c.service == service)
        with self._engine.begin() as connection:
            return connection.execute(query).rowcount


def _place(key: str) -> str:
    return f"kept-answer/{key}"
