"""Bringing a source into the database and the full-text index: only what changed, resumably.

Documents are written in batches, each in one transaction with all its passages. A sync that is
killed leaves whole documents behind; the next one reads the source again, finds what is there by
its digest, and goes on. Documents that a *complete* reading did not meet are then removed.
Vectors are not computed here: the filler finds in the database what lacks one.

Personal data in the organisation's own documents are treated before anything is written. What was
indexed under another treatment is dropped first, so all that the database holds of a source had the
treatment of its last sync.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag import unread
from rag.changes import Journal, forget_old
from rag.connectors.read import read
from rag.documents import Document, Item, Known, Problem, Unchanged
from rag.errors import RagError
from rag.forgetting import drop_words, empty_journal
from rag.fulltext import FullTextIndex
from rag.personal_data import Cleaner, Cleaning
from rag.runs import Counts, LastSync, begin, end, forget_problems, last_syncs, never_whole
from rag.sources import Source
from rag.store import Change, Store
from rag.treatment import Treatment

BATCH = 500
TREATED_BATCH = 25
"""Documents of the organisation's own in a transaction: each takes its time to be looked into."""

Reader = Callable[[Source, Path, Known], Iterator[Item]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is: documents met, of which new or changed, and passages written."""

    source: str
    documents: int
    written: int
    passages: int


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did, in documents; ``passages`` were written; ``seconds`` is how long it took.

    A document that was only cut anew, or whose title, date and text are what they were, is
    unchanged.

    ``refused`` hold personal data, and ``failed`` could not be looked into: neither is indexed.
    Those that a sync met again unchanged are not counted.
    """

    source: str
    added: int
    changed: int
    unchanged: int
    removed: int
    passages: int
    problems: tuple[Problem, ...]
    seconds: float
    refused: int = 0
    failed: int = 0


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
    cleaner: Cleaner | None = None,
) -> SyncReport:
    """Read ``source`` and make the database and the full-text index equal to it.

    ``cleaner`` is needed where the source is not public.

    Raises:
        SourceUnavailable: it cannot be read, or not treated as it declares; what was held of it
            stays, but for what was indexed under another treatment.
        IndexUnavailable: the full-text index cannot be written; start-up repairs it.
    """
    started = time.time()
    treatment = Treatment(source, cleaner)
    journal = _begin(source, store, fulltext, treatment, started)
    counts = Counts()
    batch = min(batch, TREATED_BATCH) if treatment.stamp else batch
    try:
        _read_all(
            source, store, fulltext, downloads, treatment, journal, counts, progress, reader, batch
        )
        _, change = store.remove_unseen(source.id, journal.run, journal)
        fulltext.update(change.added, change.removed)
    except RagError as error:
        end(store.engine, journal.run, "failed", counts, error)
        raise
    end(store.engine, journal.run, "complete", counts)
    forget_old(store.engine, source.id)
    return SyncReport(
        source.id,
        journal.counts["added"],
        journal.counts["changed"],
        counts.unchanged,
        journal.counts["removed"],
        counts.passages,
        tuple(counts.problems),
        time.time() - started,
        counts.refused,
        counts.failed,
    )


def _read_all(
    source: Source,
    store: Store,
    fulltext: FullTextIndex,
    downloads: Path,
    treatment: Treatment,
    journal: Journal,
    counts: Counts,
    progress: Callable[[Progress], None],
    reader: Reader,
    batch: int,
) -> None:
    known = Known(store.digests(source.id), treatment.held_as)
    told = unread.held(store.engine, source.id)
    documents: list[Document] = []
    done: list[Cleaning] = []
    seen: list[str] = []
    partly: dict[str, list[Problem]] = defaultdict(list)
    met: set[str] = set()
    read_so_far = written = 0
    last = ""

    def flush() -> None:
        change: Change = store.write(documents, seen, journal.run, done, journal, partly)
        fulltext.update(change.added, change.removed)
        counts.passages += len(change.added)
        # Those that were written and are what they were count as unchanged.
        counts.unchanged = read_so_far - journal.counts["added"] - journal.counts["changed"]
        for pending in (documents, done, seen, partly):
            pending.clear()
        progress(Progress(source.id, read_so_far, written, counts.passages))

    for item in reader(source, downloads, known):
        if isinstance(item, Problem):
            problem = treatment.problem(item)
            counts.problems.append(problem)
            if last and unread.is_of(last.removeprefix(f"{source.id}/"), item.where):
                partly[treatment.held_as(last, "")[0]].append(problem)
            continue
        last = ""
        if item.id in met:  # published twice: the first stands
            continue
        met.add(item.id)
        # Only now: the problems of a document come behind it, and are written with it.
        if max(len(documents), len(done)) + len(seen) >= batch:
            flush()
        identity = treatment.held_as(item.id, "")[0]
        if isinstance(item, Unchanged) or known.holds(item.id, item.digest):
            read_so_far += 1
            seen.append(identity)
            counts.problems += told.get(identity, ())
            continue
        last = item.id
        partly[identity] = []
        document, cleaning = treatment.take(item)
        if cleaning is not None:
            done.append(cleaning)
            counts.refused += cleaning.outcome == "refused"
            counts.failed += cleaning.outcome == "failed"
        if document is not None:
            read_so_far += 1
            written += 1
            documents.append(document)
    flush()


def _begin(
    source: Source, store: Store, fulltext: FullTextIndex, treatment: Treatment, started: float
) -> Journal:
    """Note that a sync begins; what was indexed under another treatment goes with it."""
    last = last_syncs(store.engine).get(source.id)
    changed = last is not None and last.treatment != treatment.stamp
    if changed:
        drop_words(source.id, store, fulltext)
    with store.engine.begin() as connection:
        if changed:
            store.forget(connection, source.id)
            forget_problems(connection, source.id)
        first = never_whole(connection, source.id, treatment.stamp)
        run = begin(
            connection, source.id, source.version or "", treatment.stamp, started, first=first
        )
    if changed:
        empty_journal(store.engine)
    day = datetime.fromtimestamp(started, UTC).date().isoformat()
    return Journal(source, run, day, lists=not first)


def is_current(source: Source, last: LastSync | None, cleaner: Cleaner | None) -> bool:
    """Whether what is held of ``source`` had the treatment that it would have now.

    Raises:
        SourceUnavailable: it declares a treatment that nothing here can do.
    """
    return last is None or last.treatment == Treatment(source, cleaner).stamp
