"""The vector index: Chroma, embedded in this process or a server of its own, by cosine."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import chromadb
import numpy as np
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings
from chromadb.errors import ChromaError

from models.protocol import Vectors
from rag.errors import IndexUnavailable
from rag.protocol import Passage

_PAGE = 5_000
# Chroma walks past all that comes before a page: of a million ids, half a minute in small pages.
_IDS_PAGE = 50_000
# How many times as many passages are asked for, by turns, to find enough of some sources.
_WIDER = (4, 20)
# Chroma's Rust core raises its own errors, and panics as RuntimeError, on damaged files.
_FAILURES = (ChromaError, ValueError, OSError, RuntimeError, KeyError)


class VectorIndex:
    """The vectors of one embedder, by passage id. One process owns an embedded index."""

    def __init__(self, client: Any, embedder_digest: str) -> None:
        """Open the collection of an embedder, or make it. Raises IndexUnavailable."""
        self._client = client
        self._name = "passages-" + hashlib.sha256(embedder_digest.encode()).hexdigest()[:16]
        self._lock = threading.Lock()
        try:
            self._collection = self._open()
        except _FAILURES as error:
            raise IndexUnavailable("the vector index cannot be opened") from error

    def _open(self) -> Any:
        return self._client.get_or_create_collection(
            self._name,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": 128}},
        )

    @staticmethod
    def client(path: Path, url: str | None = None) -> Any:
        """A Chroma client: of the server at ``url`` if given, else embedded in ``path``.

        Raises:
            IndexUnavailable: the files are damaged, or the server does not answer.
        """
        settings = Settings(anonymized_telemetry=False)
        try:
            if url:
                parts = urlsplit(url)
                secure = parts.scheme == "https"
                port = parts.port or (443 if secure else 8000)
                host = parts.hostname or "localhost"
                return chromadb.HttpClient(host, port, ssl=secure, settings=settings)
            path.mkdir(parents=True, exist_ok=True)
            return chromadb.PersistentClient(str(path), settings=settings)
        except _FAILURES as error:
            raise IndexUnavailable("the vector index cannot be opened") from error

    @staticmethod
    def erase(path: Path) -> None:
        """Delete the files of an embedded index; vectors are then computed again."""
        SharedSystemClient.clear_system_cache()
        shutil.rmtree(path, ignore_errors=True)

    def add(self, passages: Sequence[Passage], embeddings: Vectors) -> None:
        """Add or replace the vectors of these passages. Raises IndexUnavailable."""
        if not passages:
            return
        with self._lock:
            try:
                self._collection.upsert(
                    ids=[passage.id for passage in passages],
                    embeddings=np.asarray(embeddings, dtype=np.float32),
                    metadatas=[{"source": passage.source} for passage in passages],
                )
            except _FAILURES as error:
                raise IndexUnavailable("the vector index cannot be written") from error

    def remove(self, ids: Sequence[str]) -> None:
        """Remove these vectors, those that are there. Raises IndexUnavailable."""
        with self._lock:
            try:
                for start in range(0, len(ids), _PAGE):
                    self._collection.delete(ids=list(ids[start : start + _PAGE]))
            except _FAILURES as error:
                raise IndexUnavailable("the vector index cannot be written") from error

    def clear(self) -> None:
        """Drop the collection and start an empty one. Raises IndexUnavailable."""
        with self._lock:
            try:
                self._client.delete_collection(self._name)
                self._collection = self._open()
            except _FAILURES as error:
                raise IndexUnavailable("the vector index cannot be written") from error

    def ids(self) -> set[str]:
        """The passages that have a vector. Raises IndexUnavailable."""
        found: set[str] = set()
        try:
            while True:
                page = self._collection.get(limit=_IDS_PAGE, offset=len(found), include=[])["ids"]
                found.update(page)
                if len(page) < _IDS_PAGE:
                    return found
        except _FAILURES as error:
            raise IndexUnavailable("the vector index cannot be read") from error

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of those of ``ids`` that have one. Raises IndexUnavailable."""
        found: dict[str, Vectors] = {}
        try:
            for start in range(0, len(ids), _PAGE):
                page = list(ids[start : start + _PAGE])
                held = self._collection.get(ids=page, include=["embeddings"])
                found |= zip(held["ids"], np.asarray(held["embeddings"]), strict=True)
        except _FAILURES as error:
            raise IndexUnavailable("the vector index cannot be read") from error
        return found

    def search(
        self, query: Vectors, *, sources: frozenset[str] | None = None, limit: int = 50
    ) -> list[tuple[str, float]]:
        """The passages nearest to a query vector (shape ``(1, dimension)``), with their cosine.

        Raises:
            IndexUnavailable: the index is damaged or does not answer.
        """
        if sources is None:
            return [(identity, cosine) for identity, cosine, _ in self._nearest(query, limit)]
        # Chroma lists all passages that «where» lets pass before it looks for the nearest: a second
        # or two of a million. The nearest of all are found in milliseconds, and the first of them
        # that are of the sources are the nearest of these.
        for times in _WIDER:
            among = self._nearest(query, times * limit)
            found = [(identity, cosine) for identity, cosine, source in among if source in sources]
            if len(found) >= limit:
                return found[:limit]
            if len(among) < times * limit:
                break
        where = {"source": {"$in": sorted(sources)}}
        return [(identity, cosine) for identity, cosine, _ in self._nearest(query, limit, where)]

    def _nearest(
        self, query: Vectors, limit: int, where: dict[str, Any] | None = None
    ) -> list[tuple[str, float, str]]:
        """The nearest passages, with their cosine and source."""
        try:
            found = self._collection.query(
                query_embeddings=np.asarray(query, dtype=np.float32),
                n_results=limit,
                where=where,
                include=["distances", "metadatas"],
            )
        except _FAILURES as error:
            raise IndexUnavailable("the vector index cannot be read") from error
        held = zip(found["ids"][0], found["distances"][0], found["metadatas"][0], strict=True)
        return [(i, 1.0 - float(distance), str(about["source"])) for i, distance, about in held]
