"""What one window has used and holds: the conditional UPDATE that no race can pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Insert, Table, and_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from governance.quotas.limits import METRICS, Metric, Per, Units
from governance.quotas.tables import quota_windows as windows


def insert_once(connection: Connection, table: Table, **values: object) -> bool:
    """Insert a row unless one with its key is there; whether it was inserted."""
    postgresql = connection.dialect.name == "postgresql"
    insert_for = postgresql_insert if postgresql else sqlite_insert
    statement: Insert = insert_for(table).values(**values).on_conflict_do_nothing()
    return connection.execute(statement).rowcount == 1


@dataclass(frozen=True, slots=True)
class Levels:
    """Amounts used and held, in stored units."""

    used: Units
    held: Units

    def passed_by(self, asked: Units, ceilings: Mapping[Metric, int]) -> Metric | None:
        """The first metric of which ``asked`` would pass the ceiling, if any."""
        for metric in METRICS:
            ceiling = ceilings.get(metric)
            level = self.used[metric] + self.held[metric] + asked[metric]
            if ceiling is not None and level > ceiling:
                return metric
        return None


@dataclass(frozen=True, slots=True)
class Window:
    """One row of the windows; every method runs in the caller's transaction."""

    service: str
    per: Per
    subject: str
    key: str

    def _mine(self) -> ColumnElement[bool]:
        return and_(
            windows.c.service == self.service,
            windows.c.per == self.per,
            windows.c.subject == self.subject,
            windows.c.window_key == self.key,
        )

    def read(self, connection: Connection) -> Levels:
        """Used and held, 0 where nothing was counted yet."""
        row = connection.execute(select(windows).where(self._mine())).one_or_none()
        if row is None:
            return Levels(dict.fromkeys(METRICS, 0), dict.fromkeys(METRICS, 0))
        levels = row._mapping
        return Levels(
            {metric: levels[f"used_{metric}"] for metric in METRICS},
            {metric: levels[f"held_{metric}"] for metric in METRICS},
        )

    def hold(self, connection: Connection, asked: Units, ceilings: Mapping[Metric, int]) -> bool:
        """Add ``asked`` to what is held, unless that would pass one of ``ceilings``."""
        if self._hold_existing(connection, asked, ceilings):
            return True
        self._open(connection)
        return self._hold_existing(connection, asked, ceilings)

    def _hold_existing(
        self, connection: Connection, asked: Units, ceilings: Mapping[Metric, int]
    ) -> bool:
        held = {f"held_{m}": windows.c[f"held_{m}"] + asked[m] for m in METRICS}
        statement = update(windows).where(self._mine()).values(held)
        for metric, ceiling in ceilings.items():
            level = windows.c[f"used_{metric}"] + windows.c[f"held_{metric}"] + asked[metric]
            statement = statement.where(level <= ceiling)
        return connection.execute(statement).rowcount == 1

    def _open(self, connection: Connection) -> None:
        insert_once(
            connection,
            windows,
            service=self.service,
            per=self.per,
            subject=self.subject,
            window_key=self.key,
        )

    def settle(self, connection: Connection, asked: Units, taken: Units) -> None:
        """Take ``asked`` off what is held, and add ``taken`` to what is used."""
        self._open(connection)
        changes = {f"held_{m}": windows.c[f"held_{m}"] - asked[m] for m in METRICS}
        changes |= {f"used_{m}": windows.c[f"used_{m}"] + taken[m] for m in METRICS}
        connection.execute(update(windows).where(self._mine()).values(changes))
