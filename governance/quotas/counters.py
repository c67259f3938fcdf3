"""One counter of one service: the conditional UPDATE that no race can pass."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from governance.quotas.limits import Metric
from governance.quotas.tables import quota_counters as counters


@dataclass(frozen=True, slots=True)
class Counter:
    """One row of the counters, in stored units; every method runs in the caller's transaction."""

    service: str
    metric: Metric
    key: str

    def _mine(self) -> ColumnElement[bool]:
        return and_(
            counters.c.service == self.service,
            counters.c.metric == self.metric,
            counters.c.period_key == self.key,
        )

    def read(self, connection: Connection) -> tuple[int, int]:
        """Used and held, 0 where nothing was counted yet."""
        query = select(counters.c.used, counters.c.held).where(self._mine())
        row = connection.execute(query).one_or_none()
        return (row.used, row.held) if row is not None else (0, 0)

    def hold(self, connection: Connection, asked: int, ceiling: int | None) -> bool:
        """Add ``asked`` to what is held, unless that would pass ``ceiling``."""
        if self._hold_existing(connection, asked, ceiling):
            return True
        insert_for = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
        connection.execute(
            insert_for(counters)
            .values(service=self.service, metric=self.metric, period_key=self.key, used=0, held=0)
            .on_conflict_do_nothing()
        )
        return self._hold_existing(connection, asked, ceiling)

    def _hold_existing(self, connection: Connection, asked: int, ceiling: int | None) -> bool:
        statement = update(counters).where(self._mine()).values(held=counters.c.held + asked)
        if ceiling is not None:
            statement = statement.where(counters.c.used + counters.c.held + asked <= ceiling)
        return connection.execute(statement).rowcount == 1

    def settle(self, connection: Connection, asked: int, taken: int) -> None:
        """Take ``asked`` off what is held, and add ``taken`` to what is used."""
        connection.execute(
            update(counters)
            .where(self._mine())
            .values(held=counters.c.held - asked, used=counters.c.used + taken)
        )
