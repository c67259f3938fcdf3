"""Fixtures that every room's tests share."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event

import governance
from governance.metadata import metadata

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The published test data, which lies beside the checkout and is never part of it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared test data is not beside this checkout")
    return SHARED_DATA


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    """A file database with every table of governance, whose transactions take the write lock."""
    for module in pkgutil.walk_packages(governance.__path__, "governance."):
        if module.name.endswith(".tables"):
            importlib.import_module(module.name)
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def configure(connection, _record) -> None:  # type: ignore[no-untyped-def]
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection) -> None:  # type: ignore[no-untyped-def]
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    metadata.create_all(engine)
    yield engine
    engine.dispose()
