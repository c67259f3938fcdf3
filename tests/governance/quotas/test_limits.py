"""Periods follow the organisation's calendar, and amounts are exact."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from governance.quotas.limits import (
    Amounts,
    QuotaLimit,
    from_units,
    tightest,
    to_units,
)
from governance.quotas.windows import renewal, window_key

PARIS = ZoneInfo("Europe/Paris")


def test_a_day_starts_at_midnight_in_paris_not_in_utc() -> None:
    evening = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert window_key(evening, "day", PARIS) == "2026-11-23"
    assert window_key(evening, "month", PARIS) == "2026-11"
    assert window_key(evening, "day", ZoneInfo("UTC")) == "2026-11-22"


def test_the_last_evening_of_the_month_is_already_the_next_month_in_paris() -> None:
    assert window_key(datetime(2026, 12, 31, 23, 15, tzinfo=UTC), "month", PARIS) == "2027-01"


@pytest.mark.parametrize(
    ("moment", "period", "expected"),
    [
        ("2026-11-23T12:00", "day", "2026-11-23T23:00"),
        ("2026-11-23T12:00", "month", "2026-11-30T23:00"),
        ("2026-12-31T12:00", "month", "2026-12-31T23:00"),
        # On 25 October 2026 the clocks go back: the day has 25 hours, and ends in winter time.
        ("2026-10-24T22:30", "day", "2026-10-25T23:00"),
        # On 29 March 2026 they go forward: the day ends in summer time.
        ("2026-03-29T00:30", "day", "2026-03-29T22:00"),
        ("2024-02-01T12:00", "month", "2024-02-29T23:00"),
    ],
)
def test_renewal_is_the_next_local_midnight(moment: str, period: str, expected: str) -> None:
    found = renewal(datetime.fromisoformat(moment).replace(tzinfo=UTC), period, PARIS)  # type: ignore[arg-type]
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_watt_hours_are_counted_in_whole_micro_watt_hours() -> None:
    assert to_units("wh", 0.1) == 100_000
    assert sum(to_units("wh", 0.1) for _ in range(10)) == to_units("wh", 1.0)
    assert from_units("wh", 1) == 1e-6


def test_of_two_limits_on_one_thing_the_lower_holds() -> None:
    limits = [QuotaLimit("wh", "day", 5), QuotaLimit("wh", "day", 2), QuotaLimit("wh", "month", 9)]
    assert tightest(limits) == {
        ("service", "wh", "day"): 2_000_000,
        ("service", "wh", "month"): 9_000_000,
    }


@pytest.mark.parametrize("wh", [-1.0, float("nan"), float("inf")])
def test_amounts_that_make_no_sense_are_refused(wh: float) -> None:
    with pytest.raises(ValueError, match="wh"):
        Amounts(wh=wh)
