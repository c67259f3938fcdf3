"""Dropping what was indexed of a source under another treatment of personal data, off the disk.

It is done before anything is read anew: what was indexed more loosely is no longer shown, even
where the new reading takes hours or fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Engine

from rag.fulltext import FullTextIndex
from rag.protocol import Passage
from rag.store import Store

_BATCH = 2_000


def drop_words(source: str, store: Store, fulltext: FullTextIndex) -> None:
    """Write the full-text index anew without the passages of ``source``, if it has any.

    It comes before the database: if the process is killed in between, start-up finds that the index
    lacks what the database still holds, and all of this is done again.

    Raises:
        IndexUnavailable: the full-text index cannot be written.
    """
    dropped = store.ids_of(source)
    if not dropped:
        return
    kept = sorted(store.ids() - dropped)

    def batches() -> Iterator[Sequence[Passage]]:
        for start in range(0, len(kept), _BATCH):
            yield list(store.passages(kept[start : start + _BATCH]).values())

    fulltext.rewrite(batches())


def empty_journal(engine: Engine) -> None:
    """Bring what was deleted out of SQLite's journal, where readers let it; does nothing on
    PostgreSQL, which overwrites in its own time."""
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()
