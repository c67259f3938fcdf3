"""Has the model write, watches what it writes, and gives back the names as the text streams."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from governance.energy.ledger import EnergyLedger
from governance.events import Delta, Event, Prompted, Reading, Refusal, ToolCalled, Waiting
from governance.exchange import Exchange
from governance.messages import N_
from governance.pii.pseudonymise import Pseudonymiser
from governance.pii.watch import OutputWatch
from governance.pii.watch_stream import WatchStream
from governance.prompt import (
    PASTED_IS_DATA,
    WITHHELD,
    build_prompt,
    build_tool_prompt,
    system_message,
)
from governance.receipt import RuleDecision
from governance.stages.outgoing import Outgoing
from governance.stages.stage import ExchangeRefused
from governance.stages.stopped import AnswerStopped, stopped
from governance.task import asks_for_facts
from governance.threads import in_thread
from governance.turns import messages_of
from governance.uses.output import OutputDecision, PassageJudge
from models.protocol import (
    Called,
    Engine,
    EngineError,
    Finished,
    GenerationRequest,
    Message,
    Prefilled,
    PromptTooLong,
    Queued,
    Token,
    UnusableForm,
)
from rag.protocol import AnswerGate, CitationChecker, Passage

TOO_LONG = N_(
    "Your conversation is {excess} tokens too long for the model, which reads {context_length}. "
    "Shorten your message, or start a new conversation."
)
UNUSABLE = N_(
    "The model cannot be held to the form that was asked for: the grammar or the schema "
    "(«grammar», «response_format») cannot be used, or lets nothing more be written."
)

QUESTION_BUDGET = 1_000
"""Tokens of a prompt with sources, history included: about fifteen seconds of reading."""


Supports = Callable[[str], bool | None]


class Generate:
    """Streams the answer; closing the stage cancels the generation."""

    control = "generation"

    def __init__(
        self,
        engine: Engine,
        pseudonymiser: Pseudonymiser,
        watch: OutputWatch,
        energy: EnergyLedger,
        answers: Callable[[Exchange], PassageJudge],
        checker: CitationChecker,
        gate: Callable[[Sequence[Passage], str, str, Supports | None], AnswerGate],
        threads: int,
    ) -> None:
        self._checker = checker
        self._gate = gate
        self._answers = answers
        self._threads = threads  # that the embedder works on, for the energy's account
        self._engine = engine
        self._pseudonymiser = pseudonymiser
        self._watch = watch
        self._energy = energy

    async def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        """Raises ExchangeRefused when the prompt does not fit, when the form that the request asks
        for cannot be held to, or when what the model writes is of a forbidden use: it is stopped,
        and the passage withheld.

        Raises EngineBusy when the queue is full, EngineError when the engine fails, or stops
        without saying that it has finished, and AnalysisFailed when what it writes cannot be
        watched.
        """
        if exchange.finish_reason is not None:
            return  # the sources have answered, or are known not to
        remote = self._engine.info.digest.startswith("remote:")
        if remote:
            self._energy.mark_unknown(exchange.id)  # no meter of ours is on that machine
        await in_thread(self._build, exchange)
        unread = len(exchange.turns) + 1 - len(exchange.prompt)  # the system message is no turn
        exchange.turns_left_out = exchange.request.left_out + unread
        yield Prompted(exchange.prompt)
        judges = self._answers(exchange)
        outgoing = await in_thread(self._outgoing, exchange, judges)
        slow = judges.watches or exchange.reading is not None
        exchange.passed_on = remote
        try:
            async with aclosing(self._engine.generate(_request(exchange))) as events:
                async for event in events:
                    match event:
                        case Queued(position):
                            yield Waiting(position)
                        case Prefilled(done, total, _, work):
                            exchange.read, exchange.passed_on = done, True
                            self._energy.record(exchange.id, "prefill", work)
                            yield Reading(done, total)
                        case Token(text, _, work):
                            self._energy.record(exchange.id, "decode", work)
                            exchange.written += event.count
                            for passage in outgoing.whole(text):
                                if shown := await _fed(outgoing, passage, slow):
                                    yield Delta(shown)
                        case Called(call):
                            yield ToolCalled(await in_thread(outgoing.call, call))
                        case Finished(reason, usage):
                            exchange.finish_reason = reason
                            exchange.usage = usage
            if exchange.finish_reason is not None:
                for passage in outgoing.rest():
                    if shown := await _fed(outgoing, passage, slow):
                        yield Delta(shown)
                if rest := await in_thread(outgoing.flush):
                    yield Delta(rest)
        except AnswerStopped as stop:
            # Leaving the engine's events has cancelled the sequence: not one token more is spent.
            exchange.finish_reason = None
            raise ExchangeRefused(stopped(exchange, stop.decision)) from None
        except PromptTooLong as long:
            raise ExchangeRefused(
                Refusal(
                    cause="too_long",
                    message_id=TOO_LONG,
                    params={"excess": long.excess, "context_length": long.context_length},
                )
            ) from long
        except UnusableForm as form:
            refusal = Refusal(cause="form", message_id=UNUSABLE, params={})
            raise ExchangeRefused(refusal) from form
        finally:
            exchange.raw_answer = "".join(outgoing.passed)
            exchange.answer = "".join(outgoing.shown)
            exchange.tool_calls = tuple(outgoing.calls)
            exchange.called_texts = tuple(outgoing.called)
            exchange.output_flags = dict(outgoing.counts)
            exchange.withheld = outgoing.withheld
            exchange.unsourced = outgoing.unsourced
            exchange.unsupported = outgoing.silent
            exchange.answer_decisions = tuple(
                RuleDecision(
                    rule=each.use_id,
                    effect=each.effect,
                    layer=each.layer,
                    score=each.score,
                    part="answer",
                )
                for each in outgoing.decisions.values()
            )
        if exchange.finish_reason is None:
            raise EngineError("the engine stopped without an end")

    def _outgoing(self, exchange: Exchange, judges: PassageJudge) -> Outgoing:
        """What stands between the model and the person, for one answer."""
        conversation = exchange.request.conversation_id
        restorer = self._pseudonymiser.restorer(conversation, exchange.handling)
        known = exchange.given

        def watch() -> WatchStream:
            return self._watch.stream(known, exchange.handling, exchange.rules.custom)

        def judge(passage: str) -> Sequence[OutputDecision]:
            with self._energy.measure(exchange.id, "analysis", threads=self._threads):
                return judges.judge(exchange.request.caller.service, passage)

        gate = None
        if exchange.shown:
            exchange.reading = reading = self._checker.read(exchange.shown, exchange.question)

            def supports(sentence: str) -> bool | None:
                with self._energy.measure(exchange.id, "analysis", threads=self._threads):
                    return reading.supports(sentence)

            notice = WITHHELD[exchange.request.caller.locale]
            held = supports if asks_for_facts(exchange.question) else None
            gate = self._gate(exchange.shown, exchange.question, notice, held)
        return Outgoing(watch, restorer, judge if judges.watches else None, gate, exchange.has_form)

    def _build(self, exchange: Exchange) -> None:
        """Puts the prompt together within the model's context, and notes the passages it kept."""
        if exchange.masked is None:
            raise RuntimeError("the model is given the pseudonymised turns only")
        turns = messages_of(exchange.turns)
        question = exchange.question
        if any(part.origin == "message" for part in exchange.injections):
            question += f"\n\n{PASTED_IS_DATA[exchange.request.caller.locale]}"
            place = exchange.question_place
            turns[place] = replace(turns[place], content=question)
        room = self._engine.info.context_length - exchange.request.sampling.max_tokens
        if exchange.for_program:
            exchange.prompt = build_tool_prompt(
                _system(exchange),
                turns,
                exchange.tools,
                exchange.request.caller.locale,
                count_tokens=self._engine.count_tokens,
                budget=room,
            )
            return
        budget = min(room, QUESTION_BUDGET) if exchange.passages else room
        exchange.prompt, exchange.shown = build_prompt(
            _system(exchange),
            turns[:-1],
            exchange.request.caller.locale,
            question,
            exchange.shown,
            count_tokens=self._engine.count_tokens,
            budget=budget,
        )
        exchange.passages = exchange.passages[: len(exchange.shown)]


