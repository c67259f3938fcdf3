"""How far a pull has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["fetch", "verify"]


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` bytes of a stage; ``total`` is None where it is not known.

    ``part`` of ``parts`` packages have been joined (0 of 0 for the ways that have no parts).
    """

    name: str
    stage: Stage
    done: int
    total: int | None
    part: int = 0
    parts: int = 0


Report = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Report nothing."""
