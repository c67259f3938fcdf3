"""Sets the service's quota aside before anything is spent."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence

from governance.events import Event, Refusal
from governance.exchange import Exchange
from governance.quotas.errors import QuotaExceeded
from governance.quotas.ledger import QuotaLedger
from governance.quotas.lengths import Length
from governance.quotas.limits import Amounts
from governance.stages.stage import ExchangeRefused
from governance.threads import in_thread
from governance.turns import messages_of
from models.protocol import Message, Tool

SOURCES_TOKENS = 700
"""Tokens that the passages and the instructions add to a question, at most in the common case."""


class Reserve:
    """Holds one request, and the tokens and Wh that it may take; settled when they are known."""

    control = "quotas"

    def __init__(
        self,
        ledger: QuotaLedger,
        count_tokens: Callable[[Sequence[Message], Sequence[Tool]], int],
        estimate_wh: Callable[[int, int], float],
    ) -> None:
        self._ledger = ledger
        self._count_tokens = count_tokens
        self._estimate_wh = estimate_wh

    async def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        """Raises ExchangeRefused when a quota of the service would be passed."""
        turns = messages_of(exchange.request.turns)
        tools = exchange.request.tools
        question = exchange.question_tokens = await in_thread(self._count_tokens, turns, tools)
        longest = Length(SOURCES_TOKENS, exchange.request.sampling.max_tokens)
        caller, surface = exchange.request.caller, exchange.request.surface

        def reserve() -> None:
            expected = self._ledger.expect(caller.service, surface, longest)
            prompt = question + expected.extra
            wh = self._estimate_wh(prompt, expected.answer)
            ask = Amounts(1, prompt + expected.answer, wh).priced(exchange.charter.costs)
            self._ledger.reserve(
                exchange.id, caller.service, exchange.limits, ask, caller.asker, surface
            )
            exchange.reserved = ask

        try:
            await in_thread(reserve)
        except QuotaExceeded as full:
            raise ExchangeRefused(
                Refusal(
                    cause="quota",
                    message_id=full.message_id,
                    params=full.params,
                    still_works="search",
                )
            ) from full
        return
        yield  # makes this function an async generator, as every stage is
