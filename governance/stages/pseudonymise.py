"""Replaces personal data by placeholders, before anything else reads the text."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from governance.drafts import Drafted, masked_conversation
from governance.energy.ledger import EnergyLedger
from governance.events import Event, Refusal
from governance.exchange import Exchange
from governance.form import form_tools, with_form
from governance.messages import N_
from governance.pii.pseudonymise import Masked, Pseudonymiser
from governance.stages.stage import ExchangeRefused
from governance.threads import in_thread

BLOCKED = N_(
    "Your message holds data that the charter does not allow to be sent: {kinds}. "
    "Remove it, then send your message again."
)


class Pseudonymise:
    """Masks every turn, every tool and the answer's form with the conversation's own mapping."""

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

        request = exchange.request

        def mask(texts: Sequence[str]) -> Masked:
            return self._pseudonymiser.mask(
                request.conversation_id,
                texts,
                exchange.handling,
                custom=exchange.rules.custom,
                choices=request.choices,
                may_keep=exchange.rules.may_keep,
            )

        def mask_all() -> Drafted:
            with self._energy.measure(exchange.id, "analysis"):
                tools = (*request.tools, *form_tools(request.sampling))
                return masked_conversation(request.turns, tools, mask)

        drafted = await in_thread(mask_all)
        exchange.masked, exchange.turns = drafted.masked, drafted.turns
        given = len(request.tools)
        exchange.tools, form = drafted.tools[:given], drafted.tools[given:]
        exchange.sampling = with_form(request.sampling, form)
        if exchange.masked.blocked:
            kinds = tuple(map(exchange.rules.label, exchange.masked.blocked))
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
