"""Retrieved passages keep their words: the conversation's mapping is for what people write."""

from __future__ import annotations

import pytest

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.entities import KINDS
from governance.pii.index_cleaner import IndexCleaner
from tests.governance.road.parts import Parts, ScriptedRetriever, passage, streamed

PUBLISHED = "Décret signé par Jean Dupont, ministre : le salarié acquiert deux jours par mois."


def test_a_public_passage_is_not_masked_where_the_question_is(parts: Parts) -> None:
    parts.retriever = ScriptedRetriever((passage(text=PUBLISHED),))
    end = parts.completed(parts.ask("Combien de congés payés pour Jean Dupont, par mois ?"))
    prompt = parts.engine.requests[-1].messages[-1].content
    sources, _, question = prompt.partition("Question :")
    assert PUBLISHED in sources
    assert "[PERSONNE_1]" in question and "Dupont" not in question
    assert "PERSONNE" not in sources
    # The mapping counts what the person wrote, once.
    assert end.receipt.masked == {"PERSON": 1}


@pytest.fixture
def cleaned(analyzer: PiiAnalyzer) -> str:
    """A passage of the organisation's own, as the index holds it."""
    usual = {kind.entity: kind.handling for kind in KINDS}
    cleaner = IndexCleaner(lambda: analyzer, usual, (), b"k" * 32)
    text = "Mme Claire Lefèvre valide les congés payés : deux jours par mois. Voir [PERSONNE_1]."
    (cleaned,) = cleaner.clean([text]).texts
    assert cleaned.startswith("Mme [personne A] valide")
    return cleaned


def test_an_own_passage_never_comes_back_with_the_name_of_somebody(
    parts: Parts, cleaned: str
) -> None:
    parts.retriever = ScriptedRetriever((passage(text=cleaned),))
    parts.engine.pieces = list(cleaned)  # the model copies it, a character at a time
    events = parts.travel(parts.ask("Combien de congés payés pour Jean Dupont, par mois ?"))
    shown = streamed(events)
    assert cleaned in shown and "Dupont" not in shown
