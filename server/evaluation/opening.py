"""Opens what tests are put to: the search alone, beside a running server, or the whole road.

The search only reads. Chroma's embedded index belongs to one process, so that a copy of it is read
here; what the server writes meanwhile is found by the next run.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread

from governance.charter.revisions import CharterInForce
from governance.energy.ledger import EnergyLedger
from governance.energy.meter import detect_meter
from models.catalogue import load_catalogue
from rag.fulltext import FullTextIndex
from rag.retrieval import HybridRetriever, Semantic
from rag.store import Store
from rag.vectors import VectorIndex
from server.evaluation.asking import Asked, ask, evaluator, road_for_tests
from server.evaluation.errors import ServerRuns
from server.evaluation.running import Bench
from server.evaluation.runs import Tried
from server.evaluation.tried import prompt_digest, source_versions
from server.judges import charter_store
from server.knowledge import configured_embedder, declared_sources, models_dir

if TYPE_CHECKING:
    from governance.charter.charter import Charter
    from server.assembly import Assembly
    from server.books import Books
    from server.evaluation.cases import Case
    from server.settings import Settings

CHROMA = "chroma.sqlite3"


@asynccontextmanager
async def searching(books: Books) -> AsyncGenerator[tuple[Bench, Tried], None]:
    """The search alone: no model is loaded, nothing is written.

    Raises:
        RagError, ModelsError: an index or the embedder cannot be opened.
        CharterStoreError, CharterInvalid: as :class:`CharterInForce` does.
    """
    revision, charter = CharterInForce(charter_store(books)).get()
    entry = load_catalogue(models_dir(books.settings)).get(books.settings.embedder)
    embedder_digest = f"sha256:{entry.sha256}" if entry is not None else ""
    energy = EnergyLedger(detect_meter())
    energy.start()
    try:
        with _retriever(books, embedder_digest) as retriever:
            tried = _tried(books, charter, revision, embedder_digest)
            yield Bench(charter, retriever, energy, os.cpu_count() or 1), tried
    finally:
        energy.stop()


@asynccontextmanager
async def answering(settings: Settings) -> AsyncGenerator[tuple[Bench, Tried], None]:
    """The whole road, with the model.

    Raises:
        ServerRuns: a server owns the indexes.
        NotWired, KeysRefused, ModelsError, RagError, CharterInvalid: as the assembly does.
    """
    from server.assembly import build_assembly

    if served(settings):
        raise ServerRuns
    components = await to_thread.run_sync(build_assembly, settings)
    components.energy.start()
    try:
        revision, charter = components.charter.get()
        road = road_for_tests(components.road)

        async def answer(case: Case) -> Asked:
            caller = evaluator(case.service, settings.locale, components.person_keys)
            return await ask(road, case, caller)

        model = components.engine.info
        tried = _tried(components, charter, revision, components.embedder.digest).model_copy(
            update={"model": model.name, "model_digest": model.digest}
        )
        retriever, energy = components.retriever, components.energy
        yield Bench(charter, retriever, energy, os.cpu_count() or 1, answer), tried
    finally:
        await components.close()


def served(settings: Settings) -> bool:
    """Whether a server answers where the settings have it listen."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    try:
        with socket.create_connection((host, settings.port), timeout=2):
            return True
    except OSError:
        return False


def _tried(books: Books | Assembly, charter: Charter, revision: str, embedder_digest: str) -> Tried:
    return Tried(
        model="",
        model_digest="",
        embedder_digest=embedder_digest,
        charter_revision=revision,
        prompt_digest=prompt_digest(charter, books.settings.locale),
        sources=source_versions(books.database, embedder_digest),
    )


@contextmanager
def _retriever(books: Books, embedder_digest: str) -> Iterator[HybridRetriever]:
    settings = books.settings
    index = settings.data_dir / "index"
    store = Store(books.database)
    build = partial(
        HybridRetriever,
        store,
        FullTextIndex(index / "fulltext"),
        weights={source.id: source.weight for source in declared_sources(settings)},
    )
    if not any(store.vector_counts(embedder_digest).values()):
        yield build()
    elif settings.chroma_url:
        yield build(_semantic(settings, index / "vectors"))
    else:
        with tempfile.TemporaryDirectory() as folder:
            copied = Path(folder) / "vectors"
            copy_index(index / "vectors", copied)
            yield build(_semantic(settings, copied))


def _semantic(settings: Settings, path: Path) -> Semantic:
    embedder = configured_embedder(settings)
    client = VectorIndex.client(path, settings.chroma_url)
    return Semantic(VectorIndex(client, embedder.digest), embedder)


def copy_index(path: Path, copied: Path) -> None:
    """A copy of an embedded vector index that another process may be writing to."""
    shutil.copytree(path, copied, ignore=shutil.ignore_patterns(f"{CHROMA}*"))
    if (path / CHROMA).is_file():
        source = sqlite3.connect(f"file:{path / CHROMA}?mode=ro", uri=True)
        target = sqlite3.connect(copied / CHROMA)
        try:
            source.backup(target)
        finally:
            target.close()
            source.close()
