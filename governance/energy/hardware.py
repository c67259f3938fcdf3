"""The one door to codecarbon: its hardware layer and its tables, never its trackers.

codecarbon's task API gives two overlapping tasks each other's energy, looks up where the machine
is, and can report home; none of that is imported for use here. What is used reads files and NVML
only. Imports are inside the functions: they bring pandas, and take a second.
"""

from __future__ import annotations

import logging
from typing import Any

from governance.energy.reading import MeterError

JOULES_PER_KWH = 3_600_000.0


def quiet() -> None:
    """Keep codecarbon's advice for its own users out of our log."""
    logging.getLogger("codecarbon").setLevel(logging.ERROR)


def thermal_design_power(cpu_model: str) -> float | None:
    """TDP in watts that codecarbon's table gives for this CPU model's name, None if unknown."""
    from codecarbon.core.cpu import TDP

    class Table(TDP):
        """The look-up alone: TDP's constructor would start processes to find the model."""

        def __init__(self) -> None:
            self.model, self.tdp = cpu_model, 0

    table: Any = Table()
    watts = table._get_cpu_power_from_registry(cpu_model)
    return None if watts is None else float(watts)


def energy_mix(zone: str) -> dict[str, Any] | None:
    """codecarbon's entry for a country (ISO 3166 alpha-3), None where it has none."""
    from codecarbon.input import DataSource

    source: Any = DataSource
    entry = source().get_global_energy_mix_data().get(zone)
    return None if entry is None else dict(entry)


def codecarbon_version() -> str:
    """The version of the table's package, for the source of a figure."""
    from codecarbon._version import __version__

    return str(__version__)


class RaplCounter:
    """Cumulative joules of the CPU packages, through codecarbon's RAPL (wraparound corrected).

    Raises:
        MeterError: on construction when there is no readable package counter.
    """

    def __init__(self, rapl_dir: str | None = None) -> None:
        from codecarbon.core.cpu import IntelRAPL, is_rapl_available

        available: Any = is_rapl_available
        rapl: Any = IntelRAPL
        if not available(rapl_dir):
            raise MeterError("no readable RAPL package counter")
        try:
            self._rapl = rapl(rapl_dir) if rapl_dir else rapl()
        except (OSError, SystemError) as error:
            raise MeterError("RAPL cannot be opened") from error
        self._rapl.start()
        self._joules = 0.0

    def joules(self, elapsed: float) -> float:
        """Joules since construction. ``elapsed`` is the time since the last call, in seconds.

        Raises:
            MeterError: a package counter could not be read.
        """
        from codecarbon.core.units import Time

        details = self._rapl.get_cpu_details(Time(seconds=max(elapsed, 1e-6)))
        if not details or any(file.sample_skipped for file in self._rapl._rapl_files):
            raise MeterError("a RAPL counter could not be read")
        self._joules += JOULES_PER_KWH * sum(
            value for name, value in details.items() if "Power" not in name
        )
        return self._joules


class GpuCounter:
    """Cumulative joules of the machine's GPUs, through codecarbon's NVML and AMD SMI devices."""

    def __init__(self, devices: Any) -> None:
        self._devices = devices
        self._devices.start()
        self._joules = 0.0

    @classmethod
    def found(cls) -> GpuCounter | None:
        """The GPUs of this machine, None where there are none."""
        from codecarbon.core.gpu import AllGPUDevices, is_gpu_details_available

        if not is_gpu_details_available():
            return None
        make: Any = AllGPUDevices
        devices = make()
        return cls(devices) if devices.device_count else None

    def joules(self, elapsed: float) -> float:
        """Joules since construction. ``elapsed`` is the time since the last call, in seconds.

        Raises:
            MeterError: the GPUs did not answer.
        """
        from codecarbon.core.units import Time

        details = self._devices.get_delta(Time(seconds=max(elapsed, 1e-6)))
        if not details:
            raise MeterError("the GPUs did not answer")
        self._joules += JOULES_PER_KWH * sum(
            float(device["delta_energy_consumption"].kWh) for device in details
        )
        return self._joules
