"""No figure, date or article of an answer is shown that no source holds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.gate import MAX_HELD, SourceGate
from tests.rag.conftest import make_passage

NOTICE = "[…]"
SOURCE = make_passage(
    "Le salarié a droit à deux jours et demi ouvrables de congé par mois, soit 30 jours par an.",
    reference="L3141-3",
)
TRUE = "Le congé est de 2,5 jours par mois (article L. 3141-3). "
FALSE = "Il est de 4 jours après 1999. "


def gate(question: str = "") -> SourceGate:
    return SourceGate([SOURCE], question, NOTICE)


def through(one: SourceGate, *pieces: str) -> str:
    return "".join(map(one.feed, pieces)) + one.flush()


def test_what_the_sources_hold_passes_unchanged() -> None:
    assert through(gate(), TRUE) == TRUE


def test_a_figure_of_no_source_is_withheld_and_counted() -> None:
    one = gate()
    assert through(one, TRUE + FALSE + "C'est la loi.") == f"{TRUE}{NOTICE} C'est la loi."
    assert one.withheld == 1


def test_an_article_of_no_source_is_withheld() -> None:
    assert through(gate(), "Voyez l'article L. 1234-5 du code.") == NOTICE


def test_what_the_person_said_may_be_said_again() -> None:
    said = "Avec 8 ans d'ancienneté, vous avez droit à 30 jours."
    assert through(gate(), said) == NOTICE
    assert through(gate("J'ai 8 ans d'ancienneté, et mes congés ?"), said) == said


def test_several_sentences_withheld_are_said_once() -> None:
    one = gate()
    assert through(one, FALSE + FALSE + TRUE) == f"{NOTICE} {TRUE}"
    assert one.withheld == 2


def test_a_citation_is_no_figure() -> None:
    assert through(gate(), "Le congé est de 30 jours [7].") == "Le congé est de 30 jours [7]."


def test_a_text_without_an_end_is_not_held_for_ever() -> None:
    one = gate()
    assert one.feed("mot " * MAX_HELD)


def supporting(said: str) -> SourceGate:
    def supports(sentence: str) -> bool | None:
        return None if "Bonjour" in sentence or "?" in sentence else said in sentence

    return SourceGate([SOURCE], "", NOTICE, supports)


def test_nothing_passes_before_a_sentence_that_a_passage_supports() -> None:
    one = supporting("2,5 jours")
    assert one.feed("Bonjour. ") == ""
    assert one.feed(TRUE + "C'est la loi.") == f"Bonjour. {TRUE}".rstrip()
    assert one.flush() == " C'est la loi."
    assert not one.silent


def test_where_no_sentence_is_supported_none_is_shown() -> None:
    one = supporting("une autre matière")
    assert through(one, "Bonjour. " + TRUE + FALSE) == ""
    assert one.silent
    assert one.withheld == 1


def test_the_question_is_not_said_again_before_its_answer() -> None:
    one = supporting("2,5 jours")
    assert through(one, "Combien de jours de congé ? " + TRUE) == " " + TRUE
    assert through(supporting("2,5 jours"), TRUE + "Et ensuite ?") == TRUE + "Et ensuite ?"


def test_what_follows_a_sentence_that_no_passage_supports_is_not_shown() -> None:
    one = supporting("2,5 jours")
    assert through(one, "Bonjour. Oui, c'est permis. " + TRUE) == ""
    assert one.silent


def test_what_follows_a_sentence_that_is_withheld_first_is_not_shown() -> None:
    one = supporting("2,5 jours")
    assert through(one, FALSE + TRUE) == ""
    assert one.silent


def test_a_sentence_that_is_withheld_supports_nothing() -> None:
    one = supporting("4 jours")
    assert through(one, FALSE) == ""
    assert one.silent


@given(
    st.lists(st.sampled_from([TRUE, FALSE, "Bonjour. ", "- point\n", "2° autre ; ", "\n\n"])),
    st.data(),
)
def test_where_the_stream_is_cut_changes_nothing(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert through(gate(), *pieces) == through(gate(), text)
