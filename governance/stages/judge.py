"""Judges what the conversation asks for against the uses of the charter."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable

from governance.charter.schema import Use
from governance.energy.ledger import EnergyLedger
from governance.events import Event, Refusal
from governance.exchange import Exchange
from governance.messages import N_
from governance.stages.stage import ExchangeRefused
from governance.threads import in_thread
from governance.uses.arbiter import Arbiter, Question
from governance.uses.judge import UseJudge
from governance.uses.verdict import Verdict

FORBIDDEN = N_("The organisation's charter does not allow this use.")


class Judge:
    """Refuses a forbidden use; marks a use that a person must review."""

    control = "uses"

    def __init__(
        self,
        judge: Callable[[Exchange], UseJudge],
        energy: EnergyLedger,
        threads: int,
        arbiter: Arbiter | None = None,
    ) -> None:
        self._judge = judge
        self._energy = energy
        self._arbiter = arbiter
        self._threads = threads  # that the embedder works on, for the energy's account

    async def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
        """Raises ExchangeRefused when the charter forbids the use, EngineBusy when the model that
        is to settle a doubt has no room."""
        if exchange.masked is None:
            raise RuntimeError("the use is judged on the pseudonymised text")
        texts = _judged(exchange)

        def judge() -> Verdict:
            with self._energy.measure(exchange.id, "analysis", threads=self._threads):
                return self._judge(exchange).judge(exchange.request.caller.service, texts)

        exchange.verdict = await in_thread(judge)
        exchange.verdict = await self._settled(exchange.verdict, exchange)
        if exchange.verdict.effect == "forbid":
            raise ExchangeRefused(_refusal(exchange, exchange.verdict.use_id))
        return
        yield  # makes this function an async generator, as every stage is

    async def _settled(self, verdict: Verdict, exchange: Exchange) -> Verdict:
        """The verdict once a doubt is settled: by the model's answer, and the use is held without
        one; by the threshold where the model is not asked at all.

        What was decoded was never pseudonymised: it is not given to the model, and the use is held.
        """
        arbiter = self._arbiter
        if verdict.doubt is None:
            return verdict
        if verdict.doubt.decoded:
            return verdict.answered(None, 0.0)
        if arbiter is None:
            return verdict
        started = time.perf_counter()
        question = Question(
            exchange.id,
            exchange.request.caller.service,
            _use(exchange, verdict.doubt.use_id),
            verdict.doubt.read,
            verdict.doubt.nearest or "",
            verdict.doubt.other,
            exchange.rules.weight,
            exchange.subject,
        )
        answer = await arbiter.is_of_the_use(question)
        return verdict.answered(answer, time.perf_counter() - started)


def _judged(exchange: Exchange) -> list[str]:
    """What asks for something, the person's last turn at the end.

    The results of tools are read with the turns before it, even those that came after: what they
    hold is what the request is about, and whoever wrote it may ask for something too.
    """
    asked = [turn for turn in exchange.turns if turn.role != "assistant"]
    if exchange.turns[exchange.question_place].role != "user":
        return [turn.content for turn in asked]
    last = exchange.turns[exchange.question_place]
    return [*(turn.content for turn in asked if turn is not last), last.content]


def _refusal(exchange: Exchange, use_id: str | None) -> Refusal:
    """The refusal of a use, in the charter's own words."""
    use = _use(exchange, use_id)
    return Refusal(
        cause="use",
        message_id=FORBIDDEN,
        params={},
        use_id=use.id,
        title=use.title,
        reason=use.reason,
        legal_basis=tuple(use.legal_basis),
        message=use.message,
        instead=use.instead,
        contact=exchange.charter.contact_of(use),
        layer=exchange.verdict.layer if exchange.verdict else "",
        score=exchange.verdict.score if exchange.verdict else None,
        nearest=(exchange.verdict.nearest if exchange.verdict else None) or "",
    )


def _use(exchange: Exchange, use_id: str | None) -> Use:
    return next(use for use in exchange.rules.uses if use.id == use_id)
