"""Masking a conversation, and giving its names back."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine
from stdnum.fr import nir

from governance.metadata import metadata
from governance.pii.analyzer import PiiAnalyzer
from governance.pii.entities import Handling
from governance.pii.errors import AnalysisFailed
from governance.pii.pseudonymise import Pseudonymiser
from governance.pii.restore import restore
from governance.pii.vault import MappingVault
from governance.sealing import Sealer

NIR = "2 84 03 75 116 001 " + nir.calc_check_digits("2840375116001")
PROMPT = (
    "Je m'appelle Éléonore Vasseur, née le 12 mars 1984, mon mobile est 06 12 34 56 78 et mon NIR "
    f"{NIR}. Écris une lettre à mon employeur pour demander un congé parental."
)


def pseudonymise(_: str) -> Handling:
    return "pseudonymise"


def charter(entity: str) -> Handling:
    special: dict[str, Handling] = {
        "FR_NIR": "never_restore",
        "SECRET": "block",
        "FR_SIREN": "keep",
    }
    return special.get(entity, "pseudonymise")


def test_the_prompt_of_the_acceptance(pseudonymiser: Pseudonymiser) -> None:
    masked = pseudonymiser.mask("c", [PROMPT], charter)
    assert masked.texts == (
        "Je m'appelle [PERSONNE_1], née le [NAISSANCE_1], mon mobile est [TELEPHONE_1] et mon NIR "
        "[NIR_1]. Écris une lettre à mon employeur pour demander un congé parental.",
    )
    assert masked.counts == {"PERSON": 1, "BIRTH_DATE": 1, "PHONE_NUMBER": 1, "FR_NIR": 1}
    assert masked.blocked == ()
    assert masked.never_restored == {"FR_NIR"}
    assert [PROMPT[start:end] for start, end in masked.spans[0]] == [
        "Éléonore Vasseur",
        "12 mars 1984",
        "06 12 34 56 78",
        NIR,
    ]
    letter = "Je soussignée [PERSONNE_1], joignable au [TELEPHONE_1] (NIR : [NIR_1])…"
    restorer = pseudonymiser.restorer("c", charter)
    assert "".join(map(restorer.feed, letter)) + restorer.flush() == (
        "Je soussignée Éléonore Vasseur, joignable au 06 12 34 56 78 (NIR : [NIR_1])…"
    )


def test_a_blocked_entity_stops_the_request_and_is_not_held(
    pseudonymiser: Pseudonymiser, vault: MappingVault
) -> None:
    masked = pseudonymiser.mask("c", ["mot de passe : Tr0ub4dor&3"], charter)
    assert masked.blocked == ("SECRET",)
    assert "Tr0ub4dor" not in masked.texts[0]
    assert "Tr0ub4dor" not in vault.load("c").to_json()


def test_what_the_charter_keeps_stays_in_clear(pseudonymiser: Pseudonymiser) -> None:
    text = "SIREN 404 833 048 de la société"
    masked = pseudonymiser.mask("c", [text], charter)
    assert masked.texts == (text,)
    assert masked.counts == {}
    assert [finding.entity for finding in masked.findings[0]] == ["FR_SIREN"]


def test_numbering_never_restarts(pseudonymiser: Pseudonymiser) -> None:
    first = pseudonymiser.mask("c", ["Mme Jeanne Leroy est là."], pseudonymise)
    second = pseudonymiser.mask("c", ["M. Paul Garnier aussi."], pseudonymise)
    third = pseudonymiser.mask(
        "c", ["M. Paul Garnier aussi.", "Mme Jeanne Leroy est là."], pseudonymise
    )
    assert first.texts == ("Mme [PERSONNE_1] est là.",)
    assert second.texts == ("M. [PERSONNE_2] aussi.",)
    assert third.texts == second.texts + first.texts


def test_two_conversations_share_nothing(pseudonymiser: Pseudonymiser) -> None:
    pseudonymiser.mask("a", ["Je m'appelle Jeanne Leroy."], pseudonymise)
    pseudonymiser.mask("b", ["Je m'appelle Paul Garnier."], pseudonymise)
    assert pseudonymiser.restore("a", "[PERSONNE_1]", pseudonymise) == "Jeanne Leroy"
    assert pseudonymiser.restore("b", "[PERSONNE_1]", pseudonymise) == "Paul Garnier"
    assert pseudonymiser.restore("c", "[PERSONNE_1]", pseudonymise) == "[PERSONNE_1]"


def test_two_persons_of_one_surname_stay_two(pseudonymiser: Pseudonymiser) -> None:
    masked = pseudonymiser.mask(
        "c", ["Jean Dupont et Marie Dupont sont venus. Mme Dupont est repartie."], pseudonymise
    )
    assert masked.texts == (
        "[PERSONNE_1] et [PERSONNE_2] sont venus. Mme [PERSONNE_2_NOM] est repartie.",
    )


def test_a_name_known_from_an_earlier_turn_is_masked(pseudonymiser: Pseudonymiser) -> None:
    pseudonymiser.mask("c", ["Je m'appelle Éléonore Vasseur."], pseudonymise)
    masked = pseudonymiser.mask("c", ["Ajoute la signature Vasseur à la fin"], pseudonymise)
    assert masked.texts == ("Ajoute la signature [PERSONNE_1_NOM] à la fin",)


def test_a_placeholder_typed_by_hand_is_never_a_person(pseudonymiser: Pseudonymiser) -> None:
    typed = "Que veut dire [PERSONNE_1] ? Et Personne_2 ?"
    assert pseudonymiser.mask("c", [typed], pseudonymise).texts == (typed,)
    named = pseudonymiser.mask("c", ["Je m'appelle Jeanne Leroy."], pseudonymise)
    assert named.texts == ("Je m'appelle [PERSONNE_3].",)
    assert pseudonymiser.restore("c", typed, pseudonymise) == typed

    later = "Et [PERSONNE_3] ou personne_3 ?"
    masked = pseudonymiser.mask("c", [later], pseudonymise)
    assert masked.texts == ("Et [LITTERAL_1] ou [LITTERAL_2] ?",)
    assert pseudonymiser.restore("c", masked.texts[0], pseudonymise) == later


def test_a_placeholder_typed_against_a_number_is_never_a_person(
    pseudonymiser: Pseudonymiser,
) -> None:
    typed = "Jean Dupont06 12 34 56 78PERSONNE_1"
    masked = pseudonymiser.mask("c", [typed], pseudonymise)
    assert pseudonymiser.restore("c", masked.texts[0], pseudonymise) == typed


def test_a_failing_analysis_lets_nothing_pass(vault: MappingVault, analyzer: PiiAnalyzer) -> None:
    class Broken(PiiAnalyzer):
        def __init__(self) -> None:
            self.__dict__.update(vars(analyzer))
            self._engine = None  # the engine is lost

    with pytest.raises(AnalysisFailed) as failure:
        Pseudonymiser(Broken(), vault).mask("c", ["Je suis Jeanne Leroy"], pseudonymise)
    assert failure.value.__cause__ is None
    assert failure.value.__context__ is None


fragments = st.sampled_from(
    [
        "Jean Dupont",
        "M. Dupont",
        "Mme Dupont",
        "DUPONT Jean",
        "Marie-Claire Lefèvre",
        "Marie",
        "je m'appelle Nguyen Van Minh",
        "06 12 34 56 78",
        "+33612345678",
        "jean@exemple.fr",
        "12 rue de la Paix, 75002 Paris",
        "née le 12 mars 1984",
        NIR,
        "[PERSONNE_1]",
        "[personne 2]",
        "PERSONNE_3",
        "[TELEPHONE_1_FORME_2]",
        "[LITTERAL_1]",
        "[",
        "]",
        "_",
        "1",
        " ",
        "\n",
        ", ",
        ". ",
        "PERSONNE",
        "le contrat de travail",
        "**",
    ]
)
texts = st.one_of(st.lists(fragments, max_size=8).map("".join), st.text(max_size=30))


@pytest.fixture(scope="module")
def memory() -> Engine:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    return engine


conversations = iter(range(10**9))


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(turns=st.lists(texts, min_size=1, max_size=5))
def test_mask_then_restore_is_the_identity_over_many_turns(
    analyzer: PiiAnalyzer, memory: Engine, turns: list[str]
) -> None:
    vault = MappingVault(memory, Sealer(b"k" * 32))
    pseudonymiser = Pseudonymiser(analyzer, vault)
    conversation = f"h{next(conversations)}"
    for count in range(1, len(turns) + 1):
        masked = pseudonymiser.mask(conversation, turns[:count], pseudonymise)
        mapping = vault.load(conversation)
        for turn, text in zip(turns, masked.texts, strict=False):
            assert restore(text, mapping, pseudonymise) == turn


@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(turns=st.lists(st.lists(fragments, max_size=8).map(" ; ".join), min_size=1, max_size=3))
def test_nothing_personal_is_left(analyzer: PiiAnalyzer, memory: Engine, turns: list[str]) -> None:
    pseudonymiser = Pseudonymiser(analyzer, MappingVault(memory, Sealer(b"k" * 32)))
    masked = pseudonymiser.mask(f"h{next(conversations)}", turns, pseudonymise)
    personal = "06 12 34|336123|jean@|Dupont|DUPONT|Lefèvre|Nguyen|rue de|1984|2 84 03"
    assert not [text for text in masked.texts if re.search(personal, text)]
