"""What is not read of documents, part by part, kept while they do not change.

A document that did not change is not read again, so that its connector does not tell again what of
it was not read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Engine, delete, insert, select, update

from rag.documents import Problem
from rag.tables import unread

_CHUNK = 500


def is_of(document: str, where: str) -> bool:
    """Whether ``where`` names the document, or a part of it: «note.pdf › page 3».

    ``document`` is its id without its source's, which is a digest where the name is too long.
    """
    file = where.partition(" › ")[0]
    hashed = hashlib.sha256(file.encode()).hexdigest()
    return document in (hashed, where) or where.startswith(f"{document} › ")


def held(engine: Engine, source: str) -> dict[str, tuple[Problem, ...]]:
    """What is not read of the documents of ``source``, by their ids."""
    query = select(unread.c.document_id, unread.c.problems).where(unread.c.source == source)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return {row.document_id: tuple(problems_of(row.problems)) for row in rows}


def note(
    connection: Connection, source: str, read: Mapping[str, Sequence[Problem]], run: int
) -> None:
    """Write what of each document the sync ``run`` read is not read: nothing, if none is given."""
    _forget(connection, list(read))
    rows = [
        {"document_id": identity, "source": source, "problems": text_of(problems), "run": run}
        for identity, problems in read.items()
        if problems
    ]
    if rows:
        connection.execute(insert(unread), rows)


def note_seen(connection: Connection, ids: Sequence[str], run: int) -> None:
    """Write that the sync ``run`` met these documents unchanged."""
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        connection.execute(update(unread).where(unread.c.document_id.in_(chunk)).values(run=run))


def forget_unseen(connection: Connection, source: str, run: int) -> None:
    """Drop what is known of the documents that the sync ``run`` did not meet."""
    connection.execute(delete(unread).where(unread.c.source == source, unread.c.run != run))


def forget_source(connection: Connection, source: str) -> None:
    """Drop what is known of the documents of ``source``."""
    connection.execute(delete(unread).where(unread.c.source == source))


def forget_others(connection: Connection, keep: Sequence[str]) -> None:
    """Drop what is known of the sources that are not in ``keep``."""
    connection.execute(delete(unread).where(unread.c.source.not_in(list(keep))))


def text_of(problems: Iterable[Problem]) -> str:
    """Problems as JSON, as the database keeps them."""
    return json.dumps([[p.where, p.message_id, p.params] for p in problems])


def problems_of(text: str) -> list[Problem]:
    """Problems that the database keeps."""
    return [
        Problem(where, message_id, tuple((name, value) for name, value in params))
        for where, message_id, params in json.loads(text)
    ]


def _forget(connection: Connection, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        connection.execute(delete(unread).where(unread.c.document_id.in_(chunk)))
