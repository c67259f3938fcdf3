"""The quota ledger: reserve, settle, release, sweep, each one transaction.

A reservation is a conditional UPDATE per window («add to what is held where used + held + asked
stays within the limit»), so two requests cannot both take the last place, whatever threads,
processes or replicas they come from. Windows are always taken in the same order (the service's,
then the asker's; hour, day, month), so PostgreSQL cannot deadlock on them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from governance.clock import iso, utc_now
from governance.quotas.errors import (
    QuotaExceeded,
    QuotaUnavailable,
    ReservationExists,
)
from governance.quotas.grants import extensions
from governance.quotas.holders import Holders
from governance.quotas.lengths import Length, Lengths
from governance.quotas.levels import Window
from governance.quotas.limits import (
    METRICS,
    Amounts,
    Asker,
    Metric,
    Per,
    QuotaLimit,
    QuotaState,
    from_units,
    tightest,
)
from governance.quotas.settling import Settlement, end
from governance.quotas.tables import quota_reservations as reservations
from governance.quotas.windows import PERIODS, Period, renewal, window_keys

LONGEST_HOLD = 3600.0
"""Seconds after which a hold of this very process is one that nobody will ever end."""

Ceilings = dict[tuple[Per, Metric, Period], int]


@dataclass(frozen=True, slots=True)
class Reservation:
    """What an exchange holds, and the windows that will pay for it, by period."""

    exchange_id: str
    service: str
    asked: Amounts
    keys: dict[Period, str]


class QuotaLedger:
    """Counts what each service, person and key takes. Safe to share by threads.

    ``timezone`` is the organisation's: its hours, days and months are the windows. ``clock`` gives
    the present instant, ``monotonic`` seconds that only ever rise. Every method raises
    :class:`QuotaUnavailable` when the database fails: the road then refuses, it never answers
    uncounted. What a person or a key takes is counted only where a quota asks for it.
    """

    def __init__(
        self,
        engine: Engine,
        timezone: str | Callable[[], str] = "Europe/Paris",
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._zone = timezone
        self._clock = clock
        self._monotonic = monotonic
        self._holders = Holders(secrets.token_hex(16))
        self._lengths = Lengths()
        self._since: dict[str, float] = {}
        self._sweeping = Lock()
        # SQLite has one writer: waiting here in turn is fair and cheap, where its own busy
        # handler polls and can starve a thread until it times out.
        self._turn = Lock() if engine.dialect.name == "sqlite" else nullcontext()

    @property
    def timezone(self) -> ZoneInfo:
        """The organisation's time zone."""
        return ZoneInfo(self._zone if isinstance(self._zone, str) else self._zone())

    def now(self) -> datetime:
        """The present instant."""
        return self._clock()

    def keys(self, moment: datetime) -> dict[Period, str]:
        """The windows that hold ``moment``."""
        return window_keys(moment, self.timezone)

    def reserve(
        self,
        exchange_id: str,
        service: str,
        limits: Sequence[QuotaLimit],
        ask: Amounts,
        asker: Asker | None = None,
        surface: str = "",
    ) -> Reservation:
        """Hold ``ask`` in every window of ``service`` and of ``asker``, all or none.

        Raises:
            QuotaExceeded: a limit would be passed; nothing is held.
            ReservationExists: this exchange has reserved already.
            QuotaUnavailable: the database failed; nothing is held.
        """
        now = self._clock()
        keys = self.keys(now)
        own = asker if asker and any(limit.per == asker.kind for limit in limits) else None
        asked = ask.units
        row = {
            "exchange_id": exchange_id,
            "service": service,
            **{f"{period}_key": key for period, key in keys.items()},
            "per": own.kind if own else "",
            "subject": own.subject if own else "",
            "state": "held",
            "created": iso(now),
            "holder": self._holders.holder,
            "surface": surface,
            **{f"asked_{metric}": units for metric, units in asked.items()},
        }
        with self.transaction() as connection:
            try:
                connection.execute(insert(reservations).values(row))
            except IntegrityError as error:
                raise ReservationExists(exchange_id) from error
            ceilings = _ceilings(connection, service, limits, keys, own)
            for per, subject in _scopes(own):
                for period in PERIODS:
                    window = Window(service, per, subject, keys[period])
                    mine = _of(ceilings, per, period)
                    if not window.hold(connection, asked, mine):
                        raise self._exceeded(connection, window, period, asked, mine, now)
        self._since[exchange_id] = self._monotonic()
        return Reservation(exchange_id, service, ask, keys)

    def settle(self, exchange_id: str, spent: Amounts, length: Length | None = None) -> Settlement:
        """Replace the hold by what was really spent, in the windows of the reservation.

        What was spent may exceed the hold, and then the limit: energy and tokens already taken
        cannot be given back, so they are counted, and the excess is reported. A hold that was swept
        meanwhile is settled too: what it spent is counted. ``length`` teaches the estimates.

        Raises:
            UnknownReservation: nothing was reserved under this identifier.
            QuotaUnavailable: the database failed; the hold stays.
        """
        with self.transaction() as connection:
            settlement, row = end(connection, exchange_id, "settled", spent, length)
        self._since.pop(exchange_id, None)
        if settlement.applied and length is not None:
            self._lengths.learn(row.service, row.surface, length)
        return settlement

    def release(self, exchange_id: str) -> bool:
        """Give the whole hold back; False when the reservation had already ended.

        Raises:
            UnknownReservation: nothing was reserved under this identifier.
            QuotaUnavailable: the database failed; the hold stays.
        """
        return self._end(exchange_id, "released")

    def expire(self, exchange_id: str) -> bool:
        """Give back the hold of an exchange that seems dead; a late settlement still counts.

        Raises: as :meth:`release`.
        """
        return self._end(exchange_id, "swept")

    def beat(self) -> None:
        """Show the other processes that this one lives, so that none sweeps its holds."""
        with self.transaction() as connection:
            self._holders.beat(connection)

    def sweep(self) -> tuple[str, ...]:
        """Give back the holds of dead processes, and those that this one forgot; which they were.

        Call it every minute, in every process: it is also this one's :meth:`beat`. No time of day
        decides, so that no change of the clock takes a hold from an exchange that lives.
        """
        with self._sweeping:
            self.beat()
            now = self._monotonic()
            held = select(reservations.c.exchange_id, reservations.c.holder).where(
                reservations.c.state == "held"
            )
            with self.reading() as connection:
                dead = self._holders.dead(connection, now)
                rows = connection.execute(held).all()
            gone = [row.exchange_id for row in rows if row.holder in dead]
            for row in rows:
                if row.holder == self._holders.holder:
                    since = self._since.setdefault(row.exchange_id, now)
                    if now - since >= LONGEST_HOLD:
                        gone.append(row.exchange_id)
            swept = tuple(name for name in gone if self.expire(name))
            with self.transaction() as connection:
                self._holders.bury(connection, dead)
        return swept

    def held(self) -> list[str]:
        """The exchanges that still hold something, oldest first: at start, those of a crash."""
        query = (
            select(reservations.c.exchange_id)
            .where(reservations.c.state == "held")
            .order_by(reservations.c.created, reservations.c.exchange_id)
        )
        with self.reading() as connection:
            return list(connection.execute(query).scalars())

    def states(
        self, service: str, limits: Sequence[QuotaLimit], asker: Asker | None = None
    ) -> tuple[QuotaState, ...]:
        """Where ``service``, and ``asker`` in it, stand now: the tightest limit of each kind."""
        now = self._clock()
        keys = self.keys(now)
        states = []
        with self.reading() as connection:
            raised = _ceilings(connection, service, limits, keys, asker)
            for (per, metric, period), limit in tightest(limits).items():
                if per != "service" and (asker is None or asker.kind != per):
                    continue
                ceiling = raised[per, metric, period]
                subject = asker.subject if asker and per != "service" else ""
                levels = Window(service, per, subject, keys[period]).read(connection)
                used, held = levels.used[metric], levels.held[metric]
                states.append(
                    QuotaState(
                        metric=metric,
                        period=period,
                        limit=from_units(metric, ceiling),
                        used=from_units(metric, used),
                        held=from_units(metric, held),
                        left=from_units(metric, max(0, ceiling - used - held)),
                        renews_at=renewal(now, period, self.timezone),
                        per=per,
                        granted=from_units(metric, ceiling - limit),
                        key=keys[period],
                    )
                )
        return tuple(states)

    def usage(
        self, service: str, period: Period, key: str | None = None, asker: Asker | None = None
    ) -> Amounts:
        """What ``service`` or ``asker`` used in the present window, or in ``key`` («2026-11»)."""
        key = key or self.keys(self._clock())[period]
        per: Per = asker.kind if asker is not None else "service"
        window = Window(service, per, asker.subject if asker is not None else "", key)
        with self.reading() as connection:
            used = window.read(connection).used
        return Amounts(
            used["requests"],
            used["tokens"],
            from_units("wh", used["wh"]),
            from_units("euros", used["euros"]),
        )

    def expect(self, service: str, surface: str, longest: Length) -> Length:
        """The tokens that a request will take, by what this service's last ones took."""
        with self.reading() as connection:
            return self._lengths.expect(connection, service, surface, longest)

    def _end(self, exchange_id: str, state: str) -> bool:
        with self.transaction() as connection:
            settlement, _ = end(connection, exchange_id, state, Amounts(), None)
        self._since.pop(exchange_id, None)
        return settlement.applied

    def _exceeded(
        self,
        connection: Connection,
        window: Window,
        period: Period,
        asked: dict[Metric, int],
        ceilings: dict[Metric, int],
        now: datetime,
    ) -> QuotaExceeded:
        levels = window.read(connection)
        # On PostgreSQL another request may have ended in between: the refusal stands all the same.
        passed = levels.passed_by(asked, ceilings)
        metric = passed if passed is not None else min(ceilings, key=METRICS.index)
        return QuotaExceeded(
            metric,
            period,
            per=window.per,
            limit=from_units(metric, ceilings[metric]),
            used=from_units(metric, levels.used[metric]),
            held=from_units(metric, levels.held[metric]),
            asked=from_units(metric, asked[metric]),
            renews_at=renewal(now, period, self.timezone),
        )

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction of the ledger's database. Raises QuotaUnavailable where that fails."""
        try:
            with self._turn, self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise QuotaUnavailable from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with. Raises QuotaUnavailable where the database fails."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise QuotaUnavailable from error


def _scopes(own: Asker | None) -> list[tuple[Per, str]]:
    scopes: list[tuple[Per, str]] = [("service", "")]
    return [*scopes, (own.kind, own.subject)] if own is not None else scopes


def _of(ceilings: Ceilings, per: Per, period: Period) -> dict[Metric, int]:
    found = {metric: ceilings.get((per, metric, period)) for metric in METRICS}
    return {metric: ceiling for metric, ceiling in found.items() if ceiling is not None}


def _ceilings(
    connection: Connection,
    service: str,
    limits: Sequence[QuotaLimit],
    keys: dict[Period, str],
    own: Asker | None,
) -> Ceilings:
    """The limits with what was granted for these windows, in stored units."""
    granted = extensions(connection, service, keys.values(), own.subject if own else "")
    return {
        (per, metric, period): limit + granted.get((per, metric, keys[period]), 0)
        for (per, metric, period), limit in tightest(limits).items()
    }
