"""The windows of the quotas: hours, days and months as the organisation's clocks show them.

A window is named by the local time that it holds («2026-11-23T14», «2026-11-23», «2026-11»), so
days have 23 or 25 hours where the clocks change. The hour that clocks show twice in autumn is one
window of two hours: its quota is given once, as is that of the day of 25 hours. The hour that they
skip in spring does not exist.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Period = Literal["hour", "day", "month"]

PERIODS: tuple[Period, ...] = ("hour", "day", "month")

_FORMATS: dict[Period, str] = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}


def window_key(moment: datetime, period: Period, timezone: ZoneInfo) -> str:
    """The window that holds ``moment`` on the organisation's calendar."""
    return moment.astimezone(timezone).strftime(_FORMATS[period])


def window_keys(moment: datetime, timezone: ZoneInfo) -> dict[Period, str]:
    """The three windows that hold ``moment``."""
    return {period: window_key(moment, period, timezone) for period in PERIODS}


def period_of(key: str) -> Period:
    """The period of the window that is called ``key``."""
    return {13: "hour", 10: "day", 7: "month"}[len(key)]  # type: ignore[return-value]


def renewal(moment: datetime, period: Period, timezone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which the window of ``moment`` ends: on the hour, or at midnight.

    Local times that do not exist stand for the instant at which the clocks jump over them.
    """
    local = moment.astimezone(timezone).replace(tzinfo=None, fold=0)
    if period == "hour":
        following = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    elif period == "day":
        following = datetime.combine(local.date() + timedelta(days=1), time.min)
    else:
        first = (local.date().replace(day=1) + timedelta(days=32)).replace(day=1)
        following = datetime.combine(first, time.min)
    return following.replace(tzinfo=timezone).astimezone(UTC)
