"""What a stage promises to the road."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from governance.events import Event, Refusal
from governance.exchange import Exchange


class Stage(Protocol):
    """One step of the road: reads and fills the exchange, and says what happens as it goes.

    ``control`` names what the stage guarantees, so that start-up can check that every control
    that the charter declares is wired.
    """

    control: str

    def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        """Do the step.

        Raises:
            ExchangeRefused: the exchange ends here, by rule.
            Exception: the exchange ends here; nothing ungoverned is delivered.
        """
        ...


class ExchangeRefused(Exception):
    """A rule ends the exchange. Carries the refusal that the person reads."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.cause)
