"""The syncs of each source, as the database keeps them: when, how they ended, what they met."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from rag.documents import Problem
from rag.tables import sync_runs

KEPT_PROBLEMS = 200


@dataclass(frozen=True, slots=True)
class LastSync:
    """The last sync of a source. Seconds are Unix time; ``ended`` is None while it runs.

    ``status`` is running (or killed), complete or failed. ``problems`` are in English; ``details``
    are the same ones, to be translated. ``treatment`` is the stamp of what was done with personal
    data.
    """

    source: str
    status: str
    started: float
    ended: float | None
    problems: tuple[str, ...]
    details: tuple[Problem, ...]
    treatment: str = ""


@dataclass(slots=True)
class Counts:
    """What a sync has done so far: documents, and the passages written."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    passages: int = 0
    refused: int = 0
    failed: int = 0
    problems: list[Problem] = field(default_factory=list)


def begin(connection: Connection, source: str, version: str, treatment: str, started: float) -> int:
    """Note that a sync of ``source`` begins, and return its number."""
    row = {
        "source": source,
        "started": started,
        "status": "running",
        "version": version,
        "treatment": treatment,
    }
    key = connection.execute(insert(sync_runs).values(row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def forget_problems(connection: Connection, source: str) -> None:
    """Empty what earlier syncs of ``source`` said of its files, by their names."""
    connection.execute(update(sync_runs).where(sync_runs.c.source == source).values(problems="[]"))


def end(engine: Engine, run: int, status: str, counts: Counts) -> None:
    """Note how the sync ``run`` ended, with what it did."""
    with engine.begin() as connection:
        connection.execute(
            update(sync_runs)
            .where(sync_runs.c.id == run)
            .values(
                ended=time.time(),
                status=status,
                added=counts.added,
                changed=counts.changed,
                unchanged=counts.unchanged,
                removed=counts.removed,
                problems=json.dumps(
                    [[p.where, p.message_id, p.params] for p in counts.problems[:KEPT_PROBLEMS]]
                ),
            )
        )


def last_syncs(engine: Engine) -> dict[str, LastSync]:
    """The last sync of each source that had one."""
    latest = select(func.max(sync_runs.c.id)).group_by(sync_runs.c.source)
    with engine.connect() as connection:
        rows = connection.execute(select(sync_runs).where(sync_runs.c.id.in_(latest))).all()
    return {row.source: _last_sync(row) for row in rows}


def _last_sync(row: Any) -> LastSync:
    details = tuple(
        Problem(where, message_id, tuple((name, value) for name, value in params))
        for where, message_id, params in json.loads(row.problems)
    )
    texts = tuple(str(problem) for problem in details)
    return LastSync(row.source, row.status, row.started, row.ended, texts, details, row.treatment)
