"""The sentence that answers is found in the passages, and given with what makes it readable."""

from __future__ import annotations

from rag.extraction import SentenceExtractor
from rag.protocol import Extract, Hit, Retrieval
from rag.text import words
from tests.rag.conftest import BagEmbedder, make_passage

CUT = make_passage(
    "Le salarié prévient son employeur. La durée du préavis est de deux mois pour un cadre. "
    "Elle ne peut être imposée."
)
LIST = make_passage(
    "Le contrat est écrit.\nLe préavis est de :\n- un mois, employé ;\n- trois, cadre."
)


def extract(question: str, *texts: object) -> Extract | None:
    hits = tuple(Hit(each, 1.0, 1, 1) for each in texts)  # type: ignore[arg-type]
    asked = dict.fromkeys(words.stems(words.query_text(question)), 1.0)
    found = Retrieval(hits, 10, 1.0, 0.9, weak=False, asked=asked)
    return SentenceExtractor(BagEmbedder()).extract(question, found, [hit.passage for hit in hits])


def test_the_sentence_of_the_question_is_chosen() -> None:
    found = extract("Quelle est la durée du préavis d'un cadre ?", CUT)
    assert found is not None
    assert found.text == "La durée du préavis est de deux mois pour un cadre."
    assert CUT.text[found.start : found.end] == found.text


def test_a_line_that_announces_a_list_comes_with_it() -> None:
    found = extract("De combien est le préavis ?", LIST)
    assert found is not None
    assert found.text == "Le préavis est de :\n- un mois, employé ;\n- trois, cadre."


def test_the_unit_that_is_asked_for_counts_more_than_the_words() -> None:
    passage = make_passage(
        "Le congé de maternité de la salariée est fixé par l'article 12. "
        "Sa durée est de seize semaines."
    )
    found = extract("Combien de semaines dure le congé de maternité de la salariée ?", passage)
    assert found is not None
    assert found.text == "Sa durée est de seize semaines."


def test_without_a_sentence_there_is_no_extract() -> None:
    assert extract("préavis", make_passage("Oui.")) is None
