"""Restoration inside a stream: whatever the cut, forgiving, never inventing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.pii.entities import Handling
from governance.pii.mapping import Mapping
from governance.pii.placeholders import LONGEST
from governance.pii.restore import StreamRestorer, restore


def pseudonymise(_: str) -> Handling:
    return "pseudonymise"


def usual(entity: str) -> Handling:
    return "never_restore" if entity == "FR_NIR" else "pseudonymise"


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    known = Mapping()
    known.placeholder("PERSON", "Éléonore Vasseur")
    known.placeholder("PERSON", "Vasseur", before="Mme ")
    known.placeholder("PERSON", "Karim Benali")
    known.placeholder("PHONE_NUMBER", "06 12 34 56 78")
    known.placeholder("FR_NIR", "295109912611193")
    known.placeholder("IP_ADDRESS", "10.0.0.1")
    return known


@pytest.mark.parametrize(
    "written",
    [
        *["[PERSONNE_1]", "[personne_1]", "PERSONNE_1", "[PERSONNE_1", "PERSONNE_1]"],
        *["[PERSONNE-1]", "[PERSONNES_1]", "[PERSONNE\\_1]", "PERSONNE\\_1", "[PERSON_1]"],
        *["[Personne_01]", "Personne 1", "Personne\u00a01"],
        *["[PERSONNE1]", "[Personne 1]", "[Personne\u00a01]", "[ PERSONNE_1 ]", "[PERSONNE _ 1]"],
    ],
)
def test_forgives_what_small_models_do(mapping: Mapping, written: str) -> None:
    assert restore(f"Oui, {written} !", mapping, usual) == "Oui, Éléonore Vasseur !"


@pytest.mark.parametrize(
    ("written", "restored"),
    [
        ("**[PERSONNE_1]**", "**Éléonore Vasseur**"),
        ("__PERSONNE_1__", "__Éléonore Vasseur__"),
        ("[[PERSONNE_1]]", "[Éléonore Vasseur]"),
        ("(PERSONNE_1)", "(Éléonore Vasseur)"),
        ("[PERSONNE_1][PERSONNE_2]", "Éléonore VasseurKarim Benali"),
        ("Mme [PERSONNE_1_NOM]", "Mme Vasseur"),
        ("Mme [Personne 1 nom]", "Mme Vasseur"),
        ("Chère [PERSONNE_1_PRÉNOM]", "Chère Éléonore"),
        ("[TÉLÉPHONE_1]", "06 12 34 56 78"),
        ('{"to": "[TELEPHONE_1]"}', '{"to": "06 12 34 56 78"}'),
    ],
)
def test_around_a_placeholder(mapping: Mapping, written: str, restored: str) -> None:
    assert restore(written, mapping, usual) == restored


@pytest.mark.parametrize(
    "text",
    [
        "[PERSONNE_9]",
        "[PERSONNE_12]",
        *["la personne 1 de la liste", "PERSONNE 1", "Personne 7", "Personne 1er"],
        "[COURRIEL_1]",
        "[NIR_1]",
        "NIR_1",
        "une [PERSONNE] de 1 an",
        "MAPERSONNE_1",
        "[1]",
    ],
)
def test_never_invents(mapping: Mapping, text: str) -> None:
    assert restore(text, mapping, usual) == text


pieces = st.sampled_from(
    [
        *["[PERSONNE_1]", "PERSONNE_1", "[Personne 2", "[PERSONNE_1_NOM", "_2]", "[NIR_1]", "NOM"],
        *["pers", "téléphone", "[TELEPHONE_1_FORME_2]", "IP_1", "[IP 1]", "12", "1", "a", "e", "s"],
        *["]", "[", "_", " ", "\\", "**", "\n", ".", "Personne 1", "Personne", ",5"],
    ]
)
streams = st.one_of(
    st.lists(pieces, max_size=14).map("".join), st.text(max_size=40), st.just("[PERSONNE_1" * 4)
)


@given(streams, st.data())
def test_the_result_does_not_depend_on_the_cut(text: str, data: st.DataObject) -> None:
    known = Mapping()
    known.placeholder("PERSON", "Éléonore Vasseur")
    known.placeholder("PERSON", "Vasseur", before="Mme ")
    known.placeholder("PERSON", "[IP_1] Benali")
    known.placeholder("IP_ADDRESS", "10.0.0.1")
    whole = restore(text, known, pseudonymise)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    for chunks in (list(text), [text[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]):
        restorer = StreamRestorer(known, pseudonymise)
        fed = shown = 0
        parts = []
        for chunk in chunks:
            parts.append(restorer.feed(chunk))
            fed += len(chunk)
            shown += len(parts[-1])
            assert len(restorer._held) <= LONGEST
        assert "".join(parts) + restorer.flush() == whole


def test_plain_text_is_not_held_back(mapping: Mapping) -> None:
    restorer = StreamRestorer(mapping, usual)
    assert restorer.feed("Bonjour, voici votre lettre : ") == "Bonjour, voici votre lettre : "
    assert restorer.feed("à [PERSONNE") == "à "
    assert restorer.feed("_1]") == "Éléonore Vasseur"
    assert restorer.flush() == ""
