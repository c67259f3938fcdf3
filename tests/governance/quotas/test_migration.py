"""An instance that is upgraded loses nothing of what its services used, nor of what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from governance.quotas.ledger import QuotaLedger
from governance.quotas.limits import Amounts, QuotaLimit
from server.database import alembic_config, open_database

COUNTERS = [
    ("rh", "requests", "2026-11-23", 3, 1),
    ("rh", "tokens", "2026-11-23", 900, 700),
    ("rh", "wh", "2026-11-23", 120_000, 50_000),
    ("rh", "requests", "2026-11", 40, 1),
    ("rh", "tokens", "2026-11", 12_000, 700),
    ("rh", "wh", "2026-11", 9_000_000_000, 50_000),
    ("compta", "requests", "2026-11-23", 2, 0),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database as it was before the windows, in use."""
    if request.param == "sqlite":
        engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    else:
        engine = open_database(request.getfixturevalue("postgres_url"))
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    migrate(engine, "0003")
    with engine.begin() as connection:
        for service, metric, key, used, held in COUNTERS:
            connection.execute(
                text("INSERT INTO quota_counters VALUES (:s, :m, :k, :u, :h)"),
                {"s": service, "m": metric, "k": key, "u": used, "h": held},
            )
        connection.execute(
            text(
                "INSERT INTO quota_reservations VALUES ('e1', 'rh', '2026-11-23', '2026-11', 1, "
                "700, 50000, 'held', '2026-11-23T11:00:00.000000Z')"
            )
        )
    yield engine
    engine.dispose()


def migrate(engine: Engine, to: str, *, down: bool = False) -> None:
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, to)


def test_counters_and_holds_survive_the_upgrade(before: Engine) -> None:
    migrate(before, "0004")
    ledger = QuotaLedger(before)
    assert ledger.usage("rh", "day", "2026-11-23") == Amounts(3, 900, 0.12)
    assert ledger.usage("rh", "month", "2026-11") == Amounts(40, 12_000, 9_000.0)
    assert ledger.usage("compta", "day", "2026-11-23") == Amounts(2)
    assert ledger.held() == ["e1"]
    settlement = ledger.settle("e1", Amounts(1, 650, 0.04))
    assert settlement.applied and settlement.excess == Amounts()
    assert ledger.usage("rh", "day", "2026-11-23") == Amounts(4, 1_550, 0.16)
    ledger.reserve("e2", "rh", [QuotaLimit("requests", "hour", 1)], Amounts(1))
    assert not inspect(before).has_table("quota_counters")


def test_the_downgrade_gives_the_old_counters_back(before: Engine) -> None:
    migrate(before, "0004")
    migrate(before, "0003", down=True)
    with before.connect() as connection:
        rows = connection.execute(
            text("SELECT service, metric, period_key, used, held FROM quota_counters")
        ).all()
        held = connection.execute(text("SELECT asked_tokens FROM quota_reservations")).scalar_one()
    assert set(COUNTERS) <= {tuple(row) for row in rows}
    assert held == 700
