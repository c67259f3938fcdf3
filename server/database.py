"""The database: one engine for all rooms, and the migrations that bring it up to date."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, make_url

import governance

BUSY_MILLISECONDS = 30_000
#: Two processes that start together on PostgreSQL migrate one after the other.
MIGRATION_LOCK = 0x50B21A


def open_database(url: str) -> Engine:
    """Open ``url``: an SQLite file (readable by its owner only) or PostgreSQL.

    On SQLite ``begin()`` is to write: it takes the write lock as it begins, so that none fails
    half-way because another wrote in between. ``connect()`` is to read, of one state of the
    database: it never waits for a writer (WAL), and SQLite refuses what it would write.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url, parsed.database)
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, pool_pre_ping=True, pool_size=10, max_overflow=20)


class _SqliteEngine(Engine):
    """Says of a transaction, as it begins, whether it is to write."""

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that writes."""
        with self.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection


def _open_sqlite(url: str, path: str | None) -> Engine:
    if not path or path == ":memory:":
        raise ValueError("Sobria's SQLite database is a file")
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    file.chmod(0o600)
    made = create_engine(
        url,
        connect_args={"timeout": BUSY_MILLISECONDS / 1000, "check_same_thread": False},
        pool_size=10,
        max_overflow=30,
    )
    engine = _SqliteEngine(made.pool, made.dialect, made.url)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver would begin transactions by itself, and late; SQLAlchemy's «begin» does it.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_MILLISECONDS}",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        # A connection of the pool keeps what it was last told.
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def all_metadata() -> list[MetaData]:
    """The tables of every room, once each of their modules is imported."""
    from governance.metadata import metadata as of_governance

    # By file: walking the packages would import them all, Presidio included (8 s for each command).
    room = Path(governance.__file__).parent
    for file in sorted(room.rglob("tables.py")):
        importlib.import_module(
            ".".join(["governance", *file.relative_to(room).with_suffix("").parts])
        )
    from rag.tables import metadata as of_rag
    from server.tables import metadata as of_server

    return [of_governance, of_rag, of_server]


def alembic_config() -> Config:
    """Alembic's configuration: the migrations lie in the package, there is no ini file."""
    config = Config()
    config.set_main_option("script_location", "server:migrations")
    return config


def migrate(engine: Engine) -> None:
    """Bring the database's tables up to date, in one transaction."""
    config = alembic_config()
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
