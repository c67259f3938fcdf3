"""Documents and passages in the database: the truth that both indexes are built from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, tuple_, update

from rag import changes, chunking, cleanings, unread
from rag.changes import Journal
from rag.documents import Document, Problem
from rag.personal_data import Cleaning
from rag.protocol import Passage
from rag.remembered import Remembered
from rag.rows import head_of, passage_of, row_of
from rag.tables import documents, passages, vectors

_CHUNK = 500  # SQLite binds at most 32,766 values a statement; PostgreSQL 65,535

# Each search asks how many passages there are. Counting 100,000 takes some 15 ms, and a million ten
# times that: such counts may be a minute old.
_MANY = 100_000
_COUNTED_SECONDS = 60.0
_NO_PRIORITY = 1000  # of a source: after all that have one

_PASSAGE = select(
    passages.c.id,
    passages.c.document_id,
    passages.c.source,
    documents.c.title,
    passages.c.section_path,
    passages.c.reference,
    passages.c.text,
    passages.c.url,
    documents.c.date,
    documents.c.licence,
    passages.c.digest,
).join_from(passages, documents, passages.c.document_id == documents.c.id)


@dataclass(frozen=True, slots=True)
class Change:
    """What a write did to the passages: those the indexes must add, and those they must drop."""

    added: tuple[Passage, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands among those of its source."""

    source: str
    document_id: str
    position: int


@dataclass(frozen=True, slots=True)
class Beside:
    """Where a passage stands in its document, from 1 of ``total``, and its neighbours."""

    place: int
    total: int
    before: Passage | None
    after: Passage | None


def _chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


