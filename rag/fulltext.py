"""The full-text index: tantivy, with French stems and article references. Ready at once."""

from __future__ import annotations

import math
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import tantivy

from rag.errors import IndexUnavailable
from rag.protocol import Passage
from rag.text import references, words
from rag.text.headings import without_numbering

_HEAP_BYTES = 64_000_000
_LOCK_SECONDS = 60.0
# How much a word counts where it stands. Found on half of the CDTN intents (bench/rag.py).
FIELD_BOOSTS = {"title": 0.5, "heading": 0.25, "text": 1.0}
_MEANING_BOOST = 0.5
_REFERENCE_BOOST = 12.0
_FUZZY_BOOST = 3.0
_PHRASE_BOOST = 0.3
_PHRASE_SLOP = 1


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("source", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("references", tokenizer_name="raw", index_option="basic")
    for field in FIELD_BOOSTS:
        option = "position" if field == "text" else "freq"
        builder.add_text_field(field, tokenizer_name="whitespace", index_option=option)
    return builder.build()


class FullTextIndex:
    """The passages by their words. Several threads may search while one writes.

    Another process may write to it too (``sobria sources sync`` beside a running server): the
    writer's lock is taken for each update only, and each search sees the last commit.
    """

    def __init__(self, path: Path) -> None:
        """Open the index in ``path``, or make an empty one. Raises IndexUnavailable if damaged."""
        self._path = path
        self._lock = threading.Lock()
        self._index = self._open()

    def _open(self) -> tantivy.Index:
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            index = tantivy.Index(_schema(), path=str(self._path), reuse=True)
            index.searcher()
        except (ValueError, OSError) as error:
            raise IndexUnavailable("the full-text index cannot be opened") from error
        return index

    @staticmethod
    def erase(path: Path) -> None:
        """Delete the files of an index, so that a new one can be built from the database."""
        shutil.rmtree(path, ignore_errors=True)

    def update(self, added: Sequence[Passage], removed: Sequence[str] = ()) -> None:
        """Add (or replace) passages and remove others; searches see all of it or nothing.

        Raises:
            IndexUnavailable: the index cannot be written, or another process holds it too long.
        """
        if not added and not removed:
            return

        def change(writer: tantivy.IndexWriter) -> None:
            for identity in removed:
                writer.delete_documents_by_term("id", identity)
            for passage in added:
                writer.delete_documents_by_term("id", passage.id)
                writer.add_document(_document(passage))

        self._write(change)

    def clear(self) -> None:
        """Remove all passages."""
        self._write(lambda writer: writer.delete_all_documents())

    def rewrite(self, kept: Iterable[Sequence[Passage]]) -> None:
        """Hold these passages and no others, in new files: no word of the others stays on disk,
        where an update only marks them as removed.

        Raises:
            IndexUnavailable: as :meth:`update`.
        """

        def change(writer: tantivy.IndexWriter) -> None:
            writer.delete_all_documents()
            for batch in kept:
                for passage in batch:
                    writer.add_document(_document(passage))
            writer.commit()
            writer.garbage_collect_files()

        self._write(change)

    def _write(self, change: Callable[[tantivy.IndexWriter], object]) -> None:
        with self._lock:
            try:
                writer = self._writer()
                change(writer)
                writer.commit()
                writer.wait_merging_threads()
                self._index.reload()
            except (ValueError, OSError) as error:
                raise IndexUnavailable("the full-text index cannot be written") from error

    def _writer(self) -> tantivy.IndexWriter:
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                return self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
            except ValueError as error:
                if "lock" not in str(error).lower() or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _searcher(self) -> tantivy.Searcher:
        try:
            self._index.reload()
            return self._index.searcher()
        except (ValueError, OSError) as error:
            raise IndexUnavailable("the full-text index cannot be read") from error

    def ids(self) -> list[str]:
        """The ids of all passages in the index; one that is there twice is listed twice.

        Raises:
            IndexUnavailable: the index is damaged.
        """
        searcher = self._searcher()
        try:
            size = max(1, searcher.num_docs)
            found = searcher.search(tantivy.Query.all_query(), limit=size, count=False)
            return [str(searcher.doc(address)["id"][0]) for _, address in found.hits]
        except (ValueError, OSError) as error:
            raise IndexUnavailable("the full-text index cannot be read") from error

    def weights(self, stems: Sequence[str]) -> dict[str, float]:
        """How much each of ``stems`` tells: its inverse document frequency, as BM25 has it.

        Raises:
            IndexUnavailable: the index is damaged.
        """
        searcher = self._searcher()
        total = max(1, searcher.num_docs)
        held = {stem: searcher.doc_freq("text", stem) for stem in dict.fromkeys(stems)}
        return {stem: math.log1p((total - n + 0.5) / (n + 0.5)) for stem, n in held.items()}

    @staticmethod
    def _unknown(searcher: tantivy.Searcher, stem: str) -> bool:
        """Whether no passage holds a word that is long enough to be a misspelling."""
        return len(stem) >= 5 and stem.isalpha() and searcher.doc_freq("text", stem) == 0

    def search(
        self,
        query: str,
        *,
        meanings: Sequence[str] = (),
        sources: frozenset[str] | None = None,
        limit: int = 50,
    ) -> list[tuple[str, float]]:
        """The passages that hold the words of ``query``, best first, with their BM25 score.

        ``meanings`` are what some of its words mean; their own words count for less.

        Raises:
            IndexUnavailable: the index is damaged.
        """
        searcher = self._searcher()
        schema = self._index.schema
        own = dict.fromkeys(words.stems(query))
        clauses = [_word(schema, stem) for stem in own]
        clauses += [_alike(schema, stem) for stem in own if self._unknown(searcher, stem)]
        for meaning in meanings:
            clauses += [
                tantivy.Query.boost_query(_word(schema, stem), _MEANING_BOOST)
                for stem in words.stems(meaning)
                if stem not in own
            ]
        for pair in dict.fromkeys(pairwise(words.stems(query))):
            phrase = tantivy.Query.phrase_query(schema, "text", list(pair), _PHRASE_SLOP)
            clauses.append(tantivy.Query.boost_query(phrase, _PHRASE_BOOST))
        for reference in references.find(query):
            term = tantivy.Query.term_query(schema, "references", reference, "basic")
            clauses.append(tantivy.Query.const_score_query(term, _REFERENCE_BOOST))
        if not clauses:
            return []
        wanted = tantivy.Query.boolean_query([(tantivy.Occur.Should, c) for c in clauses])
        if sources is not None:
            among = tantivy.Query.term_set_query(schema, "source", sorted(sources))
            none = tantivy.Query.const_score_query(among, 0.0)
            wanted = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, wanted), (tantivy.Occur.Must, none)]
            )
        try:
            found = searcher.search(wanted, limit=limit, count=False)
            return [(str(searcher.doc(address)["id"][0]), score) for score, address in found.hits]
        except (ValueError, OSError) as error:
            raise IndexUnavailable("the full-text index cannot be read") from error


