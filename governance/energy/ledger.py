"""The energy ledger: each interval's active joules go to the work that was done in it.

The law, whatever overlaps, is cancelled or is never closed:

    Σ requests + idle + unattributed = meter

An interval runs between two readings of the meter. What the machine would have taken at rest is
``idle``. The remainder is ``active``, and work takes of it the part that its CPU time is of all
the machine's CPU time; what nobody claims (other programs, the server itself) is
``unattributed``. Work is reported when it ends, so an interval can be claimed for fifteen minutes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from governance.energy.bill import STEPS, EnergyBill, Totals, make_bill
from governance.energy.carbon import CarbonIntensity, Embodied
from governance.energy.intervals import Interval, Window
from governance.energy.reading import Meter, MeterError
from models.protocol import Work

KEEP_SECONDS = 900.0


class UnknownAccount(LookupError):
    """The account was never opened, or is closed already."""


@dataclass(slots=True)
class _Account:
    steps: dict[str, float] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class _Pending:
    """Work, or the end of it, that lies after the last reading."""

    account: str
    step: str
    work: Work


class EnergyLedger:
    """Shares the meter's joules between accounts. Safe to use from any thread.

    ``idle_watts`` overrides what the meter takes for the machine at rest. ``interval`` is the
    sampler's, in seconds. ``carbon`` and ``embodied`` put grams on the bills, None leaves them
    unknown.
    """

    def __init__(
        self,
        meter: Meter,
        idle_watts: float | None = None,
        interval: float = 1.0,
        carbon: CarbonIntensity | None = None,
        embodied: Embodied | None = None,
    ) -> None:
        self._meter = meter
        self._idle_watts = idle_watts
        self._interval = interval
        self._carbon = carbon
        self._embodied = embodied
        self._lock = threading.RLock()
        self._window = Window(KEEP_SECONDS)
        self._accounts: dict[str, _Account] = {}
        self._pending: list[_Pending] = []
        self._last = meter.read()
        self._metered = self._idle = self._unattributed = self._requests = 0.0
        self._stopping = threading.Event()
        self._sampler: threading.Thread | None = None

    @property
    def meter(self) -> Meter:
        """The meter, for its method and why."""
        return self._meter

    def start(self) -> None:
        """Start the sampler, one per machine. Does nothing when it runs already."""
        if self._sampler is None:
            self._stopping.clear()
            self._sampler = threading.Thread(target=self._sample, name="energy", daemon=True)
            self._sampler.start()

    def stop(self) -> None:
        """Stop the sampler and wait for it."""
        if self._sampler is not None:
            self._stopping.set()
            self._sampler.join()
            self._sampler = None

    def tick(self) -> None:
        """Close the present interval. Raises MeterError when the meter cannot be read."""
        with self._lock:
            reading = self._meter.read()
            last = self._last
            if reading.at <= last.at:
                return
            self._last = reading
            if reading.joules is None or last.joules is None:
                return
            joules = max(0.0, reading.joules - last.joules)
            rest = self._meter.idle_watts if self._idle_watts is None else self._idle_watts
            idle = min(joules, rest * (reading.at - last.at))
            active = joules - idle
            busy = max(0.0, reading.busy_cpu_seconds - last.busy_cpu_seconds)
            self._metered += joules
            self._idle += idle
            self._unattributed += active
            self._window.add(Interval(last.at, reading.at, active, busy, active))
            pending, self._pending = self._pending, []
            for item in pending:
                self._attribute(item)

    def account(self, account_id: str) -> None:
        """Open an account. Raises ValueError when it is open already."""
        with self._lock:
            if account_id in self._accounts:
                raise ValueError(f"energy account {account_id} is open already")
            self._accounts[account_id] = _Account()

    def accounts(self) -> list[str]:
        """The open accounts, oldest first."""
        with self._lock:
            return list(self._accounts)

    def record(self, account_id: str, step: str, work: Work) -> bool:
        """Put work to an account; it may span several past intervals.

        Work of an account that is closed (or was never opened) is refused with False: its joules
        stay unattributed, and a bill once given does not change.

        Raises:
            ValueError: on a step that is not one of STEPS, or work that makes no sense.
        """
        if step not in STEPS:
            raise ValueError(f"unknown step {step}")
        if work.ended < work.started or work.cpu_seconds < 0:
            raise ValueError("work ends before it starts, or took negative time")
        with self._lock:
            account = self._accounts.get(account_id)
            if account is None:
                return False
            account.steps.setdefault(step, 0.0)
            account.cpu_seconds += work.cpu_seconds
            self._attribute(_Pending(account_id, step, work))
            return True

    def mark_unknown(self, account_id: str) -> None:
        """Say that part of the account's work was done where no meter of ours is (a remote engine).

        Its bill will be unknown; what was done here still counts in the totals. Raises
        UnknownAccount.
        """
        with self._lock:
            self._open(account_id).unknown = True

    def close(self, account_id: str) -> EnergyBill:
        """Close the account, finished or cancelled, and give its bill.

        The present interval is closed first, so that the last work is counted. When the meter
        cannot be read, the bill is unknown. Raises UnknownAccount.
        """
        with self._lock:
            account = self._open(account_id)
            unknown = account.unknown or self._last.joules is None
            if any(item.account == account_id for item in self._pending):
                try:
                    self.tick()
                except MeterError:
                    unknown = True
            self._pending = [item for item in self._pending if item.account != account_id]
            del self._accounts[account_id]
        return make_bill(
            None if unknown else dict(account.steps),
            self._meter.method,
            account.cpu_seconds,
            self._meter.cores,
            self._carbon,
            self._embodied,
        )

    def totals(self) -> Totals:
        """The machine since the ledger began, up to the last reading."""
        with self._lock:
            if self._last.joules is None:
                return Totals(None, None, None, None)
            return Totals(self._metered, self._requests, self._idle, self._unattributed)

    @contextmanager
    def measure(
        self,
        account_id: str,
        step: str,
        cpu: Literal["thread", "span"] = "thread",
        threads: int = 1,
    ) -> Iterator[None]:
        """Record the synchronous work of this thread, failed or not.

        A thread's clock does not see the threads of a library. Where it computes in ``threads``
        equal parts, this one's included (onnxruntime: one a core), the time is multiplied; where it
        leaves this thread waiting, ``cpu="span"`` counts the wall time as CPU time.
        """
        started, before = time.monotonic(), time.thread_time()
        try:
            yield
        finally:
            ended, after = time.monotonic(), time.thread_time()
            spent = ended - started if cpu == "span" else after - before
            self.record(account_id, step, Work(started, ended, spent * threads))

    def _open(self, account_id: str) -> _Account:
        try:
            return self._accounts[account_id]
        except KeyError:
            raise UnknownAccount(account_id) from None

    def _attribute(self, item: _Pending) -> None:
        """Take what the closed intervals owe to this work, and keep its end for the next."""
        account, work = self._accounts[item.account], item.work
        joules = self._window.take(work.started, work.ended, work.cpu_seconds)
        account.steps[item.step] += joules
        self._requests += joules
        self._unattributed -= joules
        if work.ended > self._last.at:
            self._pending.append(_Pending(item.account, item.step, _after(work, self._last.at)))

    def _sample(self) -> None:
        while not self._stopping.wait(self._interval):
            try:
                self.tick()
            except MeterError:
                # Counters are cumulative: the next reading holds what this one missed.
                continue


def _after(work: Work, instant: float) -> Work:
    """The part of ``work`` that comes after ``instant``, with its share of the CPU time."""
    if work.started >= instant:
        return work
    share = (work.ended - instant) / (work.ended - work.started)
    return Work(instant, work.ended, work.cpu_seconds * share)
