"""A follow-up is searched with the question that it leans on."""

from __future__ import annotations

import pytest

from rag.text.context import in_context, leans

FIRST = "Combien de jours de congés payés par mois ?"


@pytest.mark.parametrize(
    "question",
    [
        "Et pour un temps partiel ?",
        "et en cas de licenciement ?",
        "Est-ce que ce délai peut être renouvelé ?",
        "Pourquoi ?",
        "Combien ça coûte ?",
        "à temps partiel ?",
        "What about part-time?",
    ],
)
def test_a_follow_up_leans_on_what_came_before(question: str) -> None:
    assert leans(question)
    assert in_context([FIRST, question]) == f"{FIRST} {question}"


@pytest.mark.parametrize(
    "question",
    [
        "Quelle est la durée du préavis ?",
        "CDD",
        "En CDD, puis-je démissionner ?",
        "Et si mon employeur refuse de me payer les heures supplémentaires faites le dimanche ?",
    ],
)
def test_a_whole_question_stands_by_itself(question: str) -> None:
    assert in_context([FIRST, question]) == question


def test_a_chain_of_follow_ups_reaches_the_first_question() -> None:
    asked = ["Autre chose du tout sur la paie ?", FIRST, "Et à temps partiel ?", "Pourquoi ?"]
    assert in_context(asked) == " ".join(asked[1:])
