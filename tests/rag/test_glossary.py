"""Everyday words are explained in the sources' words: those shipped, and an organisation's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from rag import glossary
from rag.errors import GlossaryError
from rag.fulltext import FullTextIndex
from rag.retrieval import HybridRetriever, in_full
from rag.store import Store
from rag.text.vocabulary import Vocabulary
from tests.rag.conftest import make_document
from web.i18n import translations


def _own(folder: Path, text: str) -> Path:
    path = folder / "glossary.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_glossary_holds_and_explains_in_the_words_of_the_law() -> None:
    shipped = glossary.shipped()
    assert len(shipped) > 750
    assert shipped.meanings("Mon CDD finit") == ["contrat durée déterminée"]
    assert any("supplémentaires" in meaning for meaning in shipped.meanings("mes heures sup"))
    assert shipped.meanings("la lettre du texte") == []


def test_capitals_accents_and_plurals_do_not_count() -> None:
    words = Vocabulary({"Boîte d'intérim": "entreprise travail temporaire", "RTT": "réduction"})
    assert words.meanings("les boites d'interim") == ["entreprise travail temporaire"]
    assert words.meanings("mes rtt") == words.meanings("mes RTT") == ["réduction"]


@pytest.mark.parametrize(
    ("question", "met"),
    [
        ("Qui élit le CE ?", True),
        ("Est-ce que ce délai court ?", False),
        ("EST-CE QUE CE DELAI COURT ?", False),
        ("What ARE the rules?", True),
        ("What are the rules?", False),
        ("ARE", True),
    ],
)
def test_an_acronym_that_is_a_common_word_is_met_in_capitals(question: str, met: bool) -> None:
    words = Vocabulary({"CE": "comité", "are": "allocation"})
    assert bool(words.meanings(question)) is met


def test_an_organisation_adds_its_words_and_says_others_otherwise(tmp_path: Path) -> None:
    path = _own(tmp_path, "DGS: direction générale des services\nCP: code postal\n")
    words = glossary.vocabulary(path)
    assert words.meanings("la dgs") == ["direction générale des services"]
    assert words.meanings("mes CP") == ["code postal"]
    assert glossary.shipped().meanings("mes CP") == ["congés payés"]
    assert words.meanings("un CDD") == ["contrat durée déterminée"]


def test_a_document_is_found_by_what_an_acronym_means(engine: Engine, tmp_path: Path) -> None:
    store, fulltext = Store(engine), FullTextIndex(tmp_path / "ft")
    documents = [
        make_document("1", "La direction générale des services accorde le télétravail."),
        make_document("2", "Le maire accorde les subventions."),
    ]
    fulltext.update(store.write(documents, [], 1).added)
    path = _own(tmp_path, "DGS: direction générale des services\n")
    words = glossary.vocabulary(path)
    assert HybridRetriever(store, fulltext).search("DGS").hits == ()
    found = HybridRetriever(store, fulltext, vocabulary=words).search("DGS").hits
    assert [hit.passage.document_id for hit in found] == ["demo/1"]


def test_what_is_embedded_says_the_meanings_too() -> None:
    assert in_full("mes CP", ["congés payés"]) == "mes CP (congés payés)"
    assert in_full("mes congés", []) == "mes congés"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("CP: congés payés\nRTT: 35\n", 2, "quotation marks"),
        ("CP: congés payés\n35: heures\n", 2, "quotation marks"),
        ("a: b\n\n'...': rien\n", 3, "between one and eight words"),
        ("one two three four five six seven eight nine: x\n", 1, "between one and eight words"),
        ("CP:\n", 1, "quotation marks"),
        ("CP: '!'\n", 1, "1 to 200"),
        (f"a: b\nCP: {'mot ' * 60}\n", 2, "1 to 200"),
        ("contrat: écrit\nRTT: réduction\ncontrats: x\n", 3, "another meaning"),
        ("CP: congés payés\nCP: code postal\n", 2, "twice"),
        ("RTT: réduction\nrtt: repos\n", 2, "another meaning"),
        ("CP: [congés, payés]\n", 1, "quotation marks"),
        ("- CP\n- RTT\n", 1, "word: meaning"),
        ("a: b\nCP: congés: payés\n", 2, "not valid YAML"),
        ("a: &x [1]\nb: *y\n", 2, "not valid YAML"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(GlossaryError) as told:
        glossary.load(_own(tmp_path, text))
    assert told.value.params["line"] == line
    assert said in str(told.value)
    assert translations("fr").gettext(told.value.message_id) != told.value.message_id


def test_what_is_no_glossary_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GlossaryError, match="cannot be read"):
        glossary.load(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GlossaryError, match="cannot be read"):
        glossary.load(tmp_path / "bytes.yaml")
    with pytest.raises(GlossaryError, match="at most"):
        glossary.load(_own(tmp_path, "a" * (glossary.MAX_BYTES + 1)))
    with pytest.raises(GlossaryError, match="not valid YAML"):
        glossary.load(_own(tmp_path, "[" * 100_000))
    many = "".join(f"mot{n}x: sens\n" for n in range(glossary.MAX_ENTRIES + 1))
    with pytest.raises(GlossaryError, match="at most"):
        glossary.load(_own(tmp_path, many))


def test_an_empty_glossary_says_nothing(tmp_path: Path) -> None:
    assert glossary.load(_own(tmp_path, "# rien encore\n")) == {}
    assert Vocabulary({}).meanings("un CDD") == []


@given(st.text(max_size=200))
def test_any_question_is_read(question: str) -> None:
    meanings = glossary.shipped().meanings(question)
    assert len(meanings) == len(set(meanings))
