"""``sobria charter``: what an admin sees in a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from governance.charter.charter import Charter
from governance.charter.cli import CharterContext, build_cli
from governance.charter.load import EXAMPLES
from governance.charter.proof import Finder, LeftOutJudge
from governance.charter.revisions import CharterStore
from governance.uses.judge import Verdict
from tests.governance.charter.conftest import SMALL


class KnowsOneWord:
    """Holds what names candidates, and nothing else."""

    def judge_left_out(self, service: str, text: str) -> Verdict:
        held = "candidats" in text
        return Verdict("review" if held else "allow", "tri", "pattern", 1.0, None, 0.0, ())


def english(message_id: str, /, **params: str | int | float) -> str:
    return message_id.format(**params)


@pytest.fixture
def store(database: Engine) -> CharterStore:
    return CharterStore(database)


@pytest.fixture
def app(store: CharterStore) -> typer.Typer:
    def judge(_: Charter) -> LeftOutJudge:
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
    assert "quota of requests per day" in explained
    unknown = run(app, "explain", "--service", "voirie")
    assert unknown.exit_code == 1
    assert "rh, finances" in unknown.output
