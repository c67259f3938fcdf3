"""Questions that one asks of the log: pages, exchanges, proofs. Nothing here writes.

Each function takes an open connection and holds it briefly: on SQLite every transaction takes the
write lock, so a long read must be made of many short ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, select, true
from sqlalchemy.exc import SQLAlchemyError

from governance.audit.errors import AuditUnavailable, NoSuchLeaf, RecordRefused
from governance.audit.leaf import ENDS, Leaf, RecordType
from governance.audit.tables import audit_leaves, audit_sealed
from governance.clock import iso
from governance.messages import N_

MAX_PAGE = 1000
BATCH = 500


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which records to show; None is «any». ``since`` counts, ``until`` does not."""

    since: datetime | None = None
    until: datetime | None = None
    service: str | None = None
    type: RecordType | None = None
    use: str | None = None
    exchange_id: str | None = None
    subject: str | None = None

    def condition(self) -> ColumnElement[bool]:
        """This filter as an SQL condition on the leaves."""
        leaves = audit_leaves.c
        equal = (
            (leaves.service, self.service),
            (leaves.type, self.type),
            (leaves.use_id, self.use),
            (leaves.exchange_id, self.exchange_id),
            (leaves.subject, self.subject),
        )
        clauses: list[ColumnElement[bool]] = [
            column == value for column, value in equal if value is not None
        ]
        if self.since is not None:
            clauses.append(leaves.time >= iso(self.since))
        if self.until is not None:
            clauses.append(leaves.time < iso(self.until))
        return and_(true(), *clauses)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A leaf as a person reads it. ``has_text`` tells whether its sealed text is still kept."""

    index: int
    time: str
    type: RecordType
    exchange_id: str | None
    subject: str | None
    service: str | None
    charter_revision: str | None
    use: str | None
    data: Mapping[str, Any]
    commitment: str | None
    hash: bytes
    has_text: bool


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for one short read. Raises AuditUnavailable where the database fails."""
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise unavailable(error) from None


def unavailable(error: Exception) -> AuditUnavailable:
    """``error`` as the error that callers see: its kind only, for its text may quote records."""
    original = getattr(error, "orig", None) or error
    cause = (
        getattr(original, "sqlite_errorname", None)
        or getattr(original, "sqlstate", None)
        or type(original).__name__
    )
    return AuditUnavailable(
        N_("The audit log is unavailable ({cause}): nothing is answered without it."),
        cause=str(cause),
    )


def page(
    connection: Connection, wanted: AuditFilter, limit: int, before: int | None
) -> list[AuditEntry]:
    """At most ``limit`` (1 to 1,000) entries, the newest first, of index less than ``before``."""
    condition = wanted.condition()
    if before is not None:
        condition = and_(condition, audit_leaves.c.leaf_index < before)
    return _entries(connection, condition, newest_first=True, limit=max(1, min(limit, MAX_PAGE)))


def entry(connection: Connection, index: int) -> AuditEntry:
    """The entry at ``index``. Raises NoSuchLeaf."""
    found = _entries(connection, audit_leaves.c.leaf_index == index)
    if not found:
        raise NoSuchLeaf(N_("The audit log has no record {index}."), index=index)
    return found[0]


def entries_of(connection: Connection, exchange_id: str) -> list[AuditEntry]:
    """Every entry about an exchange, the oldest first, with the consultations of its texts."""
    return _entries(connection, audit_leaves.c.exchange_id == exchange_id)


def open_exchanges(connection: Connection) -> list[AuditEntry]:
    """The «accepted» entry of each exchange that has no end, the oldest first."""
    end = audit_leaves.alias("ending")
    ended = (
        select(end.c.leaf_index)
        .where(end.c.exchange_id == audit_leaves.c.exchange_id, end.c.type.in_(ENDS))
        .exists()
    )
    return _entries(connection, and_(audit_leaves.c.type == "accepted", ~ended))


def leaf_hashes(engine: Engine, size: int) -> list[bytes]:
    """The hashes of the first ``size`` leaves. Raises NoSuchLeaf where there are fewer."""
    hashes: list[bytes] = []
    while len(hashes) < size:
        query = (
            select(audit_leaves.c.hash)
            .where(audit_leaves.c.leaf_index >= len(hashes), audit_leaves.c.leaf_index < size)
            .order_by(audit_leaves.c.leaf_index)
            .limit(BATCH * 20)
        )
        with reading(engine) as connection:
            batch = connection.execute(query).scalars().all()
        if not batch:
            raise NoSuchLeaf(N_("The audit log has no record {index}."), index=size - 1)
        hashes.extend(batch)
    return hashes


def leaves(
    engine: Engine, size: int, wanted: AuditFilter | None
) -> Iterator[tuple[int, bytes, bytes, bool]]:
    """Index, content, hash and «is wanted» of each of the first ``size`` leaves, in order."""
    shown = (wanted or AuditFilter()).condition().label("shown")
    columns = audit_leaves.c
    start = 0
    while start < size:
        query = (
            select(columns.leaf_index, columns.leaf, columns.hash, shown)
            .where(columns.leaf_index >= start, columns.leaf_index < size)
            .order_by(columns.leaf_index)
            .limit(BATCH)
        )
        with reading(engine) as connection:
            batch = connection.execute(query).all()
        if not batch:
            raise NoSuchLeaf(N_("The audit log has no record {index}."), index=start)
        for row in batch:
            yield row.leaf_index, row.leaf, row.hash, bool(row.shown)
        start = batch[-1].leaf_index + 1


def _entries(
    connection: Connection,
    condition: ColumnElement[bool],
    *,
    newest_first: bool = False,
    limit: int | None = None,
) -> list[AuditEntry]:
    order = audit_leaves.c.leaf_index.desc() if newest_first else audit_leaves.c.leaf_index
    query = (
        select(audit_leaves, audit_sealed.c.leaf_index.is_not(None).label("has_text"))
        .join_from(audit_leaves, audit_sealed, isouter=True)
        .where(condition)
        .order_by(order)
        .limit(limit)
    )
    return [_entry(row) for row in connection.execute(query)]


def _entry(row: Row[Any]) -> AuditEntry:
    try:
        leaf = Leaf.parse(row.leaf)
    except RecordRefused:
        raise AuditUnavailable(
            N_("Record {index} of the log was changed: run «sobria audit verify»."),
            index=row.leaf_index,
        ) from None
    record = leaf.record
    return AuditEntry(
        index=row.leaf_index,
        time=leaf.time,
        type=record.type,
        exchange_id=record.exchange_id,
        subject=record.subject,
        service=record.service,
        charter_revision=record.charter_revision,
        use=record.use,
        data=record.data,
        commitment=leaf.commitment,
        hash=row.hash,
        has_text=bool(row.has_text),
    )
