"""Replaces personal data by placeholders, before anything else reads the text."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from governance.energy.ledger import EnergyLedger
from governance.events import Event, Refusal
from governance.exchange import Exchange
from governance.messages import N_
from governance.pii.entities import LABELS
from governance.pii.pseudonymise import Masked, Pseudonymiser
from governance.stages.stage import ExchangeRefused
from governance.threads import in_thread

BLOCKED = N_(
    "Your message holds data that the charter does not allow to be sent: {kinds}. "
    "Remove it, then send your message again."
)


class Pseudonymise:
    """Masks every turn with the conversation's own mapping."""

    control = "personal_data"

    def __init__(
        self,
        pseudonymiser: Pseudonymiser,
        energy: EnergyLedger,
    ) -> None:
        self._pseudonymiser = pseudonymiser
        self._energy = energy

    async def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        """Raises ExchangeRefused when the charter blocks an entity that was found."""

        def mask() -> Masked:
            with self._energy.measure(exchange.id, "analysis"):
                return self._pseudonymiser.mask(
                    exchange.request.conversation_id,
                    [turn.content for turn in exchange.request.turns],
                    exchange.handling,
                )

        exchange.masked = await in_thread(mask)
        if exchange.masked.blocked:
            kinds = tuple(LABELS.get(entity, entity) for entity in exchange.masked.blocked)
            raise ExchangeRefused(
                Refusal(
                    cause="personal_data",
                    message_id=BLOCKED,
                    params={"kinds": ", ".join(kinds)},
                    kinds=kinds,
                )
            )
        return
        yield  # makes this function an async generator, as every stage is
