"""The sources in this process: their declarations, database, indexes, and what fills them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy import Engine

from models.catalogue import load_catalogue
from models.embedders import build_embedder
from models.protocol import Embedder, Reranker, Work
from models.reranker import CrossEncoderReranker
from rag import changes, glossary, known, shipped
from rag.caveats import caveats
from rag.cleanings import summary
from rag.consistency import open_fulltext, open_vectors
from rag.errors import RagError
from rag.filler import VectorFiller
from rag.known import KnownQuestions
from rag.personal_data import Cleaner
from rag.protocol import Caveat, Passage
from rag.retrieval import HybridRetriever, Semantic
from rag.runs import LastSync, last_complete, last_syncs, revision
from rag.shipped import Shipped
from rag.sources import Source, load_sources
from rag.store import Beside, Store
from rag.sync import Progress, SyncReport, is_current, sync
from server.settings import Settings
from server.source_views import status_view, treatment_view, unreadable
from web.views import SourceStatusView, TreatmentView

_log = structlog.get_logger("sobria.sources")


def declared_sources(settings: Settings) -> tuple[Source, ...]:
    """The shipped declarations, or the organisation's own ``sources.yaml`` in the data folder.

    Raises:
        SourceDeclarationError: the file is wrong; says where.
    """
    own = settings.data_dir / "sources.yaml"
    documents = settings.documents_dir or settings.data_dir / "documents"
    documents_dir = documents if documents.is_dir() else None
    if own.is_file():
        return load_sources(own, documents_dir=documents_dir)
    return load_sources(documents_dir=documents_dir)


class Knowledge:
    """One per process: it owns the embedded indexes, which no other process may open.

    ``cleaner`` gives what treats personal data under the charter in force.

    Raises at construction:
        RagError: the declarations or the glossary are wrong, or an index can be neither read nor
            rebuilt.
    """

    def __init__(
        self,
        settings: Settings,
        database: Engine,
        embedder: Embedder,
        cleaner: Callable[[], Cleaner],
        busy: Callable[[], bool] = lambda: False,
        on_work: Callable[[Work], None] = lambda _: None,
        reranker: Reranker | None = None,
    ) -> None:
        self._embedder = embedder
        self._cleaner = cleaner
        self._fills = settings.fill_vectors
        self._busy = busy
        self._on_work = on_work
        self._downloads = settings.data_dir / "downloads"
        self.declared = declared_sources(settings)
        self._by_id = {source.id: source for source in self.declared}
        self.store = Store(database)
        index_dir = settings.data_dir / "index"
        index_dir.mkdir(parents=True, exist_ok=True)
        self._fulltext, words = open_fulltext(index_dir / "fulltext", self.store)
        self._vectors, vectors = open_vectors(
            index_dir / "vectors", settings.chroma_url, embedder.digest, self.store
        )
        for repair in (words, vectors):
            if repair.needed:
                _log.info(
                    "index_repaired",
                    index=repair.index,
                    added=repair.added,
                    removed=repair.removed,
                    rebuilt=repair.rebuilt,
                )
        self.vocabulary = glossary.vocabulary(settings.glossary_file)
        self.retriever = HybridRetriever(
            self.store,
            self._fulltext,
            Semantic(self._vectors, embedder),
            weights={source.id: source.weight for source in self.declared},
            vocabulary=self.vocabulary,
            reranker=reranker,
            reranked=settings.reranked,
            known=_known(embedder.questions_digest),
        )
        self._filler: VectorFiller | None = None
        self._syncing: set[str] = set()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to fill the vectors, in the background and in the sources' order."""
        if not self._fills:
            return
        self._filler = VectorFiller(
            self.store,
            self._vectors,
            self._embedder,
            priorities={source.id: source.priority for source in self.declared},
            busy=self._busy,
            on_work=self._on_work,
            shipped=_shipped(self._embedder.digest),
        )
        self._filler.start()

    def stop(self) -> None:
        """Stop filling; the batch at hand is finished."""
        if self._filler is not None:
            self._filler.stop()

    def sync_now(
        self, source_id: str, progress: Callable[[Progress], None] = lambda _: None
    ) -> SyncReport:
        """Read a source again and wait for it. Raises RagError; KeyError on an unknown source."""
        source = self._by_id[source_id]
        report = sync(
            source,
            self.store,
            self._fulltext,
            self._downloads,
            progress=progress,
            cleaner=self._cleaner_for(source),
        )
        if self._filler is not None:
            self._filler.wake()
        return report

    def open_to_all(self) -> frozenset[str]:
        """The ids of the declared sources whose texts anybody may read."""
        return frozenset(source.id for source in self.declared if source.open_to_all)

    def passage(self, passage_id: str) -> Passage | None:
        """A passage, as it is now."""
        return self.retriever.passage(passage_id)

    def revision(self, sources: frozenset[str] | None) -> str:
        """A text that changes each time that a sync changes one of ``sources`` (None: any)."""
        return revision(self.store.engine, sources)

    def sync_what_changed(self) -> None:
        """Begin to read again each source whose declaration, or the charter, now asks for another
        treatment of personal data than it had."""
        last = last_syncs(self.store.engine)
        for source in self.declared:
            try:
                current = is_current(source, last.get(source.id), self._cleaner_for(source))
            except RagError as failure:
                _log.error("treatment_unknown", source=source.id, reason=failure.message_id)
                continue
            if source.usable and not current:
                self.sync(source.id)

    def _cleaner_for(self, source: Source) -> Cleaner | None:
        return None if source.personal_data == "public" else self._cleaner()

    def sync(self, source_id: str) -> None:
        """Begin to read a source again, in a thread of its own; once at a time."""
        with self._lock:
            if source_id in self._syncing:
                return
            self._syncing.add(source_id)
        threading.Thread(target=self._sync, args=(source_id,), daemon=True).start()

    def _sync(self, source_id: str) -> None:
        try:
            self.sync_now(source_id)
        except RagError as failure:
            _log.error("sync_failed", source=source_id, reason=failure.message_id)
        finally:
            with self._lock:
                self._syncing.discard(source_id)

    def statuses(self) -> tuple[SourceStatusView, ...]:
        """Where each declared source stands. Reads the database."""
        counts = self.store.counts()
        vectors = self.store.vector_counts(self._embedder.digest)
        syncs = last_syncs(self.store.engine)
        complete = last_complete(self.store.engine)
        return tuple(
            status_view(
                source,
                counts.get(source.id, (0, 0)),
                vectors.get(source.id, 0),
                syncs.get(source.id),
                self._treatment(source, syncs.get(source.id)),
                syncing=source.id in self._syncing,
                complete=complete.get(source.id),
            )
            for source in self.declared
        )

    def caveats(
        self, passages: Sequence[Passage], allowed: frozenset[str] | None
    ) -> tuple[Caveat, ...]:
        """What is to be known of ``passages`` before one relies on them, told of the sources that
        are ``allowed`` (None: all). Reads the database."""
        return caveats(passages, self.store, self.declared, datetime.now(UTC), allowed)

    def beside(self, passage_id: str) -> Beside | None:
        """What stands around a passage in its document, if there is such a passage."""
        return self.store.beside(passage_id)

    def held_until(self, title: str, date: str) -> str:
        """Until when the text of a document held that is another one now; «» if not known."""
        return changes.held_until(self.store.engine, title, date)

    def _treatment(self, source: Source, last: LastSync | None) -> TreatmentView | None:
        if source.personal_data == "public" or last is None:
            return None
        done = summary(self.store.engine, source.id)
        return treatment_view(done, unreadable(last.details), self._cleaner().title)


