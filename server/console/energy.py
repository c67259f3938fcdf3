"""What requests took, by day, by service and by method; what is unknown is null, never 0."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pydantic import Field
from sqlalchemy import Engine, Row, func, select

from governance.charter.charter import Charter
from governance.energy.bill import JOULES_PER_WH
from governance.energy.tables import energy_bills as bills
from server.console.days import Days
from server.console.refusals import Model


class Energy(Model):
    """The energy of some requests. ``wh`` sums those that are known, null where none is."""

    requests: int
    unknown: int = Field(description="How many of the requests have no known energy.")
    wh: float | None
    by_method: dict[str, float] = Field(
        description="Wh by method: measured, modelled, estimated. Unknown ones have no entry."
    )


class EnergyDay(Energy):
    """One day."""

    day: date


class EnergyService(Energy):
    """One service, over the whole period."""

    id: str
    title: str = Field(description="Empty where the charter no longer has the service.")


class EnergyReport(Energy):
    """The requests of some days."""

    days: int
    by_day: tuple[EnergyDay, ...] = Field(description="Every day of the period, oldest first.")
    by_service: tuple[EnergyService, ...] = Field(description="The one that took most first.")


def energy(engine: Engine, charter: Charter, days: Days) -> EnergyReport:
    """The figures of ``days``. Reads the database."""
    query = (
        select(
            bills.c.day,
            bills.c.service,
            bills.c.method,
            func.count().label("n"),
            func.count(bills.c.joules).label("known"),
            func.sum(bills.c.joules).label("joules"),
        )
        .where(bills.c.day >= days.first.isoformat(), bills.c.day <= days.last.isoformat())
        .group_by(bills.c.day, bills.c.service, bills.c.method)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    titles = {service.id: service.title for service in charter.services}
    services = [
        EnergyService(
            id=name,
            title=titles.get(name, ""),
            **_sums(row for row in rows if row.service == name).model_dump(),
        )
        for name in {row.service for row in rows}
    ]
    return EnergyReport(
        days=days.count,
        **_sums(rows).model_dump(),
        by_day=tuple(
            EnergyDay(
                day=day,
                **_sums(row for row in rows if row.day == day.isoformat()).model_dump(),
            )
            for day in days
        ),
        by_service=tuple(sorted(services, key=lambda one: (-(one.wh or 0.0), one.id))),
    )


def _sums(rows: Iterable[Row[tuple[object, ...]]]) -> Energy:
    by_method: dict[str, float] = {}
    requests = known = 0
    for row in rows:
        requests += row.n
        known += row.known
        if row.joules is not None:
            by_method[row.method] = by_method.get(row.method, 0.0) + row.joules / JOULES_PER_WH
    return Energy(
        requests=requests,
        unknown=requests - known,
        wh=sum(by_method.values()) if by_method else None,
        by_method=by_method,
    )
