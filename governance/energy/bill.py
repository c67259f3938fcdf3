"""The energy of one request, and of the machine: what the ledger hands out."""

from __future__ import annotations

from dataclasses import dataclass

from governance.energy.carbon import CarbonIntensity, Embodied
from governance.energy.reading import Method

JOULES_PER_WH = 3_600.0

STEPS = ("analysis", "retrieval", "prefill", "decode", "other")


@dataclass(frozen=True, slots=True)
class EnergyBill:
    """What one account took. ``steps`` are joules by step; unknown is None, never 0.

    ``cpu_seconds`` is the CPU time recorded for it. ``carbon_grams`` (CO2e of the electricity, at
    ``carbon_intensity`` grams per kWh) and ``embodied_grams`` (its share of making the machine)
    are apart, and are not to be added without saying so.
    """

    steps: dict[str, float] | None
    joules: float | None
    method: Method
    cpu_seconds: float
    carbon_grams: float | None
    carbon_intensity: float | None
    carbon_source: str
    carbon_source_date: str
    embodied_grams: float | None

    @property
    def wh(self) -> float | None:
        """The energy in watt-hours."""
        return None if self.joules is None else self.joules / JOULES_PER_WH

    @property
    def steps_wh(self) -> dict[str, float] | None:
        """The energy of each step in watt-hours."""
        if self.steps is None:
            return None
        return {step: joules / JOULES_PER_WH for step, joules in self.steps.items()}


@dataclass(frozen=True, slots=True)
class Totals:
    """The machine since the ledger began, in joules: requests + idle + unattributed = meter.

    ``requests`` counts open accounts too. All four are None where the energy is unknown.
    """

    meter: float | None
    requests: float | None
    idle: float | None
    unattributed: float | None


def make_bill(
    steps: dict[str, float] | None,
    method: Method,
    cpu_seconds: float,
    cores: int,
    carbon: CarbonIntensity | None,
    embodied: Embodied | None,
) -> EnergyBill:
    """Sum the steps (joules; None where unknown) and put the carbon to them."""
    joules = None if steps is None else sum(steps.values())
    grams = None if joules is None or carbon is None else carbon.grams(joules / JOULES_PER_WH)
    return EnergyBill(
        steps=steps,
        joules=joules,
        method="unknown" if steps is None else method,
        cpu_seconds=cpu_seconds,
        carbon_grams=grams,
        carbon_intensity=carbon.grams_per_kwh if carbon else None,
        carbon_source=carbon.source if carbon else "",
        carbon_source_date=carbon.date if carbon else "",
        embodied_grams=embodied.grams(cpu_seconds, cores) if embodied else None,
    )
