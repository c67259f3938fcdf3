"""What is counted, over which periods, and how it is said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Metric = Literal["requests", "tokens", "wh"]
Period = Literal["day", "month"]

METRICS: tuple[Metric, ...] = ("requests", "tokens", "wh")
PERIODS: tuple[Period, ...] = ("day", "month")

MICRO = 1_000_000
"""Stored units of one watt-hour: counters are whole micro-watt-hours, so that sums are exact."""


@dataclass(frozen=True, slots=True)
class QuotaLimit:
    """The most that a service may take of ``metric`` in one ``period``; ``limit`` in its unit."""

    metric: Metric
    period: Period
    limit: float


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a request asks for or took: requests, tokens (prompt and completion), watt-hours.

    Raises:
        ValueError: on an amount that is negative or not finite.
    """

    requests: int = 0
    tokens: int = 0
    wh: float = 0.0

    def __post_init__(self) -> None:
        for metric in METRICS:
            amount: float = getattr(self, metric)
            if not math.isfinite(amount) or amount < 0:
                raise ValueError(f"{metric} must be a finite amount of 0 or more")


@dataclass(frozen=True, slots=True)
class QuotaState:
    """Where a service stands with one of its limits, all in the unit of ``metric``.

    ``left`` is what a new request may still reserve, never below 0. ``renews_at`` is the aware
    UTC instant at which the period ends.
    """

    metric: Metric
    period: Period
    limit: float
    used: float
    held: float
    left: float
    renews_at: datetime


def period_key(moment: datetime, period: Period, timezone: ZoneInfo) -> str:
    """The period that holds ``moment`` on the organisation's calendar: 2026-11-23 or 2026-11."""
    local = moment.astimezone(timezone)
    return local.strftime("%Y-%m-%d" if period == "day" else "%Y-%m")


def renewal(moment: datetime, period: Period, timezone: ZoneInfo) -> datetime:
    """The local midnight, in UTC, that ends the period of ``moment``."""
    today = moment.astimezone(timezone).date()
    if period == "day":
        following = today + timedelta(days=1)
    else:
        following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return datetime.combine(following, time.min, tzinfo=timezone).astimezone(UTC)


def to_units(metric: Metric, amount: float) -> int:
    """``amount`` in stored units: itself, or micro-watt-hours for watt-hours."""
    return round(amount * MICRO) if metric == "wh" else math.floor(amount)


def from_units(metric: Metric, units: int) -> float:
    """The inverse of :func:`to_units`: requests and tokens as they are, else watt-hours."""
    return units / MICRO if metric == "wh" else float(units)


def tightest(limits: Sequence[QuotaLimit]) -> dict[tuple[Metric, Period], int]:
    """The lowest limit of each metric and period, in stored units: a child may only tighten."""
    lowest: dict[tuple[Metric, Period], int] = {}
    for limit in limits:
        key = (limit.metric, limit.period)
        units = to_units(limit.metric, limit.limit)
        lowest[key] = min(units, lowest.get(key, units))
    return lowest
