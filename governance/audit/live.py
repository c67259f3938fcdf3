"""Verification of the log where it lives: everything is recomputed from the database.

It needs no secret: sealed texts are checked by the hash of their ciphertext, which leaves hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row, func, select

from governance.audit.appending import index_columns
from governance.audit.checking import TreeCheck, Verification
from governance.audit.checkpoint import Checkpoint, Verifier
from governance.audit.errors import AuditTampered
from governance.audit.leaf import Leaf
from governance.audit.merkle import leaf_hash
from governance.audit.reading import BATCH, reading
from governance.audit.tables import audit_head, audit_leaves, audit_sealed
from governance.messages import N_

_MAX_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class _Head:
    size: int
    nodes: bytes
    note: str
    leaves: int


@dataclass(frozen=True, slots=True)
class _Gone:
    """A sealed text that is no longer there: an erasure or a retention must explain it."""

    index: int
    subject: str | None
    time: str


def verify_live(engine: Engine, vkey: str, witness: Checkpoint | None = None) -> Verification:
    """Recompute the whole log in ``engine``'s database and compare it with its signed head.

    Checks each leaf's form, hash, index columns and sealed text, that exchanges are accepted and
    end at most once, that missing texts were erased or expired on record, and the head. Appends
    may go on meanwhile. ``witness`` is an older checkpoint, kept elsewhere, to detect a log that
    was cut short: without one, a log and its head put back to an earlier state verify.

    Raises:
        NoteInvalid: ``vkey`` is not a public key.
        AuditUnavailable: the database cannot be read.
        AuditTampered: it holds values that no column of the log can hold.
    """
    verifier = Verifier.parse(vkey.strip())
    check = TreeCheck(witness)
    walk = _Walk(engine, check)
    head = _head(engine)
    if head is None:
        if _count_leaves(engine) or witness is not None:
            check.report(N_("The head of the audit log is missing."))
        return check.result(verifier, key_given=True)
    for _ in range(_MAX_ROUNDS):
        walk.to(head.size)
        latest = _head(engine)
        # A text erased while we read is explained by a record that came after: read on to it.
        if latest is None or latest.size <= head.size or not walk.unexplained():
            break
        head = latest
    check.check_head(head.note, verifier)
    if head.nodes != check.tree.to_bytes() or head.size != check.tree.size:
        check.report(N_("The stored state of the tree is not that of its records."))
    if head.leaves > head.size:
        check.report(
            N_("{count} records lie outside the signed tree."), count=head.leaves - head.size
        )
    for gone in walk.unexplained():
        check.report(
            N_("The sealed text of this record is missing, and nothing on record explains it."),
            gone.index,
        )
    return check.result(verifier, key_given=True)


class _Walk:
    """Reads the leaves in short transactions, and keeps what later leaves may explain."""

    def __init__(self, engine: Engine, check: TreeCheck) -> None:
        self._engine = engine
        self._check = check
        self._gone: list[_Gone] = []
        self._erased: dict[str, int] = {}
        self._expired: list[tuple[int, str]] = []

    def to(self, size: int) -> None:
        """Read on, up to ``size`` leaves, or to the first one that is missing."""
        while self._check.tree.size < size:
            rows = _batch(self._engine, self._check.tree.size, size)
            for row in rows:
                if row.leaf_index != self._check.tree.size:
                    break
                self._check_row(row)
            else:
                if rows:
                    continue
            self._check.report(N_("This record is missing."), self._check.tree.size)
            return

    def unexplained(self) -> list[_Gone]:
        """The texts that are gone without a record of erasure or expiry after them."""
        return [gone for gone in self._gone if not self._explained(gone)]

    def _explained(self, gone: _Gone) -> bool:
        if gone.subject is not None and self._erased.get(gone.subject, -1) > gone.index:
            return True
        return any(index > gone.index and gone.time < before for index, before in self._expired)

    def _check_row(self, row: Row[Any]) -> None:
        check, index = self._check, row.leaf_index
        if leaf_hash(row.leaf) != row.hash:
            check.report(N_("The stored hash of this record is not its own."), index)
        leaf = check.add_leaf(row.leaf)
        if leaf is None:
            return
        if any(getattr(row, name) != value for name, value in index_columns(leaf).items()):
            check.report(N_("The index of this record does not say what the record says."), index)
        self._check_text(index, leaf, row)
        self._note_erasure(index, leaf)

    def _check_text(self, index: int, leaf: Leaf, row: Row[Any]) -> None:
        if row.blob is None:
            if leaf.sealed is not None:
                self._gone.append(_Gone(index, leaf.record.subject, leaf.time))
            return
        same = hashlib.sha256(row.blob).hexdigest() == leaf.sealed
        if not same or row.sealed_subject != leaf.record.subject or row.sealed_time != leaf.time:
            self._check.report(N_("The sealed text of this record was changed."), index)

    def _note_erasure(self, index: int, leaf: Leaf) -> None:
        if leaf.record.type != "erased":
            return
        person, before = leaf.record.data.get("person"), leaf.record.data.get("expired_before")
        if isinstance(person, str):
            self._erased[person] = index
        if isinstance(before, str):
            self._expired.append((index, before))


def _batch(engine: Engine, start: int, stop: int) -> Sequence[Row[Any]]:
    query = (
        select(
            audit_leaves,
            audit_sealed.c.blob,
            audit_sealed.c.subject.label("sealed_subject"),
            audit_sealed.c.time.label("sealed_time"),
        )
        .join_from(audit_leaves, audit_sealed, isouter=True)
        .where(audit_leaves.c.leaf_index >= start, audit_leaves.c.leaf_index < stop)
        .order_by(audit_leaves.c.leaf_index)
        .limit(BATCH)
    )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    for row in rows:
        if not (isinstance(row.leaf, bytes) and isinstance(row.blob, bytes | None)):
            raise _wrong_type()
    return rows


def _head(engine: Engine) -> _Head | None:
    # In one statement, so that the counts and the head are of the same instant.
    count = select(func.count()).select_from(audit_leaves).scalar_subquery()
    query = select(audit_head.c.size, audit_head.c.nodes, audit_head.c.note, count.label("leaves"))
    with reading(engine) as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    if not (isinstance(row.size, int) and isinstance(row.note, str)):
        raise _wrong_type()
    return _Head(row.size, row.nodes, row.note, row.leaves)


def _wrong_type() -> AuditTampered:
    # SQLite keeps a value of any type in any column.
    return AuditTampered(
        N_("The database holds values of the wrong type: the audit log was changed.")
    )


def _count_leaves(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(audit_leaves)).scalar_one()
