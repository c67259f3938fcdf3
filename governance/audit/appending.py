"""The one place that adds to the tree: leaf, sealed text, tree and signed head together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from governance.audit import merkle
from governance.audit.checkpoint import Checkpoint, Signer
from governance.audit.errors import (
    AuditConflict,
    AuditTampered,
    AuditUnavailable,
    NoteInvalid,
    RecordRefused,
)
from governance.audit.leaf import ENDS, NEEDS_ACCEPTED, AuditRecord, Leaf, commit, new_leaf
from governance.audit.reading import unavailable
from governance.audit.tables import audit_head, audit_leaves, audit_sealed
from governance.messages import N_
from governance.sealing import PersonKeys


class Appender:
    """Appends records, one at a time: a lock for the threads, the head's row for the processes."""

    def __init__(
        self, engine: Engine, signer: Signer, person_keys: PersonKeys, now: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._signer = signer
        self._verifier = signer.verifier
        self._person_keys = person_keys
        self._now = now
        self._lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction to append in. Raises AuditUnavailable where it fails, and undoes it all."""
        with self._lock:
            try:
                with self._engine.begin() as connection:
                    yield connection
            except SQLAlchemyError as error:
                raise unavailable(error) from None

    def append(self, connection: Connection, record: AuditRecord, text: str | None = None) -> int:
        """Add ``record`` to the tree within ``connection``: its number. See AuditLog.append."""
        tree = self._tree(connection)
        _check_exchange(connection, record)
        index, commitment, blob = tree.size, None, None
        if text is not None:
            commitment, blob = self._seal(connection, index, record, text)
        leaf = new_leaf(self._now(), record, commitment, blob)
        content = leaf.encode()
        leaf_hash = merkle.leaf_hash(content)
        connection.execute(
            insert(audit_leaves).values(
                leaf_index=index, leaf=content, hash=leaf_hash, **index_columns(leaf)
            )
        )
        if blob is not None:
            connection.execute(
                insert(audit_sealed).values(
                    leaf_index=index, subject=record.subject, time=leaf.time, blob=blob
                )
            )
        self._sign(connection, tree.append(leaf_hash))
        return index

    def signed_head(self, connection: Connection) -> str:
        """The present checkpoint as a signed note."""
        row = connection.execute(select(audit_head.c.note)).one_or_none()
        return self._signed(merkle.CompactRange()) if row is None else str(row.note)

    def head(self, connection: Connection) -> Checkpoint:
        """The present checkpoint, verified. Raises AuditTampered."""
        try:
            return self._verifier.checkpoint(self.signed_head(connection))
        except NoteInvalid:
            raise _tampered() from None

    def _signed(self, tree: merkle.CompactRange) -> str:
        return self._signer.sign(Checkpoint(self._signer.name, tree.size, tree.root()).text())

    def _tree(self, connection: Connection) -> merkle.CompactRange:
        """The tree to extend, its row locked: never one that the signed head does not match."""
        head = _lock_head(connection)
        if head is None:
            self._start(connection)
            head = _lock_head(connection)
        if head is None:
            raise _tampered()
        size, nodes, note = head
        try:
            tree = merkle.CompactRange.from_bytes(size, nodes)
            checkpoint = self._verifier.checkpoint(note)
        except (ValueError, NoteInvalid):
            raise _tampered() from None
        if (tree.size, tree.root()) != (checkpoint.size, checkpoint.root):
            raise _tampered()
        return tree

    def _start(self, connection: Connection) -> None:
        if connection.execute(select(audit_leaves.c.leaf_index).limit(1)).first() is not None:
            # Another process has started the log and appended since the head was looked for; if it
            # is not there now either, it was taken away.
            return
        try:
            with connection.begin_nested():
                connection.execute(
                    insert(audit_head).values(
                        id=1, size=0, nodes=b"", note=self._signed(merkle.CompactRange())
                    )
                )
        except IntegrityError:
            # Another process started the log at the same time: its head is the one.
            return

    def _sign(self, connection: Connection, tree: merkle.CompactRange) -> None:
        # Comparing the size refuses to append over another's leaf, whatever the isolation level.
        replaced = connection.execute(
            update(audit_head)
            .where(audit_head.c.id == 1, audit_head.c.size == tree.size - 1)
            .values(size=tree.size, nodes=tree.to_bytes(), note=self._signed(tree))
        )
        if replaced.rowcount != 1:
            raise AuditUnavailable(
                N_("Another process appended to the audit log at the same time: try again.")
            )

    def _seal(
        self, connection: Connection, index: int, record: AuditRecord, text: str
    ) -> tuple[str, bytes]:
        if record.subject is None:
            raise RecordRefused(N_("A text can be sealed for a person only: fix the caller."))
        try:
            commitment, opening = commit(text)
        except UnicodeEncodeError:
            # The cause quotes the text: it is not chained.
            raise RecordRefused(N_("The text is not valid Unicode.")) from None
        place = self.place(index)
        return commitment, self._person_keys.seal(record.subject, opening, place, connection)

    def place(self, index: int) -> str:
        """Where the sealed text of a leaf belongs: it does not open elsewhere."""
        return f"audit/{self._signer.name}/{index}"


def index_columns(leaf: Leaf) -> dict[str, str | None]:
    """What the columns beside a leaf repeat of it, to filter by."""
    record = leaf.record
    return {
        "time": leaf.time,
        "type": record.type,
        "exchange_id": record.exchange_id,
        "subject": record.subject,
        "service": record.service,
        "charter_revision": record.charter_revision,
        "use_id": record.use,
    }


def _lock_head(connection: Connection) -> tuple[int, bytes, str] | None:
    query = select(audit_head.c.size, audit_head.c.nodes, audit_head.c.note).with_for_update()
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.size, row.nodes, row.note)


def _check_exchange(connection: Connection, record: AuditRecord) -> None:
    """An exchange is accepted at most once, and ends at most once, in that order."""
    if record.type != "accepted" and record.type not in ENDS:
        return
    if record.exchange_id is None:
        raise RecordRefused(N_("The record of an exchange names its exchange: fix the caller."))
    query = select(audit_leaves.c.type).where(audit_leaves.c.exchange_id == record.exchange_id)
    types = set(connection.execute(query).scalars())
    if types & ENDS:
        raise AuditConflict(N_("This exchange has already ended in the audit log."))
    if record.type == "accepted" and "accepted" in types:
        raise AuditConflict(N_("This exchange is already accepted in the audit log."))
    if record.type in NEEDS_ACCEPTED and "accepted" not in types:
        raise AuditConflict(N_("This exchange was never accepted in the audit log."))


def _tampered() -> AuditTampered:
    return AuditTampered(
        N_("The head of the audit log does not verify with this instance's key: nothing is added.")
    )
