"""A queue and contests in a fresh database, with a real log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from governance.audit.log import AuditLog
from governance.clock import utc_now
from governance.keys import InstanceKeys
from governance.review.contests import Contests
from governance.review.queue import Entry, Reviewer, ReviewQueue
from governance.sealing import PersonKeys


@pytest.fixture
def persons(database: Engine, tmp_path: Path) -> PersonKeys:
    return PersonKeys(database, InstanceKeys.load_or_create(tmp_path / "keys"))


@pytest.fixture
def log(database: Engine, persons: PersonKeys, tmp_path: Path) -> AuditLog:
    keys = InstanceKeys.load_or_create(tmp_path / "keys")
    return AuditLog(database, keys.signing_key, persons, "sobria.test/audit")


@pytest.fixture
def queue(database: Engine, persons: PersonKeys, log: AuditLog) -> ReviewQueue:
    return ReviewQueue(database, persons, log)


@pytest.fixture
def contests(database: Engine, persons: PersonKeys, log: AuditLog) -> Contests:
    return Contests(database, persons, log)


@pytest.fixture
def entry_of(persons: PersonKeys) -> Callable[..., Entry]:
    """An entry that waits."""

    def make(exchange: str, author: str = "alice", role: str = "drh", service: str = "rh") -> Entry:
        return Entry(
            exchange_id=exchange,
            subject=persons.subject(author),
            conversation_id=f"c-{exchange}",
            service=service,
            use_id="courrier",
            role=role,
            delivery="hold",
            layer="pattern",
            score=1.0,
            charter_revision="sha256:0",
            state="waiting",
            created_at=utc_now(),
        )

    return make


@pytest.fixture
def reviewer_of(persons: PersonKeys) -> Callable[..., Reviewer]:
    """A member of roles, which cover every service unless told."""

    def make(name: str, *roles: str, services: frozenset[str] | None = None) -> Reviewer:
        return Reviewer(persons.subject(name), dict.fromkeys(roles or ("drh",), services))

    return make
