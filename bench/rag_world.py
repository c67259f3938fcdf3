"""The sources of a data folder, searched as the server searches them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from sqlalchemy import create_engine

from bench.rag_sets import labour_key
from bench.uses_parts.embedder import default_embedder
from rag import known
from rag.consistency import open_fulltext, open_vectors
from rag.known import KnownQuestions
from rag.retrieval import HybridRetriever, Semantic
from rag.sources import load_sources
from rag.store import Store

ROOT = Path(__file__).resolve().parents[1]


class World:
    """A data folder that ``sobria setup`` made; no server may be running on it."""

    def __init__(self, data: Path) -> None:
        self.store = Store(create_engine(f"sqlite:///{data / 'sobria.db'}"))
        self.embedder = default_embedder()
        self.fulltext, _ = open_fulltext(data / "index" / "fulltext", self.store)
        self.vectors, _ = open_vectors(
            data / "index" / "vectors", None, self.embedder.digest, self.store
        )
        self.known = known.load(self.embedder.questions_digest)
        self.retriever = self.searched_with(self.known)

    def searched_with(self, questions: KnownQuestions) -> HybridRetriever:
        """What searches it, with these known questions."""
        return HybridRetriever(
            self.store,
            self.fulltext,
            Semantic(self.vectors, self.embedder),
            weights={source.id: source.weight for source in load_sources()},
            known=questions,
        )

    @cached_property
    def held(self) -> frozenset[str]:
        """The keys of all documents that the index holds."""
        passages = self.store.passages(sorted(self.store.ids()))
        return frozenset(labour_key(passage) for passage in passages.values())
