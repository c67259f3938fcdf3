"""An answer that is of a forbidden use is stopped while the model writes it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from governance.events import Refused
from governance.uses.output import OutputDecision
from models.protocol import ToolCall
from tests.governance.road.parts import (
    ANSWER,
    QUESTION,
    Parts,
    ScriptedEngine,
    ending,
    streamed,
)

BEFORE = "Les trois dossiers reçus sont complets et à jour. "
BANNED = "Le meilleur candidat est le premier, il faut le recruter. "
AFTER = "Bonne journée à vous et à toute votre équipe, cordialement. "


@dataclass
class Marked:
    """Recognises a passage by a word, so that the road alone is under test."""

    word: str = "meilleur candidat"
    use_id: str = "tri-candidatures"
    effect: str = "forbid"
    watches: bool = True

    def judge(self, service: str, passage: str) -> tuple[OutputDecision, ...]:
        if self.word not in passage:
            return ()
        return (OutputDecision(self.use_id, self.effect, "similarity", 0.4, "…"),)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_what_was_not_sent_is_withheld_however_the_stream_was_cut(parts: Parts, size: int) -> None:
    text = BEFORE + BANNED + AFTER
    parts.engine = ScriptedEngine([text[i : i + size] for i in range(0, len(text), size)])
    parts.answers = Marked()
    request = parts.ask(QUESTION)
    events = parts.travel(request)
    end = ending(events, Refused)
    # What was judged is still held until its sentence is known to be whole: it goes no further.
    assert streamed(events) == ""
    assert (end.refusal.cause, end.refusal.use_id) == ("use", "tri-candidatures")
    assert end.refusal.part == "answer"
    assert end.refusal.message == "Je ne classe pas de candidatures."
    parts.assert_books_closed()


def test_the_generation_stops_and_the_record_says_that_the_answer_was_stopped(
    parts: Parts,
) -> None:
    parts.engine = ScriptedEngine([BEFORE, BANNED, *["encore "] * 500])
    parts.answers = Marked()
    request = parts.ask(QUESTION)
    end = parts.refused(request)
    (decision,) = end.receipt.decisions
    assert (decision.rule, decision.part, decision.layer) == (
        "tri-candidatures", "answer", "similarity",
    )  # fmt: skip
    assert decision.score == 0.4
    *_, last = parts.log.entries_of(request.id)
    assert (last.type, last.data["use"], last.data["stopped"]) == (
        "refused", "tri-candidatures", "answer",
    )  # fmt: skip
    assert parts.recorded(request) == ["accepted", "refused"]
    assert parts.engine.running == 0


def test_the_last_words_are_judged_too(parts: Parts) -> None:
    parts.engine = ScriptedEngine(["Le meilleur candidat est Paul"])
    parts.answers = Marked()
    events = parts.travel(parts.ask(QUESTION))
    assert ending(events, Refused)
    assert streamed(events) == ""


def test_the_arguments_of_a_call_are_judged(parts: Parts) -> None:
    call = ToolCall("c1", "envoyer", '{"texte": "Le meilleur candidat est Paul."}')
    parts.engine = ScriptedEngine([call])
    parts.answers = Marked()
    assert parts.refused(parts.ask(QUESTION)).refusal.part == "answer"


def test_an_answer_to_review_is_delivered_marked(parts: Parts) -> None:
    parts.engine = ScriptedEngine([*ANSWER, " ", BEFORE, BANNED, AFTER])
    parts.answers = Marked(use_id="courrier-disciplinaire", effect="review")
    end = parts.completed(parts.ask(QUESTION))
    assert end.receipt.label.review
    assert [(d.rule, d.part) for d in end.receipt.decisions] == [
        ("courrier-disciplinaire", "answer")
    ]
    assert BANNED.strip() in end.text


def test_a_judge_that_fails_lets_nothing_pass(parts: Parts) -> None:
    class Broken(Marked):
        def judge(self, service: str, passage: str) -> tuple[OutputDecision, ...]:
            raise RuntimeError("the embedder is gone")

    parts.engine = ScriptedEngine([BEFORE, AFTER])
    parts.answers = Broken()
    request = parts.ask(QUESTION)
    events = parts.travel(request)
    assert streamed(events) == ""
    assert parts.recorded(request) == ["accepted", "failed"]
    parts.assert_books_closed()
