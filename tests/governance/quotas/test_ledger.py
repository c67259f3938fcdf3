"""What a reservation, a settlement and a release do, one at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from governance.quotas.errors import (
    QuotaExceeded,
    QuotaUnavailable,
    ReservationExists,
    UnknownReservation,
)
from governance.quotas.ledger import QuotaLedger
from governance.quotas.limits import Amounts, QuotaLimit

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
LIMITS = (QuotaLimit("requests", "day", 2), QuotaLimit("wh", "month", 1.0))


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(database: Engine, clock: Clock) -> QuotaLedger:
    return QuotaLedger(database, "Europe/Paris", clock)


def test_a_settlement_replaces_the_hold_by_what_was_spent(ledger: QuotaLedger) -> None:
    reservation = ledger.reserve("e1", "rh", LIMITS, Amounts(1, 900, 0.5))
    assert reservation.keys == {"hour": "2026-11-23T12", "day": "2026-11-23", "month": "2026-11"}
    requests, wh = ledger.states("rh", LIMITS)
    assert (requests.used, requests.held, requests.left) == (0, 1, 1)
    assert (wh.used, wh.held, wh.left) == (0, 0.5, 0.5)

    settlement = ledger.settle("e1", Amounts(1, 420, 0.125))
    assert settlement.applied and settlement.excess == Amounts()
    requests, wh = ledger.states("rh", LIMITS)
    assert (requests.used, requests.held, requests.left) == (1, 0, 1)
    assert (wh.used, wh.held, wh.left) == (0.125, 0, 0.875)
    assert wh.renews_at == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)


def test_every_metric_and_period_is_counted_limited_or_not(ledger: QuotaLedger) -> None:
    ledger.reserve("e1", "rh", (), Amounts(1, 900, 0.5))
    ledger.settle("e1", Amounts(1, 420, 0.125))
    assert ledger.usage("rh", "day") == Amounts(1, 420, 0.125)
    assert ledger.usage("rh", "month") == Amounts(1, 420, 0.125)
    assert ledger.usage("rh", "month", "2026-10") == Amounts()
    assert ledger.usage("compta", "day") == Amounts()


def test_a_refusal_says_what_is_left_and_holds_nothing(ledger: QuotaLedger) -> None:
    ledger.reserve("e1", "rh", LIMITS, Amounts(1, 10, 0.75))
    with pytest.raises(QuotaExceeded) as refusal:
        ledger.reserve("e2", "rh", LIMITS, Amounts(1, 10, 0.5))
    error = refusal.value
    assert (error.metric, error.period) == ("wh", "month")
    assert (error.limit, error.used, error.held, error.asked) == (1.0, 0.0, 0.75, 0.5)
    assert error.message_id.format(**error.params) == (
        "Your service has not enough energy left for this month (limit: 1.0 Wh; used: 0.0 Wh; held "
        "by requests in progress: 0.75 Wh; this request may need: 0.5 Wh). The quota renews on "
        "2026-11-30T23:00:00.000000Z."
    )
    # The counters that came before the one that refused were rolled back with it.
    assert ledger.states("rh", LIMITS)[0].held == 1
    assert ledger.held() == ["e1"]


def test_a_hold_is_counted_before_it_is_spent(ledger: QuotaLedger) -> None:
    for name in ("e1", "e2"):
        ledger.reserve(name, "rh", LIMITS, Amounts(1))
    with pytest.raises(QuotaExceeded):
        ledger.reserve("e3", "rh", LIMITS, Amounts(1))
    ledger.release("e1")
    ledger.reserve("e3", "rh", LIMITS, Amounts(1))


def test_services_do_not_share_their_quota(ledger: QuotaLedger) -> None:
    for service in ("rh", "compta"):
        for number in range(2):
            ledger.reserve(f"{service}{number}", service, LIMITS, Amounts(1))


def test_settle_and_release_can_be_repeated(ledger: QuotaLedger) -> None:
    ledger.reserve("e1", "rh", LIMITS, Amounts(1, 10, 0.1))
    ledger.settle("e1", Amounts(1, 5, 0.1))
    assert not ledger.settle("e1", Amounts(1, 5, 0.1)).applied
    assert not ledger.release("e1")
    assert ledger.usage("rh", "day") == Amounts(1, 5, 0.1)


def test_spending_more_than_was_held_is_counted_and_reported(ledger: QuotaLedger) -> None:
    ledger.reserve("e1", "rh", LIMITS, Amounts(1, 10, 0.9))
    settlement = ledger.settle("e1", Amounts(1, 12, 1.25))
    assert settlement.excess == Amounts(0, 2, 0.35)
    wh = ledger.states("rh", LIMITS)[1]
    assert (wh.used, wh.left) == (1.25, 0)
    with pytest.raises(QuotaExceeded):
        ledger.reserve("e2", "rh", LIMITS, Amounts(1))


def test_a_day_renews_at_midnight_in_paris(ledger: QuotaLedger, clock: Clock) -> None:
    for name in ("e1", "e2"):
        ledger.reserve(name, "rh", LIMITS, Amounts(1))
    clock.now = NOON + timedelta(hours=11, minutes=59)
    with pytest.raises(QuotaExceeded) as refusal:
        ledger.reserve("e3", "rh", LIMITS, Amounts(1))
    assert refusal.value.renews_at == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    clock.now = refusal.value.renews_at
    ledger.reserve("e3", "rh", LIMITS, Amounts(1))


def test_what_ends_after_midnight_is_paid_by_the_day_it_began(
    ledger: QuotaLedger, clock: Clock
) -> None:
    ledger.reserve("e1", "rh", LIMITS, Amounts(1, 100, 0.1))
    clock.now = NOON + timedelta(days=1)
    ledger.settle("e1", Amounts(1, 80, 0.1))
    assert ledger.usage("rh", "day") == Amounts()
    assert ledger.usage("rh", "day", "2026-11-23") == Amounts(1, 80, 0.1)
    assert ledger.usage("rh", "month") == Amounts(1, 80, 0.1)


def test_an_exchange_reserves_once(ledger: QuotaLedger) -> None:
    ledger.reserve("e1", "rh", LIMITS, Amounts(1))
    with pytest.raises(ReservationExists):
        ledger.reserve("e1", "rh", LIMITS, Amounts(1))
    assert ledger.states("rh", LIMITS)[0].held == 1


def test_an_unknown_exchange_can_be_neither_settled_nor_released(ledger: QuotaLedger) -> None:
    with pytest.raises(UnknownReservation):
        ledger.settle("e0", Amounts(1))
    with pytest.raises(UnknownReservation):
        ledger.release("e0")


def test_a_failing_database_stops_everything(ledger: QuotaLedger, database: Engine) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE quota_windows")
    with pytest.raises(QuotaUnavailable) as failure:
        ledger.reserve("e1", "rh", LIMITS, Amounts(1))
    assert "not processed" in failure.value.message_id
    with pytest.raises(QuotaUnavailable):
        ledger.states("rh", LIMITS)
    assert ledger.held() == []
