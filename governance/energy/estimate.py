"""What a request will take, before it is made: what the quota in watt-hours reserves."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from governance.energy.bill import JOULES_PER_WH, EnergyBill

MARGIN = 1.25
"""Reservations are a quarter above the mean: too low overruns quotas, too high blocks everyone."""

FORGET = 0.97
"""Weight that the past keeps at each new bill: the last thirty or so requests count."""


@dataclass(slots=True)
class _Rate:
    """Joules per unit (token or request) as a ratio of two fading sums."""

    units: float
    joules: float

    @property
    def value(self) -> float:
        return self.joules / self.units

    def add(self, units: float, joules: float) -> None:
        self.units = self.units * FORGET + units
        self.joules = self.joules * FORGET + joules


class EnergyEstimator:
    """Rolling energy per token read, per token written and per request, learnt from the bills.

    The first figures (joules) are for the default model on a CPU that adds 16 W at work: at 65
    tokens/s read and 11 tokens/s written, 0.25 and 1.5 J per token, with 5 J for the analysis and
    the search. They weigh as much as one short request, so a few bills replace them. Safe to
    share by threads.
    """

    def __init__(
        self, prefill_joules: float = 0.25, decode_joules: float = 1.5, other_joules: float = 5.0
    ) -> None:
        self._prefill = _Rate(100.0, 100.0 * prefill_joules)
        self._decode = _Rate(20.0, 20.0 * decode_joules)
        self._other = _Rate(1.0, other_joules)
        self._lock = threading.Lock()

    def estimate(self, prompt_tokens: int, max_tokens: int) -> float:
        """Watt-hours to reserve for a prompt and the longest completion it may have."""
        with self._lock:
            joules = (
                prompt_tokens * self._prefill.value
                + max_tokens * self._decode.value
                + self._other.value
            )
        return MARGIN * joules / JOULES_PER_WH

    def learn(self, bill: EnergyBill, prompt_tokens: int, completion_tokens: int) -> None:
        """Take a bill into account; ``prompt_tokens`` are those computed, not those cached.

        A bill whose energy is unknown teaches nothing.
        """
        if bill.steps is None:
            return
        steps = dict(bill.steps)
        with self._lock:
            prefill, decode = steps.pop("prefill", 0.0), steps.pop("decode", 0.0)
            if prompt_tokens > 0:
                self._prefill.add(prompt_tokens, prefill)
            if completion_tokens > 0:
                self._decode.add(completion_tokens, decode)
            self._other.add(1.0, sum(steps.values()))
