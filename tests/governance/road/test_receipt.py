"""The receipt says what was done, faithfully, and holds no personal data."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from governance.receipt import Receipt
from models.protocol import ModelInfo
from tests.governance.road.parts import (
    ANSWER,
    QUESTION,
    REVISION,
    TASK,
    EchoingEngine,
    Parts,
    ScriptedEngine,
    passage,
    streamed,
)

REMOTE = ModelInfo("ailleurs", "remote:https://example.org", "", 4_096)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_receipt_says_what_was_done(parts: Parts) -> None:
    request = parts.ask(QUESTION)
    end = parts.completed(request)
    receipt = end.receipt
    accepted, completed = parts.log.entries_of(request.id)
    assert receipt.exchange == request.id
    assert receipt.outcome == "completed"
    assert receipt.service == "rh"
    assert receipt.charter_revision == REVISION
    assert receipt.answer_sha256 == sha256(end.text)
    assert receipt.model is not None
    assert (receipt.model.name, receipt.model.digest) == ("modele", "sha256:" + "a" * 64)
    assert (receipt.accepted_record, receipt.record) == (accepted.index, completed.index)
    assert receipt.started_at < receipt.ended_at
    assert receipt.label.ai_generated
    assert receipt.decisions == ()


def test_the_log_holds_the_receipt(parts: Parts) -> None:
    """All of it, but the number of the leaf that holds it."""
    request = parts.ask(TASK)
    receipt = parts.completed(request).receipt
    leaf = parts.log.entries_of(request.id)[-1]
    assert Receipt.model_validate({**leaf.data["receipt"], "record": leaf.index}) == receipt


def test_a_receipt_holds_no_personal_data(parts: Parts) -> None:
    parts.engine = EchoingEngine()
    receipt = parts.completed(parts.ask(TASK)).receipt
    assert receipt.masked == {"PERSON": 1, "PHONE_NUMBER": 1}
    for word in ("Dupont", "Jean", "06 12", "courriel"):
        assert word not in receipt.model_dump_json()


def test_the_hash_is_that_of_the_delivered_text_names_restored(parts: Parts) -> None:
    parts.engine = EchoingEngine()
    end = parts.completed(parts.ask(TASK))
    assert end.text == TASK
    assert end.receipt.answer_sha256 == sha256(TASK)


def test_the_hash_covers_the_note_of_an_answer_that_nothing_supports(parts: Parts) -> None:
    for pieces in (["La girafe danse au crépuscule polonais."], [""]):
        parts.engine.pieces = pieces
        events = parts.travel(parts.ask(QUESTION))
        end = events[-1]
        assert end.receipt.answer_sha256 == sha256(end.text) == sha256(streamed(events))  # type: ignore[union-attr]


def test_sources_are_listed_with_those_that_the_answer_cites(parts: Parts) -> None:
    other = passage(2, "La clôture d'un pré mesure deux mètres de haut.")
    parts.retriever.passages = (passage(), other)
    receipt = parts.completed(parts.ask(QUESTION)).receipt
    assert [(part.number, part.passage_id, part.cited) for part in receipt.sources] == [
        (1, "p1", True),
        (2, "p2", False),
    ]
    assert receipt.sources[1].digest == sha256(other.text)
    assert receipt.grounding is not None
    assert (receipt.grounding.supported, receipt.grounding.score) == (1, 1.0)


def test_tokens_are_those_of_the_engine_and_of_the_quota(parts: Parts) -> None:
    receipt = parts.completed(parts.ask(QUESTION)).receipt
    prompt = parts.engine.count_tokens(parts.engine.requests[0].messages)
    assert receipt.tokens is not None
    assert (receipt.tokens.prompt, receipt.tokens.completion) == (prompt, len(ANSWER))
    assert parts.quotas.usage("rh", "month").tokens == prompt + len(ANSWER)


def test_the_quota_left_is_what_is_left_once_settled(parts: Parts) -> None:
    receipt = parts.completed(parts.ask(QUESTION)).receipt
    left = {(part.metric, part.period): part.left for part in receipt.quota}
    spent = parts.quotas.usage("rh", "month").tokens
    assert left["requests", "day"] == 499
    assert left["tokens", "month"] == 10_000_000 - spent
    assert receipt.energy.wh is not None
    assert left["wh", "day"] == pytest.approx(1_000 - receipt.energy.wh, abs=1e-5)


def test_what_the_model_was_not_given_to_read_is_counted(parts: Parts) -> None:
    """A conversation that does not fit is shortened by whole turns, and it is said."""
    long = ("mot " * 2_500).strip()
    texts = [long, "Lu.", long, "Lu aussi.", "Merci.", "De rien.", TASK]
    end = parts.completed(parts.ask(*texts))
    (request,) = parts.engine.requests
    read = [message.content for message in request.messages[1:]]
    assert read[:-1] == texts[2:-1]
    assert end.receipt.turns_left_out == 2
    older = replace(parts.ask(*texts), left_out=6)
    assert parts.completed(older).receipt.turns_left_out == 8


def test_all_is_read_where_there_is_room_and_nothing_where_no_model_writes(parts: Parts) -> None:
    assert parts.completed(parts.ask("Bonjour", "Oui ?", TASK)).receipt.turns_left_out == 0
    parts.extractor.sure = True
    quoted = replace(parts.ask("Bonjour", "Oui ?", QUESTION, answer="auto"), left_out=2)
    end = parts.completed(quoted)
    assert (end.receipt.answered, end.receipt.turns_left_out) == ("passage", 0)


def test_energy_is_by_step_and_adds_up(parts: Parts) -> None:
    energy = parts.completed(parts.ask(QUESTION)).receipt.energy
    assert energy.method == "modelled"
    assert energy.steps_wh is not None
    assert set(energy.steps_wh) == {"analysis", "retrieval", "prefill", "decode"}
    assert energy.wh == pytest.approx(sum(energy.steps_wh.values()))
    assert energy.energy_class == "A"


def test_the_law_of_energy_holds_over_many_ends(parts: Parts) -> None:
    parts.travel(parts.ask(QUESTION))
    parts.travel(parts.ask("Classe ces candidats."))
    parts.engine.failure = OSError()
    parts.travel(parts.ask(QUESTION))
    parts.energy.tick()
    totals = parts.energy.totals()
    assert totals.meter == pytest.approx(totals.requests + totals.idle + totals.unattributed)  # type: ignore[operator]


def test_on_a_remote_engine_energy_is_unknown_and_the_estimate_is_charged(parts: Parts) -> None:
    parts.engine = ScriptedEngine(info=REMOTE)
    end = parts.completed(parts.ask(QUESTION))
    energy = end.receipt.energy
    assert energy.wh is None
    assert energy.steps_wh is None
    assert energy.method == "unknown"
    assert energy.energy_class is None
    estimate = parts.estimator.estimate(end.usage.prompt_tokens, end.usage.completion_tokens)
    assert parts.quotas.usage("rh", "day").wh == pytest.approx(estimate, abs=1e-5)


def test_a_remote_engine_that_fails_is_charged_what_was_held(parts: Parts) -> None:
    parts.engine = ScriptedEngine(info=REMOTE, failure=OSError(), fails_at=1)
    parts.failed(parts.ask(TASK, max_tokens=200))
    assert parts.quotas.usage("rh", "day").wh > parts.estimator.estimate(0, 200)


def test_where_no_model_wrote_nothing_is_learnt_of_what_models_take(parts: Parts) -> None:
    parts.retriever.passages = ()
    before = parts.estimator.estimate(1_000, 100)
    parts.completed(parts.ask(QUESTION))
    assert parts.estimator.estimate(1_000, 100) == before


def test_a_refusal_names_no_model(parts: Parts) -> None:
    receipt = parts.refused(parts.ask("Classe ces candidats.")).receipt
    assert receipt.outcome == "refused"
    assert (receipt.model, receipt.tokens, receipt.answer_sha256) == (None, None, None)
    assert not receipt.label.ai_generated
    assert receipt.energy.wh is not None
