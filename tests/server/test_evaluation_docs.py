"""What docs/evaluation.md shows works as it is written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from rag.fulltext import FullTextIndex
from rag.store import Store
from server.cli import app
from server.evaluation.file import case_file, load_cases
from tests.rag.conftest import make_document

DOCUMENT = Path(__file__).resolve().parents[2].joinpath("docs/evaluation.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.S)


def test_the_tests_of_the_page_load(tmp_path: Path) -> None:
    case_file(tmp_path).write_text(blocks("yaml")[0], encoding="utf-8")
    assert [case.id for case in load_cases(case_file(tmp_path))] == [
        "conges-payes",
        "horaires-piscine",
    ]


def test_the_commands_of_the_page_work(parts: Any, settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("SOBRIA_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SOBRIA_LOCALE", "fr")
    monkeypatch.chdir(settings.data_dir)
    store = Store(parts.database)
    index = FullTextIndex(settings.data_dir / "index" / "fulltext")
    index.update(store.write([make_document("1", "Les congés payés.")], [], 1).added)
    outputs = []
    for line in blocks("console")[0].splitlines():
        done = CliRunner().invoke(app, shlex.split(line)[1:])
        assert done.exit_code == 0, (line, done.output)
        outputs.append(done.output.replace("\xa0", " ").replace("\u202f", " "))
    added, listed, first, second, runs = outputs
    assert "est ajouté" in added and "L3141-3, 2,5" in listed
    assert "Par rapport à" not in first and "pareil 1" in second
    assert runs.count("search") == 2
