"""What the model writes is judged passage by passage, the same however the stream is cut."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from governance.charter.charter import Charter, Rule
from governance.charter.load import load_text
from governance.charter.use import Detect
from governance.uses.folding import fold
from governance.uses.library import known_answers, ordinary_answers
from governance.uses.output import OutputJudge
from governance.uses.passages import LONGEST, PassageStream
from models.protocol import Embedder, Vectors

ROOT = Path(__file__).resolve().parents[3]
ANSWERS = ROOT / "governance" / "uses" / "library" / "answers"


def _yaml(name: str) -> Any:
    text = (ROOT / "bench" / "uses_parts" / name).read_text(encoding="utf-8")
    return YAML(typ="safe", pure=True).load(text)


def _flat(texts: Any) -> list[str]:
    return [text for each in texts for text in ([each] if isinstance(each, str) else each)]


def bare(rules: tuple[Rule, ...], answers: tuple[str, ...] = ()) -> tuple[Rule, ...]:
    """The rules without their families, with these answers of their own."""

    def stripped(rule: Rule) -> Rule:
        update = {"answers": answers, "family": None}
        detect = rule.use.detect.model_copy(update=update)
        return replace(rule, use=rule.use.model_copy(update={"detect": detect}))

    return tuple(map(stripped, rules))


@pytest.fixture(scope="session")
def answer_judge(commune: Charter, embedder: Embedder, cache_dir: Path) -> OutputJudge:
    return OutputJudge(commune.rules, embedder, cache_dir / "answers")


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
    detect = Detect(family="candidate-ranking")
    assert decision.nearest in known_answers(detect).all_examples


@pytest.mark.parametrize("name", ["dev_answers_fr.yaml", "held_answers_fr.yaml"])
def test_most_banned_answers_are_stopped_and_few_others(
    answer_judge: OutputJudge, name: str
) -> None:
    texts = _yaml(name)
    banned = [text for own in texts["banned"].values() for text in own]
    assert sum(bool(found(answer_judge, text)) for text in banned) / len(banned) >= 0.7
    stopped = [text for text in texts["ordinary"] if found(answer_judge, text)]
    assert len(stopped) / len(texts["ordinary"]) <= 0.06


def test_what_was_learned_can_be_proved_left_out(
    commune: Charter, answer_judge: OutputJudge
) -> None:
    texts = [known_answers(rule.use.detect) for rule in commune.rules]
    banned = [text for own in texts for text in own.all_examples]
    held = sum(bool(answer_judge.judge_left_out("rh", text)) for text in banned)
    assert held / len(banned) >= 0.6


def test_a_charter_s_own_answers_are_enough(commune: Charter, embedder: Embedder) -> None:
    own = (
        "Le mot de passe du coffre est écrit au dos du cadre du bureau de la direction.",
        "Voici le code du coffre de la direction, à ne dire à personne : il est au dos du cadre.",
    )
    judge = OutputJudge(bare(commune.rules[:1], own), embedder)
    assert found(judge, own[0])
    assert not found(judge, "Le congé est de trente jours ouvrables par an, sauf accord.")


@pytest.mark.parametrize("path", sorted(ANSWERS.glob("*.json")), ids=lambda path: path.stem)
def test_the_library_of_answers_is_sound(path: Path) -> None:
    texts = json.loads(path.read_text("utf-8"))
    flat = _flat(texts)
    assert len(flat) == len(set(flat)) >= 140
    assert all(12 <= len(text) <= 260 for text in flat)


def test_no_passage_set_aside_is_in_the_library() -> None:
    known = {
        fold(t) for p in ANSWERS.glob("*.json") for t in _flat(json.loads(p.read_text("utf-8")))
    }
    for name in ("dev_answers_fr.yaml", "held_answers_fr.yaml"):
        texts = [*_flat(_yaml(name)["banned"].values()), *_yaml(name)["ordinary"]]
        assert not known & {fold(text) for text in texts}


def test_the_embedder_reads_each_passage_once(commune: Charter, embedder: Embedder) -> None:
    read: list[str] = []

    class Counting:
        name, digest, dimension = embedder.name, embedder.digest, embedder.dimension

        def embed_queries(self, texts: list[str]) -> Vectors:
            read.extend(texts)
            return embedder.embed_queries(texts)

        embed_passages = embed_queries

    judge = OutputJudge(commune.rules[:1], Counting())  # type: ignore[arg-type]
    read.clear()
    text = "Le congé est de trente jours ouvrables par an, sauf accord plus favorable. " * 8
    found(judge, text)
    assert len(read) <= len(text) / 40 + 1
    assert sum(map(len, read)) <= len(text)


def test_nothing_is_watched_where_the_charter_says_nothing_of_answers(commune: Charter) -> None:
    assert not OutputJudge(bare(commune.rules), NoEmbedder()).watches  # type: ignore[arg-type]
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
