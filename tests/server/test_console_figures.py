"""The figures of the overview: refusals and energy by day, use, service and method."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert

from governance.audit.leaf import AuditRecord, new_leaf
from governance.audit.tables import audit_leaves
from governance.charter.load import load_text
from governance.energy.tables import energy_bills
from server.console.days import Days
from server.console.energy import energy
from server.console.refusals import refusals
from server.database import migrate, open_database

CHARTER = load_text(
    (Path(__file__).parent / "scripted.py").read_text().split('CHARTER = """')[1].split('"""')[0]
)
PARIS = ZoneInfo("Europe/Paris")
WEEK = Days(date(2026, 11, 26), 7, PARIS)
USE, GONE = "tri-candidatures", "ancien-usage"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: Any) -> Iterator[Engine]:
    made = open_database(f"sqlite:///{tmp_path_factory.mktemp('figures') / 'a.db'}")
    migrate(made)
    yield made
    made.dispose()


def refuse(engine: Engine, rows: list[tuple[datetime, str, str, str]]) -> None:
    """Write «refused» leaves: when, the cause, the use («» for none), the service."""
    with engine.begin() as connection:
        connection.execute(delete(audit_leaves))
        for index, (at, cause, use, service) in enumerate(rows):
            data = {"cause": cause, **({"use": use} if use else {})}
            record = AuditRecord("refused", uuid.uuid4().hex, "s", service or None, "c", data)
            leaf = new_leaf(at, record, None, None)
            connection.execute(
                insert(audit_leaves).values(
                    leaf_index=index,
                    leaf=leaf.encode(),
                    hash=b"h",
                    time=leaf.time,
                    type="refused",
                    exchange_id=record.exchange_id,
                    subject="s",
                    service=service or None,
                    charter_revision="c",
                    use_id=record.use,
                )
            )


def spend(engine: Engine, rows: list[tuple[str, str, str, float | None]]) -> None:
    """Write bills: the day, the service, the method, the joules."""
    with engine.begin() as connection:
        connection.execute(delete(energy_bills))
        for day, service, method, joules in rows:
            connection.execute(
                insert(energy_bills).values(
                    exchange_id=uuid.uuid4().hex,
                    service=service,
                    subject="s",
                    at=f"{day}T10:00:00.000000Z",
                    day=day,
                    method=method,
                    joules=joules,
                    steps=None,
                    cpu_seconds=1.0,
                    carbon_grams=None,
                    embodied_grams=None,
                )
            )


CASES = st.tuples(
    st.datetimes(datetime(2026, 11, 10), datetime(2026, 11, 28)).map(
        lambda at: at.replace(tzinfo=UTC)
    ),
    st.sampled_from(
        [("use", USE), ("use", GONE), ("quota", ""), ("personal_data", ""), ("busy", "")]
    ),
    st.sampled_from(["rh", "compta", "ghost", ""]),
)


@given(st.lists(CASES, max_size=20))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_parts_of_the_refusals_add_up_to_their_whole(engine: Engine, cases: list[Any]) -> None:
    refuse(engine, [(at, cause, use, service) for at, (cause, use), service in cases])
    found = refusals(engine, CHARTER, WEEK)
    here = [case for case in cases if case[0].astimezone(PARIS).date() in WEEK]
    past = [case for case in cases if case[0].astimezone(PARIS).date() in WEEK.before]
    assert (found.total, found.before) == (len(here), len(past))
    assert sum(day.count for day in found.by_day) == found.total
    assert all(sum(day.by_cause.values()) == day.count for day in found.by_day)
    assert sum(line.count for line in found.by_cause) == found.total
    assert sum(line.before for line in found.by_cause) == found.before
    assert {(line.id, line.count) for line in found.by_use if line.count} == {
        (use, n) for use in (USE, GONE) if (n := sum(case[1][1] == use for case in here))
    }
    assert sum(line.count for line in found.by_service) == sum(bool(case[2]) for case in here)
    assert [day.day for day in found.by_day] == list(WEEK)


def test_a_refusal_belongs_to_the_day_of_the_organisation(engine: Engine) -> None:
    refuse(engine, [(datetime(2026, 11, 25, 23, 30, tzinfo=UTC), "quota", "", "rh")])
    found = refusals(engine, CHARTER, WEEK)
    assert [day.day for day in found.by_day if day.count] == [date(2026, 11, 26)]


def test_a_use_says_why_the_charter_forbids_it_and_one_that_is_gone_keeps_its_name(
    engine: Engine,
) -> None:
    at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    refuse(engine, [(at, "use", USE, "rh"), (at, "use", USE, "rh"), (at, "use", GONE, "rh")])
    first, second = refusals(engine, CHARTER, WEEK).by_use
    assert (first.title, first.count) == ("Trier des candidatures", 2) and first.reason
    assert (second.id, second.title, second.reason) == (GONE, "", "")


def test_beyond_what_is_read_a_cause_is_other_and_nothing_is_lost(
    engine: Engine, monkeypatch: Any
) -> None:
    monkeypatch.setattr("server.console.refusals.READ", 2)
    at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    refuse(engine, [(at + timedelta(seconds=n), "quota", "", "rh") for n in range(5)])
    found = refusals(engine, CHARTER, WEEK)
    assert {line.id: line.count for line in found.by_cause} == {"quota": 2, "other": 3}
    assert found.total == 5


def test_unknown_energy_is_null_and_never_0(engine: Engine) -> None:
    spend(
        engine,
        [
            ("2026-11-26", "rh", "modelled", 3600.0),
            ("2026-11-26", "rh", "unknown", None),
            ("2026-11-25", "compta", "unknown", None),
            ("2026-11-25", "compta", "estimated", 7200.0),
            ("2026-11-24", "compta", "unknown", None),
            ("2026-11-01", "rh", "modelled", 9e9),
        ],
    )
    found = energy(engine, CHARTER, WEEK)
    assert (found.requests, found.unknown, found.wh) == (5, 3, 3.0)
    days = {one.day.isoformat(): one for one in found.by_day}
    assert days["2026-11-26"].wh == 1.0 and days["2026-11-26"].unknown == 1
    assert days["2026-11-24"].wh is None and days["2026-11-24"].by_method == {}
    assert days["2026-11-20"].wh is None and days["2026-11-20"].requests == 0
    assert [(one.id, one.wh, one.unknown) for one in found.by_service] == [
        ("compta", 2.0, 2),
        ("rh", 1.0, 1),
    ]
    assert found.by_method == {"modelled": 1.0, "estimated": 2.0}


@given(
    st.lists(
        st.tuples(
            st.dates(date(2026, 11, 15), date(2026, 11, 28)).map(date.isoformat),
            st.sampled_from(["rh", "compta", "ghost"]),
            st.sampled_from(["measured", "modelled", "estimated"]),
            st.one_of(st.none(), st.integers(0, 10**6).map(float)),
        ),
        max_size=20,
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_days_and_services_both_add_up_to_the_energy(engine: Engine, rows: list[Any]) -> None:
    spend(engine, rows)
    found = energy(engine, CHARTER, WEEK)
    here = [row for row in rows if date.fromisoformat(row[0]) in WEEK]
    known = [row[3] / 3600 for row in here if row[3] is not None]
    assert found.wh == (pytest.approx(sum(known)) if known else None)
    for parts in (found.by_day, found.by_service):
        assert sum(one.requests for one in parts) == found.requests == len(here)
        assert sum(one.unknown for one in parts) == found.unknown == len(here) - len(known)
        assert sum(one.wh or 0.0 for one in parts) == pytest.approx(found.wh or 0.0)
