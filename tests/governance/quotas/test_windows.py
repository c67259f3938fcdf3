"""Hours, days and months are those that the organisation's clocks show, when they change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.quotas.windows import PERIODS, Period, period_of, renewal, window_key, window_keys

PARIS = ZoneInfo("Europe/Paris")
ZONES = [
    "Europe/Paris",
    "Indian/Reunion",
    "America/Martinique",
    "Pacific/Noumea",
    "Australia/Lord_Howe",  # its clocks move by half an hour
    "America/Santiago",  # at midnight, where a day begins at 1
    "Asia/Beirut",
    "Atlantic/Azores",  # back from 1 to 0
    "Asia/Kathmandu",
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        ("2026-10-24T22:00", "2026-10-25T22:59", 25),  # back to winter time
        ("2026-03-28T23:00", "2026-03-29T21:59", 23),  # on to summer time
        ("2026-11-22T23:00", "2026-11-23T22:59", 24),
    ],
)
def test_a_day_has_23_24_or_25_hours(first: str, last: str, hours: int) -> None:
    assert window_key(utc(first), "day", PARIS) == window_key(utc(last), "day", PARIS)
    assert renewal(utc(first), "day", PARIS) - utc(first) == timedelta(hours=hours)
    assert window_key(utc(first) - timedelta(seconds=1), "day", PARIS) < window_key(
        utc(first), "day", PARIS
    )


def test_the_hour_that_is_shown_twice_is_one_window_of_two_hours() -> None:
    """Its quota is given once: from 2 to 3 in summer time, then from 2 to 3 in winter time."""
    summer, winter = utc("2026-10-25T00:30"), utc("2026-10-25T01:30")
    assert window_key(summer, "hour", PARIS) == window_key(winter, "hour", PARIS) == "2026-10-25T02"
    assert (
        renewal(summer, "hour", PARIS) == renewal(winter, "hour", PARIS) == utc("2026-10-25T02:00")
    )
    assert window_key(utc("2026-10-25T02:00"), "hour", PARIS) == "2026-10-25T03"
    assert renewal(utc("2026-10-24T23:10"), "hour", PARIS) == utc("2026-10-25T00:00")


def test_the_hour_that_is_skipped_does_not_exist() -> None:
    assert window_key(utc("2026-03-29T00:59"), "hour", PARIS) == "2026-03-29T01"
    assert renewal(utc("2026-03-29T00:59"), "hour", PARIS) == utc("2026-03-29T01:00")
    assert window_key(utc("2026-03-29T01:00"), "hour", PARIS) == "2026-03-29T03"


@given(
    moment=st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)).map(
        lambda naive: naive.replace(tzinfo=UTC)
    ),
    zone=st.sampled_from(ZONES),
    period=st.sampled_from(PERIODS),
    part=st.floats(0, 0.999_999),  # nearer to one, the instant rounds to the end
)
def test_a_window_lasts_until_it_renews_whatever_the_zone(
    moment: datetime, zone: str, period: Period, part: float
) -> None:
    timezone = ZoneInfo(zone)
    key, end = window_key(moment, period, timezone), renewal(moment, period, timezone)
    assert end > moment
    assert window_key(moment + part * (end - moment), period, timezone) == key
    assert window_key(end, period, timezone) > key
    assert period_of(key) == period
    assert window_keys(moment, timezone)[period] == key
