"""``sobria sources``: sync, list, status and changes, as an administrator types them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from typer.testing import CliRunner

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.entities import KINDS, LABELS
from governance.pii.index_cleaner import IndexCleaner
from rag.cli import SourcesContext, build_cli
from rag.freshness import DAY
from rag.sources import Source
from rag.tables import sync_runs
from web.i18n import LOCALES, translate


def _context(tmp_path: Path, engine: Engine, documents: Path) -> SourcesContext:
    """The commands over one folder, declared public."""
    source = Source(
        id="notes",
        title="Notes",
        kind="folder",
        path=documents,
        owner="RH",
        licence="Interne",
        personal_data="public",
    )
    return SourcesContext(engine, (source,), tmp_path / "downloads", tmp_path / "ft")


@pytest.mark.parametrize("locale", LOCALES)
def test_a_folder_is_synced_and_shown(tmp_path: Path, engine: Engine, locale: str) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "note.md").write_text("# Horaires\n\nLe bureau ouvre à 9 heures.\n")
    (documents / "bad.pdf").write_bytes(b"%PDF nothing")
    here = _context(tmp_path, engine, documents)

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


@pytest.mark.parametrize(
    ("locale", "state", "todo", "counts", "kinds"),
    [
        (
            "fr",
            "à renouveler",
            "Rechargez-la.",
            "complète : 1 ajoutés, 1 modifiés, 1 retirés",
            ("modifié : note (ancien texte valable jusqu’au ", "ajouté : bus (", "retiré : velo ("),
        ),
        (
            "en",
            "to be renewed",
            "Fetch it again.",
            "complete: 1 added, 1 amended, 1 withdrawn",
            ("amended: note (former text until ", "added: bus (", "withdrawn: velo ("),
        ),
    ],
)
def test_health_and_changes_are_told(
    tmp_path: Path,
    engine: Engine,
    locale: str,
    state: str,
    todo: str,
    counts: str,
    kinds: tuple[str, ...],
) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    here = _context(tmp_path, engine, documents)

    def text(message_id: str, **params: object) -> str:
        return str(translate(locale, message_id, **params)).replace("\N{NO-BREAK SPACE}", " ")

    app = build_cli(lambda: here, text)
    run = CliRunner(env={"COLUMNS": "240"})
    assert (
        text("{source}: no sync has changed anything.", source="Notes")
        in run.invoke(app, ["changes", "notes"]).output
    )
    (documents / "note.txt").write_text("Ouvert à 9 heures.")
    (documents / "velo.txt").write_text("Louez un vélo.")
    assert run.invoke(app, ["sync"]).exit_code == 0
    (documents / "note.txt").write_text("Ouvert à 10 heures.")
    (documents / "velo.txt").unlink()
    (documents / "bus.txt").write_text("Prenez le bus.")
    assert run.invoke(app, ["sync"]).exit_code == 0
    told = run.invoke(app, ["changes", "notes"]).output
    assert counts in told
    assert all(kind.replace(" : ", ": ") in told for kind in kinds), told
    assert "first reading" in told or "première lecture" in told
    latest = run.invoke(app, ["changes", "notes", "--syncs", "1"]).output
    assert counts in latest and len(latest) < len(told)
    assert run.invoke(app, ["changes", "unknown"]).exit_code == 1
    with engine.begin() as connection:
        connection.execute(update(sync_runs).values(ended=sync_runs.c.ended - 40 * DAY))
    status = run.invoke(app, ["status"]).output
    assert state in status and todo in status
