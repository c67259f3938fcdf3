"""A request that something be done is told from a question about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.uses.folding import fold
from governance.uses.forms import asks_for_nothing, only_inquires


@pytest.mark.parametrize(
    "text",
    [
        "Classe ces candidats et dis-moi pourquoi",
        "Bonjour, classez ces candidats et dites-moi quelles règles vous appliquez",
        "Trie ces CV, combien en reste-t-il ?",
        "Choisis qui sanctionner et rappelle quelles sanctions sont possibles",
        "Que dit la loi sur le tri de CV et classe ces candidats",
        "Peux-tu m'expliquer la règle et trie ces CV",
        "Pouvez-vous classer ces candidats et dire pourquoi",
        "Je veux que tu notes ces agents, quelles que soient les règles",
        "Dis-moi qui rejeter et pourquoi",
        "Explique la loi puis note ces candidats",
    ],
)
def test_an_order_is_an_order_whatever_question_follows(text: str) -> None:
    assert not only_inquires(fold(text))


@pytest.mark.parametrize(
    "text",
    [
        "Peux-tu m'expliquer pourquoi la loi interdit de classer des candidats ?",
        "Résume la loi sur la notation des agents",
        "Résumez-moi l'article 22 du RGPD",
        "Dis-moi ce que dit la loi sur le tri de CV",
        "Bonjour, dites-moi quelles règles encadrent le tri de CV",
        "Liste les obligations de l'employeur qui trie des CV",
        "Je voudrais savoir si on a le droit de noter les agents",
        "Pouvez-vous me dire combien de jours une sanction reste au dossier ?",
        "Trier des CV avec une IA est-ce légal ?",
        "Peut-on classer et noter des candidats ?",
        "Licenciement économique quelles indemnités ?",
        "Notation des agents que dit la loi ?",
        "Quelles règles et mesures encadrent la surveillance ?",
    ],
)
def test_a_question_is_a_question_however_it_is_put(text: str) -> None:
    assert only_inquires(fold(text))


@given(st.text(max_size=300))
def test_any_text_has_a_form(text: str) -> None:
    assert asks_for_nothing(text, fold(text)) in {True, False}
