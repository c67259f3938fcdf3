"""A held answer never leaves by any event; a draft does, and both wait in the queue."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from sqlalchemy.exc import OperationalError

from governance.charter.load import load_text
from governance.events import Completed, Delta, ToolCalled
from governance.review.queue import Reviewer
from models.protocol import ToolCall
from tests.governance.road.parts import CHARTER, Parts, ending

ASKED = "Rédige un avertissement disciplinaire pour Jean Dupont."
WORDS = ("Monsieur Dupont, ", "votre retard ", "est inadmissible.")
HOLDING = CHARTER.replace(
    "    message: Faites relire ce courrier.",
    "    review: {delivery: hold, by: drh}\n    message: Faites relire ce courrier.",
).replace("services:", "reviewers: [{id: drh, title: La DRH}]\nservices:", 1)
DRH = Reviewer("p" + "1" * 32, {"drh": None, "contact": None})


@pytest.fixture
def holding(parts: Parts) -> Parts:
    """The small charter, which holds letters of warning for the role «drh»."""
    parts.__dict__["_charter"] = load_text(HOLDING)
    parts.engine.pieces = WORDS
    return parts


@pytest.mark.parametrize("ephemeral", [False, True])
def test_no_event_of_a_held_answer_carries_a_word_of_it(holding: Parts, ephemeral: bool) -> None:
    holding.engine.pieces = (*WORDS, ToolCall("c1", "send", '{"text": "inadmissible"}'))
    request = holding.ask(ASKED, ephemeral=ephemeral)
    events = holding.travel(request)
    assert not [event for event in events if isinstance(event, Delta | ToolCalled)]
    told = json.dumps([asdict(event) for event in events], default=str, ensure_ascii=False)
    assert "retard" not in told and "inadmissible" not in told
    end = ending(events, Completed)
    assert (end.text, end.grounding, end.passages, end.tool_calls) == ("", None, (), ())
    assert end.review is not None
    assert (end.review.delivery, end.review.role_title) == ("hold", "La DRH")
    entry, held = holding.reviews.read(request.id, DRH)
    assert entry.state == "waiting" and entry.use_id == "courrier-disciplinaire"
    assert held.answer.startswith("Monsieur Dupont, votre retard est inadmissible.")
    assert held.request == ASKED
    assert holding.recorded(request) == ["accepted", "completed"]
    holding.assert_books_closed()


def test_a_draft_is_delivered_and_waits_too(parts: Parts) -> None:
    """Old charters say nothing of how: a draft, which the organisation's contact validates."""
    parts.engine.pieces = WORDS
    request = parts.ask(ASKED)
    end = parts.completed(request)
    assert "inadmissible" in end.text and end.review is not None
    assert (end.review.delivery, end.review.role) == ("draft", "contact")
    assert end.review.role_title == "Informatique"
    assert parts.reviews.read(request.id, DRH)[0].delivery == "draft"


def test_what_needs_no_review_is_not_in_the_queue(holding: Parts) -> None:
    assert holding.completed(holding.ask("Combien de jours de congés ?")).review is None
    assert holding.reviews.counts() == {}


def test_without_the_queue_there_is_no_answer(
    holding: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("disk full"))

    monkeypatch.setattr(holding.reviews, "put", broken)
    request = holding.ask(ASKED)
    holding.failed(request)
    assert holding.recorded(request) == ["accepted", "failed"]


@pytest.mark.parametrize("failing", ["generation", "record"])
def test_what_did_not_end_well_leaves_nothing_to_release(
    holding: Parts, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = holding.ask(ASKED)
    if failing == "generation":
        holding.engine.failure, holding.engine.fails_at = RuntimeError("broken"), 2
    else:
        real = holding.log.append

        def append(record, *args, **more):  # type: ignore[no-untyped-def]
            if record.type == "completed":
                raise OSError
            return real(record, *args, **more)

        monkeypatch.setattr(holding.log, "append", append)
    events = holding.travel(request)
    assert "retard" not in repr(events)
    assert holding.reviews.counts() == {}
