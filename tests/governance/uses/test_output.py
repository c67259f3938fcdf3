"""What the model writes is judged passage by passage, the same however the stream is cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from governance.charter.charter import Charter, Rule
from governance.charter.load import load_text
from governance.uses.output import OutputJudge, ordinary_answers
from governance.uses.passages import LONGEST, PassageStream
from models.protocol import Embedder, Vectors

HERE = Path(__file__).parent


def _yaml(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((HERE / name).read_text(encoding="utf-8"))


def with_answers(rules: tuple[Rule, ...], answers: dict[str, list[str]]) -> tuple[Rule, ...]:
    """The rules, those that have no answers of their own with these."""

    def given_answers(rule: Rule) -> Rule:
        own = rule.use.detect.answers or tuple(answers.get(rule.use.id, ()))
        detect = rule.use.detect.model_copy(update={"answers": own})
        return replace(rule, use=rule.use.model_copy(update={"detect": detect}))

    return tuple(map(given_answers, rules))


@pytest.fixture(scope="session")
def answer_judge(commune: Charter, embedder: Embedder, cache_dir: Path) -> OutputJudge:
    rules = with_answers(commune.rules, _yaml("answers_fr.yaml"))
    return OutputJudge(rules, embedder, cache_dir / "answers")


def found(judge: OutputJudge, text: str) -> list[str]:
    stream = PassageStream()
    passages = [*stream.feed(text), *stream.flush()]
    return [d.use_id for p in passages for d in judge.judge("rh", p) if d.effect == "forbid"]


@given(st.text(alphabet="ab .!?\n…é", max_size=900), st.data())
@settings(max_examples=200)
def test_the_passages_do_not_depend_on_how_the_stream_was_cut(
    text: str, data: st.DataObject
) -> None:
    whole, cut = PassageStream(), PassageStream()
    expected = [*whole.feed(text), *whole.flush()]
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=30)))
    chunks = [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]
    assert [p for chunk in chunks for p in cut.feed(chunk)] + cut.flush() == expected
    assert "".join(expected) == text
    assert all(len(passage) <= LONGEST for passage in expected)


def test_no_more_than_a_passage_is_ever_held_back() -> None:
    stream, passed = PassageStream(), 0
    for fed, char in enumerate("mot " * 500 + "x" * 5_000, 1):
        passed += sum(map(len, stream.feed(char)))
        assert fed - passed < LONGEST


def test_banned_answers_are_recognised_with_their_nearest_passage(
    answer_judge: OutputJudge,
) -> None:
    text = "Mon classement final des candidats : en tête Nadia, puis Thomas, et Julie à écarter."
    decision = answer_judge.judge("rh", text)[0]
    assert (decision.use_id, decision.effect) == ("tri-candidatures", "forbid")
    assert decision.layer == "similarity"
    assert decision.score >= 0
    assert decision.nearest in _yaml("answers_fr.yaml")["tri-candidatures"]


def test_half_of_what_was_set_aside_is_stopped_and_no_ordinary_answer(
    answer_judge: OutputJudge,
) -> None:
    held_out = _yaml("held_out_answers_fr.yaml")
    banned = [text for texts in held_out["banned"].values() for text in texts]
    assert sum(bool(found(answer_judge, text)) for text in banned) / len(banned) >= 0.5
    assert [text for text in held_out["ordinary"] if found(answer_judge, text)] == []


def test_the_charter_s_own_answers_can_be_proved_left_out(answer_judge: OutputJudge) -> None:
    answers = [text for texts in _yaml("answers_fr.yaml").values() for text in texts]
    held = sum(bool(answer_judge.judge_left_out("rh", text)) for text in answers)
    assert held / len(answers) >= 0.45


def test_the_embedder_reads_each_passage_once(commune: Charter, embedder: Embedder) -> None:
    read: list[str] = []

    class Counting:
        name, digest, dimension = embedder.name, embedder.digest, embedder.dimension

        def embed_queries(self, texts: list[str]) -> Vectors:
            read.extend(texts)
            return embedder.embed_queries(texts)

        embed_passages = embed_queries

    rules = with_answers(commune.rules[:1], _yaml("answers_fr.yaml"))
    judge = OutputJudge(rules, Counting())  # type: ignore[arg-type]
    read.clear()
    text = "Le congé est de trente jours ouvrables par an, sauf accord plus favorable. " * 8
    found(judge, text)
    assert len(read) <= len(text) / 40 + 1
    assert sum(map(len, read)) <= len(text)


def test_nothing_is_watched_where_the_charter_says_nothing_of_answers(commune: Charter) -> None:
    bare = with_answers(commune.rules, {})
    if not any(rule.use.detect.answers for rule in bare):
        assert not OutputJudge(bare, NoEmbedder()).watches  # type: ignore[arg-type]
    assert not OutputJudge((), NoEmbedder()).watches  # type: ignore[arg-type]


def test_a_use_of_another_service_does_not_stop_an_answer(answer_judge: OutputJudge) -> None:
    assert len(ordinary_answers()) == len(set(ordinary_answers()))
    assert answer_judge.judge("rh", "[PERSONNE_1]") == ()


def test_a_charter_holds_answers_and_a_child_adds_some() -> None:
    answers = ["Le meilleur candidat est le premier."]
    base = (
        "charter: 1\norganisation: {name: V, dpo: {name: D, email: d@v.fr}, "
        "contact: {name: I, email: i@v.fr}}\nuses:\n  - id: tri\n    title: Trier\n"
        "    effect: forbid\n    reason: Non.\n    message: Non.\n"
        f"    detect: {{answers: ['{answers[0]}']}}\nservices: [{{id: rh, title: RH}}]\n"
    )
    assert list(load_text(base).rules[0].use.detect.answers) == answers


class NoEmbedder:
    name, digest, dimension = "none", "sha256:0", 1

    def embed_queries(self, texts: list[str]) -> Vectors:
        raise AssertionError("nothing is to be embedded")

    embed_passages = embed_queries
