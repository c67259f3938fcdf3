"""Has the model write, and gives back the names as the text streams."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from governance.energy.ledger import EnergyLedger
from governance.events import Delta, Event, Prompted, Reading, Refusal, Waiting
from governance.exchange import Exchange
from governance.messages import N_
from governance.pii.pseudonymise import Pseudonymiser
from governance.prompt import NO_ANSWER, build_prompt, system_message
from governance.stages.stage import ExchangeRefused
from governance.threads import in_thread
from models.protocol import (
    Engine,
    EngineBusy,
    EngineError,
    Finished,
    GenerationRequest,
    Message,
    Prefilled,
    PromptTooLong,
    Queued,
    Token,
    Usage,
)

TOO_LONG = N_(
    "Your conversation is {excess} tokens too long for the model, which reads {context_length}. "
    "Shorten your message, or start a new conversation."
)
BUSY = N_("Many people are asking at this moment. Try again in {seconds} seconds.")

QUESTION_BUDGET = 1_000
"""Tokens of a prompt with sources, history included: about fifteen seconds of reading."""


class Generate:
    """Streams the answer; closing the stage cancels the generation."""

    control = "generation"

    def __init__(
        self,
        engine: Engine,
        pseudonymiser: Pseudonymiser,
        energy: EnergyLedger,
    ) -> None:
        self._engine = engine
        self._pseudonymiser = pseudonymiser
        self._energy = energy

    async def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        """Raises ExchangeRefused when the prompt does not fit or the queue is full.

        Raises EngineError when the engine fails, or stops without saying that it has finished.
        """
        if exchange.searched and not exchange.passages:
            # A frugal answer: without a single passage there is nothing for a model to say.
            exchange.answer = exchange.raw_answer = NO_ANSWER[exchange.request.caller.locale]
            exchange.finish_reason = "stop"
            exchange.usage = Usage(0, 0, 0, 0.0, 0.0, 0.0, 0.0)
            yield Delta(exchange.answer)
            return
        if self._engine.info.digest.startswith("remote:"):
            self._energy.mark_unknown(exchange.id)  # no meter of ours is on that machine
        await in_thread(self._build, exchange)
        yield Prompted(exchange.prompt)
        restorer = await in_thread(
            self._pseudonymiser.restorer,
            exchange.request.conversation_id,
            exchange.handling,
        )
        request = GenerationRequest(
            id=exchange.id,
            messages=exchange.prompt,
            sampling=exchange.request.sampling,
            queue=exchange.request.caller.service,
        )
        raw: list[str] = []
        shown: list[str] = []
        try:
            async with aclosing(self._engine.generate(request)) as events:
                async for event in events:
                    match event:
                        case Queued(position):
                            yield Waiting(position)
                        case Prefilled(done, total, _, work):
                            exchange.read = done
                            self._energy.record(exchange.id, "prefill", work)
                            yield Reading(done, total)
                        case Token(text, _, work):
                            self._energy.record(exchange.id, "decode", work)
                            exchange.written += event.count
                            raw.append(text)
                            if restored := restorer.feed(text):
                                shown.append(restored)
                                yield Delta(restored)
                        case Finished(reason, usage):
                            exchange.finish_reason = reason
                            exchange.usage = usage
        except PromptTooLong as long:
            raise ExchangeRefused(
                Refusal(
                    cause="too_long",
                    message_id=TOO_LONG,
                    params={"excess": long.excess, "context_length": long.context_length},
                )
            ) from long
        except EngineBusy as busy:
            raise ExchangeRefused(
                Refusal(
                    cause="busy",
                    message_id=BUSY,
                    params={"seconds": round(busy.retry_after)},
                    retry_after=busy.retry_after,
                )
            ) from busy
        finally:
            exchange.raw_answer = "".join(raw)
            exchange.answer = "".join(shown)
        if exchange.finish_reason is None:
            raise EngineError("the engine stopped without an end")
        if rest := restorer.flush():
            exchange.answer += rest
            yield Delta(rest)

    def _build(self, exchange: Exchange) -> None:
        """Puts the prompt together within the model's context, and notes the passages it kept."""
        if exchange.masked is None:
            raise RuntimeError("the model is given the pseudonymised turns only")
        history = [
            Message(turn.role, text)
            for turn, text in zip(
                exchange.request.turns[:-1], exchange.masked.texts[:-1], strict=True
            )
        ]
        room = self._engine.info.context_length - exchange.request.sampling.max_tokens
        budget = min(room, QUESTION_BUDGET) if exchange.passages else room
        exchange.prompt, exchange.shown = build_prompt(
            _system(exchange),
            history,
            exchange.request.caller.locale,
            exchange.question,
            exchange.shown,
            count_tokens=self._engine.count_tokens,
            budget=budget,
        )
        exchange.passages = exchange.passages[: len(exchange.shown)]


def _system(exchange: Exchange) -> Message:
    charter = exchange.charter
    return system_message(
        exchange.request.caller.locale,
        assistant=charter.assistant.name,
        organisation=charter.organisation.name,
        instructions=charter.assistant.instructions,
    )
