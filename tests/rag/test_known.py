"""Known questions find their passage, and are taken only where they are right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.catalogue import load_catalogue
from models.embedders import build_embedder
from rag import known
from rag.chunking import cut
from rag.connectors.read import read
from rag.documents import Document
from rag.extraction import SentenceExtractor
from rag.known import Beside, DamagedQuestions, KnownQuestions
from rag.protocol import Alike, Extract, Hit, KnownQuestion, Retrieval
from rag.sources import load_sources
from rag.text import words
from tests.rag.conftest import BagEmbedder, make_passage

QUESTIONS = (
    KnownQuestion("a", 1, 1, "Combien de jours de congé pour un déménagement ?"),
    KnownQuestion("a", 0, 0, "Qui accorde un congé pour déménager ?"),
    KnownQuestion("b", 2, 3, "Quand faut-il prévenir son employeur d'une grossesse ?"),
    KnownQuestion("c", 1, 2, "Peut-on refuser une heure supplémentaire ?"),
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The vectors and the questions, as written."""
    questions = tmp_path / "known.csv"
    lines = [f'{q.passage},{q.first},{q.last},"{q.text}"' for q in QUESTIONS]
    questions.write_text("\n".join(["passage,first,last,question", *lines]), encoding="utf-8")
    path = tmp_path / "known.npz"
    vectors = BagEmbedder().embed_questions([question.text for question in QUESTIONS])
    known.write("bag", np.eye(64, dtype=np.float32), vectors, path, questions)
    return path, questions


@pytest.fixture
def held(files: tuple[Path, Path]) -> KnownQuestions:
    return known.load("bag", *files)


def beside(held: KnownQuestions, question: str, limit: int) -> Beside:
    return held.beside(BagEmbedder().embed_questions([question])[0], limit)


def asked(held: KnownQuestions, question: str, limit: int = 3) -> dict[str, tuple[Alike, ...]]:
    return beside(held, question, limit).nearest


def test_what_was_written_is_read_again(held: KnownQuestions) -> None:
    assert held.questions == QUESTIONS
    assert np.allclose(np.linalg.norm(held.vectors, axis=1), 1.0, atol=1e-6)


def test_the_passage_of_the_likest_question_comes_first(held: KnownQuestions) -> None:
    found = asked(held, "jours de congé pour un déménagement")
    assert next(iter(found)) == "a"
    assert found["a"][0].question == QUESTIONS[0]
    assert found["a"][0].likeness > 0.9
    likenesses = [each.likeness for each in found["a"]]
    assert likenesses == sorted(likenesses, reverse=True)
    assert list(asked(held, "refuser une heure supplémentaire", limit=1)) == ["c"]


def test_how_far_a_question_is_ahead_is_told(held: KnownQuestions) -> None:
    found = asked(held, "prévenir l'employeur d'une grossesse")
    last = min(alike[0].likeness for alike in found.values())
    assert found["b"][0].ahead == pytest.approx(found["b"][0].likeness - last)


def test_a_passage_s_questions_are_told_also_where_others_have_likelier_ones(
    held: KnownQuestions,
) -> None:
    found = beside(held, "refuser une heure supplémentaire", limit=1)
    assert list(found.nearest) == ["c"]
    told = found.of(["a", "of another version"])
    assert list(told) == ["a"]
    assert {each.question for each in told["a"]} <= set(QUESTIONS[:2])
    assert told["a"][0].likeness == max(each.likeness for each in told["a"])
    assert told["a"][0].likeness < found.nearest["c"][0].likeness


def test_those_of_another_embedder_are_not_taken(files: tuple[Path, Path]) -> None:
    path, questions = files
    assert not known.load("another", path, questions).questions
    assert not known.load("bag", path.with_name("absent.npz"), questions).questions
    nothing = known.NONE.beside(np.ones(64, dtype=np.float32), 3)
    assert nothing.nearest == {} and nothing.of(["a"]) == {}


