"""A question tells what its answer counts in, and a sentence whether it counts in that."""

from __future__ import annotations

import pytest

from rag.text import asks

DURATION = {"minute", "heure", "jour", "semaine", "mois", "an"}


@pytest.mark.parametrize(
    ("question", "units"),
    [
        ("Combien de jours de congés acquiert-on par mois ?", {"jour"}),
        ("Combien d’heures de coupure le gérant doit-il me laisser ?", {"heure"}),
        ("À quelle heure commence le travail de nuit ?", {"heure"}),
        ("À partir de combien de salariés faut-il un CSE ?", {"salarie"}),
        ("À quel âge peut-on partir ?", {"an"}),
        ("Tous les combien l’entretien est-il obligatoire ?", DURATION),
        ("J’ai jusqu’à quand pour réclamer ?", DURATION),
        ("Je suis licencié, quel est mon préavis ?", DURATION),
        ("À combien s’élève le SMIC ?", {"euro", "%"}),
        ("Combien est payé un apprenti ?", {"euro", "%"}),
        ("Quel est le taux de la majoration ?", {"euro", "%"}),
        ("How many weeks of leave are there?", {"semaine"}),
    ],
)
def test_a_question_tells_what_its_answer_counts_in(question: str, units: set[str]) -> None:
    assert asks.units_asked(question) == units


@pytest.mark.parametrize(
    "question",
    [
        "Peut-on refuser le télétravail ?",
        "Qui préside le conseil ?",
        "Comment poser un congé ?",
        "",
    ],
)
def test_others_tell_nothing(question: str) -> None:
    assert not asks.units_asked(question)


def test_a_sentence_counts_in_figures_or_in_words() -> None:
    units = asks.units_asked("Combien de semaines dure le congé ?")
    assert asks.counts_in(units, "Le congé dure seize semaines.")
    assert asks.counts_in(units, "Le congé dure 16 semaines.")
    assert not asks.counts_in(units, "Le congé commence le 16 mai.")
    assert not asks.counts_in(units, "Le congé dure quelques semaines.")
