"""The energy class of a request, A to G, as on household appliances."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

EnergyClass = Literal["A", "B", "C", "D", "E", "F", "G"]
CLASSES: tuple[EnergyClass, ...] = ("A", "B", "C", "D", "E", "F", "G")

DEFAULT_BOUNDS_WH = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Upper bounds of A to F in Wh; above, G.

The argument, on 2 cores at 3.6 W each (this project's reference machine): a refusal is under one
core-second, 0.001 Wh, A. A prompt of 1,000 tokens and an answer of 150 take the light model
(143 and 23 tokens/s) about 13.5 s of both cores, 0.027 Wh, B; the default model of 1.5 billion
parameters (65 and 11 tokens/s) about 29 s, 0.058 Wh, C. The same work on a desktop CPU whose
package adds 15 to 25 W takes 0.12 to 0.2 Wh, D. Each class is about twice the one before, so one
class more is about twice the answer, the model or the waste; G is a request of several minutes at
full power. The charter can set other bounds (``energy.classes_wh``).
"""


def classify(wh: float | None, bounds: Sequence[float] = DEFAULT_BOUNDS_WH) -> EnergyClass | None:
    """The class of ``wh`` watt-hours, None where the energy is unknown.

    ``bounds`` are the inclusive upper bounds of A to F in Wh. Raises ValueError when they are not
    six, above zero and rising.
    """
    rising = all(low < high for low, high in pairwise(bounds))
    if len(bounds) != len(CLASSES) - 1 or bounds[0] <= 0 or not rising:
        raise ValueError("six rising bounds above zero are needed, for classes A to F")
    if wh is None:
        return None
    for name, bound in zip(CLASSES, bounds, strict=False):
        if wh <= bound:
            return name
    return CLASSES[-1]
