"""When the whole audit log was last recomputed, and whether it held.

The result is kept beside the log, not in it: to verify is to read, and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, insert, select

from governance.audit.reading import reading
from governance.clock import iso, parse_iso, utc_now
from server.tables import audit_checks as table

KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Check:
    """One verification of ``size`` records."""

    time: datetime
    ok: bool
    size: int


def note_check(engine: Engine, *, ok: bool, size: int) -> None:
    """Remember that the log was verified now."""
    now = utc_now()
    with engine.begin() as connection:
        connection.execute(delete(table).where(table.c.time < iso(now - KEPT)))
        connection.execute(insert(table).values(time=iso(now), ok=ok, size=size))


def last_check(engine: Engine) -> Check | None:
    """The last verification, if there ever was one. Raises AuditUnavailable."""
    query = select(table).order_by(table.c.time.desc()).limit(1)
    with reading(engine) as connection:
        row = connection.execute(query).one_or_none()
    return Check(parse_iso(row.time), row.ok, row.size) if row is not None else None
