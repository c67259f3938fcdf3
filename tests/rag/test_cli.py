"""``sobria sources``: sync, list and status, as an administrator types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from rag.cli import SourcesContext, build_cli
from rag.sources import Source
from web.i18n import LOCALES, translate


@pytest.mark.parametrize("locale", LOCALES)
def test_a_folder_is_synced_and_shown(tmp_path: Path, engine: Engine, locale: str) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "note.md").write_text("# Horaires\n\nLe bureau ouvre à 9 heures.\n")
    (documents / "bad.pdf").write_bytes(b"%PDF nothing")
    source = Source(
        id="notes", title="Notes", kind="folder", path=documents, owner="RH", licence="Interne"
    )
    here = SourcesContext(engine, (source,), tmp_path / "downloads", tmp_path / "ft")

    def text(message_id: str, **params: object) -> str:
        return str(translate(locale, message_id, **params))

    app = build_cli(lambda: here, text)
    run = CliRunner(env={"COLUMNS": "200"})
    synced = run.invoke(app, ["sync"])
    assert synced.exit_code == 0, synced.output
    assert "bad.pdf" in synced.output
    assert ("1 documents nouveaux" if locale == "fr" else "1 new documents") in synced.output
    assert "notes" in run.invoke(app, ["list"]).output
    assert ("complète" if locale == "fr" else "complete") in run.invoke(app, ["status"]).output
    assert run.invoke(app, ["sync", "unknown"]).exit_code == 1
