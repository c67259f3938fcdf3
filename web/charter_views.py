"""What the charter's other pages need: its tests, the comparison of revisions, the simulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Effect = Literal["forbid", "review", "allow"]


@dataclass(frozen=True, slots=True)
class ProofCaseView:
    """A test that failed. ``blamed`` is the use or the kind of data that was seen, or empty."""

    subject: str
    text: str
    blamed: str


@dataclass(frozen=True, slots=True)
class ProofView:
    """What the charter's own tests say; the shares are 0 to 1.

    ``let_through`` are examples that would pass, ``wrongly_held`` counter-examples that would not,
    ``kinds`` the texts of the charter's own kinds of data that are not as they should be; of each,
    the page lists the first ``shown``.
    """

    passed: bool
    recall: float
    spared: float
    tests: int
    let_through: tuple[ProofCaseView, ...]
    wrongly_held: tuple[ProofCaseView, ...]
    kinds: tuple[ProofCaseView, ...]
    shown: int = 40


@dataclass(frozen=True, slots=True)
class DiffRowView:
    """A line of both texts, or of one; a «gap» stands for lines left out."""

    kind: Literal["same", "changed", "removed", "added", "gap"]
    old_number: int | None
    old: str
    new_number: int | None
    new: str


@dataclass(frozen=True, slots=True)
class DiffView:
    """Two texts compared (``charter_diff.html``).

    ``restorable`` is the revision on the left that can be put in force again, or empty; ``parent``
    the one in force; ``text`` the draft on the right, to go on editing, or empty.
    """

    old_name: str
    new_name: str
    sides: bool
    rows: tuple[DiffRowView, ...]
    unified: str
    address: str = ""
    restorable: str = ""
    parent: str = ""
    text: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SimulationRow:
    """Requests of a service of which the same became; ``use`` is a title, or empty."""

    service: str
    use: str
    before: Effect
    after: Effect
    count: int


@dataclass(frozen=True, slots=True)
class ServiceCounts:
    """What changes for one service."""

    service: str
    refused: int
    reviewed: int
    allowed: int
    same: int


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """The counts of a simulation; see ``governance.charter.simulate``."""

    found: int
    replayed: int
    erased: int
    broken: int
    gone: int
    more: bool
    cancelled: bool
    services: tuple[ServiceCounts, ...]
    rows: tuple[SimulationRow, ...]


@dataclass(frozen=True, slots=True)
class SimulationView:
    """The simulation's page (``charter_simulate.html``). ``text`` is the draft."""

    text: str
    days: int
    service: str
    limit: int
    max_limit: int
    reason: str
    services: tuple[tuple[str, str], ...]
    state: Literal["none", "running", "done", "failed"] = "none"
    revision: str = ""
    by: str = ""
    done: int = 0
    total: int = 0
    error: str = ""
    result: SimulationResult | None = None
