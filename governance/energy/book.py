"""The energy book: bills and daily totals that outlive the process, for the footprint page."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, case, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from governance.clock import iso
from governance.energy.bill import JOULES_PER_WH, EnergyBill, Totals
from governance.energy.tables import energy_bills as bills
from governance.energy.tables import energy_days as days


@dataclass(frozen=True, slots=True)
class DayEnergy:
    """The requests of one day. ``wh`` and grams sum those that are known, None where none is.

    ``unknown`` is how many of ``requests`` have no known energy; ``methods`` are those of the rest.
    """

    day: str
    requests: int
    unknown: int
    wh: float | None
    carbon_grams: float | None
    embodied_grams: float | None
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MachineDay:
    """One day of all machines, in Wh: requests + idle + unattributed = meter."""

    day: str
    meter_wh: float
    requests_wh: float
    idle_wh: float
    unattributed_wh: float


class EnergyBook:
    """Keeps the bills. ``machine`` names this machine among replicas; days are ``timezone``'s."""

    def __init__(
        self, engine: Engine, timezone: str = "Europe/Paris", machine: str = "local"
    ) -> None:
        self._engine = engine
        self._timezone = ZoneInfo(timezone)
        self._machine = machine
        self._lock = threading.Lock()
        self._written = Totals(0.0, 0.0, 0.0, 0.0)

    def save(
        self, exchange_id: str, service: str, subject: str, bill: EnergyBill, at: datetime
    ) -> None:
        """Write the bill of an exchange, once. ``subject`` is an opaque identifier, no name.

        Raises:
            sqlalchemy.exc.IntegrityError: the exchange has its bill already.
        """
        with self._engine.begin() as connection:
            connection.execute(
                insert(bills).values(
                    exchange_id=exchange_id,
                    service=service,
                    subject=subject,
                    at=iso(at),
                    day=self._day(at),
                    method=bill.method,
                    joules=bill.joules,
                    steps=None if bill.steps is None else json.dumps(bill.steps, sort_keys=True),
                    cpu_seconds=bill.cpu_seconds,
                    carbon_grams=bill.carbon_grams,
                    embodied_grams=bill.embodied_grams,
                )
            )

    def record_totals(self, totals: Totals, at: datetime) -> None:
        """Add what the ledger counted since the last call to the day of ``at``.

        Call it every minute or so and at the end, with the totals of one ledger. Unknown totals
        write nothing.
        """
        if totals.meter is None:
            return
        with self._lock:
            added = {
                name: (getattr(totals, name) or 0.0) - (getattr(self._written, name) or 0.0)
                for name in ("meter", "requests", "idle", "unattributed")
            }
            self._add_to_day(self._day(at), added)
            self._written = totals

    def by_day(
        self, subject: str | None = None, service: str | None = None, since: date | None = None
    ) -> tuple[DayEnergy, ...]:
        """Energy of the requests by day, oldest first: of a person, of a service, or of all."""
        unknown = func.sum(case((bills.c.joules.is_(None), 1), else_=0))
        query = select(
            bills.c.day,
            bills.c.method,
            func.count().label("requests"),
            unknown.label("unknown"),
            func.sum(bills.c.joules).label("joules"),
            func.sum(bills.c.carbon_grams).label("carbon"),
            func.sum(bills.c.embodied_grams).label("embodied"),
        )
        if subject is not None:
            query = query.where(bills.c.subject == subject)
        if service is not None:
            query = query.where(bills.c.service == service)
        if since is not None:
            query = query.where(bills.c.day >= since.isoformat())
        query = query.group_by(bills.c.day, bills.c.method).order_by(bills.c.day, bills.c.method)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        found = []
        for day in dict.fromkeys(row.day for row in rows):
            mine = [row for row in rows if row.day == day]
            joules = _sum_known(row.joules for row in mine)
            found.append(
                DayEnergy(
                    day=day,
                    requests=sum(row.requests for row in mine),
                    unknown=sum(row.unknown for row in mine),
                    wh=None if joules is None else joules / JOULES_PER_WH,
                    carbon_grams=_sum_known(row.carbon for row in mine),
                    embodied_grams=_sum_known(row.embodied for row in mine),
                    methods=tuple(row.method for row in mine if row.joules is not None),
                )
            )
        return tuple(found)

    def machine_days(self, since: date | None = None) -> tuple[MachineDay, ...]:
        """What the meters said by day, all machines together, oldest first."""
        sums = [
            func.sum(column)
            for column in (days.c.meter, days.c.requests, days.c.idle, days.c.unattributed)
        ]
        query = select(days.c.day, *sums).group_by(days.c.day).order_by(days.c.day)
        if since is not None:
            query = query.where(days.c.day >= since.isoformat())
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return tuple(
            MachineDay(row[0], *(joules / JOULES_PER_WH for joules in row[1:])) for row in rows
        )

    def forget(self, subject: str) -> int:
        """Unlink a person from their bills (GDPR article 17); the sums stay. Returns how many."""
        statement = update(bills).where(bills.c.subject == subject).values(subject="")
        with self._engine.begin() as connection:
            return connection.execute(statement).rowcount

    def _day(self, at: datetime) -> str:
        return at.astimezone(self._timezone).date().isoformat()

    def _add_to_day(self, day: str, added: dict[str, float]) -> None:
        postgresql = self._engine.dialect.name == "postgresql"
        insert_for = postgresql_insert if postgresql else sqlite_insert
        zero = dict.fromkeys(added, 0.0)
        with self._engine.begin() as connection:
            connection.execute(
                insert_for(days)
                .values(day=day, machine=self._machine, **zero)
                .on_conflict_do_nothing()
            )
            connection.execute(
                update(days)
                .where(days.c.day == day, days.c.machine == self._machine)
                .values({name: days.c[name] + joules for name, joules in added.items()})
            )


def _sum_known(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
