"""One mapping per conversation: who is who, and what stands for what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.pii.mapping import Mapping
from governance.pii.placeholders import PLACEHOLDER, Reference, reference


def value(mapping: Mapping, placeholder: str) -> str | None:
    match = PLACEHOLDER.fullmatch(placeholder)
    assert match is not None
    return mapping.value(reference(match))


def number(placeholder: str) -> int:
    match = PLACEHOLDER.fullmatch(placeholder)
    assert match is not None
    return reference(match).number


@pytest.mark.parametrize(
    ("forms", "persons"),
    [
        ([("", "Jean Dupont"), ("M. ", "Dupont"), ("", "DUPONT Jean"), ("", "Dupont")], 1),
        ([("", "Jean Dupont"), ("", "Jean"), ("", "J. Dupont"), ("", "Jean DUPONT")], 1),
        ([("M. ", "Dupont"), ("", "Jean Dupont")], 1),
        ([("", "Jean Dupont"), ("", "Marie Dupont")], 2),
        ([("M. ", "Dupont"), ("Mme ", "Dupont")], 2),
        ([("M. ", "Dupont"), ("", "Marie Dupont")], 2),
        ([("", "Jean Dupont"), ("", "Marie Dupont"), ("Mme ", "Dupont")], 2),
        ([("", "Jean Dupont"), ("", "Marie Dupont"), ("", "Dupont")], 3),
        ([("", "Jean Dupont"), ("", "Jean Martin"), ("", "Jean")], 3),
    ],
)
def test_who_is_who(forms: list[tuple[str, str]], persons: int) -> None:
    mapping = Mapping()
    placeholders = [mapping.placeholder("PERSON", name, before=civ) for civ, name in forms]
    assert len({number(each) for each in placeholders}) == persons
    assert [value(mapping, each) for each in placeholders] == [name for _, name in forms]


def test_forms_of_one_person_are_told_apart() -> None:
    mapping = Mapping()
    assert mapping.placeholder("PERSON", "Jean Dupont") == "[PERSONNE_1]"
    assert mapping.placeholder("PERSON", "Dupont", before="M. ") == "[PERSONNE_1_NOM]"
    assert mapping.placeholder("PERSON", "Jean") == "[PERSONNE_1_PRENOM]"
    assert mapping.placeholder("PERSON", "DUPONT Jean") == "[PERSONNE_1_COMPLET]"
    assert mapping.placeholder("PERSON", "Jean Dupont") == "[PERSONNE_1]"


def test_a_part_of_a_known_name_can_be_asked_for() -> None:
    mapping = Mapping()
    mapping.placeholder("PERSON", "Éléonore Vasseur")
    assert value(mapping, "[PERSONNE_1_NOM]") == "Vasseur"
    assert value(mapping, "[PERSONNE_1_PRENOM]") == "Éléonore"
    assert value(mapping, "[PERSONNE_2]") is None
    assert value(mapping, "[PERSONNE_1_FORME_7]") is None


def test_two_writings_of_a_number_share_their_number() -> None:
    mapping = Mapping()
    assert mapping.placeholder("PHONE_NUMBER", "06 12 34 56 78") == "[TELEPHONE_1]"
    assert mapping.placeholder("PHONE_NUMBER", "+33612345678") == "[TELEPHONE_1_FORME_2]"
    assert mapping.placeholder("PHONE_NUMBER", "07 00 00 00 00") == "[TELEPHONE_2]"
    assert value(mapping, "[TELEPHONE_1_FORME_2]") == "+33612345678"


def test_what_is_never_restored_is_not_held() -> None:
    mapping = Mapping()
    first = mapping.placeholder("FR_NIR", "295109912611193", hold=False)
    again = mapping.placeholder("FR_NIR", "2 95 10 99 126 111 93", hold=False)
    assert first == again == "[NIR_1]"
    assert value(mapping, "[NIR_1]") is None
    assert "295109912611193" not in mapping.to_json()


def test_a_reserved_placeholder_is_never_given() -> None:
    mapping = Mapping()
    mapping.reserve(Reference("PERSONNE", 1, ""))
    assert mapping.placeholder("PERSON", "Jean Dupont") == "[PERSONNE_2]"
    mapping.reserve(Reference("PERSONNE", 2, "NOM"))
    form = mapping.placeholder("PERSON", "Dupont", before="M. ")
    assert form == "[PERSONNE_2_NOM_2]"
    assert value(mapping, "[PERSONNE_2_NOM]") is None


names = st.sampled_from(
    ["Jean Dupont", "Dupont", "Marie Dupont", "DUPONT Jean", "Ana López", "Ana", "J. Dupont"]
)
values = st.one_of(
    st.tuples(st.just("PERSON"), names, st.sampled_from(["", "M. ", "Mme "])),
    st.tuples(st.just("EMAIL_ADDRESS"), st.sampled_from(["a@b.fr", "A@b.fr"]), st.just("")),
    st.tuples(st.just("FR_ADDRESS"), st.text(min_size=1, max_size=8), st.just("")),
)


@given(st.lists(values, max_size=12), st.lists(values, max_size=12))
def test_what_was_given_stays_given_across_storage(
    before: list[tuple[str, str, str]], after: list[tuple[str, str, str]]
) -> None:
    mapping = Mapping()
    given_first = [mapping.placeholder(e, v, before=b) for e, v, b in before]
    mapping = Mapping.from_json(mapping.to_json())
    given_then = [mapping.placeholder(e, v, before=b) for e, v, b in after]
    again = [mapping.placeholder(e, v, before=b) for e, v, b in before]
    assert again == given_first
    for (_, written, _), placeholder in zip(before + after, given_first + given_then, strict=True):
        assert value(mapping, placeholder) == written