def _shipped(embedder_digest: str) -> Shipped:
    """The vectors that come with the code; none where they are damaged: they are then computed."""
    try:
        return shipped.load(embedder_digest)
    except shipped.DamagedVectors:
        _log.error("shipped_vectors_damaged", file=shipped.SHIPPED.name)
        return shipped.NONE


def _known(questions_digest: str) -> KnownQuestions:
    """The known questions that come with the code; none where they are damaged: passages are then
    found by their own words and meaning."""
    try:
        return known.load(questions_digest)
    except known.DamagedQuestions:
        _log.error("known_questions_damaged", file=known.VECTORS.name)
        return known.NONE


def models_dir(settings: Settings) -> Path:
    """Where the weights lie."""
    return settings.data_dir / "models"


def configured_embedder(settings: Settings) -> Embedder:
    """The embedder that the settings name; it loads at its first use.

    Raises:
        UnknownModel, ModelMissing, DigestMismatch, EmbedderError: as ``models.embedders`` does.
    """
    folder = models_dir(settings)
    return build_embedder(load_catalogue(folder)[settings.embedder], folder)


def reranker_folder(settings: Settings) -> Path | None:
    """Where the reranker that the settings name lies: a path, or a name among the weights."""
    named = settings.reranker
    if named is None:
        return None
    among = models_dir(settings) / named
    return among if Path(named).name == named and among.is_dir() else Path(named)


def configured_reranker(settings: Settings) -> Reranker | None:
    """The reranker that the settings name, loaded; None where they name none.

    Raises:
        RerankerError: there is none in its folder, or it cannot be loaded.
    """
    folder = reranker_folder(settings)
    return CrossEncoderReranker(folder) if folder is not None else None
