"""The command line, as an operator types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from server.cli import app


@pytest.fixture
def sobria(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command on an instance of its own."""
    for name in [name for name in os.environ if name.startswith("SOBRIA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SOBRIA_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SOBRIA_LOCALE", "en")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, status: int = 0, **environment: str) -> Result:
        done = CliRunner().invoke(app, list(arguments), env=environment)
        assert done.exit_code == status, done.output
        return done

    return run


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['sobria', '--help']\n"
        "from server.cli import app\n"
        "try: app()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'fastapi', 'sqlalchemy', 'numpy', 'spacy', 'chromadb', 'llama_cpp', 'alembic'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "HEAVY []" in done.stdout, done.stdout[-300:] + done.stderr[-300:]
    for command in (
        "serve",
        "setup",
        "users",
        "members",
        "overview",
        "keys",
        "models",
        "sources",
        "charter",
        "audit",
        "quota",
    ):
        assert command in done.stdout


def test_accounts_and_keys_are_made_changed_and_logged(sobria: Any) -> None:
    made = sobria("users", "add", "lea", "--service", "rh", "--display-name", "Léa")
    assert "Password, shown once:" in made.stdout
    assert "lea\temployee\trh\tLéa" in sobria("users", "list").stdout
    sobria("users", "password", "lea")
    sobria("users", "disable", "lea")
    assert "closed" in sobria("users", "list").stdout
    assert "no account" in sobria("users", "disable", "nobody", status=1).stderr
    secret = sobria("keys", "create", "rh", "Intranet").stdout.split()[-1]
    assert secret.startswith("sob_")
    listed = sobria("keys", "list").stdout
    assert secret not in listed
    sobria("keys", "revoke", listed.split("\t")[0])
    verified = sobria("audit", "verify")
    assert "Records: 5" in verified.stdout.replace("\xa0", " ")


def test_a_wrong_setting_ends_with_a_clear_message(sobria: Any) -> None:
    done = sobria("settings", "check", status=2, SOBRIA_PROT="1", SOBRIA_PORT="x")
    assert "SOBRIA_PROT" in done.stderr and "1 to 65535" in done.stderr
    assert "Traceback" not in done.stderr
    french = sobria("settings", "check", status=2, SOBRIA_PORT="x", SOBRIA_LOCALE="fr")
    assert "de 1 à 65535" in french.stderr


def test_the_settings_are_printed(sobria: Any) -> None:
    assert "SOBRIA_PORT=8080" in sobria("settings", "check").stdout


@pytest.mark.parametrize("room", ["models", "sources", "charter", "audit"])
def test_the_rooms_bring_their_commands(sobria: Any, room: str) -> None:
    assert f"sobria {room}" in sobria(room, "--help").stdout


def test_keys_have_scopes_an_end_and_a_new_secret(sobria: Any) -> None:
    made = sobria(
        "keys", "create", "rh", "Intranet", "--scope", "chat", "--expires", "2099-12-31"
    ).stdout
    old = made.split()[-1]
    listed = sobria("keys", "list").stdout.split("\t")
    assert "chat" in listed and listed[-1].startswith("2099-12-31T23:00Z")
    rotated = sobria("keys", "rotate", listed[0], "--grace-hours", "2").stdout
    assert "The old secret opens until" in rotated and rotated.split()[-1] != old
    for wrong in (
        ("create", "rh", "x", "--scope", "root"),
        ("create", "-", "x", "--scope", "chat"),
        ("create", "rh", "x", "--expires", "2020-01-01"),
        ("create", "rh", "x", "--expires", "demain"),
        ("rotate", listed[0], "--grace-hours", "721"),
        ("rotate", "nothing"),
        ("revoke", "nothing"),
    ):
        assert sobria("keys", *wrong, status=1).stderr, wrong
    sobria("keys", "create", "-", "Supervision", "--scope", "admin-read")
    assert "Records: 3" in sobria("audit", "verify").stdout.replace("\xa0", " ")


def test_the_answers_that_are_kept_are_deleted(sobria: Any) -> None:
    assert "Answers deleted: 0." in sobria("answers", "clear").stdout
    assert "Answers deleted: 0." in sobria("answers", "clear", "--service", "rh").stdout


def test_members_are_moved_invited_and_shown(sobria: Any) -> None:
    sobria("members", "add", "lea", "--service", "rh")
    changed = sobria("members", "change", "lea", "--service", "compta", "--display-name", "Léa")
    assert "lea\temployee\tcompta\tLéa" in changed.stdout
    assert "/welcome/" in sobria("members", "invite", "lea").stdout
    assert "lea\temployee\tcompta" in sobria("members", "show", "lea").stdout
    assert sobria("members", "list", "--service", "rh").stdout == ""
    assert "role" in sobria("members", "add", "x", "--role", "boss", status=1).stderr
    sobria("members", "add", "dora", "--role", "dpo")
    assert sobria("members", "password", "dora").stdout, "the operator may"


def test_a_charter_is_published_and_restored_and_the_figures_are_printed(
    sobria: Any, tmp_path: Path
) -> None:
    assert "setup" in sobria("overview", status=1).stderr
    charter = Path(__file__).parents[2] / "governance/charter/examples/commune.yaml"
    sobria("charter", "publish", str(charter), "--reason", "première")
    other = tmp_path / "other.yaml"
    text = charter.read_text(encoding="utf-8")
    other.write_text(text + "\n# relue\n", encoding="utf-8")
    sobria("charter", "publish", str(other), "--reason", "relue")
    first = [line.split()[1] for line in sobria("charter", "history").stdout.splitlines()[1:]][-1]
    assert "No. 3" in sobria("charter", "restore", first, "--reason", "retour").stdout
    broken = tmp_path / "broken.yaml"
    broken.write_text(text.replace("effect: forbid", "effect: never", 1), encoding="utf-8")
    assert "effect" in sobria("charter", "publish", str(broken), "--reason", "x", status=1).stderr
    assert sobria("charter", "restore", "00000000", "--reason", "x", status=1).stderr
    for command in ("overview", "refusals", "energy"):
        read = json.loads(sobria(command, "--json").stdout)
        assert read, command
        sobria(command, "--days", "30")
    assert json.loads(sobria("services", "--json").stdout)[0]["quotas"]
    assert "never fetched" in sobria("overview").stdout


def test_reading_a_source_again_is_logged(sobria: Any, tmp_path: Path) -> None:
    folder = tmp_path / "var" / "documents"
    folder.mkdir(parents=True)
    (folder / "note.txt").write_text("Le parc ouvre à huit heures.", encoding="utf-8")
    own = "sources:\n- id: notes\n  title: Notes\n  kind: folder\n  path: " + str(folder)
    own += "\n  personal_data: public\n  owner: Nous\n  licence: interne\n"
    (tmp_path / "var" / "sources.yaml").write_text(own, encoding="utf-8")
    sobria("sources", "sync", "notes")
    assert sobria("sources", "sync", "ghost", status=1).stderr
    assert "Records: 1" in sobria("audit", "verify").stdout.replace("\xa0", " ")
