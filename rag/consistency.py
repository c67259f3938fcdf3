"""At start-up: do both indexes hold what the database holds? If not, they are made to.

A passage's id is a digest of its whole content (text, title, headings, document), so equal sets of
ids mean equal contents.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rag.errors import IndexUnavailable
from rag.fulltext import FullTextIndex
from rag.store import Store
from rag.vectors import VectorIndex

_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Repair:
    """What was wrong with an index, in passages, and was put right. ``rebuilt``: from scratch."""

    index: str
    added: int
    removed: int
    rebuilt: bool

    @property
    def needed(self) -> bool:
        """Whether anything was wrong."""
        return self.rebuilt or self.added > 0 or self.removed > 0


def open_fulltext(path: Path, store: Store) -> tuple[FullTextIndex, Repair]:
    """The full-text index in ``path``, equal to the database; what had to be done for it.

    Raises:
        IndexUnavailable: it cannot be rebuilt either (a full or read-only disk).
    """
    try:
        index = FullTextIndex(path)
        return index, repair_fulltext(index, store)
    except IndexUnavailable:
        FullTextIndex.erase(path)
        index = FullTextIndex(path)
        repair = repair_fulltext(index, store)
        return index, Repair(repair.index, repair.added, repair.removed, rebuilt=True)


def repair_fulltext(index: FullTextIndex, store: Store) -> Repair:
    """Add to the index what the database has and it lacks; remove what is surplus or double."""
    wanted, listed = store.ids(), index.ids()
    held = set(listed)
    double = {identity for identity, times in Counter(listed).items() if times > 1}
    surplus = sorted(held - wanted)
    missing = sorted((wanted - held) | (double & wanted))
    if surplus:
        index.update([], surplus)
    for start in range(0, len(missing), _BATCH):
        index.update(list(store.passages(missing[start : start + _BATCH]).values()))
    return Repair("fulltext", len(missing), len(surplus), rebuilt=False)


def open_vectors(
    path: Path, url: str | None, embedder_digest: str, store: Store
) -> tuple[VectorIndex, Repair]:
    """The vector index, agreeing with what the database notes; what had to be done for it.

    Vectors that are missing are only noted so: the filler computes them. A damaged embedded index
    is deleted; a server's collection is dropped.

    Raises:
        IndexUnavailable: it cannot be made anew either, or the server does not answer.
    """

    def connect() -> VectorIndex:
        return VectorIndex(VectorIndex.client(path, url), embedder_digest)

    try:
        index = connect()
        return index, repair_vectors(index, embedder_digest, store)
    except IndexUnavailable:
        if url:
            raise
        VectorIndex.erase(path)
        index = connect()
        repair = repair_vectors(index, embedder_digest, store)
        return index, Repair(repair.index, repair.added, repair.removed, rebuilt=True)


def repair_vectors(index: VectorIndex, embedder_digest: str, store: Store) -> Repair:
    """Forget notes without a vector; remove vectors without a note or without a passage."""
    wanted, noted, held = store.ids(), store.vector_ids(embedder_digest), index.ids()
    lost = sorted(noted - held)
    surplus = sorted(held - (noted & wanted))
    stale = sorted(noted - wanted)
    if surplus:
        index.remove(surplus)
    store.forget_vectors(embedder_digest, sorted({*lost, *stale}))
    return Repair("vectors", len(lost), len(surplus), rebuilt=False)
