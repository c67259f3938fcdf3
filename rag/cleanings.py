"""What was done with personal data, document by document, as the database keeps it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, insert, select, update

from rag.personal_data import Cleaning
from rag.tables import cleanings

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Summary:
    """The cleanings of one source.

    ``found`` are the different values, by kind, for which documents were refused, and ``replaced``
    those that were taken out of the others, each document counted by itself. ``documents`` are the
    documents where something was found or the search failed, the most serious first.
    """

    indexed: int
    refused: int
    failed: int
    found: Mapping[str, int]
    replaced: Mapping[str, int]
    documents: tuple[Cleaning, ...]


_ORDER = {"failed": 0, "refused": 1, "cleaned": 2}


def summary(engine: Engine, source: str) -> Summary:
    """What was done with the documents of ``source`` that the last sync knows."""
    query = select(cleanings).where(cleanings.c.source == source)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    done = [
        Cleaning(
            row.document_id,
            row.source,
            row.digest,
            row.outcome,
            row.name,
            row.date,
            json.loads(row.counts),
        )
        for row in rows
    ]
    outcomes = Counter(cleaning.outcome for cleaning in done)
    found: Counter[str] = Counter()
    replaced: Counter[str] = Counter()
    for cleaning in done:
        (found if cleaning.outcome == "refused" else replaced).update(cleaning.counts)
    worth_telling = [each for each in done if each.counts or each.outcome == "failed"]
    worth_telling.sort(
        key=lambda each: (_ORDER[each.outcome], -sum(each.counts.values()), each.name)
    )
    return Summary(
        outcomes["cleaned"],
        outcomes["refused"],
        outcomes["failed"],
        dict(found),
        dict(replaced),
        tuple(worth_telling),
    )


def refused(connection: Connection, source: str) -> dict[str, str]:
    """The digests of the documents that were refused: they need not be read again either."""
    query = select(cleanings.c.document_id, cleanings.c.digest).where(
        cleanings.c.source == source, cleanings.c.outcome == "refused"
    )
    return {row.document_id: row.digest for row in connection.execute(query)}


def note(connection: Connection, done: Sequence[Cleaning], run: int) -> None:
    """Write what the sync ``run`` did."""
    if not done:
        return
    _forget(connection, [cleaning.document_id for cleaning in done])
    connection.execute(
        insert(cleanings),
        [
            {
                "document_id": cleaning.document_id,
                "source": cleaning.source,
                "digest": cleaning.digest,
                "outcome": cleaning.outcome,
                "name": cleaning.name,
                "date": cleaning.date,
                "counts": json.dumps(dict(cleaning.counts)),
                "run": run,
            }
            for cleaning in done
        ],
    )


def note_seen(connection: Connection, ids: Sequence[str], run: int) -> None:
    """Write that the sync ``run`` met these documents unchanged."""
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        connection.execute(
            update(cleanings).where(cleanings.c.document_id.in_(chunk)).values(run=run)
        )


def forget_unseen(connection: Connection, source: str, run: int) -> None:
    """Drop what is known of the documents that the sync ``run`` did not meet."""
    connection.execute(
        delete(cleanings).where(cleanings.c.source == source, cleanings.c.run != run)
    )


def forget_source(connection: Connection, source: str) -> None:
    """Drop what is known of the documents of ``source``."""
    connection.execute(delete(cleanings).where(cleanings.c.source == source))


def forget_others(connection: Connection, keep: Sequence[str]) -> None:
    """Drop what is known of the sources that are not in ``keep``."""
    connection.execute(delete(cleanings).where(cleanings.c.source.not_in(list(keep))))


def _forget(connection: Connection, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        connection.execute(delete(cleanings).where(cleanings.c.document_id.in_(chunk)))
