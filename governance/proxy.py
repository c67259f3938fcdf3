"""The one road that every exchange takes, whatever the surface it comes from.

    identify → reserve quota → pseudonymise → judge the use → audit «accepted»
      → retrieve → quote the sources, where they answer by themselves
      → give an answer again, where the same was asked and the sources say the same
      → generate (stream, held to its sources, names restored) → check citations, watch the output
      → queue what a person must validate
      → measure energy, settle quota → receipt → audit the end → last event

Every control fails closed: an error in any of them ends the exchange with a clear message, and
nothing is delivered before «accepted» is committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

import structlog
from anyio import CancelScope

from governance.events import Completed, Event, Failed, Refusal, Refused
from governance.exchange import Exchange, ExchangeRequest
from governance.messages import N_
from governance.receipt import Receipt
from governance.stages.busy import too_busy
from governance.stages.hold import Hold, review_of, withheld, without_text
from governance.stages.repeat import Repeat
from governance.stages.settle import Outcome, Settle
from governance.stages.stage import ExchangeRefused, Stage
from governance.threads import in_thread
from models.protocol import EngineBusy

FAILED = N_(
    "Your request could not be processed: one of the controls that protect it did not answer. "
    "Nothing was sent to the model without them. Please try again; if it happens again, tell your "
    "IT department the number {exchange}."
)
UNRECORDED = N_(
    "The end of this answer could not be written in the audit log. Do not use it, and tell your "
    "IT department the number {exchange}."
)

_log = structlog.get_logger("sobria.road")


class Road:
    """The stages in their order, and what is done at the end of every exchange."""

    def __init__(
        self,
        identify: Callable[[ExchangeRequest], Exchange],
        stages: Sequence[Stage],
        settle: Settle,
    ) -> None:
        self._identify = identify
        self._stages = tuple(stages)
        self._settle = settle

    @property
    def controls(self) -> frozenset[str]:
        """The controls that are wired."""
        return frozenset(stage.control for stage in self._stages)

    def without(self, *controls: str) -> Road:
        """The same road without these stages, for the organisation's own tests of the assistant,
        which use up nobody's quota and wait for no reviewer. The log and the energy stay."""
        stages = [stage for stage in self._stages if stage.control not in controls]
        return Road(self._identify, stages, self._settle)

    async def travel(self, request: ExchangeRequest) -> AsyncGenerator[Event, None]:
        """Take an exchange down the road. Closing the generator cancels the exchange.

        Ends with exactly one of Completed, Refused or Failed, unless it is cancelled; in every
        case the energy is measured, the quota settled and the end recorded.
        """
        opened: list[Exchange] = []
        try:
            await in_thread(lambda: opened.append(self._identify(request)))
        except asyncio.CancelledError:
            for exchange in opened:
                await self._end_anyhow(exchange, "cancelled")
            raise
        except Exception as failure:  # noqa: BLE001 - fails closed
            yield self._failed(request.id, failure)
            return
        exchange = opened[0]
        last: Event
        try:
            for stage in self._stages:
                async with aclosing(stage.run(exchange)) as events:
                    async for event in events:
                        if not withheld(exchange, event):
                            yield event
        except ExchangeRefused as end:
            last = await self._refused(exchange, end.refusal)
        except EngineBusy as busy:  # of any stage that asks the model: to write, judge or count
            last = await self._refused(exchange, too_busy(busy))
        except (GeneratorExit, asyncio.CancelledError):
            await self._end_anyhow(exchange, "cancelled")
            raise
        except Exception as failure:  # noqa: BLE001 - whatever fails, the exchange ends, recorded
            last = self._failed(exchange.id, failure)
            await self._end_anyhow(exchange, "failed")
        else:
            last = await self._completed(exchange)
        # Said once the books are closed: who hears it may leave at once.
        yield last

    async def _end(
        self, exchange: Exchange, outcome: Outcome, refusal: Refusal | None = None
    ) -> Receipt:
        # Shielded: a client that leaves at the last moment must not leave the books open.
        with CancelScope(shield=True):
            receipt = await in_thread(self._settle, exchange, outcome, refusal)
        return receipt

    async def _completed(self, exchange: Exchange) -> Event:
        try:
            receipt = await self._end(exchange, "completed")
        except Exception as failure:  # noqa: BLE001 - fails closed
            await self._withdraw(exchange)
            return self._failed(exchange.id, failure, UNRECORDED)
        if exchange.finish_reason is None or exchange.usage is None:
            return self._failed(exchange.id, RuntimeError("no end of generation"), UNRECORDED)
        await self._keep(exchange)
        ended = Completed(
            exchange_id=exchange.id,
            text=exchange.answer,
            grounding=exchange.grounding,
            passages=exchange.passages,
            finish_reason=exchange.finish_reason,
            usage=exchange.usage,
            receipt=receipt,
            tool_calls=exchange.tool_calls,
        )
        return without_text(ended, review_of(exchange))

    async def _keep(self, exchange: Exchange) -> None:
        """Have the answer given again to who asks the same; who asked has it in any case."""
        try:
            for stage in self._stages:
                if isinstance(stage, Repeat):
                    with CancelScope(shield=True):
                        await in_thread(stage.keep, exchange)
        except Exception as failure:  # noqa: BLE001 - the answer stands without it
            _log.error("answer_not_kept", exchange=exchange.id, error=type(failure).__name__)

    async def _withdraw(self, exchange: Exchange) -> None:
        """Of an exchange that did not end well, nothing may ever be released."""
        try:
            for stage in self._stages:
                if isinstance(stage, Hold):
                    with CancelScope(shield=True):
                        await in_thread(stage.withdraw, exchange)
        except Exception as failure:  # noqa: BLE001 - start-up withdraws it
            _log.error("review_not_withdrawn", exchange=exchange.id, error=type(failure).__name__)

    async def _refused(self, exchange: Exchange, refusal: Refusal) -> Event:
        try:
            receipt = await self._end(exchange, "refused", refusal)
        except Exception as failure:  # noqa: BLE001 - fails closed
            return self._failed(exchange.id, failure)
        return Refused(exchange.id, refusal, receipt)

    async def _end_anyhow(self, exchange: Exchange, outcome: Outcome) -> None:
        await self._withdraw(exchange)
        try:
            await self._end(exchange, outcome)
        except Exception as failure:  # noqa: BLE001 - start-up closes what could not be closed
            _log.error("exchange_left_open", exchange=exchange.id, error=type(failure).__name__)

    @staticmethod
    def _failed(exchange_id: str, failure: Exception, message_id: str = FAILED) -> Failed:
        # The type only: the text of an exception may hold what a person wrote.
        _log.error("exchange_failed", exchange=exchange_id, error=type(failure).__name__)
        return Failed(exchange_id, type(failure).__name__, message_id, {"exchange": exchange_id})