def _alike(schema: tantivy.Schema, stem: str) -> tantivy.Query:
    """The words one slip of the keyboard away from ``stem``."""
    alike = tantivy.Query.fuzzy_term_query(schema, "text", stem, 1, True)
    return tantivy.Query.boost_query(alike, _FUZZY_BOOST)


def _word(schema: tantivy.Schema, stem: str) -> tantivy.Query:
    """One word, in each field by what it counts there."""
    fields = [
        tantivy.Query.boost_query(tantivy.Query.term_query(schema, field, stem, "freq"), boost)
        for field, boost in FIELD_BOOSTS.items()
    ]
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, field) for field in fields])


def _document(passage: Passage) -> tantivy.Document:
    document = tantivy.Document()
    document.add_text("id", passage.id)
    document.add_text("source", passage.source)
    # The title of an article («Code du travail, article L3141-3») says nothing of its matter: the
    # innermost heading of the code does.
    lawful = bool(passage.reference) and bool(passage.section_path)
    title = passage.section_path[-1] if lawful else passage.title
    title = without_numbering(title)
    path = passage.section_path[-3:-1] if lawful else passage.section_path
    path = tuple(map(without_numbering, path))
    document.add_text("title", " ".join(words.stems(title)))
    document.add_text("heading", " ".join(words.stems(" ".join(path))))
    # BM25 weighs short fields heavily, so the text holds its headings as well, and they add little.
    whole = (title, *path, passage.text)
    document.add_text("text", " ".join(words.stems("\n".join(whole))))
    cited = references.find(passage.text)
    for reference in dict.fromkeys([passage.reference, *cited] if passage.reference else cited):
        document.add_text("references", reference)
    return document
