"""What a person chose in the composer holds on the road, and is written in its books."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.charter.load import load_text
from governance.events import Accepted
from governance.pii.choices import AS_BEFORE, NO_CHOICE, Choices
from tests.governance.road.parts import CHARTER, TASK, EchoingEngine, Parts

NAME, PHONE = "Jean Dupont", "06 12 34 56 78"
KEEPING = Choices(kept=(NAME, PHONE))


@pytest.fixture
def choosing(parts: Parts) -> Parts:
    """The charter lets names be kept, and nothing else."""
    parts._charter = load_text(CHARTER + "  may_keep: [PERSON]\n")
    parts.engine = EchoingEngine()
    return parts


def read(parts: Parts) -> str:
    """The question as the model read it last."""
    return parts.engine.requests[-1].messages[-1].content


def test_a_name_kept_is_read_and_one_that_the_charter_protects_is_not(choosing: Parts) -> None:
    request = replace(choosing.ask(TASK), choices=KEEPING)
    end = choosing.completed(request)
    assert NAME in read(choosing) and PHONE not in read(choosing)
    assert end.receipt.kept == {"PERSON": 1}
    assert end.receipt.masked == {"PHONE_NUMBER": 1}
    accepted, completed = choosing.log.entries_of(request.id)
    assert accepted.data["kept"] == completed.data["receipt"]["kept"] == {"PERSON": 1}
    assert "Dupont" not in str(accepted.data) + str(completed.data)


def test_where_nothing_is_kept_the_record_says_nothing_of_it(choosing: Parts) -> None:
    request = choosing.ask(TASK)
    choosing.travel(request)
    assert "kept" not in choosing.log.entries_of(request.id)[0].data


def test_another_answer_to_the_same_message_is_masked_as_before(choosing: Parts) -> None:
    first = replace(choosing.ask(TASK, conversation="c"), choices=KEEPING)
    choosing.travel(first)
    again = replace(choosing.ask(TASK, conversation="c"), choices=AS_BEFORE)
    end = choosing.completed(again)
    assert NAME in read(choosing) and PHONE not in read(choosing)
    assert end.receipt.kept == {"PERSON": 1}


def test_the_same_message_sent_anew_without_a_choice_is_masked(choosing: Parts) -> None:
    choosing.travel(replace(choosing.ask(TASK, conversation="c"), choices=KEEPING))
    choosing.travel(replace(choosing.ask(TASK, conversation="c"), choices=NO_CHOICE))
    assert NAME not in read(choosing)
    # And «as before» is then as masked.
    choosing.travel(replace(choosing.ask(TASK, conversation="c"), choices=AS_BEFORE))
    assert NAME not in read(choosing)


def test_a_name_that_was_missed_is_masked_then_and_in_other_answers(choosing: Parts) -> None:
    asked = "Écris au sujet du projet zorglubis."
    choosing.pseudonymiser.note("c", asked, Choices(masked=("zorglubis",)))
    events = choosing.travel(replace(choosing.ask(asked, conversation="c"), choices=AS_BEFORE))
    assert "zorglubis" not in read(choosing)
    (accepted,) = [event for event in events if isinstance(event, Accepted)]
    assert [asked[start:end] for start, end in accepted.masked_spans] == ["zorglubis"]
