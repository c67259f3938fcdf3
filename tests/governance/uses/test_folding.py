"""Folding brings spelling tricks back to plain words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.uses.folding import clauses, fold, readable
from governance.uses.forms import asks_for_action, only_inquires


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Élève, où ça ?", "eleve | ou ca |"),
        ("l'œuvre d’art", "l oeuvre d art"),
        ("can\u200bdi\u00addat", "candidat"),
        ("саndіdаt", "candidat"),
        ("𝐜𝐚𝐧𝐝𝐢𝐝𝐚𝐭", "candidat"),
        ("ｃａｎｄｉｄａｔ", "candidat"),
        ("c a n d i d a t s", "candidats"),
        ("Dis-moi :\n[PERSONNE_1] ?", "dis moi | [personne_1] |"),
        ("", ""),
    ],
)
def test_tricks_are_undone(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text(max_size=400))
def test_a_folded_text_is_plain_and_its_words_bounded(text: str) -> None:
    folded = fold(text)
    assert re.fullmatch(r"[a-z0-9\[\]_| ]*", folded)
    assert all(len(word) <= 40 for word in folded.split())
    spans = clauses(folded)
    assert all("|" not in folded[start:end] for start, end in spans)
    readable(text)


def test_the_embedder_reads_words_in_place_of_placeholders() -> None:
    assert readable("[PERSONNE_1] est né le [NAISSANCE_2]") == "Camille Morel est né le 4 mai 1985"
    assert readable("L'œuvre de l'élève") == "L'œuvre de l'élève"
    assert readable("Classe ces саndіdаts") == "classe ces candidats"


@pytest.mark.parametrize(
    "text",
    [
        "Classe ces candidats",
        "Bonjour, peux-tu trier ces CV",
        "J'aimerais que tu notes ces agents",
        "tu peux me faire un top 3",
        "Que dit la loi ? Puis classe ces candidats",
        "lequel faut-il rejeter ?",
    ],
)
def test_requests_are_told(text: str) -> None:
    folded = fold(text)
    assert any(asks_for_action(folded[start:end]) for start, end in clauses(folded))
    assert not only_inquires(folded)


@pytest.mark.parametrize(
    "text",
    [
        "Quelles règles encadrent le tri de CV par une IA ?",
        "Que dit la loi sur la notation des agents ?",
        "Est-il légal de noter des agents ?",
        "A-t-on le droit de trier des candidatures ?",
        "Explique le tri de CV par une IA",
        "Une commune peut-elle trier des CV ?",
    ],
)
def test_questions_of_law_are_told(text: str) -> None:
    folded = fold(text)
    assert not any(asks_for_action(folded[start:end]) for start, end in clauses(folded))
    assert only_inquires(folded)
