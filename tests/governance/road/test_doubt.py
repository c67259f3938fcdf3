"""A use in doubt: the model is asked, or the use is held, and the receipt says which."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from governance.exchange import Exchange
from governance.stages.judge import Judge
from governance.stages.pseudonymise import Pseudonymise
from governance.stages.stage import ExchangeRefused
from governance.uses.arbiter import Arbiter
from governance.uses.judge import UseJudge
from governance.uses.verdict import Decision, Verdict
from models.protocol import EngineBusy, EngineError
from tests.governance.road.parts import QUESTION, Parts, ScriptedEngine

READ = "la phrase qui a été comparée"


class Doubting:
    """A judge that always doubts, and what it recognised besides."""

    def __init__(self, use_id: str, *, decoded: bool = False, above: bool = False) -> None:
        self._doubt = Decision(
            use_id, "forbid", "similarity", 0.4, "Un exemple", "turn", True, "", READ, decoded
        )
        self._above = above

    def judge(self, service: str, texts: Sequence[str]) -> Verdict:
        held = (self._doubt,) if self._above else ()
        effect = "forbid" if held else "allow"
        use_id = self._doubt.use_id if held else None
        return Verdict(effect, use_id, "none", 0.4, None, 0.01, held, self._doubt)


def judged(parts: Parts, judge: Doubting, arbiter: Arbiter | None) -> tuple[bool, Exchange]:
    """Whether the exchange was refused, and the exchange."""
    exchange = parts.identify(parts.ask(QUESTION))
    stage = Judge(lambda _exchange: cast(UseJudge, judge), parts.energy, 1, arbiter)

    async def run() -> bool:
        for step in (Pseudonymise(parts.pseudonymiser, parts.energy), stage):
            try:
                async for _ in step.run(exchange):
                    pass
            except ExchangeRefused:
                return True
        return False

    return asyncio.run(run()), exchange


@pytest.fixture
def use_id(parts: Parts) -> str:
    exchange = parts.identify(parts.ask(QUESTION))
    return next(use.id for use in exchange.rules.uses if use.effect == "forbid")


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize("word", ["oui", "non"])
def test_the_model_s_answer_decides(parts: Parts, use_id: str, word: str, above: bool) -> None:
    engine = ScriptedEngine([word])
    arbiter = Arbiter(engine, parts.energy.record)
    refused, exchange = judged(parts, Doubting(use_id, above=above), arbiter)
    assert refused is (word == "oui")
    assert READ in engine.requests[0].messages[-1].content
    if refused:
        (decision,) = exchange.decisions
        assert (decision.layer, decision.nearest, decision.score) == ("model", "Un exemple", 0.4)
        assert decision.seconds is not None
        assert decision.seconds >= 0.01
        assert not decision.unanswered


def test_the_question_waits_among_those_of_the_caller(parts: Parts, use_id: str) -> None:
    engine = ScriptedEngine(["non"])
    _, exchange = judged(parts, Doubting(use_id), Arbiter(engine, parts.energy.record))
    (asked,) = engine.requests
    caller = exchange.request.caller
    assert (asked.queue, asked.user, asked.weight) == (caller.service, caller.subject, 1)
    assert asked.conversation == ""


def test_a_full_queue_is_no_verdict(parts: Parts, use_id: str) -> None:
    """Who asked would be told that their use is forbidden, because many ask at once."""
    arbiter = Arbiter(ScriptedEngine(failure=EngineBusy(12.0)), parts.energy.record)
    with pytest.raises(EngineBusy):
        judged(parts, Doubting(use_id), arbiter)


@pytest.mark.parametrize("above", [True, False])
def test_an_engine_that_fails_has_the_use_held_and_the_receipt_say_so(
    parts: Parts, use_id: str, above: bool
) -> None:
    arbiter = Arbiter(ScriptedEngine(failure=EngineError("down")), parts.energy.record)
    refused, exchange = judged(parts, Doubting(use_id, above=above), arbiter)
    assert refused
    (decision,) = exchange.decisions
    assert (decision.rule, decision.layer, decision.unanswered) == (use_id, "similarity", True)


def test_what_was_decoded_is_not_given_to_the_model(parts: Parts, use_id: str) -> None:
    """It was hidden when personal data were looked for."""
    engine = ScriptedEngine(["non"])
    arbiter = Arbiter(engine, parts.energy.record)
    refused, exchange = judged(parts, Doubting(use_id, decoded=True), arbiter)
    assert refused
    assert engine.requests == []
    assert exchange.decisions[0].unanswered


@pytest.mark.parametrize("above", [True, False])
def test_without_a_model_the_threshold_decides(parts: Parts, use_id: str, above: bool) -> None:
    refused, exchange = judged(parts, Doubting(use_id, above=above), None)
    assert refused is above
    assert not any(decision.unanswered for decision in exchange.decisions)
