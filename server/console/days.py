"""Days of the organisation, over which figures are counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from governance.messages import N_
from server.console.refused import ChangeRefused


@dataclass(frozen=True, slots=True)
class Days:
    """The ``count`` days that end with ``last``, in the organisation's ``zone``."""

    last: date
    count: int
    zone: ZoneInfo

    @classmethod
    def until(cls, now: datetime, count: int, timezone: str) -> Days:
        """The ``count`` days that end with that of ``now``."""
        zone = ZoneInfo(timezone)
        return cls(now.astimezone(zone).date(), count, zone)

    @property
    def first(self) -> date:
        """The first day."""
        return self.last - timedelta(days=self.count - 1)

    @property
    def before(self) -> Days:
        """As many days, that end where these begin."""
        return Days(self.first - timedelta(days=1), self.count, self.zone)

    def begins(self) -> datetime:
        """The instant at which the first day begins, in UTC."""
        return datetime.combine(self.first, time.min, self.zone).astimezone(UTC)

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(self.count))

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


def end_of_day(day: str, timezone: str) -> datetime | None:
    """The instant at which a day («2026-11-23») ends in ``timezone``; None for no day.

    Raises:
        ChangeRefused: this is no day.
    """
    if not day:
        return None
    try:
        following = date.fromisoformat(day) + timedelta(days=1)
        return datetime.combine(following, time.min, ZoneInfo(timezone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ChangeRefused("expires_at", N_("A date is written as 2026-11-23.")) from error
