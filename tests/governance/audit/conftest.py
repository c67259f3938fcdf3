"""A log in a fresh database, with fresh keys."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
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


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of our own on a Unix socket, for as long as the tests run."""
    initdb, postgres = shutil.which("initdb"), shutil.which("pg_ctl")
    if initdb is None or postgres is None:
        pytest.skip("no PostgreSQL server is installed on this machine")
    root = os.geteuid() == 0
    if root and shutil.which("runuser") is None:
        pytest.skip("PostgreSQL does not run as root, and runuser is not installed")
    prefix = ["runuser", "-u", "postgres", "--"] if root else []
    folder = Path(tempfile.mkdtemp(prefix="sobria-pg-"))
    if root:
        shutil.chown(folder, "postgres")
    data = folder / "data"

    def call(*command: str) -> None:
        subprocess.run(
            [*prefix, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120
        )

    call(initdb, "-D", str(data), "-A", "trust", "-U", "sobria", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
    call(postgres, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://sobria@/postgres?host={folder}"
    finally:
        call(postgres, "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Engine]:
    """An empty PostgreSQL database with the audit tables."""
    engine = create_engine(postgres_url)
    tables = [t for t in metadata.sorted_tables if t.name.startswith(("audit_", "person_keys"))]
    metadata.drop_all(engine, tables)
    metadata.create_all(engine, tables)
    yield engine
    engine.dispose()
