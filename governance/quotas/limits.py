"""What is counted, for whom, over which windows, and how it is said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from governance.quotas.windows import Period

if TYPE_CHECKING:
    from governance.charter.schema import Costs

Metric = Literal["requests", "tokens", "wh", "euros"]
Per = Literal["service", "user", "key"]
Kind = Literal["user", "key"]

METRICS: tuple[Metric, ...] = ("requests", "tokens", "wh", "euros")
PERS: tuple[Per, ...] = ("service", "user", "key")

MICRO = 1_000_000
"""Stored units of a watt-hour and of a euro: counters are whole millionths, so sums are exact."""

NEAR = 0.8
"""The share of a quota from which people are told that it will soon be used up."""

Units = dict[Metric, int]
"""Amounts in stored units."""


@dataclass(frozen=True, slots=True)
class Asker:
    """A person or a program that asks. ``subject`` is an opaque pseudonym, never a name."""

    kind: Kind
    subject: str


@dataclass(frozen=True, slots=True)
class QuotaLimit:
    """The most that may be taken of ``metric`` in one ``period``; ``limit`` in its unit.

    ``per`` says by whom: the whole service, each of its people, or each of its API keys.
    """

    metric: Metric
    period: Period
    limit: float
    per: Per = "service"


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a request asks for or took: requests, tokens (prompt and completion), Wh, euros.

    Raises:
        ValueError: on an amount that is negative or not finite.
    """

    requests: int = 0
    tokens: int = 0
    wh: float = 0.0
    euros: float = 0.0

    def __post_init__(self) -> None:
        for metric in METRICS:
            amount: float = getattr(self, metric)
            if not math.isfinite(amount) or amount < 0:
                raise ValueError(f"{metric} must be a finite amount of 0 or more")

    def priced(self, costs: Costs | None) -> Amounts:
        """The same, with its internal price under the charter's tariff; 0 without a tariff."""
        if costs is None:
            return self
        euros = (
            costs.per_request * self.requests
            + costs.per_1000_tokens * self.tokens / 1000
            + costs.per_kwh * self.wh / 1000
        )
        return replace(self, euros=euros)

    @property
    def units(self) -> Units:
        """These amounts in stored units."""
        return {metric: to_units(metric, getattr(self, metric)) for metric in METRICS}


@dataclass(frozen=True, slots=True)
class QuotaState:
    """Where somebody stands with one of their limits, all in the unit of ``metric``.

    ``limit`` is the charter's with what was ``granted`` on top of it for this window. ``left`` is
    what a new request may still reserve, never below 0. ``renews_at`` is the aware UTC instant at
    which the window ends, ``key`` its name («2026-11-23»).
    """

    metric: Metric
    period: Period
    limit: float
    used: float
    held: float
    left: float
    renews_at: datetime
    per: Per = "service"
    granted: float = 0.0
    key: str = ""

    @property
    def share(self) -> float:
        """What is used of the limit, 0 to 1."""
        return min(1.0, self.used / self.limit) if self.limit else 1.0

    @property
    def near(self) -> bool:
        """Whether it is time to tell people."""
        return self.share >= NEAR


def to_units(metric: Metric, amount: float) -> int:
    """``amount`` in stored units: itself, or millionths for watt-hours and euros."""
    return round(amount * MICRO) if metric in ("wh", "euros") else math.floor(amount)


def from_units(metric: Metric, units: int) -> float:
    """The inverse of :func:`to_units`: requests and tokens as they are, else the unit itself."""
    return units / MICRO if metric in ("wh", "euros") else float(units)


def tightest(limits: Sequence[QuotaLimit]) -> dict[tuple[Per, Metric, Period], int]:
    """The lowest limit of each kind, in stored units: a child may only tighten."""
    lowest: dict[tuple[Per, Metric, Period], int] = {}
    for limit in limits:
        key = (limit.per, limit.metric, limit.period)
        units = to_units(limit.metric, limit.limit)
        lowest[key] = min(units, lowest.get(key, units))
    return lowest
