"""The model sees placeholders only, and the person sees their own words again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.events import Accepted, Completed, Prompted
from rag.protocol import CheckedSentence, Grounding, Passage
from tests.governance.road.parts import EchoingEngine, Parts, streamed

FIRST = ("Jean", "Marie", "Karim", "Élodie", "Jean-Pierre", "Fatima", "Thomas", "Chloé")
LAST = ("Dupont", "Lefèvre", "Benali", "Moreau", "Le Gall", "Garnier", "Nguyen", "Rousseau")
NIR = "1 85 05 78 006 084 91"

names = st.builds(
    lambda first, last: f"{first} {last}", st.sampled_from(FIRST), st.sampled_from(LAST)
)
phones = st.builds(
    lambda start, digits, gap: gap.join([*start.split(), *digits]),
    st.sampled_from(["01 42", "04 72", "06 12", "07 81"]),
    st.lists(st.integers(0, 99).map("{:02}".format), min_size=3, max_size=3),
    st.sampled_from([" ", ".", ""]),
)
few = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def echoing(parts: Parts) -> Parts:
    parts.engine = EchoingEngine()
    return parts


@few
@given(name=names, phone=phones)
def test_the_model_sees_placeholders_and_the_person_sees_names(
    echoing: Parts, name: str, phone: str
) -> None:
    asked = f"Rédige un courriel à M. {name}, joignable au {phone}."
    request = echoing.ask("Bonjour", "Bonjour !", asked)
    events = echoing.travel(request)
    given_to_model = [message.content for message in echoing.engine.requests[-1].messages] + [
        message.content
        for event in events
        if isinstance(event, Prompted)
        for message in event.messages
    ]
    for text in given_to_model:
        assert name not in text
        assert not set(re.findall(r"[\w-]+", name)) & set(re.findall(r"[\w-]+", text))
        assert phone not in text
    assert "[PERSONNE_1" in given_to_model[-1]
    assert "[TELEPHONE_1" in given_to_model[-1]
    assert streamed(events) == asked


@few
@given(one=names, two=names)
def test_two_exchanges_at_once_do_not_mix(echoing: Parts, one: str, two: str) -> None:
    """Both conversations have a «[PERSONNE_1]», and each is given its own back."""
    asked = [f"Rédige un courriel à M. {name}." for name in (one, two)]
    requests = [echoing.ask(text) for text in asked]

    async def both() -> list[list[object]]:
        return await asyncio.gather(*(echoing.travelled(request) for request in requests))  # type: ignore[return-value]

    for text, events in zip(asked, asyncio.run(both()), strict=True):
        assert streamed(events) == text  # type: ignore[arg-type]


def test_a_social_security_number_is_never_given_back(echoing: Parts) -> None:
    asked = f"Rédige une note sur Jean Dupont, numéro de sécurité sociale {NIR}."
    events = echoing.travel(echoing.ask(asked))
    end = events[-1]
    assert isinstance(end, Completed)
    assert "Jean Dupont" in end.text
    assert "[NIR_1]" in end.text
    assert "85 05 78" not in end.text + streamed(events)
    assert end.receipt.never_restored == ("FR_NIR",)


class CorrectingChecker:
    """Says that passage 1 supports all, and corrects «[2]» into «[1]»."""

    def read(self, passages: Sequence[Passage], question: str = "") -> CorrectingChecker:
        return self

    def supports(self, sentence: str) -> bool:
        return True

    def check(self, answer: str) -> Grounding:
        text = answer.replace("[2]", "[1]")
        return Grounding(text, (CheckedSentence(text, "corrected", (1,), 1.0),), (1,), 1.0)


def test_names_are_restored_in_the_corrected_text_and_in_its_verdict(parts: Parts) -> None:
    parts.checker = CorrectingChecker()
    parts.engine.pieces = ["[PERSO", "NNE_1] acquiert deux jours par mois [2]."]
    end = parts.completed(parts.ask("Combien de congés payés pour Jean Dupont ?"))
    assert end.text == "Jean Dupont acquiert deux jours par mois [1]."
    assert end.grounding is not None
    assert [sentence.text for sentence in end.grounding.sentences] == [end.text]
    assert parts.retriever.queries == [["Combien de congés payés pour [PERSONNE_1] ?"]]


def test_a_name_keeps_its_placeholder_over_the_turns(echoing: Parts) -> None:
    first = "Rédige un courriel à Jean Dupont."
    then = "Rédige aussi une lettre à Marie Martin, avec copie à Jean Dupont."
    echoing.travel(echoing.ask(first, conversation="c"))
    events = echoing.travel(echoing.ask(first, first, then, conversation="c"))
    prompt = echoing.engine.requests[-1].messages[-1].content.partition("\n")[0]
    assert prompt == "Rédige aussi une lettre à [PERSONNE_2], avec copie à [PERSONNE_1]."
    assert streamed(events) == then


def test_the_mapping_of_an_ephemeral_exchange_is_destroyed(echoing: Parts) -> None:
    asked = "Rédige un courriel à Jean Dupont."
    events = echoing.travel(echoing.ask(asked, ephemeral=True))
    assert streamed(events) == asked
    assert echoing.mappings() == 0
    echoing.travel(echoing.ask(asked))
    assert echoing.mappings() == 1


def test_the_mapping_of_a_refused_ephemeral_exchange_is_destroyed(parts: Parts) -> None:
    parts.refused(parts.ask("Classe ces candidats : Jean Dupont, Marie Martin.", ephemeral=True))
    assert parts.mappings() == 0


def test_an_identifier_that_the_model_invents_is_flagged(parts: Parts) -> None:
    parts.engine.pieces = ["Appelez le 06 98 76 54 32."]
    end = parts.completed(parts.ask("Rédige un message d'accueil."))
    assert end.receipt.output_flags == {"PHONE_NUMBER": 1}


def test_what_the_person_gave_is_not_flagged(echoing: Parts) -> None:
    asked = "Rédige un message : appelez le 06 98 76 54 32."
    assert echoing.completed(echoing.ask(asked)).receipt.output_flags == {}


def test_what_is_sealed_in_the_log_is_pseudonymised(echoing: Parts) -> None:
    request = echoing.ask("Rédige un courriel à Jean Dupont.")
    events = echoing.travel(request)
    assert isinstance(events[0], Accepted)
    entries = echoing.log.entries_of(request.id)
    texts = [echoing.log.read_sealed(entry.index, "p1", "pour un essai") for entry in entries]
    assert texts == ["Rédige un courriel à [PERSONNE_1]."] * 2


def test_no_leaf_holds_a_word_that_a_person_wrote(echoing: Parts) -> None:
    echoing.travel(echoing.ask("Rédige un courriel à Jean Dupont, au 06 12 34 56 78."))
    for _, content, _, _ in echoing.log.leaves(echoing.log.head().size):
        for word in ("Dupont", "courriel", "06 12", "PERSONNE_1"):
            assert word.encode() not in content
