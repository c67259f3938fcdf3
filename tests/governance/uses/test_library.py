"""The families that come with Sobria: whole, without echo, and learned beside the charter's own."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from governance.charter.load import EXAMPLES, load_file
from governance.charter.use import Detect, Family
from governance.uses.folding import fold
from governance.uses.library import _FOLDER, Texts, family, known, ordinary_requests

FAMILIES = get_args(Family)
FEWEST = 250
LONGEST = 1500


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_that_the_schema_names_has_hundreds_of_texts(name: str) -> None:
    texts = family(name)
    assert len(texts.all_examples) >= FEWEST
    assert len(texts.all_counter_examples) >= FEWEST
    both = {fold(text) for text in texts.all_examples} & {
        fold(text) for text in texts.all_counter_examples
    }
    assert not both
    every = [*texts.all_examples, *texts.all_counter_examples]
    assert all(3 <= len(text) <= LONGEST and text == text.strip() for text in every)


def test_no_file_is_there_that_the_schema_does_not_name() -> None:
    assert {path.stem for path in _FOLDER.glob("*.json")} == {*FAMILIES, "ordinary"}


def test_an_ordinary_request_is_of_no_family() -> None:
    ordinary = {fold(text) for text in ordinary_requests()}
    assert len(ordinary) >= 1500
    for name in FAMILIES:
        assert not ordinary & {fold(text) for text in family(name).all_examples}, name


def test_what_is_forbidden_in_one_family_is_not_legitimate_in_another() -> None:
    forbidden = {
        rule.use.detect.family
        for rule in load_file(EXAMPLES / "commune.yaml").rules
        if rule.effect == "forbid"
    }
    examples = {text: name for name in FAMILIES for text in family(name).all_examples}
    for name in FAMILIES:
        for text in family(name).all_counter_examples:
            other = examples.get(text)
            assert other is None or (other not in forbidden and name in forbidden), (name, other)


def test_a_use_is_learned_from_its_own_texts_and_those_of_its_family() -> None:
    own = Detect(examples=("Un exemple.",), counter_examples=("Un autre.",))
    assert known(own) == Texts(("Un exemple.",), ("Un autre.",))
    both = known(own.model_copy(update={"family": "biometrics"}))
    shipped = family("biometrics")
    assert both.all_examples == ("Un exemple.", *shipped.all_examples)
    assert both.all_counter_examples == ("Un autre.", *shipped.all_counter_examples)
    assert both.pairs == shipped.pairs


@pytest.mark.parametrize("path", sorted(_FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_the_files_are_written_one_text_a_line(path: object) -> None:
    """So that a difference between two versions can be read."""
    text = (_FOLDER / str(path)).read_text(encoding="utf-8")
    held = json.loads(text)
    count = len(held) if isinstance(held, list) else sum(len(each) for each in held.values())
    assert text.count("\n") >= count
