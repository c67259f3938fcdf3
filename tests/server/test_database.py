"""The database: private, durable, one writer at a time, and what the migrations say it is."""

from __future__ import annotations

import sqlite3
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from server.conversations import Conversations, Ending
from server.database import BUSY_MILLISECONDS, all_metadata, migrate, open_database


def test_migrations_make_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    """Where this fails, tables changed and no migration says so: run «make migration NAME=…»."""
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    migrate(engine)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, all_metadata()) == []
    engine.dispose()


def test_the_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.db"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    engine.dispose()


def _counter(path: Path) -> Engine:
    engine = open_database(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE counters (n INTEGER)"))
        connection.execute(text("INSERT INTO counters VALUES (0)"))
    return engine


def _held(connection: Connection) -> int:
    return int(connection.execute(text("SELECT n FROM counters")).scalar_one())


def test_a_transaction_that_writes_takes_the_write_lock_as_it_begins(tmp_path: Path) -> None:
    engine = _counter(tmp_path / "a.db")

    def count() -> None:
        for _ in range(20):
            with engine.begin() as connection:
                # Begun as a reader, this would fail wherever another wrote after it read.
                connection.execute(text("UPDATE counters SET n = :n"), {"n": _held(connection) + 1})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert _held(connection) == 80
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30000,
    }
    engine.dispose()


def test_a_reader_waits_for_no_writer_and_sees_one_state(tmp_path: Path) -> None:
    engine = _counter(tmp_path / "a.db")
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE counters SET n = 1")
    started = time.monotonic()
    with engine.connect() as connection:
        assert _held(connection) == 0
        other.execute("COMMIT")
        assert _held(connection) == 0
    assert time.monotonic() - started < BUSY_MILLISECONDS / 1000 / 2
    with engine.connect() as connection:
        assert _held(connection) == 1
    other.close()
    engine.dispose()


def test_a_reader_keeps_no_writer_waiting(tmp_path: Path) -> None:
    engine = _counter(tmp_path / "a.db")
    with engine.connect() as reader:
        assert _held(reader) == 0
        with engine.begin() as writer:
            writer.execute(text("UPDATE counters SET n = 1"))
        assert _held(reader) == 0
    engine.dispose()


def test_what_was_opened_to_read_does_not_write(tmp_path: Path) -> None:
    """So that no transaction reads first, and fails as it writes because another wrote between."""
    engine = _counter(tmp_path / "a.db")
    for _ in range(2):  # the pool gives the same connection to reader and writer by turns
        with engine.connect() as reader, pytest.raises(OperationalError, match="readonly"):
            reader.execute(text("UPDATE counters SET n = n + 10"))
        with engine.begin() as writer:
            writer.execute(text("UPDATE counters SET n = n + 1"))
    with engine.connect() as reader:
        assert _held(reader) == 2
    engine.dispose()


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    engine = _counter(tmp_path / "a.db")
    with pytest.raises(ZeroDivisionError), engine.begin() as writer:
        writer.execute(text("UPDATE counters SET n = 1"))
        raise ZeroDivisionError
    with engine.connect() as reader:
        assert _held(reader) == 0
    engine.dispose()


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="file"):
        open_database("sqlite://")


def test_a_postgresql_address_gets_its_driver() -> None:
    for address in ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"):
        engine = open_database(address)
        assert engine.url.drivername == "postgresql+psycopg"
        engine.dispose()


def test_a_text_that_was_moved_to_another_place_does_not_open(parts: Any) -> None:
    from governance.sealing import SealBroken

    store: Conversations = parts.conversations
    user = parts.users.find("alice")
    one = store.begin(None, user.id, "rh", "premier", "e1")
    two = store.begin(None, user.id, "rh", "second", "e2")
    assert one is not None and two is not None
    store.end(one.machine_id, Ending("complete", "réponse"))
    with parts.database.begin() as connection:
        connection.execute(
            text(
                "UPDATE messages SET content = (SELECT content FROM messages WHERE id = :a) "
                "WHERE id = :b"
            ),
            {"a": one.person.id, "b": two.person.id},
        )
    with pytest.raises(SealBroken):
        store.messages(two.conversation.id)
