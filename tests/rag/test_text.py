"""Words, references, facts, sentences and HTML, as French law and French people write them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.excerpts import excerpt
from rag.text import facts, html, names, polarity, references, sentences, words


@pytest.mark.parametrize(
    "written",
    ["L. 3141-3", "L3141-3", "l. 3141-3", "L.3141-3", "L 3141-3", "L. 3141‑3", "L\u00a03141-3"],
)
def test_a_reference_has_one_form_however_it_is_written(written: str) -> None:
    assert references.find(f"Selon l'article {written} du code du travail") == ["L3141-3"]


def test_starred_and_long_references_are_found_and_addresses_are_not() -> None:
    assert references.find("Les articles R.* 4127-1 et D1221-23-1") == ["R4127-1", "D1221-23-1"]
    assert references.find("12 rue de l 35 ; le lot d 4") == []
    assert references.find("L'article 5 du règlement") == ["5"]


@pytest.mark.parametrize(
    "family",
    [
        "licenciement licencier licencié licenciée licencies",
        "harcèlement harcelée harceler harcelement",
        "congés congé conges",
        "démission démissionner demissionne démissionné",
        "payées payés payé payer paye",
        "indemnité indemnités indemnite",
    ],
)
def test_words_of_a_family_share_a_stem_with_or_without_accents(family: str) -> None:
    assert len(set(words.stems(family))) == 1


@given(st.text())
def test_folding_takes_the_marks_off_and_nothing_else(text: str) -> None:
    lowered = text.lower().replace("œ", "oe").replace("æ", "ae")
    parts = unicodedata.normalize("NFD", lowered)
    assert words.fold(text) == "".join(c for c in parts if not unicodedata.combining(c))


def test_elision_and_stop_words_leave_nothing_behind() -> None:
    assert words.stems("L’employeur qu'il a") == words.stems("employeur")


def test_placeholders_and_words_that_ask_are_taken_out_of_a_query() -> None:
    query = words.query_text("Bonjour, [PERSONNE_1] peut-il savoir combien dure le préavis ?")
    assert "PERSONNE" not in query and "préavis" in query and "savoir" not in query
    assert words.query_text("Que dit l'article L. 3141-3 ?").endswith("L. 3141-3")


def test_abbreviations_and_references_do_not_end_a_sentence() -> None:
    text = "Selon l'art. L. 3141-3, M. Durand a droit à 2,5 jours. C'est la règle. [1] Vraiment !"
    assert sentences.split(text) == [
        "Selon l'art. L. 3141-3, M. Durand a droit à 2,5 jours.",
        "C'est la règle. [1]",
        "Vraiment !",
    ]
    assert sentences.split("1. Premier point\n2. Second point") == [
        "1. Premier point",
        "2. Second point",
    ]


@given(st.text(max_size=400))
def test_sentences_cover_a_text_in_order_and_leave_out_only_blanks(text: str) -> None:
    position, left = 0, ""
    for start, end in sentences.spans(text):
        assert position <= start < end <= len(text)
        left += text[position:start]
        position = end
    assert not (left + text[position:]).strip()


def test_numbers_are_equal_in_figures_and_in_words() -> None:
    offered = facts.offered("deux jours et demi ouvrables ; trente jours ; 1 500,50 € ; 25 %")
    assert {"2.5", "30", "1500.5", "25"} <= offered.numbers
    assert facts.asserted("2,5 jours, 30 jours, 1500,5 euros et 25%").within(offered)
    assert not facts.asserted("cinq semaines").within(offered)
    assert facts.asserted("1. Les deux parties").numbers == frozenset()
    assert facts.asserted("Selon l'article L. 3141-3").numbers == frozenset()


def test_lists_and_tables_stay_readable_in_text() -> None:
    markup = (
        "<p>Le <strong>préavis</strong> :</p><ul><li>un mois</li><li>deux mois</li></ul>"
        "<table><tr><th>Âge</th><th>Taux</th></tr><tr><td>16 ans</td><td>27 %</td></tr></table>"
        "<p>1<sup>er</sup> mai<script>alert(1)</script></p>"
    )
    assert html.text_of(markup).splitlines() == [
        "Le préavis :",
        "- un mois",
        "- deux mois",
        "- 16 ans — Taux : 27 %",
        "1er mai",
    ]


def test_a_table_within_a_table_is_read_once() -> None:
    """Twice at each level would be a million times at the twentieth."""
    inner = "fin"
    for _ in range(20):
        inner = f"<table><tr><td>a)</td><td>{inner}</td></tr></table>"
    assert html.text_of(inner) == "a) " * 20 + "fin"


def test_hostile_html_is_read_without_harm() -> None:
    deep = "<div>" * 5000 + "fond" + "</div>" * 5000
    assert isinstance(html.text_of(deep), str)
    entity = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><p>a &e; b</p>'
    assert "root:" not in html.text_of(entity)


@given(st.text(max_size=600), st.text(max_size=40), st.integers(40, 300))
def test_an_excerpt_fits_its_limit(text: str, query: str, limit: int) -> None:
    assert len(excerpt(text, query, limit)) <= limit


def test_an_excerpt_keeps_the_sentence_that_answers() -> None:
    text = "Rien ici n'aide. " * 20 + "Le préavis dure deux mois. " + "Rien là non plus. " * 20
    assert "Le préavis dure deux mois." in excerpt(text, "durée du préavis", 120)


def test_a_number_counts_with_its_unit() -> None:
    offered = facts.offered("Le préavis est d'un, deux ou trois mois ; il est de 30 jours par an.")
    assert facts.asserted("Il dure un mois, ou 3 mois.").within(offered)
    assert facts.asserted("Il est de 30 jours.").within(offered)
    assert not facts.asserted("Il dure trois semaines.").within(offered)
    assert not facts.asserted("Il est de 30 mois.").within(offered)


def test_a_year_is_twelve_months() -> None:
    assert facts.asserted("12 mois").within(facts.offered("pendant un an"))
    assert facts.asserted("2 ans").within(facts.offered("vingt-quatre mois, soit 24 mois"))
    assert not facts.asserted("2 ans").within(facts.offered("18 mois"))


def test_names_are_told_from_words_that_begin_a_sentence() -> None:
    assert names.proper("Le CSE et l'Urssaf répondent. Ils écrivent à Pôle emploi.") == {
        "cse",
        "urssaf",
        "pole",
    }
    assert names.proper("Selon le Code du travail, Madame, c'est dû.") == frozenset()


@pytest.mark.parametrize(
    ("sentence", "denies"),
    [
        ("L'employeur ne peut pas licencier.", True),
        ("L'employeur ne peut, dans ces matières, décider seul.", True),
        ("Il est interdit de licencier.", True),
        ("Aucun salarié ne peut être puni.", True),
        ("An employee may not be dismissed.", True),
        ("Il ne peut être licencié que pour une faute.", False),
        ("Le salarié qui n'a pas été déclaré a droit à une indemnité.", False),
        ("Si l'employeur n'a pas répondu, le salarié peut le saisir.", False),
        ("Le congé est de trente jours.", False),
    ],
)
def test_a_sentence_denies_in_its_main_clause(sentence: str, denies: bool) -> None:
    assert polarity.denies(sentence) is denies


def test_english_is_told_by_its_small_words() -> None:
    assert words.is_english("The trial period is two months for the workers.")
    assert not words.is_english("La période d'essai est de deux mois.")
    assert not words.is_english("")
