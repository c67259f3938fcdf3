"""An answer is only as good as what its sources say: the checker finds, mends and marks."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.catalogue import load_catalogue
from models.embedders import build_embedder
from rag.citations import PassageCitationChecker, without_citations
from rag.text import sentences
from rag.text.vocabulary import Vocabulary
from tests.rag.conftest import make_passage

LEAVE = make_passage(
    "Le salarié a droit à un congé de deux jours et demi ouvrables par mois de travail effectif "
    "chez le même employeur.\nLa durée totale du congé exigible ne peut excéder trente jours "
    "ouvrables.",
    title="Code du travail, article L3141-3",
    reference="L3141-3",
)
NOTICE = make_passage(
    "En cas de démission, l'existence et la durée du préavis sont fixées par la loi, ou par "
    "convention ou accord collectif de travail.",
    title="La démission",
)
PASSAGES = [LEAVE, NOTICE]
OWN = make_passage(
    "En cas de démission, la durée du préavis est fixée par la loi, puis par la direction de l'eau "
    "et le comité social et économique.",
    title="Le préavis",
)
CHECKER = PassageCitationChecker()


def _only(answer: str) -> tuple[str, str, tuple[int, ...]]:
    grounding = CHECKER.read(PASSAGES).check(answer)
    (sentence,) = grounding.sentences
    return grounding.text, sentence.support, sentence.citations


def test_a_forgotten_citation_is_added_before_the_full_stop() -> None:
    text, support, cited = _only("Le salarié acquiert 2,5 jours ouvrables de congé par mois.")
    assert text == "Le salarié acquiert 2,5 jours ouvrables de congé par mois [1]."
    assert (support, cited) == ("corrected", (1,))


def test_a_right_citation_stays() -> None:
    text, support, _ = _only("La durée du préavis de démission est fixée par la loi [2].")
    assert text == "La durée du préavis de démission est fixée par la loi [2]."
    assert support == "supported"


def test_a_citation_of_the_wrong_passage_or_of_none_is_replaced() -> None:
    for wrong in ("[1]", "[7]", "[1, 7]", "[Source 1]", "[1](https://exemple.invalid/x)"):
        text, support, cited = _only(
            f"La durée du préavis de démission est fixée par la loi {wrong}."
        )
        assert text == "La durée du préavis de démission est fixée par la loi [2]."
        assert (support, cited) == ("corrected", (2,))


def test_a_number_that_no_passage_gives_is_not_supported() -> None:
    text, support, cited = _only("Le salarié a droit à 3 jours ouvrables de congé par mois [1].")
    assert text == "Le salarié a droit à 3 jours ouvrables de congé par mois."
    assert (support, cited) == ("unsupported", ())


def test_a_number_from_another_passage_does_not_lend_its_support() -> None:
    assert _only("Le préavis de démission est de trente jours.")[1] == "unsupported"


def test_an_article_that_no_passage_names_is_not_supported() -> None:
    assert _only("L'article L. 3141-3 donne droit à un congé par mois de travail.")[2] == (1,)
    assert _only("L'article L. 9999-1 donne droit à un congé par mois.")[1] == "unsupported"


def test_what_states_nothing_is_not_judged() -> None:
    answer = (
        "Bonjour,\n\n## Congés\n**À retenir :**\n"
        "N'hésitez pas à me demander d'autres précisions !\n"
        "Souhaitez-vous un exemple de lettre de démission ?\n"
        "Les sources ne répondent pas à cette question sur le préavis."
    )
    grounding = CHECKER.read(PASSAGES).check(answer)
    assert {s.support for s in grounding.sentences} == {"not_factual"}
    assert grounding.text == answer and grounding.score is None and grounding.cited == ()


def test_each_item_of_a_list_is_judged_on_its_own() -> None:
    grounding = CHECKER.read(PASSAGES).check(
        "- 2,5 jours ouvrables par mois de travail ;\n- une prime de 4 500 euros."
    )
    assert [s.support for s in grounding.sentences] == ["corrected", "unsupported"]
    assert grounding.text.startswith("- 2,5 jours ouvrables par mois de travail [1] ;")
    assert grounding.score == 0.5


def test_placeholders_and_code_are_left_alone() -> None:
    answer = "Madame [PERSONNE_1], voici :\n```\nx = a[1]\n```"
    assert "[PERSONNE_1]" in CHECKER.read(PASSAGES).check(answer).text


def test_a_true_sentence_without_the_figure_that_is_asked_for_answers_nothing() -> None:
    sentence = "Le salarié a droit à un congé chez le même employeur."
    assert CHECKER.read(PASSAGES, "Le salarié a-t-il droit à un congé payé ?").supports(sentence)
    asked = CHECKER.read(PASSAGES, "À combien de jours de congé a-t-on droit ?")
    assert not asked.supports(sentence)
    assert (
        asked.check(sentence).sentences[0].support == "corrected"
    )  # true, and cited, all the same
    assert asked.supports("Le salarié a droit à deux jours et demi ouvrables de congé par mois.")


def test_without_passages_nothing_is_supported_and_nothing_fails() -> None:
    grounding = CHECKER.read([]).check("Le préavis de démission dure deux mois [1].")
    assert grounding.text == "Le préavis de démission dure deux mois."
    assert grounding.score == 0.0


def test_a_name_must_be_in_the_passage_or_in_the_question() -> None:
    said = "L'existence et la durée du préavis de démission sont fixées par la Sécurité sociale."
    assert _only(said)[1] == "unsupported"
    known = CHECKER.read(PASSAGES, "La Sécurité sociale fixe-t-elle le préavis ?").check(said)
    assert known.sentences[0].support == "corrected"


def test_an_acronym_stands_where_the_passage_says_what_it_means() -> None:
    said = "En cas de démission, la durée du préavis est fixée par {}."
    assert CHECKER.read([OWN]).supports(said.format("la loi"))
    for acronym, own, stands in (("DGS", True, True), ("CE", False, True), ("DGS", False, False)):
        checker = PassageCitationChecker(vocabulary=Vocabulary({"DGS": "direction de l'eau"}))
        reading = (checker if own else CHECKER).read([OWN])
        assert reading.supports(said.format(acronym)) is stands


def test_a_word_of_the_glossary_stands_for_the_source_s_own() -> None:
    convocation = make_passage(
        "Avant toute décision, l'employeur convoque le salarié à un entretien préalable."
    )
    said = "Oui, mon patron me convoque avant à un entretien préalable."
    without = PassageCitationChecker(vocabulary=Vocabulary({})).read([convocation]).check(said)
    (known,) = CHECKER.read([convocation]).check(said).sentences
    assert known.support == "corrected"
    assert known.score > without.sentences[0].score


def test_what_only_says_the_question_again_stands_on_nothing() -> None:
    question = "L'employeur peut-il fixer le préavis de démission ?"
    reading = CHECKER.read(PASSAGES, question)
    assert reading.supports("Oui, l'employeur peut fixer le préavis de démission.") is False
    assert reading.supports("L'employeur peut fixer le préavis de démission.") is None
    assert reading.supports("La durée du préavis est fixée par la loi ou par un accord collectif.")


def test_a_sentence_of_the_source_is_supported_word_for_word() -> None:
    for passage in PASSAGES:
        for sentence in sentences.split(passage.text):
            assert CHECKER.read(PASSAGES, sentence).supports(sentence)


@pytest.fixture(scope="module")
def meaning(tmp_path_factory: pytest.TempPathFactory) -> PassageCitationChecker:
    """The checker with the default embedder, as the server has it."""
    folder = tmp_path_factory.mktemp("models")
    name = "multilingual-e5-small-4bit"
    return PassageCitationChecker(build_embedder(load_catalogue(folder)[name], folder))


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("On cumule 2,5 jours de vacances tous les mois chez son patron.", "Combien de vacances ?"),
        (
            "Employees are entitled to 2.5 working days of leave for each month worked.",
            "How many days of paid leave do I get for each month of work?",
        ),
        ("Tu ne peux pas avoir plus de 30 jours.", "C'est combien au max, les congés ?"),
    ],
)
def test_other_words_for_the_same_thing_are_supported(
    meaning: PassageCitationChecker, sentence: str, question: str
) -> None:
    assert meaning.read(PASSAGES, question).supports(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "En cas de démission, la durée du préavis n'est pas fixée par la loi ou un accord.",
        "On cumule 2,5 semaines de vacances tous les mois chez son patron.",
        "La taxe foncière se paie en octobre auprès du comptable public.",
        "Oui, vous y avez droit.",
    ],
)
def test_what_a_passage_denies_or_does_not_speak_of_is_not_supported(
    meaning: PassageCitationChecker, sentence: str
) -> None:
    assert not meaning.read(PASSAGES, "Et moi, j'ai droit à quoi ?").supports(sentence)


_PIECES = (
    *("congé", "jours", "2,5", "préavis", "démission", "loi", "le", "mois", "\n", "-", "**"),
    *(".", "!", "?", "[1]", "[2]", "[9]", "[1,2]", "[", "]", "【3】"),
)
_WORDS = st.sampled_from(_PIECES)


@given(st.lists(_WORDS, max_size=40).map(" ".join))
def test_citations_exist_and_the_words_of_the_answer_stay(answer: str) -> None:
    grounding = CHECKER.read(PASSAGES).check(answer)
    assert all(1 <= n <= len(PASSAGES) for n in grounding.cited)
    for sentence in grounding.sentences:
        assert set(sentence.citations) <= set(grounding.cited)
        assert bool(sentence.citations) == (sentence.support in ("supported", "corrected"))

    def bare(text: str) -> str:
        return "".join(without_citations(text).split())

    if "[ ]" not in answer:
        assert bare(grounding.text) == bare(answer)
    assert grounding == CHECKER.read(PASSAGES).check(answer)


@given(st.text(max_size=300))
def test_any_text_is_checked_without_failing(answer: str) -> None:
    CHECKER.read(PASSAGES).check(answer)


def test_time_grows_with_the_length_only() -> None:
    def seconds(answer: str) -> float:
        started = time.perf_counter()
        CHECKER.read(PASSAGES).check(answer)
        return time.perf_counter() - started

    seconds("[1] " * 100)
    assert seconds("[" * 20_000) < 2.0
    assert seconds("[1]" * 7_000) < 2.0
    assert seconds("Le préavis est fixé par la loi. " * 600) < 5.0
