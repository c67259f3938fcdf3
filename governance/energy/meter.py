"""The meters of a machine, and the choice of the best that it has.

``measured``: RAPL counters of the CPU packages (and NVML of the GPUs). ``modelled``: CPU time × a
power model (GPUs are still measured). A meter covers the CPU packages and GPUs, not memory, disks,
fans or the power supply's loss: these are not known, and not guessed.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from statistics import median
from typing import Protocol

import psutil

from governance.energy.hardware import GpuCounter, RaplCounter, quiet, thermal_design_power
from governance.energy.power_model import PowerModel, power_model, this_cpu
from governance.energy.reading import BusyClock, Meter, MeterError, Method, Reading, Why

_QUIET_SHARE = 0.05
_PROBE_SECONDS = 0.05


class EnergyCounter(Protocol):
    """Cumulative joules of one kind of hardware."""

    def joules(self, elapsed: float) -> float: ...


class RaplMeter:
    """Measured energy: cumulative counters of the CPU packages, and of the GPUs if any.

    What the machine takes at rest is learnt: the median power of its last 60 quiet spells (cores
    busy under 5 % for half a second or more), and until the first, ``model``'s, never more than
    the lowest power seen.
    """

    method: Method = "measured"

    def __init__(
        self,
        rapl: EnergyCounter,
        model: PowerModel,
        gpu: EnergyCounter | None = None,
        busy: Callable[[], float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._counters = [counter for counter in (rapl, gpu) if counter is not None]
        self._busy = busy or BusyClock()
        self._clock = clock
        self._prior = model.idle_watts
        self._quiet: deque[float] = deque(maxlen=60)
        self._last: Reading | None = None
        self.cores = model.cores
        self.why = Why(
            "Measured by the energy counters of the CPU and of the GPU."
            if gpu is not None
            else "Measured by the energy counters of the CPU."
        )

    @property
    def idle_watts(self) -> float:
        """Watts at rest, as far as was seen."""
        return median(self._quiet) if self._quiet else self._prior

    def read(self) -> Reading:
        """The counters now. Raises MeterError when one cannot be read."""
        at = self._clock()
        elapsed = at - self._last.at if self._last else 0.0
        joules = sum(counter.joules(elapsed) for counter in self._counters)
        reading = Reading(joules, self._busy(), at)
        self._learn(reading, joules, elapsed)
        self._last = reading
        return reading

    def _learn(self, reading: Reading, joules: float, elapsed: float) -> None:
        if self._last is None or self._last.joules is None or elapsed < 0.5:
            return
        watts = (joules - self._last.joules) / elapsed
        busy = reading.busy_cpu_seconds - self._last.busy_cpu_seconds
        self._prior = min(self._prior, watts)
        if busy <= _QUIET_SHARE * elapsed * self.cores:
            self._quiet.append(watts)


class ModelledMeter:
    """Modelled energy of the CPU: idle watts × time + watts per core × CPU time of all cores."""

    method: Method = "modelled"

    def __init__(
        self,
        model: PowerModel,
        gpu: EnergyCounter | None = None,
        busy: Callable[[], float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._gpu = gpu
        self._busy = busy or BusyClock()
        self._clock = clock
        self._started = self._last = clock()
        self._busy_at_start = self._busy()
        self.idle_watts = model.idle_watts
        self.cores = model.cores
        self.why = model.why

    def read(self) -> Reading:
        """The model's energy since construction. Raises MeterError when a GPU does not answer."""
        at = self._clock()
        busy = self._busy()
        joules = (at - self._started) * self._model.idle_watts
        joules += (busy - self._busy_at_start) * self._model.watts_per_core
        if self._gpu is not None:
            joules += self._gpu.joules(at - self._last)
        self._last = at
        return Reading(joules, busy, at)


class UnknownMeter:
    """A machine whose energy is not known: bills say None, never 0."""

    method: Method = "unknown"
    idle_watts = 0.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.cores = psutil.cpu_count() or 1
        self.why = Why("The energy of this machine cannot be known.")

    def read(self) -> Reading:
        """A reading without energy."""
        return Reading(None, 0.0, self._clock())


def detect_meter(rapl_dir: str | None = None) -> Meter:
    """The best meter that this machine has; its ``method`` and ``why`` say which and why.

    Takes a second or two: call it once, at start-up. Opens no socket.
    """
    quiet()
    model = power_model(this_cpu(psutil.cpu_count() or 1), thermal_design_power)
    gpu = GpuCounter.found()
    rapl = _moving_rapl(rapl_dir)
    return ModelledMeter(model, gpu) if rapl is None else RaplMeter(rapl, model, gpu)


def _moving_rapl(rapl_dir: str | None) -> RaplCounter | None:
    """RAPL if it is there and moves under load: some hypervisors show one that stands still."""
    try:
        rapl = RaplCounter(rapl_dir)
        before = rapl.joules(0.0)
        end = time.monotonic() + _PROBE_SECONDS
        while time.monotonic() < end:
            sum(range(1_000))
        return rapl if rapl.joules(_PROBE_SECONDS) > before else None
    except MeterError:
        return None
