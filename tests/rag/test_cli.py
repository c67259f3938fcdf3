"""``sobria sources``: sync, list and status, as an administrator types them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.entities import KINDS, LABELS
from governance.pii.index_cleaner import IndexCleaner
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
        id="notes",
        title="Notes",
        kind="folder",
        path=documents,
        owner="RH",
        licence="Interne",
        personal_data="public",
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


def test_what_was_done_with_personal_data_is_told_by_file(tmp_path: Path, engine: Engine) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "note.md").write_text("# Horaires\n\nMme Claire Lefèvre ouvre à 9 heures.\n")
    (documents / "plan.md").write_text("# Plan\n\nL’accueil est au premier étage.\n")
    source = Source(
        id="notes",
        title="Notes",
        kind="folder",
        path=documents,
        owner="RH",
        licence="Interne",
        personal_data="refuse",
    )
    analyzer = cache(PiiAnalyzer)
    handling = {kind.entity: kind.handling for kind in KINDS}
    here = SourcesContext(
        engine,
        (source,),
        tmp_path / "downloads",
        tmp_path / "ft",
        cleaner=lambda: IndexCleaner(analyzer, handling, (), b"k" * 32),
        kinds=LABELS,
    )

    def text(message_id: str, **params: object) -> str:
        return str(translate("fr", message_id, **params))

    run = CliRunner(env={"COLUMNS": "200"})
    synced = run.invoke(build_cli(lambda: here, text), ["sync"])
    assert synced.exit_code == 0, synced.output
    assert "1 documents refusés" in synced.output
    assert "note.md" in synced.output and "nom d’une personne × 1" in synced.output
    assert "Lefèvre" not in synced.output
    assert "refusés s’il y en a" in run.invoke(build_cli(lambda: here, text), ["list"]).output
    clueless = SourcesContext(engine, (source,), tmp_path / "downloads", tmp_path / "ft")
    assert run.invoke(build_cli(lambda: clueless, text), ["sync"]).exit_code == 1
