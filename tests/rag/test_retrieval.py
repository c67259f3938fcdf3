"""The passages that answer come first, once each, from the sources that were asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from models.reranker import CrossEncoderReranker
from rag.connectors.read import read
from rag.documents import Document, Section, document
from rag.filler import embedded_text
from rag.fulltext import FullTextIndex
from rag.known import KnownQuestions
from rag.protocol import KnownQuestion, Passage
from rag.ranking import Found, within
from rag.retrieval import HybridRetriever, Semantic
from rag.sources import load_sources
from rag.store import Store
from rag.sync import sync
from rag.text import asks
from rag.vectors import VectorIndex
from tests.cross_encoder import build_cross_encoder
from tests.rag.conftest import BagEmbedder, make_document, make_passage


def _article(number: str, text: str) -> Document:
    return document(
        id=f"code/{number}",
        source="code",
        title=f"Code du travail, article {number}",
        url=f"https://example.org/{number}",
        date="2020-01-01",
        licence="Licence Ouverte 2.0",
        sections=(Section(("Titre I : Congés", f"Section {number}"), text, number, ""),),
    )


@pytest.fixture
def retriever(engine: Engine, tmp_path: Path) -> HybridRetriever:
    store, fulltext = Store(engine), FullTextIndex(tmp_path / "ft")
    documents = [
        make_document("1", "Le préavis de démission dure un mois.", title="La démission"),
        make_document("2", "Le préavis de licenciement dure deux mois.", title="Le licenciement"),
        make_document("3", *[f"Le congé {n} est accordé au salarié {n}." for n in "abcdef"]),
        make_document("4", "Le préavis de démission dure un mois."),
        _article("L3141-3", "Le salarié a droit à deux jours et demi de congé par mois."),
        _article("L3141-4", "Sont assimilées à un mois les périodes de quatre semaines."),
    ]
    fulltext.update(store.write(documents, [], 1).added)
    return HybridRetriever(store, fulltext)


def _found(retriever: HybridRetriever, query: str, **options: object) -> list[str]:
    found = retriever.search(query, **options)  # type: ignore[arg-type]
    return [hit.passage.document_id for hit in found.hits]


def test_the_document_whose_matter_is_asked_comes_first(retriever: HybridRetriever) -> None:
    assert _found(retriever, "Quel préavis si je demissionne ?")[0] in ("demo/1", "demo/4")


def test_two_passages_that_say_the_same_are_shown_once(retriever: HybridRetriever) -> None:
    found = _found(retriever, "préavis démission")
    assert len({"demo/1", "demo/4"} & set(found)) == 1


def test_an_article_that_is_named_comes_first(retriever: HybridRetriever) -> None:
    for query in ("Que dit l'article L. 3141-4 ?", "L3141-4 congé", "l 3141-4"):
        assert _found(retriever, query)[0] == "code/L3141-4"


def test_an_article_that_no_source_speaks_of_is_answered_by_none(
    retriever: HybridRetriever,
) -> None:
    asked = "Quel est le préavis de démission selon l'article {} ?"
    assert not retriever.search(asked.format("L. 3141-4")).weak
    assert retriever.search(asked.format("L. 9999-1")).weak
    assert not retriever.search("Quel est le préavis de démission ?").weak


def test_one_document_does_not_take_all_the_places(retriever: HybridRetriever) -> None:
    found = _found(retriever, "congé accordé au salarié", limit=3)
    assert len(set(found)) > 1


def test_a_follow_up_is_searched_with_what_it_leans_on(retriever: HybridRetriever) -> None:
    asked = "Quel préavis si je démissionne ?"
    found = retriever.search("Et sans préavis ?", earlier=[asked]).hits
    assert found[0].passage.document_id in ("demo/1", "demo/4")


def test_a_question_of_another_matter_is_known_to_find_little(retriever: HybridRetriever) -> None:
    near = retriever.search("Quel est le préavis de démission ?")
    far = retriever.search("Quelle est la hauteur de la tour de préavis à Toulouse en Espagne ?")
    assert near.confidence > far.confidence
    assert far.weak


def test_only_the_sources_that_were_asked_are_searched(retriever: HybridRetriever) -> None:
    only = frozenset({"code"})
    assert all(d.startswith("code/") for d in _found(retriever, "préavis congé", sources=only))
    assert retriever.search("congé", sources=only).searched == 2
    assert retriever.search("congé", sources=frozenset()).hits == ()
    assert retriever.count() == retriever.count(frozenset({"code", "demo"}))
    assert _found(retriever, "Que dit L3141-3 ?", sources=frozenset({"demo"})).count("code") == 0


def test_a_misspelt_word_still_finds(retriever: HybridRetriever) -> None:
    assert _found(retriever, "lisenciement")[0] == "demo/2"


def test_placeholders_are_not_searched(retriever: HybridRetriever) -> None:
    assert retriever.search("[PERSONNE_1] [NIR_1]").hits == ()


def test_a_passage_is_found_again_by_its_id(retriever: HybridRetriever) -> None:
    passage = retriever.search("préavis").hits[0].passage
    assert retriever.passage(passage.id) == passage
    assert retriever.passage("unknown") is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(query=st.text(max_size=80), limit=st.integers(0, 8))
def test_any_query_gives_at_most_what_was_asked_without_repeats(
    retriever: HybridRetriever, query: str, limit: int
) -> None:
    found = retriever.search(query, limit=limit)
    ids = [hit.passage.id for hit in found.hits]
    assert len(ids) == len(set(ids)) <= limit


def test_the_real_fiches_answer_the_questions(
    downloads: Path, engine: Engine, tmp_path: Path
) -> None:
    """At least 16 of 20 in five passages by full text alone; bench/rag.py adds the codes."""
    from bench.rag import evaluate
    from bench.rag_sets import Query, easy_questions, labour_key

    store, fulltext = Store(engine), FullTextIndex(tmp_path / "ft")
    source = next(s for s in load_sources() if s.id == "fiches-travail")
    report = sync(source, store, fulltext, downloads, reader=read)
    assert report.problems == () and report.passages > 5_000
    retriever = HybridRetriever(store, fulltext, weights={source.id: source.weight})
    found = {
        question.id: evaluate(retriever, [Query(question.text, question.answers)], labour_key).hit5
        for question in easy_questions()
    }
    assert len(found) == 20
    missed = [name for name, hit in found.items() if not hit]
    assert sum(found.values()) >= 16, missed


def test_a_reranker_orders_the_first_passages_and_no_others(engine: Engine, tmp_path: Path) -> None:
    store, fulltext = Store(engine), FullTextIndex(tmp_path / "ft")
    subjects = ("la paie", "le repos", "un enfant", "le deuil", "la grève", "un stage", "la nuit")
    documents = [
        make_document(str(n), f"Les congés et {subject} : {subject * n}.")
        for n, subject in enumerate(subjects, start=1)
    ]
    documents.append(_article("L3141-3", "Le salarié a droit à deux jours et demi de congés."))
    fulltext.update(store.write(documents, [], 1).added)
    reranker = CrossEncoderReranker(build_cross_encoder(tmp_path / "tiny"))
    query = "congés, selon L. 3141-3"
    plain = [hit.passage for hit in HybridRetriever(store, fulltext).search(query, limit=8).hits]
    assert len(plain) == 8 and plain[0].reference == "L3141-3"

    def again(reranked: int, limit: int) -> list[str]:
        retriever = HybridRetriever(store, fulltext, reranker=reranker, reranked=reranked)
        return [hit.passage.id for hit in retriever.search(query, limit=limit).hits]

    def by_score(passages: list[Passage]) -> list[str]:
        scores = reranker.scores(query, [embedded_text(passage) for passage in passages])
        return [p.id for _, p in sorted(zip(scores, passages, strict=True), key=lambda x: -x[0])]

    ids = [passage.id for passage in plain]
    whole = [ids[0], *by_score(plain[1:])]
    assert whole != ids, "the model must disagree, or nothing is seen here"
    assert again(20, 8) == whole  # fewer passages than it might read
    assert again(20, 3) == whole[:3]  # what it puts first comes from beyond the limit
    assert again(4, 8) == [ids[0], *by_score(plain[1:4]), *ids[4:]]
    nothing = HybridRetriever(store, fulltext, reranker=reranker).search("xylophone")
    assert nothing.hits == ()


def test_of_a_page_the_passage_that_counts_in_the_unit_asked_for_comes_first() -> None:
    who = make_passage("Le congé de maternité est ouvert à la salariée.")
    long = make_passage("Sa durée est de seize semaines.")
    found = Found({who.id: 2.0, long.id: 1.7}, {}, 0.0, {"demo/1": 2})
    weeks = asks.wanted("Combien de semaines dure le congé de maternité ?")
    assert within(weeks, [who, long], found) == [long, who]
    someone = asks.wanted("Qui a droit au congé de maternité ?")
    assert within(someone, [who, long], found) == [who, long]


def test_a_question_in_other_words_finds_the_passage_that_is_known_to_answer_it(
    engine: Engine, tmp_path: Path
) -> None:
    store, fulltext, embedder = Store(engine), FullTextIndex(tmp_path / "ft"), BagEmbedder()
    documents = [
        make_document("1", "Le préavis de démission dure un mois."),
        make_document("2", "L'abandon de poste vaut rupture.", source="other"),
    ]
    added = store.write(documents, [], 1).added
    fulltext.update(added)
    of = {passage.source: passage for passage in added}
    questions = (
        KnownQuestion(of["other"].id, 1, 1, "Que risque celui qui ne revient plus travailler ?"),
        KnownQuestion("0" * 24, 1, 1, "Que risque celui qui ne revient plus au bureau ?"),
    )
    vectors = embedder.embed_questions([question.text for question in questions])
    index = VectorIndex(VectorIndex.client(tmp_path / "vectors"), embedder.digest)
    retriever = HybridRetriever(
        store,
        fulltext,
        Semantic(index, embedder),
        known=KnownQuestions(questions, np.eye(64, dtype=np.float32), vectors),
    )
    asked = "que risque-t-on si l'on ne revient plus travailler"
    (hit, *_) = retriever.search(asked).hits
    assert hit.passage == of["other"]
    assert hit.alike[0].question == questions[0], "a passage that is no more is left out"
    assert all(
        hit.passage.source == "demo"
        for hit in retriever.search(asked, sources=frozenset({"demo"})).hits
    )
    without = HybridRetriever(store, fulltext, Semantic(index, embedder))
    assert not without.search(asked).hits


def test_of_a_page_that_was_found_the_passage_that_answers_comes_first_found_or_not(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index finds the passage of the question's words; another of its page answers."""
    monkeypatch.setattr("rag.retrieval.WORDS", 1)
    monkeypatch.setattr("rag.retrieval.ALIKE", 1)
    store, fulltext, embedder = Store(engine), FullTextIndex(tmp_path / "ft"), BagEmbedder()
    documents = [
        make_document("1", "Le préavis du cadre.", "Il dure trois mois.", title="La démission"),
        make_document("2", "Un logement de fonction se rend."),
    ]
    added = store.write(documents, [], 1).added
    fulltext.update(added)
    about, answers, other = added
    questions = (
        KnownQuestion(answers.id, 1, 1, "Combien de temps un cadre reste-t-il ?"),
        KnownQuestion(other.id, 1, 1, "Combien de temps un cadre reste-t-il logé ?"),
    )
    vectors = embedder.embed_questions([question.text for question in questions])
    index = VectorIndex(VectorIndex.client(tmp_path / "vectors"), embedder.digest)
    asked = "préavis : combien de temps un cadre reste-t-il logé"

    def found(known: KnownQuestions) -> list[Passage]:
        retriever = HybridRetriever(store, fulltext, Semantic(index, embedder), known=known)
        return [hit.passage for hit in retriever.search(asked).hits if hit.passage != other]

    assert found(KnownQuestions((), np.eye(64, dtype=np.float32), vectors[:0])) == [about]
    assert found(KnownQuestions(questions, np.eye(64, dtype=np.float32), vectors))[0] == answers
    monkeypatch.setattr("rag.retrieval.LONG", 1)
    assert found(KnownQuestions(questions, np.eye(64, dtype=np.float32), vectors)) == [about]
