"""docs/charter.md describes every field of the schema, and each of its examples holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from governance.charter.charter import Charter
from governance.charter.cli_tables import told
from governance.charter.load import load_text
from governance.charter.messages import _model_in
from governance.charter.problems import CharterInvalid
from governance.charter.schema import CharterDocument
from tests.governance.charter.test_cli import english

PAGE = (Path(__file__).parents[3] / "docs" / "charter.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(yaml wrong|yaml|text)\n(.*?)^```$", PAGE, re.M | re.S)
GOOD = [body for kind, body in BLOCKS if kind == "yaml"]
WRONG = [
    (body, BLOCKS[number + 1][1])
    for number, (kind, body) in enumerate(BLOCKS)
    if kind == "yaml wrong"
]
FIRST = GOOD[0]
AROUND = {
    "charter": "charter: 1\n",
    "organisation": (
        "organisation: {name: O, dpo: {name: d, email: d@e.fr}, "
        "contact: {name: c, email: c@e.fr}}\n"
    ),
    "services": "services: [{id: rh, title: RH}]\n",
}


def parts(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """The models of a charter, once each."""
    if model not in seen:
        seen.add(model)
        yield model
        for field in model.model_fields.values():
            inner = _model_in(field.annotation)
            if inner is not None:
                yield from parts(inner, seen)


PARTS = list(parts(CharterDocument, set()))


def tables() -> list[set[str]]:
    """The names in the first column of each table of the page."""
    found = re.findall(r"^\| field \|.*?(?=\n\n)", PAGE, re.M | re.S)
    return [set(re.findall(r"^\| `([^`]+)` \|", table, re.M)) for table in found]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_field_is_documented_where_its_part_is(part: type[BaseModel]) -> None:
    fields = set(part.model_fields)
    nearest = max(tables(), key=lambda names: len(names & fields) - len(names - fields) / 100)
    assert fields - nearest == set(), f"describe them in docs/charter.md ({part.__name__})"


def test_no_field_is_documented_that_there_is_not() -> None:
    known = {name for part in PARTS for name in part.model_fields} | {"extends"}
    assert set().union(*tables()) - known == set()


def loaded(text: str) -> Charter:
    """A whole charter as it is; a section alone, in a charter that holds it."""
    keys = set(YAML(typ="safe", pure=True).load(text))
    if "charter" not in keys:
        text = "".join(part for key, part in AROUND.items() if key not in keys) + text
    return load_text(text, parents={"first.yaml": FIRST}.__getitem__)


@pytest.mark.parametrize("text", GOOD, ids=range(len(GOOD)))
def test_every_example_is_a_charter_or_a_part_of_one(text: str) -> None:
    assert loaded(text).services


@pytest.mark.parametrize(("text", "said"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_said_as_the_page_says(text: str, said: str) -> None:
    with pytest.raises(CharterInvalid) as refused:
        loaded(text)
    lines = [line for p in refused.value.problems for line in told(refused.value, p, english)]
    wanted = said.splitlines()
    # A problem quotes its own line too: the page leaves that out where it stands just above.
    assert [line for line in lines if line in wanted] == wanted
    assert {line for line in lines if not line.startswith("    ")} <= set(wanted)


def test_there_are_examples_of_both_kinds() -> None:
    assert len(GOOD) >= 10
    assert len(WRONG) == 2
