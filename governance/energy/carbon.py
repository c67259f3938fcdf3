"""Carbon of the electricity from an offline table, and of making the machine, apart."""

from __future__ import annotations

from dataclasses import dataclass

from governance.energy.hardware import codecarbon_version, energy_mix

SECONDS_PER_HOUR = 3_600.0


class UnknownZone(LookupError):
    """The table has no carbon intensity for this zone."""


@dataclass(frozen=True, slots=True)
class CarbonIntensity:
    """Grams of CO2 equivalent per kWh of a zone's electricity, yearly mean of ``date``."""

    zone: str
    grams_per_kwh: float
    date: str
    source: str

    def grams(self, wh: float) -> float:
        """Grams of CO2 equivalent of ``wh`` watt-hours."""
        return wh / 1_000 * self.grams_per_kwh


def carbon_intensity(zone: str = "FRA") -> CarbonIntensity:
    """The intensity of a country (ISO 3166 alpha-3) in the table that ships with codecarbon.

    Nothing is fetched. Raises UnknownZone where the table has no figure: no world average is put
    in its place.
    """
    entry = energy_mix(zone)
    if entry is None or entry.get("carbon_intensity") is None:
        raise UnknownZone(zone)
    return CarbonIntensity(
        zone=zone,
        grams_per_kwh=float(entry["carbon_intensity"]),
        date=str(entry.get("year", "")),
        source=f"codecarbon {codecarbon_version()}, global_energy_mix.json, {zone}",
    )


@dataclass(frozen=True, slots=True)
class Embodied:
    """What making the machine emitted, shared out over its life.

    ``kg_co2e`` is the manufacturer's figure for the machine (its product carbon footprint, use
    phase left out), ``lifetime_hours`` how long it is meant to serve, powered on. There is no
    default: a figure for another machine would be no knowledge, so without it the share is None.
    """

    kg_co2e: float
    lifetime_hours: float
    source: str = ""

    def grams(self, cpu_seconds: float, cores: int) -> float:
        """The share of a request: machine-hours it occupied (CPU time over cores) × g per hour.

        Hours in which nobody asks anything are charged to no request, so the shares add up to
        less than the whole.
        """
        machine_hours = cpu_seconds / max(1, cores) / SECONDS_PER_HOUR
        return machine_hours * self.kg_co2e * 1_000 / self.lifetime_hours
