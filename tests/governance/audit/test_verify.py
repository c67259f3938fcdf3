"""Verification accepts the log as it is, and rejects any change of one byte."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, delete, insert, select, update

from governance.audit.errors import AuditUnavailable, NoteInvalid, ReasonTooShort
from governance.audit.export import export
from governance.audit.leaf import AuditRecord
from governance.audit.live import verify_live
from governance.audit.log import AuditLog
from governance.audit.reading import AuditFilter
from governance.audit.tables import audit_head, audit_leaves, audit_sealed
from governance.audit.verify import ExportUnreadable, verify_export
from governance.keys import InstanceKeys
from governance.sealing import PersonKeys

Converse = Callable[..., tuple[int, int]]
REASON = "Contrôle demandé par la CNIL"
ROOT = Path(__file__).resolve().parents[3]
each_example_restores = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def filled(log: AuditLog, persons: PersonKeys, converse: Converse) -> AuditLog:
    """A log with something of everything: exchanges, a consultation, an erasure."""
    for number in range(3):
        converse(log, f"x{number}", user=f"u{number}", service="rh" if number else "compta")
    log.append(AuditRecord("refused", "x9", persons.subject("u1"), "rh", data={"use": "tri-cv"}))
    log.read_sealed(0, persons.subject("dpo"), REASON)
    log.erase_person(persons.subject("u2"), persons.subject("dpo"), "Demande d’effacement")
    return log


def write_export(log: AuditLog, path: Path, wanted: AuditFilter | None = None) -> Path:
    with path.open("wb") as out:
        export(log, wanted, out, "p-dpo", REASON)
    return path


def rewrite(path: Path, changes: dict[str, bytes | None], to: Path) -> Path:
    """A copy of an export in which members are replaced (None: left out)."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(to, "w") as target:
        for name in [*source.namelist(), *(n for n in changes if n not in source.namelist())]:
            content = changes.get(name, source.read(name) if name in source.namelist() else None)
            if content is not None:
                target.writestr(name, content)
    return to


