"""How answers are judged: by a person's verdict where there is one, else by what they must say."""

from __future__ import annotations

from bench.rag_answers import Answer, judge
from bench.rag_sets import Question

KNOWN = Question("q", "Combien ?", frozenset(), "30 jours", (("30 jours", "trente jours"),), "")
UNKNOWN = Question("q", "Combien ?", frozenset(), "", (), "other")


def answer(text: str, who: str = "text") -> Answer:
    return Answer("sobria", "dev", "q", who, text, 1, 0, (), 0.01)


def test_an_answer_is_right_where_it_says_what_it_must() -> None:
    assert judge(answer("C'est trente jours."), KNOWN, {}) == "right"
    assert judge(answer("C'est 25 jours."), KNOWN, {}) == "wrong"


def test_whatever_is_stated_where_the_sources_are_silent_is_wrong_until_it_is_read() -> None:
    assert judge(answer("C'est 25 jours."), UNKNOWN, {}) == "wrong"
    assert judge(answer("Les sources…", "silence"), UNKNOWN, {}) == "right"


def test_a_verdict_holds_for_one_text_only() -> None:
    said = answer("C'est 25 jours.")
    judged = {said.key: {"answer": "incomplete", "citations": [1]}}
    assert judge(said, KNOWN, judged) == "incomplete"
    assert judge(answer("C'est 26 jours."), KNOWN, judged) == "wrong"