async def _fed(outgoing: Outgoing, passage: str, slow: bool) -> str:
    """What may be shown of ``passage``; judging it and reading its sources, in a thread."""
    return await in_thread(outgoing.feed, passage) if slow else outgoing.feed(passage)


def kept_under(subject: str, conversation_id: str) -> str:
    """The name under which an engine keeps what it has computed of a person's conversation."""
    return f"{subject}/{conversation_id}"


def _request(exchange: Exchange) -> GenerationRequest:
    """What is asked of the engine, and what it may compute once for several requests.

    The first message is the charter's, the same for everybody. A program's own system message
    comes after it, and its tools with it: they are nobody else's. The name of the conversation
    holds the caller's pseudonym, so that none can be another person's, whatever surface named it;
    what is forgotten at the end of the exchange has none.
    """
    asked = exchange.request
    subject = exchange.subject
    return GenerationRequest(
        id=exchange.id,
        messages=exchange.prompt,
        sampling=exchange.sampling,
        queue=asked.caller.service,
        weight=exchange.rules.weight,
        user=subject,
        public_prefix=1,
        conversation="" if asked.ephemeral else kept_under(subject, asked.conversation_id),
        tools=exchange.tools,
        parallel_calls=asked.parallel_calls,
    )


def _system(exchange: Exchange) -> Message:
    charter = exchange.charter
    return system_message(
        exchange.request.caller.locale,
        assistant=charter.assistant.name,
        organisation=charter.organisation.name,
        instructions=charter.assistant.instructions,
    )
