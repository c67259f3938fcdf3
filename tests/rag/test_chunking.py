"""Passages follow the document's own structure and stay small."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag import chunking
from rag.documents import Section, document
from rag.text.length import tokens
from tests.rag.conftest import make_document

LINES = st.lists(st.text(alphabet="abcdé .,;:-\n", max_size=500), min_size=1, max_size=8)


def _article(text: str) -> chunking.Cut:
    section = Section(("Titre",), text, "L3141-3", "https://example.org")
    made = document(
        id="code/1",
        source="code",
        title="Code",
        url="",
        date="",
        licence="",
        sections=(section,),
    )
    return chunking.cut(made)[0]


@given(LINES)
def test_no_passage_is_over_the_bound_and_no_word_is_lost(texts: list[str]) -> None:
    texts = [text for text in texts if text.strip()]
    passages = chunking.cut(make_document("1", *texts))
    assert all(0 < tokens(p.text) <= chunking.ARTICLE_BOUND for p in passages)
    assert "".join("".join(p.text for p in passages).split()) == "".join("".join(texts).split())


def test_an_article_stays_whole_up_to_its_bound() -> None:
    text = "Le salarié a droit à un congé. " * 35
    assert tokens(text) < chunking.ARTICLE_BOUND
    assert _article(text).text == text


def test_a_long_text_is_cut_where_sentences_end() -> None:
    text = " ".join(
        f"La phrase numéro {n} dit quelque chose d'utile au salarié." for n in range(60)
    )
    passages = chunking.cut(make_document("1", text))
    assert len(passages) > 3
    assert all(p.text.endswith("salarié.") for p in passages)


def test_small_sections_under_one_anchor_are_joined_with_their_headings() -> None:
    sections = (
        Section(("Durée", "Ouvriers"), "Deux mois.", "", "u#a"),
        Section(("Durée", "Cadres"), "Quatre mois.", "", "u#a"),
        Section(("Fin",), "Le délai court.", "", "u#b"),
    )
    made = document(
        id="d/1", source="d", title="Essai", url="u", date="", licence="", sections=sections
    )
    first, second = chunking.cut(made)
    assert first.section_path == ("Durée",)
    assert first.text == "Ouvriers :\nDeux mois.\nCadres :\nQuatre mois."
    assert second.url == "u#b"


def test_ids_hang_on_the_content_and_are_unique() -> None:
    one = chunking.cut(make_document("1", "Même texte ici.", "Même texte ici."))
    again = chunking.cut(make_document("1", "Même texte ici.", "Même texte ici."))
    assert [p.id for p in one] == [p.id for p in again]
    assert len({p.id for p in one}) == len(one) == 2
    assert chunking.cut(make_document("1", "Autre texte."))[0].id not in {p.id for p in one}
