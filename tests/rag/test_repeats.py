"""Two questions are the same only where nothing that may change the answer differs."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from rag.text.repeats import as_meant, as_typed

PAIRS = Path(__file__).resolve().parents[2] / "bench" / "repetitions.yaml"
LABELLED: dict[str, list[tuple[str, str]]] = YAML(typ="safe").load(PAIRS)


@pytest.mark.parametrize(("one", "other"), [*LABELLED["different"], *LABELLED["different_held"]])
def test_questions_of_different_answers_are_never_the_same(one: str, other: str) -> None:
    assert as_meant(one) != as_meant(other)


def test_two_repetitions_in_three_are_recognised() -> None:
    """The rest say it in other words, which no rule here may take for the same."""
    pairs = [*LABELLED["same"], *LABELLED["same_held"]]
    assert 3 * sum(as_meant(one) == as_meant(other) for one, other in pairs) >= 2 * len(pairs)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Puis-je démissionner ?", "peut on demissionner"),
        ("Est-ce qu'on peut démissionner", "peut on demissionner"),
        ("Bonjour, pouvez-vous me dire si je peux démissionner ? Merci !", "peut on demissionner"),
        ("Peut-on me licencier ?", "peut on me licencier"),
        ("Peut-on le licencier ?", "peut on le licencier"),
        ("Un salarié peut-il démissionner ?", "le salarie peut demissionner"),
        ("S'il est absent, peut-il démissionner ?", "se il est absent peut il demissionner"),
        ("Que dit l'article L. 3141-3 ?", "que dit le article l3141-3"),
        ("+ de 50 salariés", "+ 50 salarie"),
        ("?!", ""),
    ],
)
def test_what_tells_the_question_stays_in_its_place(question: str, words: str) -> None:
    assert as_meant(question) == words


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert as_meant(text) == as_meant(as_typed(text))
    assert as_typed(f"  {text}  ?") == as_typed(text)


@given(st.text(alphabet="aeéèêœß’' -?\u0301", max_size=30))
def test_the_form_of_the_letters_does_not_matter(text: str) -> None:
    assert as_typed(unicodedata.normalize("NFD", text)) == as_typed(text)
