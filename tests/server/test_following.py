"""A revision published elsewhere is in force here within seconds, and a bad one never is."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from governance.charter.revisions import CharterInForce
from server.following import follow_charter, look
from server.judges import charter_store


@pytest.fixture
def opened(settings: Any) -> Any:
    from server.books import open_books

    return open_books(settings)


def charter_text(name: str) -> str:
    import scripted

    return str(scripted.CHARTER).replace("Commune d'Exemple", name)


def test_the_key_of_the_charter_is_the_log_s_under_another_name(opened: Any) -> None:
    store = charter_store(opened)
    assert store.vkey.split("+")[0] == opened.audit.origin.replace("/audit", "/charter")
    assert store.save(charter_text("Une"), "tests", "première", None).state == "signed"


def test_what_another_process_publishes_is_taken_up(opened: Any) -> None:
    first = charter_store(opened).save(charter_text("Une"), "tests", "première", None)
    charter = CharterInForce(charter_store(opened))
    warmed: list[str] = []
    closing = threading.Event()
    thread = follow_charter(charter, lambda: warmed.append("made"), closing, every=0.05)
    charter_store(opened).save(charter_text("Deux"), "tests", "seconde", first.revision)
    deadline = time.monotonic() + 20
    while not warmed and time.monotonic() < deadline:
        time.sleep(0.02)
    closing.set()
    thread.join()
    assert charter.get()[1].organisation.name == "Deux"
    assert warmed == ["made"]


def test_what_cannot_be_in_force_changes_nothing_and_is_tried_once(opened: Any) -> None:
    from server.assembly import NotWired

    store = charter_store(opened)
    first = store.save(charter_text("Une"), "tests", "première", None)
    charter = CharterInForce(store)
    tried: list[str] = []

    def check(declared: Any) -> None:
        tried.append(declared.organisation.name)
        raise NotWired("no such source")

    charter.require(check)
    second = store.save(charter_text("Deux"), "tests", "seconde", first.revision)
    assert [look(charter, lambda: None) for _ in range(3)] == [False] * 3
    assert tried == ["Deux"]
    assert charter.get()[0] == first.revision
    assert charter.refused is not None and charter.refused.number == 2
    with opened.database.begin() as connection:
        connection.execute(text("UPDATE charter_history SET author = 'eve' WHERE number = 2"))
    third = store.restore(first.short, "tests", "retour", second.revision)
    assert look(charter, lambda: None)
    assert charter.refused is None and charter.get()[0] == third.revision


def test_the_command_line_publishes_to_a_server_that_runs(
    settings: Any, opened: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from governance.charter import cli as charter_cli
    from governance.charter.publishing import Proof
    from server.commands import rooms

    store = charter_store(opened)
    store.save(charter_text("Une"), "tests", "première", None)
    charter = CharterInForce(store)
    monkeypatch.setattr(rooms, "books", lambda: opened)
    monkeypatch.setattr(rooms, "settings", lambda: settings)
    monkeypatch.setenv("SOBRIA_LOCALE", "fr")
    # The judge loads a model: what is tested here is what becomes of its proof elsewhere.
    from governance.charter.proof import ProofReport

    monkeypatch.setattr(charter_cli, "prove", lambda _charter, _judge: ProofReport(()))
    monkeypatch.setattr(charter_cli, "prove_custom", lambda _charter, _finder: ())
    monkeypatch.setattr("server.knowledge.configured_embedder", lambda _settings: object())
    monkeypatch.setattr("governance.uses.judge.UseJudge.__init__", lambda *_a: None)
    assert Proof(ProofReport(())).passed
    file = tmp_path / "charte.yaml"
    file.write_text(charter_text("Deux"), encoding="utf-8")
    done = CliRunner().invoke(rooms.charter(), ["publish", str(file), "--reason", "nouveau nom"])
    assert done.exit_code == 0, done.output
    assert look(charter, lambda: None)
    assert charter.get()[1].organisation.name == "Deux"
    (entry,) = [entry for entry in opened.audit.page() if entry.type == "charter"]
    assert entry.subject == "operator" and entry.charter_revision == charter.get()[0]
    file.write_text(charter_text("Trois") + "uses: 3\n", encoding="utf-8")
    bad = CliRunner().invoke(rooms.charter(), ["publish", str(file), "--reason", "essai"])
    assert bad.exit_code == 1
    ghosts = charter_text("Trois").replace("- id: compta", "- id: compta\n    sources: [ghosts]")
    file.write_text(ghosts, encoding="utf-8")
    unknown = CliRunner().invoke(rooms.charter(), ["publish", str(file), "--reason", "essai"])
    assert unknown.exit_code == 1 and "ghosts" in unknown.output
    assert not look(charter, lambda: None)


def test_a_start_on_a_charter_that_was_changed_says_so_and_stops(
    opened: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import typer

    from server.commands.opening import failing_clearly

    monkeypatch.setenv("SOBRIA_LOCALE", "fr")
    saved = charter_store(opened).save(charter_text("Une"), "tests", "première", None)
    with opened.database.begin() as connection:
        connection.execute(text("UPDATE charter_revisions SET text = replace(text, 'Une', 'Moi')"))
    with pytest.raises(typer.Exit), failing_clearly():
        CharterInForce(charter_store(opened))
    said = capsys.readouterr().err
    assert saved.short in said and "ne porte pas la signature de cette instance" in said


def test_a_charter_from_before_signatures_starts_and_is_told(
    opened: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from governance.charter.revisions import CharterStore

    CharterStore(opened.database).save(charter_text("Une"), "tests", "d'avant", None)
    charter = CharterInForce(charter_store(opened))
    assert charter.signature == "unsigned"
    closing = threading.Event()
    closing.set()
    follow_charter(charter, lambda: None, closing).join()
    assert "charter_unsigned" in capsys.readouterr().out
