"""The intervals between two readings, and the share of each that some work may take."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(slots=True)
class Interval:
    """Between two readings. ``active`` joules are those above rest; ``left`` are still nobody's.

    ``busy`` is the CPU seconds that all the machine's cores worked. Times are monotonic seconds.
    """

    start: float
    end: float
    active: float
    busy: float
    left: float

    def take(self, cpu_seconds: float) -> float:
        """Take the joules due to ``cpu_seconds`` of work: its part of all the work done here.

        What one takes does not depend on what the others took while they all fit in ``busy``;
        the bound by ``left`` only acts where the clocks of the counters disagree (the kernel
        counts a machine's busy time in ticks of 10 ms, a thread's in nanoseconds).
        """
        if cpu_seconds <= 0:
            return 0.0
        due = self.active * (cpu_seconds / max(self.busy, cpu_seconds))
        share = min(self.left, due)
        self.left -= share
        return share


class Window:
    """The recent intervals, contiguous in time. Older ones are forgotten, with what is left."""

    def __init__(self, keep_seconds: float) -> None:
        self._keep = keep_seconds
        self._intervals: deque[Interval] = deque()

    def add(self, interval: Interval) -> None:
        """Append the newest interval, and forget those that ended too long ago."""
        self._intervals.append(interval)
        while self._intervals[0].end < interval.end - self._keep:
            self._intervals.popleft()

    def take(self, started: float, ended: float, cpu_seconds: float) -> float:
        """Joules due to work whose CPU time is spread evenly from ``started`` to ``ended``."""
        joules = 0.0
        for interval in reversed(self._intervals):
            if interval.end <= started and interval.end < ended:
                break
            overlap = min(ended, interval.end) - max(started, interval.start)
            if ended > started and overlap > 0:
                joules += interval.take(cpu_seconds * overlap / (ended - started))
            elif ended == started and interval.start < ended <= interval.end:
                joules += interval.take(cpu_seconds)
        return joules