def test_questions_that_were_changed_since_are_refused(files: tuple[Path, Path]) -> None:
    path, questions = files
    questions.write_text(questions.read_text("utf-8").replace("refuser", "accepter"), "utf-8")
    with pytest.raises(DamagedQuestions):
        known.load("bag", path, questions)


def test_damaged_vectors_are_refused(files: tuple[Path, Path]) -> None:
    path, questions = files
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DamagedQuestions):
        known.load("bag", path, questions)


@pytest.mark.parametrize("line", ["a,1", "a,un,1,Quoi ?", "a,1,x,Quoi ?"])
def test_a_line_that_is_no_question_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "known.csv"
    path.write_text(f"passage,first,last,question\n{line}\n", encoding="utf-8")
    with pytest.raises(DamagedQuestions):
        known.read(path)


def test_those_that_come_with_the_code_are_whole() -> None:
    questions = known.read()
    assert len(questions) > 10_000
    assert all(0 <= q.first <= q.last and len(q.text) > 4 for q in questions)
    assert all((q.first == 0) == (q.last == 0) for q in questions)
    written = [(question.passage, question.text.casefold()) for question in questions]
    assert len(set(written)) == len(written), "none is there twice"


def test_their_vectors_are_those_of_the_default_embedder(tmp_path: Path) -> None:
    """If not: python -m bench.ship_known"""
    entry = load_catalogue(tmp_path)["multilingual-e5-small-4bit"]
    embedder = build_embedder(entry, tmp_path)
    assert known.load(embedder.questions_digest).questions == known.read()


def test_they_hang_on_the_passages_of_the_pinned_fiches(downloads: Path) -> None:
    """If not, the fiches have a new version, or are cut otherwise: questions are to be written."""
    answered = {question.passage for question in known.read()}
    source = next(each for each in load_sources() if each.id == "fiches-travail")
    items = [item for item in read(source, downloads, {}) if isinstance(item, Document)]
    passages = {passage.id for item in items for passage in cut(item)}
    assert len(passages & answered) > 0.9 * len(passages)


TWO = make_passage("Le salarié prévient son employeur. Il garde son salaire pendant trois jours.")


def shown(question: str, alike: KnownQuestion, text: str = TWO.text) -> Extract | None:
    """What is extracted where ``alike`` is as good as the question."""
    hit = Hit(TWO, 1.0, 1, 1, (Alike(alike, 0.95, 0.3),))
    weights = dict.fromkeys(words.stems(words.query_text(question)), 1.0)
    found = Retrieval((hit,), 10, 1.0, 0.9, weak=False, asked=weights)
    passage = make_passage(text)
    return SentenceExtractor(BagEmbedder()).extract(question, found, [passage])


def test_the_sentences_that_are_known_to_answer_are_taken() -> None:
    question = KnownQuestion(TWO.id, 2, 2, "Est-on payé quand on se marie ?")
    found = shown("Est-ce que je suis payé quand je me marie ?", question)
    assert found is not None
    assert found.text == "Il garde son salaire pendant trois jours."
    assert found.known == question.text


def test_sentences_are_not_taken_from_a_text_that_is_shown_otherwise() -> None:
    question = KnownQuestion(TWO.id, 2, 2, "Faut-il prévenir son employeur ?")
    found = shown(
        "Le salarié prévient-il son employeur ?", question, TWO.text[:34] + " Rien d'autre."
    )
    assert found is not None
    assert found.known == ""
    beyond = KnownQuestion(TWO.id, 7, 9, "Faut-il prévenir son employeur ?")
    found = shown("Le salarié prévient-il son employeur ?", beyond)
    assert found is not None and found.known == ""


def test_a_question_of_one_year_is_answered_by_nothing_of_another() -> None:
    asked_of = "Est-ce que je suis payé quand je me marie en 2031 ?"
    found = shown(asked_of, KnownQuestion(TWO.id, 2, 2, asked_of))
    assert found is not None and not found.sure
