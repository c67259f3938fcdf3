"""The power of a CPU that has no energy counter: watts at rest, and watts per working core.

Both come from the thermal design power (TDP) that codecarbon lists for the CPU's model. At rest a
CPU takes 10 % of it, codecarbon's own floor (``codecarbon.external.hardware``); each logical core
at work adds an equal part of the rest. A TDP is that of a whole chip: a virtual machine gets the
part of its own cores, which its model's name gives («64-Core Processor»), else codecarbon's
default of 4 W per thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from governance.energy.reading import Why

IDLE_SHARE = 0.1
DEFAULT_WATTS_PER_THREAD = 4.0  # codecarbon.core.cpu.DEFAULT_POWER_PER_CORE
THREADS_PER_CORE = 2  # of the server chips that virtual machines run on

_FROM_TDP = (
    "No energy counter on this machine: power is modelled from the thermal design power of "
    "{cpu} ({tdp} W for {threads} threads), for {cores} cores: {idle} W at rest, {core} W per "
    "working core."
)
_FROM_DEFAULT = (
    "No energy counter on this machine, and no known thermal design power for the cores of {cpu}: "
    "power is modelled at {thread} W per thread, for {cores} cores: {idle} W at rest, {core} W "
    "per working core."
)


@dataclass(frozen=True, slots=True)
class PowerModel:
    """Watts at rest (whole machine) and watts that one working logical core adds."""

    idle_watts: float
    watts_per_core: float
    cores: int
    why: Why


@dataclass(frozen=True, slots=True)
class Cpu:
    """What the system says of its processors. ``cores`` are logical, of all sockets."""

    model: str
    cores: int
    sockets: int
    virtual: bool


def parse_cpuinfo(text: str, cores: int) -> Cpu:
    """Read Linux's ``/proc/cpuinfo``; ``cores`` is the count to use where it has no entries."""
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    sockets = set(re.findall(r"^physical id\s*:\s*(\d+)$", text, re.MULTILINE))
    processors = len(re.findall(r"^processor\s*:", text, re.MULTILINE))
    return Cpu(
        model=model.group(1).strip() if model else "",
        cores=processors or cores,
        sockets=max(1, len(sockets)),
        virtual=re.search(r"^flags\s*:.*\bhypervisor\b", text, re.MULTILINE) is not None,
    )


def this_cpu(cores: int, path: Path = Path("/proc/cpuinfo")) -> Cpu:
    """The processors of this machine; without ``/proc`` nothing but ``cores`` is known."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    return parse_cpuinfo(text, cores)


def power_model(cpu: Cpu, tdp_of: Callable[[str], float | None]) -> PowerModel:
    """The model for ``cpu``; ``tdp_of`` gives the TDP in watts of a model's name, or None."""
    tdp = tdp_of(cpu.model) if cpu.model else None
    threads = _threads_of_chip(cpu)
    if tdp is not None and threads is not None:
        per_thread = tdp / threads
    else:
        per_thread = DEFAULT_WATTS_PER_THREAD
    idle_watts = IDLE_SHARE * per_thread * cpu.cores
    watts_per_core = (1 - IDLE_SHARE) * per_thread
    figures: dict[str, str | int | float] = {
        "cpu": cpu.model or "?",
        "cores": cpu.cores,
        "idle": round(idle_watts, 2),
        "core": round(watts_per_core, 2),
    }
    if tdp is not None and threads is not None:
        why = Why(_FROM_TDP, {**figures, "tdp": round(tdp, 1), "threads": threads})
    else:
        why = Why(_FROM_DEFAULT, {**figures, "thread": DEFAULT_WATTS_PER_THREAD})
    return PowerModel(idle_watts, watts_per_core, cpu.cores, why)


def _threads_of_chip(cpu: Cpu) -> int | None:
    """Threads that share one chip's TDP; None where a virtual machine does not say."""
    if not cpu.virtual:
        return max(1, cpu.cores // cpu.sockets)
    named = re.search(r"\b(\d+)-Core\b", cpu.model)
    return int(named.group(1)) * THREADS_PER_CORE if named else None
