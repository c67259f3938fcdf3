"""``sobria charter``: what an admin sees in a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from governance.audit.log import AuditLog
from governance.charter.charter import Charter
from governance.charter.cli import CharterContext, build_cli
from governance.charter.load import EXAMPLES
from governance.charter.proof import Finder
from governance.charter.revisions import CharterStore
from governance.charter.simulate import CharterJudge
from governance.uses.verdict import Verdict
from tests.governance.charter.conftest import SMALL


class KnowsOneWord:
    """Holds what names candidates, and nothing else."""

    def judge_left_out(self, service: str, text: str) -> Verdict:
        held = "candidats" in text
        return Verdict("review" if held else "allow", "tri", "pattern", 1.0, None, 0.0, ())

    def judge(self, service: str, texts: Sequence[str]) -> Verdict:
        return self.judge_left_out(service, texts[-1])


def english(message_id: str, /, **params: str | int | float) -> str:
    return message_id.format(**params)


@pytest.fixture
def store(database: Engine) -> CharterStore:
    return CharterStore(database)


@pytest.fixture
def app(store: CharterStore) -> typer.Typer:
    def judge(_: Charter) -> CharterJudge:
        return KnowsOneWord()

    def finder() -> Finder:
        raise AssertionError("the analyser loads for charters with kinds of their own only")

    return build_cli(lambda: CharterContext(lambda: store, judge, finder), english)


def run(app: typer.Typer, *arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})


def test_validate(app: typer.Typer, tmp_path: Path) -> None:
    good = run(app, "validate", str(EXAMPLES / "commune.yaml"))
    assert good.exit_code == 0
    assert "15 uses, 6 services" in good.output
    path = tmp_path / "mine.yaml"
    path.write_text(SMALL.replace("effect: review", "efect: review"), encoding="utf-8")
    bad = run(app, "validate", str(path))
    assert bad.exit_code == 1
    assert "mine.yaml:9:5: uses[0].efect" in bad.output
    assert "Did you mean «effect»?" in bad.output


def test_test_tells_what_fails(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(SMALL, encoding="utf-8")
    good = run(app, "test", str(path))
    assert good.exit_code == 0, good.output
    path.write_text(
        SMALL.replace("Que dit la loi sur le tri ?", "Que dit la loi sur les candidats ?"),
        encoding="utf-8",
    )
    bad = run(app, "test", str(path), "--json")
    assert bad.exit_code == 1
    report = json.loads(bad.output)
    assert report["recall"] == 1
    assert [one["text"] for one in report["failed"]] == ["Que dit la loi sur les candidats ?"]


def test_schema_explain_show_and_history(app: typer.Typer, store: CharterStore) -> None:
    assert json.loads(run(app, "schema").output)["title"] == "Sobria charter"
    assert run(app, "show").exit_code == 1
    saved = store.save(SMALL, "ada", "première version", None)
    assert run(app, "show").output == SMALL
    assert run(app, "show", saved.short).output == SMALL
    assert run(app, "show", "0123456789").exit_code == 1
    history = run(app, "history").output
    assert saved.short in history
    assert "première version" in history
    explained = run(app, "explain", "--service", "rh").output
    assert "charter.yaml:7" in explained
    assert "quotas (requests, day)" in explained
    unknown = run(app, "explain", "--service", "voirie")
    assert unknown.exit_code == 1
    assert "rh, finances" in unknown.output


def test_a_loosening_shows_both_lines(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(SMALL, encoding="utf-8")
    heir = tmp_path / "mine.yaml"
    heir.write_text(
        "charter: 1\nextends: base.yaml\nuses:\n  - id: tri\n    effect: allow\n", encoding="utf-8"
    )
    output = run(app, "validate", str(heir)).output
    parent = next(n for n, line in enumerate(SMALL.splitlines(), 1) if "effect: review" in line)
    assert "mine.yaml:5:13: uses[0].effect: «allow» is weaker than the parent's «review»" in output
    assert "    mine.yaml:5 | effect: allow" in output
    assert f"    base.yaml:{parent} | effect: review" in output


def test_explain_gives_each_rule_its_own_file(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(SMALL, encoding="utf-8")
    heir = tmp_path / "mine.yaml"
    heir.write_text(
        "charter: 1\nextends: base.yaml\nuses: [{id: tri, effect: forbid}]\n"
        "services:\n  - id: rh\n    sources: [code]\n"
        "    quotas: [{metric: requests, period: day, limit: 50}]\n"
        "personal_data: {PERSON: block}\naudit:\n  retention_days: 200\n",
        encoding="utf-8",
    )
    result = run(app, "explain", "--service", "rh", "--file", str(heir), "--json")
    rules = {(r["name"], r["layer"]): r for r in json.loads(result.output)}
    lines = {"base.yaml": SMALL.splitlines(), "mine.yaml": heir.read_text().splitlines()}

    def written(name: str, layer: int | None = None) -> tuple[str, str, str]:
        rule = rules[name, layer]
        if rule["file"] is None:
            return rule["value"], "", ""
        return rule["value"], rule["file"], lines[rule["file"]][rule["line"] - 1].strip()

    assert written("uses.tri", 0) == ("review", "base.yaml", "- id: tri")
    assert written("uses.tri", 2)[:2] == ("forbid", "mine.yaml")
    assert written("sources") == ("code", "mine.yaml", "sources: [code]")
    assert written("models") == ("default, gros", "base.yaml", "models: [default, gros]")
    assert written("max_tokens") == ("400", "base.yaml", "max_tokens: 400")
    assert written("weight") == ("1", "", "")
    assert written("quotas (requests, day)")[:2] == ("50", "mine.yaml")
    assert written("personal_data.PERSON")[:2] == ("block", "mine.yaml")
    assert written("personal_data.FR_SIREN")[:2] == ("keep", "base.yaml")
    assert written("personal_data.EMAIL_ADDRESS")[2] == "default: pseudonymise"
    assert written("audit.retention_days") == ("200", "mine.yaml", "retention_days: 200")
    assert written("labelling.header") == ("true", "", "")


@pytest.fixture
def publishing(signed: CharterStore, log: AuditLog) -> typer.Typer:
    """The commands of a running instance: a store that signs, and its log."""

    def judge(_: Charter) -> CharterJudge:
        return KnowsOneWord()

    def finder() -> Finder:
        raise AssertionError("no kinds of its own")

    context = CharterContext(lambda: signed, judge, finder, lambda: log, "operator")
    return build_cli(lambda: context, english)


def test_publish_compare_and_restore(
    publishing: typer.Typer, signed: CharterStore, log: AuditLog, tmp_path: Path
) -> None:
    (tmp_path / "base.yaml").write_text(SMALL, encoding="utf-8")
    file = tmp_path / "mine.yaml"
    file.write_text("charter: 1\nextends: base.yaml\n", encoding="utf-8")
    published = run(publishing, "publish", str(file), "--reason", "première")
    assert published.exit_code == 0, published.output
    first = signed.current()
    assert first is not None
    assert first.short in published.output
    assert first.parents == {"base.yaml": SMALL}
    file.write_text("charter: 1\nextends: base.yaml\naudit: {retention_days: 200}\n")
    assert run(publishing, "publish", str(file), "--reason", "plus court").exit_code == 0
    compared = run(publishing, "diff", first.short)
    assert "+audit: {retention_days: 200}" in compared.output
    sides = run(publishing, "diff", first.short, str(file), "--side-by-side")
    assert "audit: {retention_days: 200}" in sides.output
    assert "the same" in run(publishing, "diff", str(file)).output
    assert run(publishing, "restore", first.short, "--reason", "retour").exit_code == 0
    assert "signed" in run(publishing, "history").output
    assert run(publishing, "key").output.startswith("essai.fr/charter+")
    assert [e.data["action"] for e in log.page()] == ["restored", "published", "published"]


def test_a_charter_whose_tests_fail_is_published_nevertheless_or_not_at_all(
    publishing: typer.Typer, signed: CharterStore, log: AuditLog, tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(SMALL.replace("Classe ces candidats.", "Range-les."), encoding="utf-8")
    refused = run(publishing, "publish", str(file), "--reason", "essai")
    assert refused.exit_code == 1
    assert "Would be let through (tri): Range-les." in refused.output
    assert signed.current() is None
    assert log.head().size == 0
    forced = run(publishing, "publish", str(file), "--reason", "essai", "--nevertheless")
    assert forced.exit_code == 0, forced.output
    (entry,) = log.page()
    assert entry.data["tests"]["passed"] is False
