"""What was refused, why and where, counted: no person and no word of a request is in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine, func, literal_column, select

from governance.audit.reading import reading
from governance.audit.tables import audit_leaves as leaves
from governance.charter.charter import Charter
from governance.clock import iso
from server.console.days import Days

READ = 5000
"""Refusals without a use whose cause is read in the record; of older ones it is «other»."""

SLOT = 15
"""Characters of a time that count refusals together: ten minutes, which no zone's day cuts."""


class Model(BaseModel):
    """A frozen set of figures."""

    model_config = ConfigDict(frozen=True)


class Line(Model):
    """One use, cause or service."""

    id: str = Field(description="Identifier in the charter; the cause, for by_cause.")
    title: str = Field(description="Name in the charter; empty where it no longer has it.")
    count: int = Field(description="Refusals in the period.")
    before: int = Field(description="Refusals in the period of the same length before it.")


class UseLine(Line):
    """A use that was refused, and why the charter forbids it."""

    reason: str = Field(description="The charter's reason; empty where it no longer has the use.")


class DayLine(Model):
    """One day."""

    day: date
    count: int
    by_cause: dict[str, int]


class Refusals(Model):
    """What was refused over some days, and over as many before."""

    days: int
    total: int
    before: int
    by_cause: tuple[Line, ...] = Field(description="use, personal_data, quota, service, busy…")
    by_use: tuple[UseLine, ...]
    by_service: tuple[Line, ...]
    by_day: tuple[DayLine, ...] = Field(description="Every day of the period, the oldest first.")


#: Day, cause, use («» for none), service («» for none), and how many.
Counted = tuple[date, str, str, str, int]


def refusals(engine: Engine, charter: Charter, days: Days) -> Refusals:
    """The figures of ``days``. Raises AuditUnavailable where the log cannot be read."""
    counted = list(_counted(engine, days))
    now = [one for one in counted if one[0] in days]
    before = [one for one in counted if one[0] in days.before]
    uses = {use.id: use for use in _uses(charter)}
    titles = {service.id: service.title for service in charter.services}

    def lines(pick: Callable[[Counted], str], named: Mapping[str, str]) -> tuple[Line, ...]:
        return tuple(
            Line(id=key, title=named.get(key, ""), count=count, before=earlier)
            for key, count, earlier in _compared(now, before, pick)
        )

    return Refusals(
        days=days.count,
        total=sum(one[4] for one in now),
        before=sum(one[4] for one in before),
        by_cause=lines(lambda one: one[1], {}),
        by_use=tuple(
            UseLine(
                id=line.id,
                title=line.title,
                count=line.count,
                before=line.before,
                reason=uses[line.id].reason if line.id in uses else "",
            )
            for line in lines(lambda one: one[2], {key: use.title for key, use in uses.items()})
        ),
        by_service=lines(lambda one: one[3], titles),
        by_day=tuple(_day(day, now) for day in days),
    )


def _uses(charter: Charter) -> list[Any]:
    return [*charter.uses, *(use for service in charter.services for use in service.uses)]


def _compared(
    now: Iterable[Counted], before: Iterable[Counted], pick: Callable[[Counted], str]
) -> list[tuple[str, int, int]]:
    """(key, now, before), the most frequent first; what has no key is left out."""
    present: Counter[str] = Counter()
    past: Counter[str] = Counter()
    for counter, ones in ((present, now), (past, before)):
        for one in ones:
            counter[pick(one)] += one[4]
    keys = sorted({*present, *past} - {""}, key=lambda key: (-present[key], -past[key], key))
    return [(key, present[key], past[key]) for key in keys]


def _day(day: date, counted: Iterable[Counted]) -> DayLine:
    causes: Counter[str] = Counter()
    for one in counted:
        if one[0] == day:
            causes[one[1]] += one[4]
    return DayLine(day=day, count=causes.total(), by_cause=dict(sorted(causes.items())))


def _counted(engine: Engine, days: Days) -> Iterable[Counted]:
    """Refusals of ``days`` and of as many days before, by day, cause, use and service."""
    since = iso(days.before.begins())
    refused = (leaves.c.type == "refused") & (leaves.c.time >= since)
    # Literals: PostgreSQL would not know two bound parameters of SELECT and GROUP BY for the same.
    slot = func.substr(leaves.c.time, literal_column("1"), literal_column(str(SLOT))).label("slot")
    with_use = (
        select(slot, leaves.c.use_id, leaves.c.service, func.count().label("n"))
        .where(refused, leaves.c.use_id.is_not(None))
        .group_by(slot, leaves.c.use_id, leaves.c.service)
    )
    others = (
        select(slot, leaves.c.service, func.count().label("n"), func.min(leaves.c.leaf_index))
        .where(refused, leaves.c.use_id.is_(None))
        .group_by(slot, leaves.c.service)
    )
    newest = (
        select(leaves.c.leaf, leaves.c.time, leaves.c.service)
        .where(refused, leaves.c.use_id.is_(None))
        .order_by(leaves.c.leaf_index.desc())
        .limit(READ)
    )
    with reading(engine) as connection:
        rows = connection.execute(with_use).all()
    for row in rows:
        yield _local(row.slot, days), "use", row.use_id, row.service or "", row.n
    with reading(engine) as connection:
        total = {(row.slot, row.service): row.n for row in connection.execute(others)}
        read = connection.execute(newest).all()
    for row in read:
        key = (row.time[:SLOT], row.service)
        total[key] = total.get(key, 1) - 1
        yield _local(key[0], days), _cause(row.leaf), "", row.service or "", 1
    for (text, service), left in total.items():
        if left > 0:
            yield _local(text, days), "other", "", service or "", left


def _local(slot: str, days: Days) -> date:
    instant = datetime.strptime(slot + "0", "%Y-%m-%dT%H:%M").replace(tzinfo=UTC)
    return instant.astimezone(days.zone).date()


def _cause(leaf: bytes) -> str:
    cause = json.loads(leaf)["data"].get("cause")
    return cause if isinstance(cause, str) and cause else "other"
