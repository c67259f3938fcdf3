"""A charter is read whole or refused with every problem in its place."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from governance.charter.charter import Charter, UnknownService
from governance.charter.load import EXAMPLES, load_file, load_text
from governance.charter.problems import CharterInvalid
from governance.charter.schema import ENTITIES, PersonalData, schema_json
from tests.governance.charter.conftest import SMALL, Problems


def test_a_small_charter_is_read() -> None:
    charter = load_text(SMALL)
    assert charter.organisation.name == "Mairie d'Essai"
    assert charter.service("rh").max_tokens == 400
    rules = charter.effective("rh")
    assert rules.quotas == {("requests", "day", "service"): 100}
    assert rules.sources == {"fiches", "code"}
    assert [use.id for use in rules.uses] == ["tri"]
    assert charter.effective("finances").uses == ()
    assert charter.effective("finances").sources is None
    with pytest.raises(UnknownService):
        charter.effective("voirie")


BAD = """\
charter: 1
organisation: {name: X, language: de, dpo: {name: a, email: nope}, contact: CONTACT, langage: fr}
uses:
  - id: Bad Id
    titel: x
    effect: forbbid
    reason: r
    message: 3
    applies_to: [rhh]
    detect: {patterns: ["(a+)+", "é"], examples: [a]}
  - 5
services:
  - id: rh
    title: RH
    sources: 3
    max_tokens: "400"
    quotas: [{metric: request, period: day, limit: -1}, {metric: wh, period: day, limit: yes}]
  - {id: rh, title: Z}
