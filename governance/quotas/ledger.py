"""The quota ledger: reserve, settle, release, each one transaction.

A reservation is a conditional UPDATE per counter («add to ``held`` where used + held + asked stays
within the limit»), so two requests cannot both take the last place, whatever threads, processes or
replicas they come from. Counters are always taken in the same order, so PostgreSQL cannot
deadlock on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Row, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from governance.clock import iso, utc_now
from governance.quotas.counters import Counter
from governance.quotas.errors import (
    QuotaExceeded,
    QuotaUnavailable,
    ReservationExists,
    UnknownReservation,
)
from governance.quotas.limits import (
    METRICS,
    PERIODS,
    Amounts,
    Metric,
    Period,
    QuotaLimit,
    QuotaState,
    from_units,
    period_key,
    renewal,
    tightest,
    to_units,
)
from governance.quotas.tables import quota_reservations as reservations


@dataclass(frozen=True, slots=True)
class Reservation:
    """What an exchange holds, and the periods («2026-11-23», «2026-11») that will pay for it."""

    exchange_id: str
    service: str
    asked: Amounts
    day_key: str
    month_key: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of a reservation. ``excess`` is what was spent above the hold, 0 where it was not.

    ``applied`` is False when the reservation had already ended, and nothing changed.
    """

    exchange_id: str
    applied: bool
    excess: Amounts


class QuotaLedger:
    """Counts what each service takes. Safe to share by threads; the state is in the database.

    ``timezone`` is the organisation's: its days and months are the periods. ``clock`` gives the
    present instant. Every method raises :class:`QuotaUnavailable` when the database fails: the
    road then refuses, it never answers uncounted.
    """

    def __init__(
        self,
        engine: Engine,
        timezone: str = "Europe/Paris",
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._engine = engine
        self._timezone = ZoneInfo(timezone)
        self._clock = clock
        # SQLite has one writer: waiting here in turn is fair and cheap, where its own busy
        # handler polls and can starve a thread until it times out.
        self._turn = Lock() if engine.dialect.name == "sqlite" else nullcontext()

    def reserve(
        self, exchange_id: str, service: str, limits: Sequence[QuotaLimit], ask: Amounts
    ) -> Reservation:
        """Hold ``ask`` of every counter of ``service``, all or none.

        Raises:
            QuotaExceeded: a limit would be passed; nothing is held.
            ReservationExists: this exchange has reserved already.
            QuotaUnavailable: the database failed; nothing is held.
        """
        now = self._clock()
        keys = {period: period_key(now, period, self._timezone) for period in PERIODS}
        ceilings = tightest(limits)
        row = {
            "exchange_id": exchange_id,
            "service": service,
            "day_key": keys["day"],
            "month_key": keys["month"],
            "state": "held",
            "created": iso(now),
            **{f"asked_{metric}": to_units(metric, getattr(ask, metric)) for metric in METRICS},
        }
        with self._transaction() as connection:
            try:
                connection.execute(insert(reservations).values(row))
            except IntegrityError as error:
                raise ReservationExists(exchange_id) from error
            for metric in METRICS:
                for period in PERIODS:
                    asked = to_units(metric, getattr(ask, metric))
                    ceiling = ceilings.get((metric, period))
                    counter = Counter(service, metric, keys[period])
                    if not counter.hold(connection, asked, ceiling):
                        used, held = counter.read(connection)
                        raise QuotaExceeded(
                            metric,
                            period,
                            limit=from_units(metric, ceiling or 0),
                            used=from_units(metric, used),
                            held=from_units(metric, held),
                            asked=from_units(metric, asked),
                            renews_at=renewal(now, period, self._timezone),
                        )
        return Reservation(exchange_id, service, ask, keys["day"], keys["month"])

    def settle(self, exchange_id: str, spent: Amounts) -> Settlement:
        """Replace the hold by what was really spent, in the periods of the reservation.

        What was spent may exceed the hold, and then the limit: energy and tokens already taken
        cannot be given back, so they are counted, and the excess is reported.

        Raises:
            UnknownReservation: nothing was reserved under this identifier.
            QuotaUnavailable: the database failed; the hold stays.
        """
        return self._end(exchange_id, "settled", spent)

    def release(self, exchange_id: str) -> bool:
        """Give the whole hold back; False when the reservation had already ended.

        Raises:
            UnknownReservation: nothing was reserved under this identifier.
            QuotaUnavailable: the database failed; the hold stays.
        """
        return self._end(exchange_id, "released", Amounts()).applied

    def held(self) -> list[str]:
        """The exchanges that still hold something, oldest first: at start, those of a crash."""
        query = (
            select(reservations.c.exchange_id)
            .where(reservations.c.state == "held")
            .order_by(reservations.c.created, reservations.c.exchange_id)
        )
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def states(self, service: str, limits: Sequence[QuotaLimit]) -> tuple[QuotaState, ...]:
        """Where ``service`` stands with each of its limits now, the tightest of each kind."""
        now = self._clock()
        states = []
        with self._reading() as connection:
            for (metric, period), ceiling in tightest(limits).items():
                key = period_key(now, period, self._timezone)
                used, held = Counter(service, metric, key).read(connection)
                states.append(
                    QuotaState(
                        metric=metric,
                        period=period,
                        limit=from_units(metric, ceiling),
                        used=from_units(metric, used),
                        held=from_units(metric, held),
                        left=from_units(metric, max(0, ceiling - used - held)),
                        renews_at=renewal(now, period, self._timezone),
                    )
                )
        return tuple(states)

    def usage(self, service: str, period: Period, key: str | None = None) -> Amounts:
        """What ``service`` has used in the current period, or in that of ``key`` («2026-11»)."""
        key = key or period_key(self._clock(), period, self._timezone)
        with self._reading() as connection:
            used = {m: Counter(service, m, key).read(connection)[0] for m in METRICS}
        return Amounts(used["requests"], used["tokens"], from_units("wh", used["wh"]))

    def _end(self, exchange_id: str, state: str, spent: Amounts) -> Settlement:
        mine = reservations.c.exchange_id == exchange_id
        with self._transaction() as connection:
            closed = connection.execute(
                update(reservations).where(mine, reservations.c.state == "held").values(state=state)
            )
            row = connection.execute(select(reservations).where(mine)).one_or_none()
            if row is None:
                raise UnknownReservation(exchange_id)
            if closed.rowcount == 0:
                return Settlement(exchange_id, applied=False, excess=Amounts())
            excess = _book(connection, row, spent)
        return Settlement(exchange_id, applied=True, excess=excess)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._turn, self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise QuotaUnavailable from error

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise QuotaUnavailable from error


def _book(connection: Connection, row: Row[tuple[object, ...]], spent: Amounts) -> Amounts:
    """Move a reservation's counters from held to used, and say what passed the hold."""
    reservation = row._mapping
    excess: dict[Metric, int] = {}
    for metric in METRICS:
        asked: int = reservation[f"asked_{metric}"]
        taken = to_units(metric, getattr(spent, metric))
        excess[metric] = max(0, taken - asked)
        for key in (reservation["day_key"], reservation["month_key"]):
            Counter(reservation["service"], metric, key).settle(connection, asked, taken)
    return Amounts(excess["requests"], excess["tokens"], from_units("wh", excess["wh"]))
