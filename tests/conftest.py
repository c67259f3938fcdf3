"""Fixtures that every room's tests share."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

import governance
from governance.metadata import metadata
from server.database import open_database

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
    """A file database with every table of governance, opened as the server opens it."""
    for module in pkgutil.walk_packages(governance.__path__, "governance."):
        if module.name.endswith(".tables"):
            importlib.import_module(module.name)
    engine = open_database(f"sqlite:///{tmp_path / 'test.db'}")
    metadata.create_all(engine)
    yield engine
    engine.dispose()
