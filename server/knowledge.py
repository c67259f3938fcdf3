"""The sources in this process: their declarations, database, indexes, and what fills them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import structlog
from sqlalchemy import Engine

from models.catalogue import load_catalogue
from models.embedders import build_embedder
from models.protocol import Embedder, Work
from rag.consistency import open_fulltext, open_vectors
from rag.errors import RagError
from rag.filler import VectorFiller
from rag.retrieval import HybridRetriever, Semantic
from rag.sources import Source, load_sources
from rag.store import Store
from rag.sync import LastSync, Progress, SyncReport, last_syncs, sync
from server.settings import Settings
from web.views import SourceStatusView

_log = structlog.get_logger("sobria.sources")

State = Literal["ready", "syncing", "never", "failed", "disabled"]


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

    Raises at construction:
        RagError: the declarations are wrong, or an index can be neither read nor rebuilt.
    """

    def __init__(
        self,
        settings: Settings,
        database: Engine,
        embedder: Embedder,
        busy: Callable[[], bool] = lambda: False,
        on_work: Callable[[Work], None] = lambda _: None,
    ) -> None:
        self._embedder = embedder
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
        self.retriever = HybridRetriever(
            self.store,
            self._fulltext,
            Semantic(self._vectors, embedder),
            weights={source.id: source.weight for source in self.declared},
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
        report = sync(
            self._by_id[source_id], self.store, self._fulltext, self._downloads, progress=progress
        )
        if self._filler is not None:
            self._filler.wake()
        return report

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
        return tuple(
            _status(
                source,
                counts.get(source.id, (0, 0)),
                vectors.get(source.id, 0),
                syncs.get(source.id),
                syncing=source.id in self._syncing,
            )
            for source in self.declared
        )


def _status(
    source: Source,
    counts: tuple[int, int],
    vectors: int,
    last: LastSync | None,
    *,
    syncing: bool,
) -> SourceStatusView:
    documents, passages = counts
    state: State = "ready"
    if not source.usable:
        state = "disabled"
    elif syncing:
        state = "syncing"
    elif last is None:
        state = "never"
    elif last.status == "failed":
        state = "failed"
    ended = last.ended if last is not None else None
    return SourceStatusView(
        id=source.id,
        title=source.title,
        owner=source.owner,
        licence=source.licence,
        url=source.url,
        kind=source.kind,
        documents=documents,
        passages=passages,
        vectors=min(1.0, vectors / passages) if passages else 0.0,
        synced_at=datetime.fromtimestamp(ended, UTC) if ended else None,
        state=state,
        problems=last.problems if last is not None else (),
    )


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
