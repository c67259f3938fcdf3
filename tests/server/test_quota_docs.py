"""What docs/quotas.md shows works as it is written."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from governance.charter.load import load_text
from server.cli import app

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "quotas.md").read_text(encoding="utf-8")
HEAD = """\
charter: 1
organisation:
  name: Val d'Exemple
  dpo: {name: D, email: dpo@exemple.fr}
  contact: {name: I, email: aide@exemple.fr}
"""


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT, re.S)
    assert found is not None
    return found[1]


def test_the_charter_of_the_page_loads() -> None:
    quotas = load_text(HEAD + block("yaml")).effective("rh").quotas
    assert len(quotas) == 5 and quotas["requests", "hour", "user"] == 20


def test_the_commands_of_the_page_work(parts: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """On the charter of the tests, whose service rh has the quota that the page extends."""
    parts.users.add("lea", display_name="Léa", role="employee", service="rh")
    monkeypatch.setenv("SOBRIA_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SOBRIA_LOCALE", "fr")
    monkeypatch.chdir(tmp_path)

    def run(line: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, shlex.split(line)[1:])
        assert done.exit_code == status, done.output
        return done.output.replace("\xa0", " ")

    show, grant, revoke = block("console").splitlines()
    assert "0/400" in run(show)
    identifier = re.search(r"Rallonge (\w{16}) : 50 requests de plus", run(grant))
    assert identifier is not None
    shown = run(show)
    assert "0/450" in shown and "Fin de campagne" in shown and "en vigueur" in shown
    line = revoke.replace("0123456789abcdef", identifier[1])
    assert "reprise" in run(line)
    assert "Aucune rallonge en vigueur" in run(line, 1)
    assert "0/400" in run(show)
    assert "rien à augmenter" in run(f"{grant} --user lea", 1)
    assert "n’a pas ce compte" in run(f"{grant} --user nobody", 1)
    assert [e.data["action"] for e in parts.audit.page() if e.type == "quota"] == [
        "revoked",
        "granted",
    ]


def test_the_json_of_the_page_is_accepted(root: Any) -> None:
    body = re.search(r"`(\{\"service\".*?\})`", DOCUMENT)
    assert body is not None
    assert root.fetch("/api/admin/quotas/grants", json.loads(body[1])).status_code == 201
