"""A machine whose counters the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from governance.energy.reading import MeterError, Method, Reading, Why


@dataclass
class Machine:
    """A meter on a clock of its own. Units: joules, CPU seconds, seconds."""

    at: float = 100.0
    joules: float = 5_000.0
    busy: float = 700.0
    idle_watts: float = 2.0
    cores: int = 4
    method: Method = "measured"
    why: Why = field(default_factory=lambda: Why("A test."))
    failing: bool = False

    def run(self, seconds: float, joules: float, busy: float) -> None:
        """Let time pass, with the energy it took and the work that was done."""
        self.at += seconds
        self.joules += joules
        self.busy += busy

    def read(self) -> Reading:
        if self.failing:
            raise MeterError("unplugged")
        return Reading(self.joules, self.busy, self.at)


@pytest.fixture
def machine() -> Machine:
    return Machine()
