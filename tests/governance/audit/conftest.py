"""A log in a fresh database, with fresh keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from governance.audit.leaf import AuditRecord
from governance.audit.log import AuditLog
from governance.keys import InstanceKeys
from governance.metadata import metadata
from governance.sealing import PersonKeys

ORIGIN = "sobria.example.org/audit"


@pytest.fixture
def keys(tmp_path: Path) -> InstanceKeys:
    return InstanceKeys.load_or_create(tmp_path / "keys")


@pytest.fixture
def persons(database: Engine, keys: InstanceKeys) -> PersonKeys:
    return PersonKeys(database, keys)


@pytest.fixture
def log(database: Engine, keys: InstanceKeys, persons: PersonKeys) -> AuditLog:
    return AuditLog(database, keys.signing_key, persons, ORIGIN)


@pytest.fixture
def converse(persons: PersonKeys) -> Callable[..., tuple[int, int]]:
    """Log a whole exchange: the leaf numbers of its «accepted» and «completed»."""

    def run(
        log: AuditLog,
        exchange: str,
        user: str = "alice",
        service: str = "rh",
        use: str = "",
        asked: str = "Combien de jours de congés pour <PERSONNE_1> ?",
        answered: str = "2,5 jours ouvrables par mois.",
    ) -> tuple[int, int]:
        subject = persons.subject(user)
        common = {
            "exchange_id": exchange,
            "subject": subject,
            "service": service,
            "charter_revision": "sha256:0123",
        }
        accepted = log.append(
            AuditRecord("accepted", **common, data={"surface": "chat", "use": use}), asked
        )
        completed = log.append(
            AuditRecord("completed", **common, data={"receipt": {"wh": 0.42}, "use": use}), answered
        )
        return accepted, completed

    return run


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Engine]:
    """An empty PostgreSQL database with the audit tables."""
    engine = create_engine(postgres_url)
    tables = [t for t in metadata.sorted_tables if t.name.startswith(("audit_", "person_keys"))]
    metadata.drop_all(engine, tables)
    metadata.create_all(engine, tables)
    yield engine
    engine.dispose()
