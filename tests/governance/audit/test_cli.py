"""``sobria audit``: what operators and outsiders type."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from typer.testing import CliRunner

from governance.audit.cli import AuditContext, build_cli
from governance.audit.leaf import AuditRecord
from governance.audit.log import AuditLog
from governance.audit.tables import audit_leaves

REASON = "Contrôle demandé par la CNIL"
Run = Callable[..., tuple[int, str]]


def english(message_id: str, /, **params: str | int | float) -> str:
    return message_id.format(**params)


@pytest.fixture
def run(database: Engine, log: AuditLog, converse: Callable[..., tuple[int, int]]) -> Run:
    """Type a command; its exit status and all that it printed."""
    converse(log, "x1")
    app = build_cli(lambda: AuditContext(database, log, "p-operator"), english)

    def type_(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, list(words))
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.output

    return type_


def test_the_key_and_the_head_are_printed(run: Run, log: AuditLog) -> None:
    assert run("key") == (0, log.vkey + "\n")
    assert run("head") == (0, log.signed_head())


def test_the_live_log_is_verified_where_no_export_is_given(
    run: Run, log: AuditLog, database: Engine
) -> None:
    status, printed = run("verify")
    assert status == 0
    assert "The log verifies." in printed
    with database.begin() as connection:
        row = audit_leaves.c.leaf_index == 0
        connection.execute(update(audit_leaves).where(row).values(service="compta"))
    status, printed = run("verify")
    assert status == 1
    assert "Record 0: The index of this record does not say what the record says." in printed
    assert "The log does NOT verify." in printed


def test_an_export_is_written_logged_and_verified(run: Run, log: AuditLog, tmp_path: Path) -> None:
    out = tmp_path / "log.zip"
    status, printed = run("export", str(out), "--reason", REASON)
    assert (status, printed) == (0, f"3 records exported to {out}.\n")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert log.page(limit=1)[0].subject == "p-operator"
    (tmp_path / "log.vkey").write_text(log.vkey + "\n")
    for key in (log.vkey, str(tmp_path / "log.vkey")):
        status, printed = run("verify", str(out), "--key", key)
        assert (status, "Warning" in printed) == (0, False)
    status, printed = run("verify", str(out))
    assert status == 0
    assert "Warning: the key came with the export" in printed


def test_a_changed_export_is_rejected_with_its_problems(
    run: Run, log: AuditLog, tmp_path: Path
) -> None:
    out, changed = tmp_path / "log.zip", tmp_path / "changed.zip"
    run("export", str(out), "--reason", REASON)
    with zipfile.ZipFile(out) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(b'"wh":0.42', b'"wh":0.41'))
    status, printed = run("verify", str(changed), "--key", log.vkey)
    assert status == 1
    assert "The records do not give the root that was signed." in printed


def test_an_older_checkpoint_is_compared(run: Run, log: AuditLog, tmp_path: Path) -> None:
    witness, out = tmp_path / "witness", tmp_path / "log.zip"
    run("export", str(out), "--reason", REASON)
    log.append(AuditRecord("account"))
    witness.write_text(log.signed_head())
    assert run("verify", "--since", str(witness))[0] == 0
    status, printed = run("verify", str(out), "--key", log.vkey, "--since", str(witness))
    assert status == 1
    assert "An older checkpoint has 4 records, but 3 are there." in printed


def test_what_goes_wrong_is_said_in_a_line(run: Run, log: AuditLog, tmp_path: Path) -> None:
    for words, message in (
        (("verify", str(tmp_path / "absent.zip")), "The file cannot be read"),
        (("verify", "--key", "wrong"), "This is not the public key of a log"),
        (("verify", "--since", str(tmp_path / "absent")), "The file cannot be read"),
        (("export", str(tmp_path / "a.zip"), "--reason", "bref"), "at least 10 characters"),
        (("export", str(tmp_path / "no" / "a.zip"), "--reason", REASON), "cannot be written"),
    ):
        status, printed = run(*words)
        assert status == 1
        assert message in printed
        assert printed.count("\n") == 1
    assert not (tmp_path / "a.zip").exists()
    assert list(tmp_path.glob(".a.zip*")) == []


def test_an_outsider_needs_no_instance(run: Run, log: AuditLog, tmp_path: Path) -> None:
    out = tmp_path / "log.zip"
    run("export", str(out), "--reason", REASON)

    def no_instance() -> AuditContext:
        raise AssertionError("the database is not needed")

    app = build_cli(no_instance, english)
    assert CliRunner().invoke(app, ["verify", str(out), "--key", log.vkey]).exit_code == 0
