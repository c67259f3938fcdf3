"""Bringing a source into the database and the full-text index: only what changed, resumably.

Documents are written in batches, each in one transaction with all its passages. A sync that is
killed leaves whole documents behind; the next one reads the source again, finds what is there by
its digest, and goes on. Documents that a *complete* reading did not meet are then removed.
Vectors are not computed here: the filler finds in the database what lacks one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, insert, select, update

from rag.connectors.read import read
from rag.documents import Document, Item, Problem, Unchanged
from rag.errors import RagError
from rag.fulltext import FullTextIndex
from rag.sources import Source
from rag.store import Change, Store
from rag.tables import sync_runs

BATCH = 500
KEPT_PROBLEMS = 200

Reader = Callable[[Source, Path, dict[str, str]], Iterator[Item]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is: documents met, of which new or changed, and passages written."""

    source: str
    documents: int
    written: int
    passages: int


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did, in documents; ``passages`` were written; ``seconds`` is how long it took."""

    source: str
    added: int
    changed: int
    unchanged: int
    removed: int
    passages: int
    problems: tuple[Problem, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class LastSync:
    """The last sync of a source. Seconds are Unix time; ``ended`` is None while it runs.

    ``status`` is running (or killed), complete or failed. ``problems`` are in English; ``details``
    are the same ones, to be translated.
    """

    source: str
    status: str
    started: float
    ended: float | None
    problems: tuple[str, ...]
    details: tuple[Problem, ...]


@dataclass(slots=True)
class _Counts:
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    passages: int = 0
    problems: list[Problem] = field(default_factory=list)


def _quiet(_: Progress) -> None:
    """The progress of nobody."""


def sync(
    source: Source,
    store: Store,
    fulltext: FullTextIndex,
    downloads: Path,
    *,
    progress: Callable[[Progress], None] = _quiet,
    reader: Reader = read,
    batch: int = BATCH,
) -> SyncReport:
    """Read ``source`` and make the database and the full-text index equal to it.

    Raises:
        SourceUnavailable: it cannot be read; what was held of it stays.
        IndexUnavailable: the full-text index cannot be written; start-up repairs it.
    """
    started = time.time()
    run = _begin(store.engine, source, started)
    counts = _Counts()
    try:
        known = store.digests(source.id)
        _read_all(source, store, fulltext, downloads, known, run, counts, progress, reader, batch)
        counts.removed, change = store.remove_unseen(source.id, run)
        fulltext.update(change.added, change.removed)
    except RagError:
        _end(store.engine, run, "failed", counts)
        raise
    _end(store.engine, run, "complete", counts)
    return SyncReport(
        source.id,
        counts.added,
        counts.changed,
        counts.unchanged,
        counts.removed,
        counts.passages,
        tuple(counts.problems),
        time.time() - started,
    )


def _read_all(
    source: Source,
    store: Store,
    fulltext: FullTextIndex,
    downloads: Path,
    known: dict[str, str],
    run: int,
    counts: _Counts,
    progress: Callable[[Progress], None],
    reader: Reader,
    batch: int,
) -> None:
    documents: list[Document] = []
    seen: list[str] = []
    met: set[str] = set()

    def flush() -> None:
        change: Change = store.write(documents, seen, run)
        fulltext.update(change.added, change.removed)
        counts.passages += len(change.added)
        documents.clear()
        seen.clear()
        written = counts.added + counts.changed
        read_so_far = written + counts.unchanged
        progress(Progress(source.id, read_so_far, written, counts.passages))

    for item in reader(source, downloads, known):
        if isinstance(item, Problem):
            counts.problems.append(item)
            continue
        if item.id in met:  # published twice: the first stands
            continue
        met.add(item.id)
        if isinstance(item, Unchanged) or known.get(item.id) == item.digest:
            counts.unchanged += 1
            seen.append(item.id)
        else:
            counts.changed += item.id in known
            counts.added += item.id not in known
            documents.append(item)
        if len(documents) + len(seen) >= batch:
            flush()
    flush()


def _begin(engine: Engine, source: Source, started: float) -> int:
    with engine.begin() as connection:
        row = {
            "source": source.id,
            "started": started,
            "status": "running",
            "version": source.version or "",
        }
        key = connection.execute(insert(sync_runs).values(row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _end(engine: Engine, run: int, status: str, counts: _Counts) -> None:
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
    return LastSync(row.source, row.status, row.started, row.ended, texts, details)
