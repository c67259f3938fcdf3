"""What a meter promises: cumulative energy and cumulative work of the whole machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

import psutil

Method = Literal["measured", "modelled", "estimated", "unknown"]


@dataclass(frozen=True, slots=True)
class Reading:
    """Cumulative counters of the machine at one instant.

    ``joules`` is None where the energy is not known. ``busy_cpu_seconds`` sums all cores. ``at``
    is ``time.monotonic()``, in seconds.
    """

    joules: float | None
    busy_cpu_seconds: float
    at: float


@dataclass(frozen=True, slots=True)
class Why:
    """Why this meter: a text to translate and its fields."""

    message_id: str
    params: dict[str, str | int | float] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message_id.format(**self.params)


class MeterError(Exception):
    """The counters cannot be read now. They are cumulative: a later reading makes up for it."""


class Meter(Protocol):
    """Reads the machine. One owner thread at a time: the ledger reads under its lock."""

    @property
    def method(self) -> Method: ...

    @property
    def why(self) -> Why: ...

    @property
    def cores(self) -> int: ...

    @property
    def idle_watts(self) -> float:
        """What the machine takes when it does nothing, as far as the meter knows, in watts."""
        ...

    def read(self) -> Reading:
        """The counters now. Raises :class:`MeterError` when they cannot be read."""
        ...


def kernel_busy_seconds() -> float:
    """CPU seconds that this machine's cores have worked since boot, all processes together.

    Waiting for a disk is no work, and what the hypervisor took («steal») was not ours. On Linux
    guest time is already in user time. The kernel counts in ticks of about 10 ms.
    """
    times = psutil.cpu_times()
    kinds = ("user", "nice", "system", "irq", "softirq", "interrupt", "dpc")
    return float(sum(getattr(times, kind, 0.0) for kind in kinds))


class BusyClock:
    """The machine's CPU time, with this process's part of it to the nanosecond.

    The kernel's ticks are too coarse for a request of 20 ms, whose interval would show no work at
    all. What other processes worked is the kernel's figure less our own, kept from going down; the
    error stays within a few ticks in all, and does not grow with the number of readings.
    """

    def __init__(
        self,
        machine: Callable[[], float] = kernel_busy_seconds,
        process: Callable[[], float] = time.process_time,
    ) -> None:
        self._machine = machine
        self._process = process
        self._others = machine() - process()

    def __call__(self) -> float:
        """Cumulative CPU seconds of all cores, never going down."""
        mine = self._process()
        self._others = max(self._others, self._machine() - mine)
        return mine + self._others