class Store:
    """Reads and writes documents and passages. Safe to share by threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._counts = Remembered[dict[str, tuple[int, int]]](
            _COUNTED_SECONDS, lambda counts: sum(n for _, n in counts.values()) >= _MANY
        )
        self._vector_counts = Remembered[dict[str, int]](
            _COUNTED_SECONDS, lambda counts: sum(counts.values()) >= _MANY
        )

    @property
    def engine(self) -> Engine:
        """The database."""
        return self._engine

    def digests(self, source: str) -> dict[str, str]:
        """The digest of each document of ``source``, those that were refused included; none for
        those to be cut again."""
        query = select(documents.c.id, documents.c.digest, documents.c.cut)
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(documents.c.source == source)).all()
            refused = cleanings.refused(connection, source)
        held = {row.id: row.digest if row.cut == chunking.VERSION else "" for row in rows}
        return held | refused

    def write(
        self,
        batch: Sequence[Document],
        seen: Sequence[str],
        run: int,
        done: Sequence[Cleaning] = (),
        journal: Journal | None = None,
        partly: Mapping[str, Sequence[Problem]] | None = None,
    ) -> Change:
        """Store ``batch``, and note that ``seen`` were met unchanged and what was ``done`` with
        personal data, in one transaction.

        ``journal`` notes what changes; ``partly`` is what is not read of documents, by their ids.
        """
        with self._engine.begin() as connection:
            cleanings.note(connection, done, run)
            cleanings.note_seen(connection, seen, run)
            unread.note_seen(connection, seen, run)
            if journal is not None:
                unread.note(connection, journal.source.id, partly or {}, run)
            for chunk in _chunks(seen):
                connection.execute(
                    update(documents).where(documents.c.id.in_(chunk)).values(run=run)
                )
            return self._replace(connection, batch, run, journal)

    def _replace(
        self, connection: Connection, batch: Sequence[Document], run: int, journal: Journal | None
    ) -> Change:
        by_id = {document.id: document for document in batch}
        new: dict[str, Passage] = {}
        rows: list[dict[str, Any]] = []
        texts: list[tuple[Document, str]] = []
        for document in by_id.values():
            pieces = chunking.cut(document)
            texts.append((document, changes.whole((p.section_path, p.text) for p in pieces)))
            for piece in pieces:
                new[piece.id] = Passage(
                    piece.id,
                    document.id,
                    document.source,
                    document.title,
                    piece.section_path,
                    piece.reference,
                    piece.text,
                    piece.url,
                    document.date,
                    document.licence,
                    piece.digest,
                )
                rows.append(row_of(document, piece))
        if journal is not None:
            journal.written(connection, changes.held(connection, by_id), texts)
        old = self._delete(connection, list(by_id))
        if by_id:
            connection.execute(insert(documents), [head_of(d, run) for d in by_id.values()])
        if rows:
            connection.execute(insert(passages), rows)
        return Change(
            tuple(p for p in new.values() if p.id not in old), tuple(sorted(old - set(new)))
        )

    def _delete(self, connection: Connection, ids: Sequence[str]) -> set[str]:
        """Delete documents; return the ids of the passages that went with them."""
        gone: set[str] = set()
        for chunk in _chunks(ids):
            where = passages.c.document_id.in_(chunk)
            gone.update(connection.execute(select(passages.c.id).where(where)).scalars())
            connection.execute(delete(passages).where(where))
            connection.execute(delete(documents).where(documents.c.id.in_(chunk)))
        return gone

    def remove_unseen(
        self, source: str, run: int, journal: Journal | None = None
    ) -> tuple[int, Change]:
        """Delete the documents of ``source`` that ``run`` did not see; how many, and what goes."""
        with self._engine.begin() as connection:
            cleanings.forget_unseen(connection, source, run)
            unread.forget_unseen(connection, source, run)
            query = select(documents.c.id).where(
                documents.c.source == source, documents.c.run != run
            )
            ids = list(connection.execute(query).scalars())
            if journal is not None:
                for chunk in _chunks(ids):
                    journal.removed(connection, changes.held(connection, chunk))
            return len(ids), Change(removed=tuple(sorted(self._delete(connection, ids))))

    def remove_sources(self, keep: Iterable[str]) -> Change:
        """Delete the documents of each source that is not in ``keep``, former ones too."""
        kept = list(keep)
        with self._engine.begin() as connection:
            for known in (cleanings, unread, changes):
                known.forget_others(connection, kept)
            query = select(documents.c.id).where(documents.c.source.not_in(kept))
            ids = list(connection.execute(query).scalars())
            return Change(removed=tuple(sorted(self._delete(connection, ids))))

    def forget(self, connection: Connection, source: str) -> None:
        """Delete all documents of ``source``, former ones too, and what is known of them, in a
        transaction begun."""
        for known in (cleanings, unread, changes):
            known.forget_source(connection, source)
        query = select(documents.c.id).where(documents.c.source == source)
        self._delete(connection, list(connection.execute(query).scalars()))

    def ids_of(self, source: str) -> set[str]:
        """The ids of the passages of ``source``."""
        query = select(passages.c.id).where(passages.c.source == source)
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """The passages of these ids; those that no longer exist are left out."""
        found: dict[str, Passage] = {}
        with self._engine.connect() as connection:
            for chunk in _chunks(ids):
                for row in connection.execute(_PASSAGE.where(passages.c.id.in_(chunk))):
                    found[row.id] = passage_of(row)
        return found

    def ids(self) -> set[str]:
        """The ids of all passages."""
        with self._engine.connect() as connection:
            return set(connection.execute(select(passages.c.id)).scalars())

    def whole(self, document_ids: Sequence[str]) -> dict[str, list[Passage]]:
        """The passages of each of these documents, in reading order."""
        found: dict[str, list[Passage]] = {}
        query = _PASSAGE.order_by(passages.c.document_id, passages.c.position)
        with self._engine.connect() as connection:
            for chunk in _chunks(document_ids):
                for row in connection.execute(query.where(passages.c.document_id.in_(chunk))):
                    found.setdefault(row.document_id, []).append(passage_of(row))
        return found

    def text_of(self, document_id: str) -> str:
        """The text of one document, without its headings."""
        query = select(passages.c.text).where(passages.c.document_id == document_id)
        with self._engine.connect() as connection:
            return "\n".join(connection.execute(query.order_by(passages.c.position)).scalars())

    def beside(self, passage_id: str) -> Beside | None:
        """What stands around a passage in its document, None if there is no such passage."""
        at = select(passages.c.document_id, passages.c.position).where(passages.c.id == passage_id)
        with self._engine.connect() as connection:
            here = connection.execute(at).first()
            if here is None:
                return None
            among = passages.c.document_id == here.document_id
            place = passages.c.position
            before = connection.execute(
                _PASSAGE.where(among, place < here.position).order_by(place.desc()).limit(1)
            ).first()
            after = connection.execute(
                _PASSAGE.where(among, place > here.position).order_by(place).limit(1)
            ).first()
            count = select(func.count()).select_from(passages).where(among)
            return Beside(
                place=connection.execute(count.where(place <= here.position)).scalar_one(),
                total=connection.execute(count).scalar_one(),
                before=passage_of(before) if before is not None else None,
                after=passage_of(after) if after is not None else None,
            )

    def dates(self, titles: Sequence[str], sources: Collection[str]) -> dict[str, str]:
        """The dates of the documents of ``sources`` that have one of these titles, by title."""
        found: dict[str, str] = {}
        query = select(documents.c.title, documents.c.date, documents.c.source)
        with self._engine.connect() as connection:
            for chunk in _chunks(titles):
                for row in connection.execute(query.where(documents.c.title.in_(chunk))):
                    if row.source in sources:
                        found[row.title] = max(row.date, found.get(row.title, ""))
        return found

    def by_reference(self, references: Sequence[str], limit: int = 20) -> list[Passage]:
        """The passages of the articles that these normal references name."""
        query = _PASSAGE.where(passages.c.reference.in_(list(references)))
        query = query.order_by(passages.c.source, documents.c.id, passages.c.position).limit(limit)
        with self._engine.connect() as connection:
            return [passage_of(row) for row in connection.execute(query)]

    def counts(self) -> dict[str, tuple[int, int]]:
        """The number of documents and of passages, by source; of very many, up to a minute ago."""
        return dict(self._counts.get("", self._count))

    def _count(self) -> dict[str, tuple[int, int]]:
        with self._engine.connect() as connection:
            heads = _count_by(connection, documents.c.source)
            pieces = _count_by(connection, passages.c.source)
        return {source: (count, pieces.get(source, 0)) for source, count in heads.items()}

    def sizes(self, document_ids: Sequence[str]) -> dict[str, int]:
        """The number of passages of each of these documents."""
        found: dict[str, int] = {}
        with self._engine.connect() as connection:
            for chunk in _chunks(document_ids):
                among = passages.c.document_id.in_(chunk)
                found |= _count_by(connection, passages.c.document_id, among)
        return found

    def vector_counts(self, embedder: str) -> dict[str, int]:
        """The number of passages that have a vector by ``embedder``, by source; of very many, up to
        a minute ago."""
        return dict(self._vector_counts.get(embedder, lambda: self._count_vectors(embedder)))

    def _count_vectors(self, embedder: str) -> dict[str, int]:
        with self._engine.connect() as connection:
            return _count_by(connection, vectors.c.source, vectors.c.embedder == embedder)

    def without_vector(
        self, embedder: str, priorities: Mapping[str, int], limit: int, after: Place | None = None
    ) -> tuple[list[Passage], Place | None]:
        """The next passages to be embedded: by priority of their source, then reading order.

        With the place of the last one, to go on ``after``; None if there are no more.
        """
        known = select(vectors.c.passage_id).where(
            vectors.c.passage_id == passages.c.id, vectors.c.embedder == embedder
        )
        query = _PASSAGE.add_columns(passages.c.position).where(~known.exists())
        query = query.order_by(passages.c.document_id, passages.c.position)

        def order(source: str) -> tuple[int, str]:
            return priorities.get(source, _NO_PRIORITY), source

        rows: list[Any] = []
        with self._engine.connect() as connection:
            for source in sorted(_sources(connection), key=order):
                wanted = query.where(passages.c.source == source)
                if after is not None and order(source) < order(after.source):
                    continue
                if after is not None and source == after.source:
                    here = tuple_(passages.c.document_id, passages.c.position)
                    wanted = wanted.where(here > tuple_(after.document_id, after.position))
                rows += connection.execute(wanted.limit(limit - len(rows))).all()
                if len(rows) == limit:
                    last = rows[-1]
                    place = Place(source, last.document_id, last.position)
                    return [passage_of(row) for row in rows], place
        return [passage_of(row) for row in rows], None

    def surplus_vectors(self, embedder: str, limit: int) -> list[str]:
        """Ids noted as embedded whose passage is gone."""
        alive = select(passages.c.id).where(passages.c.id == vectors.c.passage_id)
        query = select(vectors.c.passage_id).where(vectors.c.embedder == embedder, ~alive.exists())
        with self._engine.connect() as connection:
            return list(connection.execute(query.limit(limit)).scalars())

    def vector_ids(self, embedder: str) -> set[str]:
        """Ids of the passages noted as embedded."""
        query = select(vectors.c.passage_id).where(vectors.c.embedder == embedder)
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def note_vectors(self, embedder: str, embedded: Sequence[Passage]) -> None:
        """Note that the vectors of these passages are in the index."""
        ids = [passage.id for passage in embedded]
        with self._engine.begin() as connection:
            _forget(connection, embedder, ids)
            if embedded:
                rows = [
                    {"passage_id": p.id, "embedder": embedder, "source": p.source} for p in embedded
                ]
                connection.execute(insert(vectors), rows)

    def forget_vectors(self, embedder: str, ids: Sequence[str] | None = None) -> None:
        """Note that these vectors, or all of ``embedder``, are no longer in the index."""
        with self._engine.begin() as connection:
            if ids is None:
                connection.execute(delete(vectors).where(vectors.c.embedder == embedder))
            else:
                _forget(connection, embedder, ids)


def _forget(connection: Connection, embedder: str, ids: Sequence[str]) -> None:
    for chunk in _chunks(ids):
        connection.execute(
            delete(vectors).where(vectors.c.embedder == embedder, vectors.c.passage_id.in_(chunk))
        )


def _sources(connection: Connection) -> list[str]:
    """The sources that have passages, from one to the next: a million passages are not read."""
    found: list[str] = []
    first = select(func.min(passages.c.source))
    source = connection.execute(first).scalar()
    while source is not None:
        found.append(source)
        source = connection.execute(first.where(passages.c.source > source)).scalar()
    return found


def _count_by(connection: Connection, column: Any, *where: Any) -> dict[str, int]:
    query = select(column, func.count()).where(*where).group_by(column)
    return {str(key): int(count) for key, count in connection.execute(query).all()}
