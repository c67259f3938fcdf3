"""What a charter says of personal data: kinds of its own, and what may be left in clear."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from jsonschema import Draft202012Validator
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from governance.charter.charter import Charter
from governance.charter.cli import CharterContext, build_cli
from governance.charter.load import load_text
from governance.charter.personal import CUSTOM_FIELDS, ENTITIES, PersonalData, Word
from governance.charter.proof import LeftOutJudge, prove_custom
from governance.charter.revisions import CharterStore
from governance.charter.schema import schema_json
from governance.pii.analyzer import PiiAnalyzer
from governance.pii.entities import CUSTOM_WORDS, KINDS
from governance.uses.verdict import Verdict
from tests.governance.charter.conftest import SMALL, Problems
from web.i18n import translate

OWN = """\
  may_keep: [PERSON, DOSSIER_AIDE]
  custom:
    - name: DOSSIER_AIDE
      title: Dossier d'aide sociale
      placeholder: DOSSIER
      pattern: '\\bAS-\\d{4}-\\d{3}\\b'
      examples: ["Le dossier AS-2026-017 est complet."]
      counter_examples: ["La norme AS-2026 ne dit rien."]
"""
WITH_OWN = SMALL.replace("  FR_SIREN: keep\n", "  FR_SIREN: keep\n" + OWN)
FIRST_LINE = WITH_OWN.splitlines().index("    - name: DOSSIER_AIDE") + 1


def changed(before: str, after: str) -> str:
    assert before in WITH_OWN
    return WITH_OWN.replace(before, after)


def test_every_kind_that_is_detected_has_its_field_and_the_other_way_round() -> None:
    assert set(ENTITIES) == {kind.entity for kind in KINDS}
    assert set(PersonalData.model_fields) == {*ENTITIES, "default", *CUSTOM_FIELDS}
    assert Word.__args__ == CUSTOM_WORDS


def test_what_is_left_out_is_handled_as_the_table_says() -> None:
    silent = PersonalData()
    assert {kind.entity: silent.handling(kind.entity) for kind in KINDS} == {
        kind.entity: kind.handling for kind in KINDS
    }


def test_a_kind_of_its_own_holds_for_every_service() -> None:
    charter = load_text(WITH_OWN)
    for service in ("rh", "finances"):
        rules = charter.effective(service)
        (entity,) = rules.custom
        assert (entity.name, entity.word, entity.title) == (
            "DOSSIER_AIDE",
            "DOSSIER",
            "Dossier d'aide sociale",
        )
        assert [(f.start, f.end) for f in entity.find("Vu AS-2026-017.")] == [(3, 14)]
        assert rules.personal_data["DOSSIER_AIDE"] == "pseudonymise"
        assert rules.may_keep == {"PERSON", "DOSSIER_AIDE"}


def test_its_handling_is_its_own_or_the_default() -> None:
    own = changed("      title: D", "      handling: never_restore\n      title: D")
    assert load_text(own).effective("rh").personal_data["DOSSIER_AIDE"] == "never_restore"
    strict = changed("default: pseudonymise", "default: block")
    assert load_text(strict).effective("rh").personal_data["DOSSIER_AIDE"] == "block"


def test_what_is_blocked_can_never_be_left_in_clear() -> None:
    blocked = changed("  PERSON: pseudonymise", "  PERSON: block")
    assert load_text(blocked).effective("rh").may_keep == {"DOSSIER_AIDE"}


@pytest.mark.parametrize(
    ("before", "after", "field", "line", "said"),
    [
        ("name: DOSSIER_AIDE", "name: dossier", "name", 0, "capitals"),
        ("name: DOSSIER_AIDE", "name: PERSON", "name", 0, "already"),
        ("name: DOSSIER_AIDE", "name: MAY_KEEP", "name", 0, "already"),
        ("placeholder: DOSSIER", "placeholder: CHOSE", "placeholder", 2, "«PROJET»"),
        ("'\\bAS-\\d{4}-\\d{3}\\b'", "'(AS'", "pattern", 3, "RE2"),
        ("'\\bAS-\\d{4}-\\d{3}\\b'", "'(?<=N)AS'", "pattern", 3, "RE2"),
        ("'\\bAS-\\d{4}-\\d{3}\\b'", "'(AS)\\1'", "pattern", 3, "RE2"),
        ("'\\bAS-\\d{4}-\\d{3}\\b'", "'(AS)?'", "pattern", 3, "nothing"),
        ("'\\bAS-\\d{4}-\\d{3}\\b'", "'((AS){30}){30}'", "pattern", 3, "large"),
        ("'\\bAS-\\d{4}-\\d{3}\\b'", f"'{'A' * 301}'", "pattern", 3, "301"),
        ("AS-2026-017 est", "AS-2026 est", "examples[0]", 4, "finds nothing"),
        ("norme AS-2026 ne", "norme AS-2026-001 ne", "counter_examples[0]", 5, "«AS-2026-001»"),
        ("      examples: ", "      exemples: ", "exemples", 4, "«examples»"),
        ("[PERSON, DOSSIER_AIDE]", "[PERSONN]", "may_keep[0]", -2, "«PERSON»"),
        ("[PERSON, DOSSIER_AIDE]", "[DOSIER_AIDE]", "may_keep[0]", -2, "«DOSSIER_AIDE»"),
        ("[PERSON, DOSSIER_AIDE]", "[XYZ]", "may_keep[0]", -2, "no kind of data «XYZ»"),
        ("[PERSON, DOSSIER_AIDE]", "[PERSON, PERSON]", "may_keep[1]", -2, "twice"),
        ("[PERSON, DOSSIER_AIDE]", "PERSON", "may_keep", -2, "A list"),
    ],
)
def test_a_mistake_is_told_with_its_field_file_and_line(
    problems_of: Problems, before: str, after: str, field: str, line: int, said: str
) -> None:
    problems = problems_of(changed(before, after))
    path = f"personal_data.{field if 'may_keep' in field else f'custom[0].{field}'}"
    (problem,) = [problem for problem in problems if problem.field == path]
    assert (problem.file, problem.line) == ("charter.yaml", FIRST_LINE + line)
    assert said in problem.message
    french = translate("fr", problem.message_id, **problem.params)
    assert french != problem.message
    assert "{" not in french.replace("\\d{1,9}", "")


def test_a_kind_stands_once(problems_of: Problems) -> None:
    twice = WITH_OWN.replace("audit:", OWN.split("custom:\n")[1] + "audit:")
    (problem,) = problems_of(twice)
    assert problem.field == "personal_data.custom[1]"
    assert problem.params["line"] == FIRST_LINE


# -- inheritance


def child(body: str, parent: str = WITH_OWN) -> Charter:
    text = f"charter: 1\nextends: base.yaml\npersonal_data:\n{body}"
    return load_text(text, parents={"base.yaml": parent}.__getitem__)


def refused(problems_of: Problems, body: str, parent: str = WITH_OWN) -> list[tuple[str, str]]:
    text = f"charter: 1\nextends: base.yaml\npersonal_data:\n{body}"
    found = problems_of(text, base=parent)
    assert all((p.file, p.params["parent_file"]) == ("charter.yaml", "base.yaml") for p in found)
    assert all(p.line >= 4 and int(p.params["parent_line"]) > 20 for p in found)
    return [(p.field, p.message) for p in found]


def test_a_child_adds_kinds_tightens_those_of_its_parent_and_takes_choices_away() -> None:
    heir = child(
        "  may_keep: [DOSSIER_AIDE]\n"
        "  custom:\n"
        "    - {name: DOSSIER_AIDE, handling: block, examples: ['AS-1999-000']}\n"
        "    - {name: PROJET_X, title: X, placeholder: PROJET, pattern: 'Alba', examples: [Alba]}\n"
    )
    rules = heir.effective("rh")
    assert [entity.name for entity in rules.custom] == ["DOSSIER_AIDE", "PROJET_X"]
    assert rules.personal_data["DOSSIER_AIDE"] == "block"
    assert rules.personal_data["PROJET_X"] == "pseudonymise"
    assert rules.may_keep == frozenset()
    assert heir.personal_data.custom[0].examples == (
        "Le dossier AS-2026-017 est complet.",
        "AS-1999-000",
    )


def test_a_child_keeps_the_pattern_of_its_parent(problems_of: Problems) -> None:
    body = "  custom: [{name: DOSSIER_AIDE, pattern: 'AS-2026-017'}]\n"
    ((field, message),) = refused(problems_of, body)
    assert field == "personal_data.custom[0].pattern"
    assert "not the parent's pattern" in message


def test_a_child_weakens_no_handling_of_its_parents_kinds(problems_of: Problems) -> None:
    body = "  custom: [{name: DOSSIER_AIDE, handling: keep}]\n"
    ((field, message),) = refused(problems_of, body)
    assert field == "personal_data.custom[0].handling"
    assert "«keep» is weaker" in message
    fields = {field for field, _ in refused(problems_of, "  default: keep\n")}
    assert "personal_data.custom" in fields


def test_a_child_lets_nobody_leave_in_clear_what_its_parent_masks(problems_of: Problems) -> None:
    assert [f for f, _ in refused(problems_of, "  may_keep: [PERSON, EMAIL_ADDRESS]\n")] == [
        "personal_data.may_keep[1]"
    ]
    silent = WITH_OWN.replace("  may_keep: [PERSON, DOSSIER_AIDE]\n", "")
    found = refused(problems_of, "  may_keep: [PERSON, DOSSIER_AIDE]\n", silent)
    assert [f for f, _ in found] == ["personal_data.may_keep[0]", "personal_data.may_keep[1]"]


def test_a_child_may_let_leave_what_it_masks_itself() -> None:
    heir = child("  FR_SIREN: pseudonymise\n  may_keep: [FR_SIREN]\n")
    assert heir.effective("rh").may_keep == {"FR_SIREN"}


def test_a_child_adds_no_kind_that_would_uncover_names(problems_of: Problems) -> None:
    wide = (
        "  custom:\n    - {name: MOT, title: M, placeholder: CODE, pattern: '\\pL+', "
        "examples: [Mot]HANDLING}\n"
    )
    ((field, message),) = refused(problems_of, wide.replace("HANDLING", ", handling: keep"))
    assert field == "personal_data.custom[0].handling"
    assert "in clear" in message
    assert child(wide.replace("HANDLING", "")).effective("rh").personal_data["MOT"] != "keep"


# -- sobria charter test, explain, schema


@pytest.fixture(scope="module")
def analyzer() -> PiiAnalyzer:
    return PiiAnalyzer()


class AllowsAll:
    def judge_left_out(self, service: str, text: str) -> Verdict:
        return Verdict("review", "tri", "pattern", 1.0, None, 0.0, ())


@pytest.fixture
def app(database: Engine, analyzer: PiiAnalyzer) -> typer.Typer:
    def judge(_: Charter) -> LeftOutJudge:
        return AllowsAll()

    def english(message_id: str, /, **params: str | int | float) -> str:
        return message_id.format(**params)

    store = CharterStore(database)
    return build_cli(lambda: CharterContext(lambda: store, judge, lambda: analyzer), english)


def run(app: typer.Typer, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})


def test_the_shipped_charters_kinds_are_found_by_the_analyser(
    commune: Charter, analyzer: PiiAnalyzer
) -> None:
    cases = prove_custom(commune, analyzer)
    assert len(cases) >= 10
    assert [case for case in cases if not case.passed] == []
    names = set(commune.personal_data.model_fields_set) - {"default", *CUSTOM_FIELDS}
    assert names == set(ENTITIES)
    assert commune.effective("rh").may_keep == {"PERSON", "FR_ADDRESS", "LOCATION"}


def test_the_test_runs_the_examples_through_the_analyser_and_names_the_lines(
    app: typer.Typer, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(SMALL.replace("Que dit la loi", "Trie"), encoding="utf-8")
    assert "Kind of data" not in run(app, "test", str(path), "--minimum", "0").output
    path.write_text(WITH_OWN, encoding="utf-8")
    good = run(app, "test", str(path), "--minimum", "0")
    assert good.exit_code == 0, good.output
    assert "DOSSIER_AIDE" in good.output
    # A pattern that a telephone number fits: the plan of numbering is surer, and it wins.
    clash = WITH_OWN.replace("AS-\\d{4}-\\d{3}", "0\\d{9}").replace("AS-2026-017", "0472000000")
    path.write_text(clash, encoding="utf-8")
    bad = run(app, "test", str(path), "--minimum", "0")
    assert bad.exit_code == 1
    line = FIRST_LINE + 4
    assert f"mine.yaml:{line}: «DOSSIER_AIDE» is not found, but PHONE_NUMBER" in bad.output
    told = json.loads(run(app, "test", str(path), "--minimum", "0", "--json").output)
    assert [case["line"] for case in told["personal_data"] if not case["passed"]] == [line]


def test_explain_shows_them_with_their_lines(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(WITH_OWN, encoding="utf-8")
    lines = run(app, "explain", "--file", str(path), "--service", "rh").output.splitlines()
    (own,) = [line for line in lines if "personal_data.DOSSIER_AIDE" in line]
    assert "Dossier d'aide sociale" in own
    assert f"mine.yaml:{FIRST_LINE}" in own
    (kept,) = [line for line in lines if "personal_data.may_keep" in line]
    assert "DOSSIER_AIDE, PERSON" in kept


def test_the_published_schema_knows_them() -> None:
    validator = Draft202012Validator(schema_json()["$defs"]["PersonalData"] | {"$defs": DEFS})
    good = {"may_keep": ["PERSON"], "custom": []}
    assert list(validator.iter_errors(good)) == []
    assert list(validator.iter_errors({"custom": [{"name": "A"}]}))


DEFS = schema_json()["$defs"]
