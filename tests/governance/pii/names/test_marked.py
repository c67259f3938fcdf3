"""Marked texts: what the corpus files say, and how variants of them are made for training."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from governance.pii.entities import PERSON
from governance.pii.names.marked import Mark, MarkedText, read
from governance.pii.names.variants import Names, names_of, variant

NAMES = Names(["Zoé"], ["Kervella"], ["ada"], ["abad"])


def test_a_file_holds_texts_with_their_marks(tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_text(
        "=== m1 | mail\nBonjour [[PERSON|Nadia Cherfaoui]],\nà [[LOCATION|Brest]].\n"
        "=== t2 | table\nrien\n",
        encoding="utf-8",
    )
    first, second = read(file)
    assert (first.name, first.kind) == ("m1", "mail")
    assert first.text == "Bonjour Nadia Cherfaoui,\nà Brest."
    assert [first.text[mark.start : mark.end] for mark in first.marks] == [
        "Nadia Cherfaoui",
        "Brest",
    ]
    assert second == MarkedText("t2", "table", "rien", ())


@given(st.integers())
def test_a_variant_keeps_each_mark_on_what_it_marked(seed: int) -> None:
    text = MarkedText(
        "m1",
        "mail",
        "Mme LE GOFF (Awa) à İzmir : Awa Le Goff, ÉLISE.",
        (
            Mark(4, 11, PERSON),
            Mark(13, 16, PERSON),
            Mark(20, 25, "LOCATION"),
            Mark(28, 39, PERSON),
            Mark(41, 46, PERSON),
        ),
    )
    other = variant(text, NAMES, random.Random(seed))
    values = [other.text[mark.start : mark.end] for mark in other.marks]
    assert values[2].lower() in ("izmir", "i̇zmir", "İzmir".lower())
    assert [mark.entity for mark in other.marks] == [mark.entity for mark in text.marks]
    # One person keeps one name: «Awa» alone and with her surname.
    assert values[3].split()[0].lower() == values[1].lower()
    assert other.text.endswith(".")
    assert other.text[: other.marks[0].start].lower() == "mme "


def test_names_are_renamed_in_their_shape() -> None:
    text = MarkedText("m1", "mail", "Mme GUILLOU", (Mark(4, 11, PERSON),))
    seen = {variant(text, NAMES, random.Random(seed)).text for seed in range(200)}
    assert {"Mme GUILLOU", "Mme KERVELLA", "Mme ABAD", "mme kervella"} <= seen


def test_the_names_of_the_texts_are_sorted_into_given_names_and_surnames() -> None:
    text = MarkedText("m1", "mail", "Nadia Cherfaoui van Hecke", (Mark(0, 25, PERSON),))
    names = names_of([text])
    assert names.given == ["Nadia"]
    assert names.surnames == ["Cherfaoui", "Hecke"]
