"""Quotas of each person and key, in euros too, extensions, holds of the dead, and estimates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from governance.charter.schema import Costs
from governance.quotas.errors import QuotaExceeded, UnknownReservation
from governance.quotas.grants import QuotaGrants
from governance.quotas.holders import DEAD_AFTER
from governance.quotas.ledger import LONGEST_HOLD, QuotaLedger
from governance.quotas.lengths import ENOUGH, RECENT, Length, high
from governance.quotas.limits import Amounts, Asker, QuotaLimit
from governance.quotas.notices import untold
from governance.quotas.retention import Retention
from governance.quotas.tables import quota_reservations, quota_windows

ANNE, BRUNO, KEY = Asker("user", "p1"), Asker("user", "p2"), Asker("key", "k1")
LIMITS = (
    QuotaLimit("requests", "day", 5),
    QuotaLimit("requests", "hour", 2, "user"),
    QuotaLimit("requests", "day", 1, "key"),
)


class Time:
    """A time of day and a count of seconds, which the test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
        self.seconds = 0.0

    def ledger(self, database: Engine) -> QuotaLedger:
        return QuotaLedger(database, "Europe/Paris", lambda: self.now, lambda: self.seconds)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def ledger(database: Engine, time: Time) -> QuotaLedger:
    return time.ledger(database)


def test_each_person_and_each_key_has_a_quota_of_their_own(ledger: QuotaLedger) -> None:
    for number in range(2):
        ledger.reserve(f"a{number}", "rh", LIMITS, Amounts(1), ANNE)
    with pytest.raises(QuotaExceeded) as refusal:
        ledger.reserve("a2", "rh", LIMITS, Amounts(1), ANNE)
    assert (refusal.value.per, refusal.value.period) == ("user", "hour")
    assert refusal.value.message_id.startswith("You have no requests left for this hour")
    ledger.reserve("b0", "rh", LIMITS, Amounts(1), BRUNO)
    ledger.reserve("k0", "rh", LIMITS, Amounts(1), KEY)
    with pytest.raises(QuotaExceeded, match="per day and key"):
        ledger.reserve("k1", "rh", LIMITS, Amounts(1), KEY)
    ledger.reserve("b1", "rh", LIMITS, Amounts(1), BRUNO)
    with pytest.raises(QuotaExceeded, match="per day and service"):
        ledger.reserve("c0", "rh", LIMITS, Amounts(1), Asker("user", "p3"))


def test_an_hour_renews_on_the_hour(ledger: QuotaLedger, time: Time) -> None:
    for number in range(2):
        ledger.reserve(f"a{number}", "rh", LIMITS, Amounts(1), ANNE)
    state = next(s for s in ledger.states("rh", LIMITS, ANNE) if s.per == "user")
    assert (state.left, state.renews_at) == (0, datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    time.now = state.renews_at
    ledger.reserve("a2", "rh", LIMITS, Amounts(1), ANNE)


def test_nobody_is_counted_where_no_quota_asks_for_it(
    ledger: QuotaLedger, database: Engine
) -> None:
    ledger.reserve("e1", "rh", LIMITS[:1], Amounts(1), ANNE)
    ledger.reserve("e2", "rh", LIMITS, Amounts(1), ANNE)
    ledger.settle("e2", Amounts(1))
    with database.connect() as connection:
        subjects = set(connection.execute(select(quota_reservations.c.subject)).scalars())
        windows = connection.execute(
            select(quota_windows.c.used_requests).where(quota_windows.c.per == "user")
        )
        assert list(windows.scalars()) == [1, 1, 1]
    assert subjects == {""}, "once it has ended, a reservation no longer says whose it was"


def test_euros_follow_the_charter_s_tariff(ledger: QuotaLedger) -> None:
    costs = Costs(per_request=0.01, per_1000_tokens=0.02, per_kwh=0.25)
    ask = Amounts(1, 1_500, 2.0).priced(costs)
    assert ask.euros == pytest.approx(0.01 + 0.03 + 0.0005)
    limits = [QuotaLimit("euros", "month", 0.06)]
    ledger.reserve("e1", "rh", limits, ask)
    with pytest.raises(QuotaExceeded) as refusal:
        ledger.reserve("e2", "rh", limits, ask)
    assert refusal.value.params["held"] == 0.041
    ledger.settle("e1", Amounts(1, 500, 1.0).priced(costs))
    assert ledger.usage("rh", "month").euros == pytest.approx(0.02025)
    assert Amounts(1, 500, 1.0).priced(None).euros == 0


def test_an_extension_belongs_to_one_window_and_one_scope(ledger: QuotaLedger, time: Time) -> None:
    grants = QuotaGrants(ledger)
    mine = grants.prepare("rh", "requests", "hour", 1, reason="x", by="admin", asker=ANNE)
    grants.add(mine)
    assert grants.ends(mine) == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    for who, most in ((ANNE, 3), (BRUNO, 2)):
        for number in range(most):
            ledger.reserve(f"{who.subject}-{number}", "rh", LIMITS, Amounts(1), who)
        with pytest.raises(QuotaExceeded):
            ledger.reserve(f"{who.subject}-more", "rh", LIMITS[1:], Amounts(1), who)
    time.now += timedelta(hours=1)
    assert grants.ends(mine) is None
    state = next(s for s in ledger.states("rh", LIMITS, ANNE) if s.per == "user")
    assert (state.limit, state.granted) == (2, 0)


def test_the_hold_of_a_dead_process_is_swept_and_that_of_a_living_one_is_not(
    database: Engine, time: Time
) -> None:
    dead, living, sweeper = (time.ledger(database) for _ in range(3))
    dead.reserve("d", "rh", LIMITS, Amounts(1))
    living.reserve("l", "rh", LIMITS, Amounts(1))
    assert sweeper.sweep() == ()
    for _ in range(3):
        time.seconds += DEAD_AFTER / 3
        living.beat()
        swept = sweeper.sweep()
    assert swept == ("d",)
    assert sweeper.held() == ["l"]
    assert dead.settle("d", Amounts(1, 500)).late, "it was only slow: what it spent is counted"
    assert sweeper.usage("rh", "day") == Amounts(1, 500)
    assert sweeper.states("rh", LIMITS)[0].held == 1
    assert not dead.settle("d", Amounts(1, 500)).applied


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=-400)])
def test_no_change_of_the_clock_takes_a_hold(database: Engine, time: Time, jump: timedelta) -> None:
    living, sweeper = time.ledger(database), time.ledger(database)
    living.reserve("l", "rh", LIMITS, Amounts(5))
    sweeper.sweep()
    time.now += jump
    assert sweeper.sweep() == living.sweep() == ()
    time.now -= jump
    with pytest.raises(QuotaExceeded):
        sweeper.reserve("more", "rh", LIMITS, Amounts(1))
    living.settle("l", Amounts(5))
    assert sweeper.states("rh", LIMITS)[0].used == 5