def member(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def test_an_export_verifies_with_the_key_alone(filled: AuditLog, tmp_path: Path) -> None:
    path = write_export(filled, tmp_path / "log.zip")
    result = verify_export(path, filled.vkey)
    assert result.ok
    assert result.key_given
    assert (result.origin, result.size) == ("sobria.example.org/audit", filled.head().size)
    assert result.root == filled.head().root.hex()
    assert result.shown == result.size
    assert not verify_export(path).key_given


def test_the_export_itself_is_logged_with_its_reason(filled: AuditLog, tmp_path: Path) -> None:
    size = filled.head().size
    with pytest.raises(ReasonTooShort):
        export(filled, None, io.BytesIO(), "p-dpo", "bref")
    assert filled.head().size == size
    write_export(filled, tmp_path / "log.zip", AuditFilter(service="rh"))
    last = filled.page(limit=1)[0]
    assert (last.type, last.subject, last.data) == (
        "exported",
        "p-dpo",
        {"filter": {"service": "rh"}},
    )
    assert filled.reason(last.index) == REASON
    assert b'"exported"' not in member(tmp_path / "log.zip", "leaves.jsonl"), "it is of no service"


def test_an_export_holds_no_text_of_anyone(filled: AuditLog, tmp_path: Path) -> None:
    path = write_export(filled, tmp_path / "log.zip")
    for name in ("leaves.jsonl", "checkpoint", "key.vkey", "README.txt"):
        content = member(path, name).decode()
        assert "PERSONNE_1" not in content
        assert "ouvrables" not in content
        assert REASON not in content


def test_a_filtered_export_hides_the_rest_and_still_verifies(
    filled: AuditLog, tmp_path: Path
) -> None:
    path = write_export(filled, tmp_path / "log.zip", AuditFilter(service="rh", type="completed"))
    result = verify_export(path, filled.vkey)
    assert (result.ok, result.shown, result.size) == (True, 2, filled.head().size)
    lines = member(path, "leaves.jsonl").splitlines()
    assert len([line for line in lines if line.startswith(b'{"hash":"')]) == result.size - 2
    assert b"compta" not in member(path, "leaves.jsonl")


def test_the_readme_tells_how_to_verify_in_both_languages(filled: AuditLog, tmp_path: Path) -> None:
    text = member(write_export(filled, tmp_path / "log.zip"), "README.txt").decode()
    assert "Vérifier" in text
    assert "To verify" in text
    assert "sobria audit verify" in text


@pytest.mark.parametrize("wanted", [None, AuditFilter(type="completed")])
def test_no_byte_of_an_export_can_change(
    filled: AuditLog, tmp_path: Path, wanted: AuditFilter | None
) -> None:
    path = write_export(filled, tmp_path / "log.zip", wanted)
    contents = {name: member(path, name) for name in ("leaves.jsonl", "checkpoint", "key.vkey")}
    changed_path = tmp_path / "changed.zip"

    @each_example_restores
    @given(
        st.sampled_from(["leaves.jsonl"] * 4 + ["checkpoint", "key.vkey"]),
        st.integers(0, 10**9),
        st.integers(1, 255),
    )
    def reject(name: str, position: int, mask: int) -> None:
        content = bytearray(contents[name])
        position %= len(content)
        content[position] ^= mask
        rewrite(path, {name: bytes(content)}, changed_path)
        try:
            result = verify_export(changed_path, filled.vkey)
        except ExportUnreadable:
            return
        assert not result.ok, f"byte {position} of {name}"

    reject()


def test_every_byte_of_the_zip_that_holds_data_is_watched(filled: AuditLog, tmp_path: Path) -> None:
    path = write_export(filled, tmp_path / "log.zip")
    whole = path.read_bytes()
    root = filled.head().root.hex()
    for position in range(0, len(whole), 11):
        changed = bytearray(whole)
        changed[position] ^= 0x04
        path.write_bytes(changed)
        try:
            result = verify_export(path, filled.vkey)
        except ExportUnreadable:
            continue
        # A changed date or README of the zip changes nothing that is signed.
        assert not result.ok or result.root == root


@pytest.mark.parametrize("change", ["drop", "swap", "repeat", "append", "cut", "blank", "crlf"])
def test_lines_cannot_be_added_removed_or_moved(
    filled: AuditLog, tmp_path: Path, change: str
) -> None:
    path = write_export(filled, tmp_path / "log.zip")
    lines = member(path, "leaves.jsonl").splitlines(keepends=True)
    changed = {
        "drop": lines[1:],
        "swap": [lines[1], lines[0], *lines[2:]],
        "repeat": [lines[0], *lines],
        "append": [*lines, lines[-1]],
        "cut": [*lines[:-1], lines[-1][:-1]],
        "blank": [*lines, b"\n"],
        "crlf": [line.replace(b"\n", b"\r\n") for line in lines],
    }[change]
    other = rewrite(path, {"leaves.jsonl": b"".join(changed)}, tmp_path / "changed.zip")
    result = verify_export(other, filled.vkey)
    assert not result.ok


def test_problems_name_the_record(filled: AuditLog, tmp_path: Path) -> None:
    path = write_export(filled, tmp_path / "log.zip")
    content = member(path, "leaves.jsonl").replace(b'"exchange":"x1"', b'"exchange":"x0"', 1)
    other = rewrite(path, {"leaves.jsonl": content}, tmp_path / "changed.zip")
    problems = [str(problem) for problem in verify_export(other, filled.vkey).problems]
    assert "[2] The exchange of this record had already ended." in problems
    assert "The records do not give the root that was signed." in problems


def test_an_export_signed_by_another_key_is_rejected(filled: AuditLog, tmp_path: Path) -> None:
    path = write_export(filled, tmp_path / "log.zip")
    other = InstanceKeys.load_or_create(tmp_path / "other")
    stranger = AuditLog(filled._engine, other.signing_key, filled._person_keys, filled.origin)
    assert not verify_export(path, stranger.vkey).ok
    with pytest.raises(NoteInvalid):
        verify_export(path, "not a key")


def test_what_is_no_export_is_said_to_be_none(filled: AuditLog, tmp_path: Path) -> None:
    path = write_export(filled, tmp_path / "log.zip")
    (tmp_path / "text").write_text("hello")
    for other in (
        tmp_path / "absent.zip",
        tmp_path / "text",
        tmp_path,
        rewrite(path, {"checkpoint": None}, tmp_path / "a.zip"),
        rewrite(path, {"more": b""}, tmp_path / "b.zip"),
        rewrite(path, {"checkpoint": b"x" * 20_000}, tmp_path / "c.zip"),
        rewrite(path, {"key.vkey": b"\xff"}, tmp_path / "d.zip"),
    ):
        with pytest.raises(ExportUnreadable):
            verify_export(other)


def test_a_line_without_end_does_not_fill_the_memory(filled: AuditLog, tmp_path: Path) -> None:
    path = write_export(filled, tmp_path / "log.zip")
    other = rewrite(path, {"leaves.jsonl": b"a" * 3_000_000}, tmp_path / "long.zip")
    assert not verify_export(other, filled.vkey).ok


def test_an_older_checkpoint_detects_a_log_that_was_cut_short_or_rewritten(
    filled: AuditLog, database: Engine, tmp_path: Path
) -> None:
    old = filled.head()
    early = write_export(filled, tmp_path / "early.zip")
    filled.append(AuditRecord("account"))
    later = filled.head()
    path = write_export(filled, tmp_path / "log.zip")
    assert verify_export(path, filled.vkey, old).ok
    assert verify_live(database, filled.vkey, later).ok
    assert not verify_export(early, filled.vkey, later).ok, "cut short"
    other = type(old)(old.origin, old.size, bytes(32))
    assert not verify_export(path, filled.vkey, other).ok, "rewritten"
    assert not verify_live(database, filled.vkey, other).ok


def test_verifying_an_export_imports_no_database() -> None:
    script = (
        "import sys, governance.audit.verify\n"
        "assert not {'sqlalchemy', 'governance.sealing', 'typer'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=60)


def test_the_live_log_verifies(filled: AuditLog, database: Engine) -> None:
    result = verify_live(database, filled.vkey)
    assert result.problems == ()
    assert result.root == filled.head().root.hex()


def test_an_empty_log_verifies(log: AuditLog, database: Engine) -> None:
    assert verify_live(database, log.vkey).ok


def cells(engine: Engine, table: Table) -> list[tuple[Any, str, Any]]:
    """(row key, column, value) of every value that is stored in ``table``."""
    key = next(iter(table.primary_key.columns))
    with engine.connect() as connection:
        rows = connection.execute(select(table)).mappings().all()
    return [
        (row[key.name], column.name, row[column])
        for row in rows
        for column in table.columns
        if column is not key and row[column] is not None
    ]


def test_no_byte_of_the_database_can_change(filled: AuditLog, database: Engine) -> None:
    places = [
        (table, cell)
        for table in (audit_leaves, audit_sealed, audit_head)
        for cell in cells(database, table)
    ]

    def put(table: Table, row: Any, column: str, value: Any) -> None:
        key = next(iter(table.primary_key.columns))
        with database.begin() as connection:
            connection.execute(update(table).where(key == row).values({column: value}))

    @each_example_restores
    @given(st.sampled_from(places), st.integers(0, 10**9), st.integers(0, 6))
    def reject(place: tuple[Table, tuple[Any, str, Any]], position: int, bit: int) -> None:
        table, (row, column, value) = place
        if isinstance(value, int):
            changed: Any = value ^ (1 << bit)
        else:
            content = bytearray(value if isinstance(value, bytes) else value.encode())
            content[position % len(content)] ^= 1 << bit
            changed = (
                bytes(content) if isinstance(value, bytes) else content.decode(errors="replace")
            )
        put(table, row, column, changed)
        try:
            assert not verify_live(database, filled.vkey).ok, f"{table.name}.{column}"
        except AuditUnavailable:
            pass  # rejected too
        finally:
            put(table, row, column, value)

    reject()
    assert verify_live(database, filled.vkey).ok


def test_rows_cannot_be_removed_or_added(filled: AuditLog, database: Engine) -> None:
    with database.connect() as connection:
        leaf = connection.execute(select(audit_leaves)).mappings().first()
        text = connection.execute(select(audit_sealed)).mappings().first()
    assert leaf is not None
    assert text is not None
    last = filled.head().size - 1

    def problems(change: Any, undo: Any) -> str:
        with database.begin() as connection:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            connection.execute(change)
        found = " ".join(str(problem) for problem in verify_live(database, filled.vkey).problems)
        with database.begin() as connection:
            connection.execute(undo)
        return found

    gone = delete(audit_sealed).where(audit_sealed.c.leaf_index == text["leaf_index"])
    back = insert(audit_sealed).values(**text)
    assert "nothing on record explains it" in problems(gone, back)
    extra = insert(audit_leaves).values(**{**leaf, "leaf_index": last + 1})
    undo = delete(audit_leaves).where(audit_leaves.c.leaf_index == last + 1)
    assert "outside the signed tree" in problems(extra, undo)
    moved = update(audit_leaves).where(audit_leaves.c.leaf_index == 6).values(leaf_index=99)
    undo_move = update(audit_leaves).where(audit_leaves.c.leaf_index == 99).values(leaf_index=6)
    assert "[6] This record is missing." in problems(moved, undo_move)
    with database.begin() as connection:
        head = connection.execute(select(audit_head)).mappings().one()
    assert "head of the audit log is missing" in problems(
        delete(audit_head), insert(audit_head).values(**head)
    )
    assert verify_live(database, filled.vkey).ok


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_leaves SET leaf = 'text' WHERE leaf_index = 1",
        "UPDATE audit_sealed SET blob = 5 WHERE leaf_index = 0",
        "UPDATE audit_head SET note = x'ff'",
        "UPDATE audit_head SET size = 'many'",
    ],
)
def test_a_value_of_the_wrong_type_is_rejected(
    filled: AuditLog, database: Engine, statement: str
) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql(statement)
    with pytest.raises(AuditUnavailable, match="wrong type"):
        verify_live(database, filled.vkey)


def test_a_byte_changed_in_the_database_file_is_rejected(
    filled: AuditLog, database: Engine, tmp_path: Path
) -> None:
    raw = database.raw_connection()
    raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    with database.connect() as connection:
        leaf = connection.execute(select(audit_leaves.c.leaf)).scalars().first()
    database.dispose()
    assert leaf is not None
    path = tmp_path / "test.db"
    content = path.read_bytes()
    assert content.count(leaf) == 1
    path.write_bytes(content.replace(leaf, leaf.replace(b'"chat"', b'"shat"')))
    problems = [str(problem) for problem in verify_live(database, filled.vkey).problems]
    assert "[0] The stored hash of this record is not its own." in problems
    assert "The records do not give the root that was signed." in problems
