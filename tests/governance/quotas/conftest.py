"""The ledger's tables in a PostgreSQL of our own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine

import governance.quotas.tables  # noqa: F401 - declares the tables
from governance.metadata import metadata


@pytest.fixture
def quota_postgres(postgres_url: str) -> Iterator[Engine]:
    """An empty PostgreSQL database with the quotas' tables."""
    engine = create_engine(postgres_url, pool_size=20)
    tables = [table for table in metadata.sorted_tables if table.name.startswith("quota_")]
    metadata.drop_all(engine, tables)
    metadata.create_all(engine, tables)
    yield engine
    engine.dispose()