personal_data: {PERSONE: keep, FR_NIR: erase}
audit: {retention_days: 30}
energy: {classes_wh: [1,2,3,3,4,5]}
extend: base.yaml
""".replace("CONTACT", "{name: a, email: a@b.fr}")


@pytest.mark.parametrize("weight", ["0", "0.09", "10.1", "-1", "true", "lourd", ".nan", ".inf"])
def test_a_weight_is_a_number_from_a_tenth_to_ten(problems_of: Problems, weight: str) -> None:
    assert load_text(SMALL).effective("rh").weight == 1
    text = SMALL.replace("    max_tokens: 400\n", f"    weight: {weight}\n")
    assert [problem.field for problem in problems_of(text)] == ["services[0].weight"]


def test_all_problems_are_told_at_once_each_with_its_line(problems_of: Problems) -> None:
    found = {(p.line, p.field) for p in problems_of(BAD)}
    assert found == {
        (2, "organisation.language"),
        (2, "organisation.dpo.email"),
        (2, "organisation.langage"),
        (4, "uses[0].id"),
        (4, "uses[0].title"),
        (5, "uses[0].titel"),
        (6, "uses[0].effect"),
        (8, "uses[0].message"),
        (9, "uses[0].applies_to[0]"),
        (10, "uses[0].detect.patterns[0]"),
        (10, "uses[0].detect.patterns[1]"),
        (10, "uses[0].detect.examples[0]"),
        (11, "uses[1]"),
        (15, "services[0].sources"),
        (16, "services[0].max_tokens"),
        (17, "services[0].quotas[0].metric"),
        (17, "services[0].quotas[0].limit"),
        (17, "services[0].quotas[1].limit"),
        (18, "services[1]"),
        (19, "personal_data.PERSONE"),
        (19, "personal_data.FR_NIR"),
        (20, "audit.retention_days"),
        (21, "energy.classes_wh"),
        (22, "extend"),
    }


def test_an_unknown_field_comes_with_a_suggestion(problems_of: Problems) -> None:
    messages = {p.field: p.message for p in problems_of(BAD)}
    assert "«title»" in messages["uses[0].titel"]
    assert "«PERSON»" in messages["personal_data.PERSONE"]
    assert "«rh»" in messages["uses[0].applies_to[0]"]
    assert "«extends»" in messages["extend"]
    assert "«forbid» / «review» / «allow»" in messages["uses[0].effect"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "empty"),
        ("# nothing\n", 1, "empty"),
        ("- a\n- b\n", 1, "entries"),
        ("charter", 1, "entries"),
        ("charter: 1\n---\ncharter: 1\n", 3, "several"),
        ("charter: 1\n\torganisation: x\n", 2, "tab"),
        ("charter: 1\nuses: [\n", 3, "bracket is not closed"),
        ("charter: 1\nuses: [a b\nc: d\n", 2, "bracket is not closed"),
        ("charter: 1\nuses: 'x\na: 1\nb: 2\n", 2, "never closed"),
        ("charter: 1\nname: l'usage: non\n", 2, "colon"),
        ("charter: 1\nuses: - a\n", 2, "a line of its own"),
        ("charter: 1\nname: @home\n", 2, "«@»"),
        ('charter: 1\nname: "a\\q"\n', 2, "«\\q» means nothing"),
        ("charter: 1\nname: 'l'usage'\n", 2, "follows the closing"),
        ("uses:\n  - a\n    - b\n   c: d\n", 4, "indentation"),
        ("uses:\n    - a\n  - b\n", 3, "not aligned"),
        ("uses: > x\n  y\n", 1, "next line"),
        ("charter: 1\ncharter: 1\n", 2, "twice"),
        ("charter: 1\na: &x [1]\nb: *x\n", 2, "Anchors"),
        ("charter: 1\nuses: !!python/object:os.system x\n", 2, "Tags"),
        ("charter: \x00\n", 1, "character"),
        ("charter: 1\n1: x\n", 2, "must be a word"),
        ("x: " + "[" * 5000, 1, "nested"),
        ("a: [" + "1," * 70_000 + "]", 1, "elements"),
        ("a: '" + "x" * 1_000_001 + "'", 1, "larger"),
    ],
)
def test_hostile_texts_are_refused_with_their_line(
    problems_of: Problems, text: str, line: int, said: str
) -> None:
    started = time.perf_counter()
    first = problems_of(text)[0]
    assert first.line == line
    assert said in first.message
    assert time.perf_counter() - started < 30


def test_an_alias_bomb_costs_nothing(problems_of: Problems) -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
    )
    assert any("Anchors" in p.message for p in problems_of(bomb))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "charter.yaml"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(CharterInvalid, match="UTF-8"):
        load_file(path)
    with pytest.raises(CharterInvalid):
        load_file(tmp_path / "absent.yaml")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_no_text_ever_raises_anything_else(text: str) -> None:
    with pytest.raises(CharterInvalid):
        load_text(text)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, len(SMALL) - 1),
    st.sampled_from(["", "\t", ":", "- ", "{", "'", "\n", "é", "0", "[", "~", "!!int "]),
)
def test_a_damaged_charter_is_read_or_refused(place: int, damage: str) -> None:
    try:
        load_text(SMALL[:place] + damage + SMALL[place + 1 :])
    except CharterInvalid as error:
        assert all(problem.line >= 1 for problem in error.problems)


def test_yaml_1_2_words_stay_words(problems_of: Problems) -> None:
    charter = load_text(SMALL.replace("name: Mairie d'Essai", "name: no"))
    assert charter.organisation.name == "no"
    doubtful = SMALL + "labelling: {header: yes}\n"
    assert [p.field for p in problems_of(doubtful)] == ["labelling.header"]


def test_the_schema_is_valid_and_takes_the_shipped_charter() -> None:
    schema = schema_json()
    Draft202012Validator.check_schema(schema)
    text = (EXAMPLES / "commune.yaml").read_text(encoding="utf-8")
    Draft202012Validator(schema).validate(YAML(typ="safe", pure=True).load(text))
    parts = {f"#/$defs/{name}": part for name, part in schema["$defs"].items()}
    assert all(
        # A description equal to that of the part that it refers to is not said twice.
        field.get("description") or parts[field["$ref"]]["description"]
        for part in [schema, *parts.values()]
        for field in part["properties"].values()
    )
    assert json.dumps(schema)


def test_entities_left_out_follow_the_default_but_for_the_gravest() -> None:
    silent = PersonalData()
    assert silent.handling("PERSON") == "pseudonymise"
    assert silent.handling("FR_NIR") == "never_restore"
    assert PersonalData(default="keep").handling("SECRET") == "block"
    assert PersonalData(default="block").handling("FR_NIR") == "block"
    assert PersonalData(FR_NIR="pseudonymise").handling("FR_NIR") == "pseudonymise"
    assert silent.handling("SOMETHING_NEW") == "pseudonymise"
    assert {"PERSON", "FR_NIR", "SECRET"} < set(ENTITIES)


def test_contacts_are_people_or_words(commune: Charter) -> None:
    by_id = {use.id: use for use in commune.uses}
    assert "dpo@val-exemple.fr" in commune.contact_of(by_id["decision-individuelle"])
    assert commune.contact_of(by_id["tri-candidatures"]) == "Service des ressources humaines"
