"""The prompt keeps within its budget, and never loses the question."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.prompt import (
    build_prompt,
    build_tool_prompt,
    question_message,
    system_message,
)
from models.protocol import Message
from rag.protocol import Passage
from tests.governance.road.parts import passage

some = settings(max_examples=40, deadline=None)
SYSTEM = Message("system", "Tu es Sobria.")

words = st.lists(st.sampled_from(["congé", "paie", "[1]", "é\n"]), max_size=60).map(" ".join)
passages = st.lists(words, max_size=5).map(
    lambda texts: [passage(n, text) for n, text in enumerate(texts, 1)]
)


@st.composite
def histories(draw: st.DrawFn) -> list[Message]:
    """Pairs of turns, after a program's own instructions or not."""
    lead = [Message("system", draw(words))] if draw(st.booleans()) else []
    turns = draw(st.lists(st.tuples(words, words), max_size=6))
    return lead + [
        message
        for asked, answered in turns
        for message in (Message("user", asked), Message("assistant", answered))
    ]


def apart(history: list[Message]) -> tuple[list[Message], list[Message]]:
    """A program's own instructions, and what was said."""
    lead = [message for message in history if message.role == "system"]
    return lead, history[len(lead) :]


def count(messages: Sequence[Message]) -> int:
    """A token a word, and one a message."""
    return sum(len(message.content.split()) + 1 for message in messages)


def build(
    history: Sequence[Message], found: Sequence[Passage], budget: int
) -> tuple[tuple[Message, ...], tuple[Passage, ...]]:
    return build_prompt(
        SYSTEM, history, "fr", "Combien ?", found, count_tokens=count, budget=budget
    )


@some
@given(histories(), passages, st.integers(0, 600))
def test_the_prompt_keeps_its_shape_whatever_the_budget(
    history: list[Message], found: list[Passage], budget: int
) -> None:
    messages, kept = build(history, found, budget)
    turns = list(messages[1:-1])
    # The system first, the question with its passages last.
    assert messages[0] == SYSTEM
    assert messages[-1] == question_message("fr", "Combien ?", kept)
    # A program's instructions, then whole turns, the oldest dropped first; the first passages kept,
    # one at least.
    lead, said_before = apart(history)
    assert turns == lead + said_before[len(lead) + len(said_before) - len(turns) :]
    assert list(kept) == found[: len(kept)]
    assert bool(kept) == bool(found)
    # Whoever speaks first, it is not the assistant, and then each in turn.
    said = [message.role for message in turns if message.role != "system"]
    assert said == ["user", "assistant"] * (len(said) // 2)


@some
@given(histories(), passages, st.integers(0, 600))
def test_the_budget_is_kept_where_it_can_be(
    history: list[Message], found: list[Passage], budget: int
) -> None:
    messages, kept = build(history, found, budget)
    lead, _ = apart(history)
    least = (SYSTEM, *lead, question_message("fr", "Combien ?", found[:1]))
    assert count(messages) <= budget or messages == least
    # Passages go only when no turn is left.
    assert len(kept) == len(found) or len(messages) == 2 + len(lead)


@some
@given(histories(), passages, st.integers(0, 600))
def test_no_more_is_dropped_than_is_needed(
    history: list[Message], found: list[Passage], budget: int
) -> None:
    messages, kept = build(history, found, budget)
    lead, said = apart(history)
    turns = len(messages) - 2 - len(lead)
    if len(kept) < len(found):
        more = (SYSTEM, *lead, question_message("fr", "Combien ?", found[: len(kept) + 1]))
        assert count(more) > budget
    elif turns < len(said):
        earlier = len(said) - turns - 1
        while earlier and said[earlier].role == "assistant":
            earlier -= 1
        assert count((SYSTEM, *lead, *said[earlier:], messages[-1])) > budget


def test_a_program_s_instructions_stay_where_its_tools_are_offered() -> None:
    lead = Message("system", "Réponds en JSON.")
    said = [
        Message("user", "Bonjour"),
        Message("assistant", "Bonjour."),
        Message("user", "Alors ?"),
    ]
    messages = build_tool_prompt(
        SYSTEM, [lead, *said], (), "fr", count_tokens=lambda turns, _tools: count(turns), budget=11
    )
    assert messages == (SYSTEM, lead, said[-1])


def test_with_room_for_all_nothing_is_dropped() -> None:
    history = [Message("user", "Bonjour"), Message("assistant", "Bonjour.")]
    found = [passage(1), passage(2)]
    messages, kept = build(history, found, 10_000)
    assert list(messages[1:-1]) == history
    assert list(kept) == found


def test_without_a_passage_the_question_stands_alone() -> None:
    messages, kept = build([], [], 100)
    assert messages == (SYSTEM, Message("user", "Combien ?"))
    assert kept == ()


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_passages_are_numbered_with_their_title(locale: str) -> None:
    text = question_message(locale, "Combien ?", [passage(1), passage(2)]).content  # type: ignore[arg-type]
    assert "[1] Code du travail – Congés payés\n" in text
    assert "[2] Code du travail – Congés payés\n" in text
    assert text.index("[2] Code") < text.index("Combien ?")


def test_braces_in_what_is_asked_or_found_are_left_alone() -> None:
    text = question_message("fr", "{question} {0} {", [passage(1, "{sources} }")]).content
    assert "{question} {0} {" in text
    assert "{sources} }" in text


def test_the_system_message_is_one_line_and_the_same_for_everyone() -> None:
    first, second = (
        system_message(
            "fr", assistant="Sobria", organisation="Val d'Exemple", instructions=" Soyez bref.\n"
        )
        for _ in range(2)
    )
    assert first == second
    assert first.role == "system"
    assert "\n" not in first.content
    assert "« Val d'Exemple ». Soyez bref. Tu réponds" in first.content
