"""What syncs changed: documents added, amended and withdrawn, and the texts that held before.

Counts are exact. Rows are bounded: ``LISTED`` a sync, ``KEPT`` a source, the oldest dropped first.
Former texts are of public sources only; they are read by people, and never searched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Select, delete, func, insert, select

from rag import runs
from rag.documents import Document
from rag.sources import LAW, Source
from rag.tables import changes, documents, passages

Kind = Literal["added", "changed", "removed"]
KINDS: tuple[Kind, ...] = ("changed", "added", "removed")

LISTED = 2_000
FOR_REMOVED = 500
"""Of these, rows that are left for what is removed, which is noted last."""
KEPT = 20_000
MAX_CHARACTERS = 200_000
"""A former text that is longer is not kept."""
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Held:
    """A document as the database holds it. ``text`` is its passages' in reading order, each under
    its headings."""

    title: str
    url: str
    date: str
    digest: str
    text: str


@dataclass(slots=True)
class Journal:
    """What one sync changes, noted in the transactions that change it.

    ``day`` is that of the sync (ISO 8601). ``lists`` is False where documents are only counted.
    """

    source: Source
    run: int
    day: str
    lists: bool = True
    room: int = LISTED
    counts: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))

    def written(
        self,
        connection: Connection,
        before: Mapping[str, Held],
        after: Iterable[tuple[Document, str]],
    ) -> None:
        """Note the documents that were written, each with its text; ``before`` is by their ids.

        One whose title, date and text are what they were has not changed for anybody, and neither
        has one that was only cut anew.
        """
        rows = []
        for document, text in after:
            old = before.get(document.id)
            if old is None:
                rows.append(self._row("added", document.id, None, document, text))
            elif old.digest != document.digest and (
                (old.title, old.date, old.text) != (document.title, document.date, text)
            ):
                rows.append(self._row("changed", document.id, old, document, text))
        self._note(connection, rows, self.room - FOR_REMOVED)

    def removed(self, connection: Connection, gone: Mapping[str, Held]) -> None:
        """Note documents that are there no longer."""
        rows = [self._row("removed", identity, old, None) for identity, old in gone.items()]
        self._note(connection, rows, self.room)

    def _row(
        self, kind: Kind, identity: str, old: Held | None, new: Document | None, text: str = ""
    ) -> dict[str, Any]:
        now = new or old
        assert now is not None  # a change has something before it, or after it
        public = self.source.personal_data == "public"
        former = old.text if old is not None and public else None
        return {
            "run": self.run,
            "source": self.source.id,
            "document_id": identity,
            "kind": kind,
            "title_before": old.title if old else "",
            "title": now.title,
            "url": now.url,
            "date_before": old.date if old else "",
            "date_after": new.date if new else "",
            "valid_until": self._until(old, new) if old else "",
            # Not even a digest of what the organisation's own documents said is kept.
            "digest_before": _digest(former) if former is not None else "",
            "digest_after": _digest(text) if new and public else "",
            "text_before": former if former and len(former) <= MAX_CHARACTERS else None,
        }

    def _until(self, old: Held, new: Document | None) -> str:
        """An article of law holds until the day its new version starts; of anything else one knows
        no more than when it was seen to have changed."""
        if new is not None and self.source.kind in LAW and new.date > old.date:
            return new.date
        return self.day

    def _note(self, connection: Connection, rows: Sequence[dict[str, Any]], room: int) -> None:
        if not rows:
            return
        counted = {kind: sum(row["kind"] == kind for row in rows) for kind in KINDS}
        runs.tally(connection, self.run, counted)
        if self.lists and (listed := rows[: max(0, room)]):
            connection.execute(insert(changes), list(listed))
            self.room -= len(listed)
        for kind, count in counted.items():
            self.counts[kind] += count


def held(connection: Connection, ids: Collection[str]) -> dict[str, Held]:
    """The documents of these ids that the database holds."""
    found: dict[str, Held] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        lines: dict[str, list[tuple[Sequence[str], str]]] = {}
        for row in connection.execute(
            select(passages.c.document_id, passages.c.section_path, passages.c.text)
            .where(passages.c.document_id.in_(chunk))
            .order_by(passages.c.document_id, passages.c.position)
        ):
            lines.setdefault(row.document_id, []).append((json.loads(row.section_path), row.text))
        for row in connection.execute(select(documents).where(documents.c.id.in_(chunk))):
            text = whole(lines.get(row.id, ()))
            found[row.id] = Held(row.title, row.url, row.date, row.digest, text)
    return found


def whole(parts: Iterable[tuple[Sequence[str], str]]) -> str:
    """The text of a document from its passages: ``(headings, text)`` in reading order."""
    lines: list[str] = []
    above: list[str] = []
    for path, text in parts:
        if path and list(path) != above:
            lines.append(" › ".join(path))
        above = list(path)
        lines.append(text)
    return "\n".join(lines)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def forget_source(connection: Connection, source: str) -> None:
    """Drop what is noted of the documents of ``source``; the counts of its syncs stay."""
    connection.execute(delete(changes).where(changes.c.source == source))


def forget_others(connection: Connection, keep: Sequence[str]) -> None:
    """Drop what is noted of the sources that are not in ``keep``."""
    connection.execute(delete(changes).where(changes.c.source.not_in(list(keep))))


def forget_old(engine: Engine, source: str) -> None:
    """Drop the oldest rows of ``source`` where it has more than are kept."""
    oldest = (
        select(changes.c.id)
        .where(changes.c.source == source)
        .order_by(changes.c.id.desc())
        .offset(KEPT)
        .limit(1)
    )
    with engine.begin() as connection:
        last = connection.execute(oldest).scalar()
        if last is not None:
            connection.execute(
                delete(changes).where(changes.c.source == source, changes.c.id <= last)
            )


@dataclass(frozen=True, slots=True)
class Changed:
    """One document that a sync changed. Dates are ISO 8601, «» where there is none.

    ``date_before`` and ``date_after`` are the document's own; ``valid_until`` is the day until
    which its former text held. ``kept``: that text can be read.
    """

    id: int
    run: int
    kind: Kind
    title_before: str
    title: str
    url: str
    date_before: str
    date_after: str
    valid_until: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Texts:
    """What a document said before and after a change; None where there is none, or not here."""

    before: str | None
    after: str | None


def _heads(source: str) -> Select[Any]:
    kept = changes.c.text_before.is_not(None).label("kept")
    named = [
        changes.c[name]
        for name in Changed.__dataclass_fields__
        if name != "kept"
    ]  # fmt: skip
    return select(*named, kept).where(changes.c.source == source)


def listed(engine: Engine, source: str, run: int, kind: Kind | None = None) -> list[Changed]:
    """What the sync ``run`` changed, as far as it is listed: amended first, then as it was read."""
    query = _heads(source).where(changes.c.run == run)
    if kind is not None:
        query = query.where(changes.c.kind == kind)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(changes.c.id)).all()
    found = [Changed(**row._mapping) for row in rows]
    return sorted(found, key=lambda change: KINDS.index(change.kind))


def one(engine: Engine, source: str, identity: int) -> tuple[Changed, Texts] | None:
    """One change of ``source`` with its texts, where it is known."""
    with engine.connect() as connection:
        row = connection.execute(_heads(source).where(changes.c.id == identity)).first()
        if row is None:
            return None
        full = connection.execute(select(changes).where(changes.c.id == identity)).one()
        after = _after(connection, full.document_id, full.digest_after)
    return Changed(**row._mapping), Texts(full.text_before, after)


def _after(connection: Connection, document_id: str, digest: str) -> str | None:
    """The text of this digest: the document still says it, or it was kept as that changed."""
    if not digest:
        return None
    now = held(connection, [document_id]).get(document_id)
    if now is not None and _digest(now.text) == digest:
        return now.text
    query = select(changes.c.text_before).where(
        changes.c.document_id == document_id, changes.c.digest_before == digest
    )
    return connection.execute(query.order_by(changes.c.id.desc()).limit(1)).scalar()


def withdrawn(engine: Engine, titles: Sequence[str], sources: Collection[str]) -> dict[str, str]:
    """Those of these titles whose documents were withdrawn from ``sources``, and until when they
    held. One that has come back may be among them."""
    found: dict[str, str] = {}
    wanted = list(titles)
    query = select(changes.c.title, func.max(changes.c.valid_until)).group_by(changes.c.title)
    query = query.where(changes.c.kind == "removed", changes.c.source.in_(list(sources)))
    with engine.connect() as connection:
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            for title, until in connection.execute(query.where(changes.c.title.in_(chunk))):
                found[str(title)] = str(until)
    return found


def held_until(engine: Engine, title: str, date: str) -> str:
    """Until when the text of a document held, by its title and date; «» where that is not known."""
    query = (
        select(changes.c.valid_until)
        .where(changes.c.title_before == title, changes.c.date_before == date)
        .order_by(changes.c.id.desc())
        .limit(1)
    )
    with engine.connect() as connection:
        return str(connection.execute(query).scalar() or "")


def counts_listed(engine: Engine, source: str) -> dict[int, int]:
    """How many changes are listed of each sync of ``source`` that has any."""
    query = (
        select(changes.c.run, func.count())
        .where(changes.c.source == source)
        .group_by(changes.c.run)
    )
    with engine.connect() as connection:
        return {int(run): int(count) for run, count in connection.execute(query).all()}
