"""The database: private, durable, one writer at a time, and what the migrations say it is."""

from __future__ import annotations

import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from server.conversations import Conversations, Ending
from server.database import all_metadata, migrate, open_database


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


def test_every_transaction_takes_the_write_lock_as_it_begins(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE counters (n INTEGER)"))
        connection.execute(text("INSERT INTO counters VALUES (0)"))

    def count() -> None:
        for _ in range(20):
            with engine.begin() as connection:
                value = connection.execute(text("SELECT n FROM counters")).scalar_one()
                connection.execute(text("UPDATE counters SET n = :n"), {"n": value + 1})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT n FROM counters")).scalar_one() == 80
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