def test_a_hold_that_its_own_process_forgot_is_swept_after_an_hour(
    ledger: QuotaLedger, time: Time
) -> None:
    ledger.reserve("forgotten", "rh", LIMITS, Amounts(1))
    time.seconds = LONGEST_HOLD - 1
    assert ledger.sweep() == ()
    time.seconds = LONGEST_HOLD
    assert ledger.sweep() == ("forgotten",)
    with pytest.raises(UnknownReservation):
        ledger.expire("nothing")


def test_estimates_learn_from_the_service_s_own_answers(
    database: Engine, ledger: QuotaLedger, time: Time
) -> None:
    longest = Length(700, 400)
    for number in range(ENOUGH):
        assert ledger.expect("rh", "chat", longest) == longest, "too few answers to believe"
        ledger.reserve(f"e{number}", "rh", (), Amounts(1, 1_100), None, "chat")
        length = Length(300, 390 if number == 7 else 60 + number)
        ledger.settle(f"e{number}", Amounts(1, 360), length)
    assert ledger.expect("rh", "chat", longest) == Length(300, 79)
    assert ledger.expect("rh", "chat", Length(700, 50)).answer == 50, "never above the request's"
    assert ledger.expect("rh", "api", longest) == longest
    assert ledger.expect("compta", "chat", longest) == longest
    again = time.ledger(database)
    assert again.expect("rh", "chat", longest) == Length(300, 79), "a restart forgets nothing"
    for number in range(RECENT):
        again.reserve(f"f{number}", "rh", (), Amounts(1), None, "chat")
        again.settle(f"f{number}", Amounts(1, 360), Length(0, 200))
    assert again.expect("rh", "chat", longest) == Length(0, 200), "the old ones are forgotten"


def test_smaller_holds_let_more_people_ask_at_once(ledger: QuotaLedger) -> None:
    limits = [QuotaLimit("tokens", "day", 10_000)]
    for number in range(ENOUGH):
        ledger.reserve(f"e{number}", "rh", (), Amounts(1), None, "chat")
        ledger.settle(f"e{number}", Amounts(1, 300), Length(100, 150))

    def at_once(length: Length, name: str) -> int:
        held = 0
        try:
            while True:
                tokens = 50 + length.extra + length.answer
                ledger.reserve(f"{name}{held}", "rh", limits, Amounts(1, tokens))
                held += 1
        except QuotaExceeded:
            for number in range(held):
                ledger.release(f"{name}{number}")
        return held

    longest = Length(700, 400)
    assert at_once(longest, "a") == 3
    assert at_once(ledger.expect("rh", "chat", longest), "b") == 13


@given(st.lists(st.integers(0, 10_000), min_size=ENOUGH, max_size=RECENT))
def test_the_estimate_covers_19_of_20(lengths: list[int]) -> None:
    estimate = high(lengths)
    assert estimate in lengths
    assert sum(length <= estimate for length in lengths) >= 0.95 * len(lengths)


def test_a_reader_is_told_once_in_each_window(ledger: QuotaLedger, time: Time) -> None:
    limits = [QuotaLimit("requests", "day", 10)]
    ledger.reserve("e1", "rh", limits, Amounts(10))
    assert untold(ledger, "p1", "rh", ledger.states("rh", limits)) == (), "held is not used"
    ledger.settle("e1", Amounts(8))
    states = ledger.states("rh", limits)
    assert states[0].near and states[0].share == 0.8
    assert untold(ledger, "p1", "rh", states) == states
    assert untold(ledger, "p1", "rh", states) == ()
    assert untold(ledger, "p2", "rh", states) == states
    time.now += timedelta(days=1)
    ledger.reserve("e2", "rh", limits, Amounts(9))
    ledger.settle("e2", Amounts(9))
    assert len(untold(ledger, "p1", "rh", ledger.states("rh", limits))) == 1


def test_what_a_person_took_is_forgotten_with_the_log(ledger: QuotaLedger, time: Time) -> None:
    retention = Retention(ledger, lambda: time.now, lambda: time.seconds)
    ledger.reserve("e1", "rh", LIMITS, Amounts(1), ANNE)
    ledger.settle("e1", Amounts(1))
    assert retention.forget(183) == 0

    time.now += timedelta(days=300)
    assert retention.forget(183) == 0, "the clock was set: no second has passed"
    time.seconds += timedelta(days=300).total_seconds()
    assert retention.forget(183) == 3
    assert ledger.usage("rh", "day", "2026-11-23", ANNE) == Amounts()
    assert ledger.usage("rh", "day", "2026-11-23") == Amounts(1), "the service's sum is nobody's"
