"""The command line, as an operator types it."""

from __future__ import annotations

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
        "except SystemExit: pass\n"
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
