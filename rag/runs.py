"""The syncs of each source, as the database keeps them: when, how they ended, what they met."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from rag.documents import Problem
from rag.errors import ParameterValue, RagError
from rag.tables import sync_runs
from rag.unread import problems_of, text_of

KEPT_PROBLEMS = 200


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a sync failed: an English template and its values, to be translated."""

    message_id: str
    params: Mapping[str, ParameterValue]


@dataclass(frozen=True, slots=True)
class LastSync:
    """The last sync of a source. Seconds are Unix time; ``ended`` is None while it runs.

    ``status`` is running (or killed), complete or failed. ``problems`` are in English; ``details``
    are the same ones, to be translated. ``treatment`` is the stamp of what was done with personal
    data. ``failure`` is why it failed, where it did.
    """

    source: str
    status: str
    started: float
    ended: float | None
    problems: tuple[str, ...]
    details: tuple[Problem, ...]
    treatment: str = ""
    failure: Failure | None = None


@dataclass(slots=True)
class Counts:
    """What a sync has met so far: documents, and the passages written."""

    unchanged: int = 0
    passages: int = 0
    refused: int = 0
    failed: int = 0
    problems: list[Problem] = field(default_factory=list)


def begin(
    connection: Connection,
    source: str,
    version: str,
    treatment: str,
    started: float,
    *,
    first: bool = False,
) -> int:
    """Note that a sync of ``source`` begins, and return its number. ``first``: nothing that was
    read as a whole is held of it."""
    row = {
        "source": source,
        "started": started,
        "status": "running",
        "version": version,
        "treatment": treatment,
        "first": first,
    }
    key = connection.execute(insert(sync_runs).values(row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def forget_problems(connection: Connection, source: str) -> None:
    """Empty what earlier syncs of ``source`` said of its files, by their names."""
    connection.execute(update(sync_runs).where(sync_runs.c.source == source).values(problems="[]"))


def never_whole(connection: Connection, source: str, treatment: str) -> bool:
    """Whether no sync of ``source`` was complete since its documents had this treatment."""
    query = select(sync_runs.c.status, sync_runs.c.treatment).where(sync_runs.c.source == source)
    for row in connection.execute(query.order_by(sync_runs.c.id.desc())):
        if row.treatment != treatment:
            return True
        if row.status == "complete":
            return False
    return True


def tally(connection: Connection, run: int, changed: Mapping[Any, int]) -> None:
    """Add what the sync ``run`` changed to its counts, in the transaction that changes it."""
    connection.execute(
        update(sync_runs)
        .where(sync_runs.c.id == run)
        .values({sync_runs.c[kind]: sync_runs.c[kind] + n for kind, n in changed.items()})
    )


def end(
    engine: Engine, run: int, status: str, counts: Counts, failure: RagError | None = None
) -> None:
    """Note how the sync ``run`` ended; what it changed was noted as it did so."""
    with engine.begin() as connection:
        connection.execute(
            update(sync_runs)
            .where(sync_runs.c.id == run)
            .values(
                ended=time.time(),
                status=status,
                unchanged=counts.unchanged,
                failure=json.dumps([failure.message_id, dict(failure.params)]) if failure else "",
                problems=text_of(counts.problems[:KEPT_PROBLEMS]),
            )
        )


def last_syncs(engine: Engine) -> dict[str, LastSync]:
    """The last sync of each source that had one."""
    latest = select(func.max(sync_runs.c.id)).group_by(sync_runs.c.source)
    with engine.connect() as connection:
        rows = connection.execute(select(sync_runs).where(sync_runs.c.id.in_(latest))).all()
    return {row.source: _last_sync(row) for row in rows}


def last_complete(engine: Engine) -> dict[str, float]:
    """When the last complete sync of each source ended, in Unix time, for those that had one."""
    query = select(sync_runs.c.source, func.max(sync_runs.c.ended)).where(
        sync_runs.c.status == "complete"
    )
    with engine.connect() as connection:
        rows = connection.execute(query.group_by(sync_runs.c.source)).all()
    return {str(source): float(ended) for source, ended in rows}


@dataclass(frozen=True, slots=True)
class Run:
    """One sync of a source. Seconds are Unix time; the counts are of documents, and exact.

    ``version`` is that of the source's package. ``first``: its documents are counted, not listed.
    """

    id: int
    started: float
    ended: float | None
    status: str
    version: str
    added: int
    changed: int
    removed: int
    first: bool


def history(engine: Engine, source: str, limit: int, *, changing: bool = False) -> list[Run]:
    """The last syncs of ``source``, the newest first; with ``changing``, those that changed it."""
    named = [sync_runs.c[name] for name in Run.__dataclass_fields__]
    query = select(*named).where(sync_runs.c.source == source)
    if changing:
        query = query.where(sync_runs.c.added + sync_runs.c.changed + sync_runs.c.removed > 0)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(sync_runs.c.id.desc()).limit(limit)).all()
    return [Run(**row._mapping) for row in rows]


def revision(engine: Engine, sources: Collection[str] | None = None) -> str:
    """A text that changes each time that a sync changes one of ``sources`` (None: any source)."""
    latest = (
        select(func.max(sync_runs.c.id))
        .where(sync_runs.c.added + sync_runs.c.changed + sync_runs.c.removed > 0)
        .group_by(sync_runs.c.source)
    )
    counted = [sync_runs.c[name] for name in ("source", "id", "added", "changed", "removed")]
    query = select(*counted).where(sync_runs.c.id.in_(latest)).order_by(sync_runs.c.source)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return json.dumps([list(row) for row in rows if sources is None or row.source in sources])


def _last_sync(row: Any) -> LastSync:
    details = tuple(problems_of(row.problems))
    texts = tuple(str(problem) for problem in details)
    failure = Failure(*json.loads(row.failure)) if row.failure else None
    return LastSync(
        row.source, row.status, row.started, row.ended, texts, details, row.treatment, failure
    )
