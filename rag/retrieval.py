"""Finding the passages that answer a question: words and meaning, fused by reciprocal rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from models.protocol import Embedder
from rag.errors import IndexUnavailable
from rag.fulltext import FullTextIndex
from rag.protocol import Hit, Passage, Retrieval
from rag.store import Store
from rag.text import references, words
from rag.vectors import VectorIndex

log = structlog.get_logger(__name__)

# Cormack, Clarke and Büttcher (SIGIR 2009) propose 60.
RRF_K = 60
CANDIDATES = 60
MAX_PER_DOCUMENT = 2
# A second passage of a document, or of a section of a code, must be that much better to come first.
SAME_DOCUMENT = 0.75
SAME_SECTION = 0.9
# The opening of a document, above its first heading, sums it up.
OPENING = 1.3
# The share of words in common beyond which two passages say the same.
NEAR_IDENTICAL = 0.85
_MAX_QUERY_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Semantic:
    """The vector index and the embedder that fills it."""

    index: VectorIndex
    embedder: Embedder


class HybridRetriever:
    """Implements :class:`rag.protocol.Retriever` over both indexes. Safe to share by threads.

    Vectors take part as far as they are there: ``vectors_ready`` says how far. If the vector index
    fails, the search goes on with full text alone, and says 0.
    """

    def __init__(
        self,
        store: Store,
        fulltext: FullTextIndex,
        semantic: Semantic | None = None,
        *,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        """``weights`` multiply the full-text scores of a source's passages (1 where absent)."""
        self._store = store
        self._fulltext = fulltext
        self._semantic = semantic
        self._weights = dict(weights or {})

    def count(self, sources: frozenset[str] | None = None) -> int:
        """The number of passages in ``sources``, or in all."""
        counts = self._store.counts()
        return sum(n for source, (_, n) in counts.items() if sources is None or source in sources)

    def passage(self, passage_id: str) -> Passage | None:
        """The passage of this id, None if there is none (any more)."""
        return self._store.passages([passage_id]).get(passage_id)

    def search(
        self, query: str, *, sources: frozenset[str] | None = None, limit: int = 5
    ) -> Retrieval:
        """The passages that answer ``query`` best, at most ``limit``.

        Articles that the question names come first. Raises IndexUnavailable when the full-text
        index is damaged.
        """
        searched = self.count(sources)
        text = words.query_text(query[:_MAX_QUERY_CHARACTERS])
        if not text or limit < 1 or searched == 0:
            return Retrieval((), searched, 0.0)
        by_words = self._fulltext.search(text, sources=sources, limit=CANDIDATES)
        by_meaning, ready = self._by_meaning(query, text, sources, searched)
        ids = dict.fromkeys([i for i, _ in by_words] + [i for i, _ in by_meaning])
        found = self._store.passages(list(ids))
        weighted = self._spread(by_words, found)
        word_ranks = {identity: rank for rank, identity in enumerate(weighted, start=1)}
        alive = [identity for identity, _ in by_meaning if identity in found]
        meaning_ranks = {identity: rank for rank, identity in enumerate(alive, start=1)}
        fused = _fuse(word_ranks, meaning_ranks, ready)
        named = self._named(query, sources, found)
        order = [*named, *(i for i in fused if i not in named)]
        chosen = _choose([found[i] for i in order], frozenset(named), limit)
        hits = tuple(
            Hit(p, fused.get(p.id, 1.0), word_ranks.get(p.id), meaning_ranks.get(p.id))
            for p in chosen
        )
        return Retrieval(hits, searched, ready)

    def _by_meaning(
        self, query: str, text: str, sources: frozenset[str] | None, searched: int
    ) -> tuple[list[tuple[str, float]], float]:
        if self._semantic is None:
            return [], 0.0
        counts = self._store.vector_counts(self._semantic.embedder.digest)
        there = sum(n for source, n in counts.items() if sources is None or source in sources)
        if not there:
            return [], 0.0
        try:
            vector = self._semantic.embedder.embed_queries(
                [words.without_placeholders(query[:_MAX_QUERY_CHARACTERS]) or text]
            )
            found = self._semantic.index.search(vector, sources=sources, limit=CANDIDATES)
        except IndexUnavailable as error:
            log.warning("vectors_unavailable", reason=error.message_id)
            return [], 0.0
        return found, min(1.0, there / searched)

    def _spread(
        self, scored: Sequence[tuple[str, float]], found: Mapping[str, Passage]
    ) -> list[str]:
        """Ids by weighted score, where what repeats a document or a section counts less."""
        weighted = [
            (score * self._weight(found[identity]), identity)
            for identity, score in scored
            if identity in found
        ]
        weighted.sort(key=lambda pair: (-pair[0], pair[1]))
        seen: dict[object, int] = {}
        spread: list[tuple[float, str]] = []
        for score, identity in weighted:
            passage = found[identity]
            article = bool(passage.reference)
            group = (passage.source, passage.section_path) if article else passage.document_id
            factor = SAME_SECTION if article else SAME_DOCUMENT
            repeats = 0 if _opens(passage) else min(seen.get(group, 0), 3)
            spread.append((score * factor**repeats, identity))
            seen[group] = seen.get(group, 0) + 1
        spread.sort(key=lambda pair: (-pair[0], pair[1]))
        return [identity for _, identity in spread]

    def _weight(self, passage: Passage) -> float:
        return self._weights.get(passage.source, 1.0) * (OPENING if _opens(passage) else 1.0)

    def _named(
        self, query: str, sources: frozenset[str] | None, found: dict[str, Passage]
    ) -> list[str]:
        """The passages of the articles that the question names; they are put into ``found``."""
        wanted = references.find(query)
        if not wanted:
            return []
        passages = [
            passage
            for passage in self._store.by_reference(wanted)
            if sources is None or passage.source in sources
        ]
        passages.sort(key=lambda p: wanted.index(p.reference))
        found.update({passage.id: passage for passage in passages})
        return [passage.id for passage in passages]


def _opens(passage: Passage) -> bool:
    """Whether it is the opening of a document that has headings further on."""
    return not passage.section_path and not passage.reference


def _fuse(
    by_words: Mapping[str, int], by_meaning: Mapping[str, int], ready: float
) -> dict[str, float]:
    """Scores by reciprocal rank fusion, best first; ties by the rank among words, then by id.

    The vectors weigh by the share of passages that have one: the nearest of the few that are
    ready may be far from the question.
    """
    scores: dict[str, float] = {}
    for ranks, weight in ((by_words, 1.0), (by_meaning, ready)):
        for identity, rank in ranks.items():
            scores[identity] = scores.get(identity, 0.0) + weight / (RRF_K + rank)
    order = sorted(scores, key=lambda i: (-scores[i], by_words.get(i, CANDIDATES + 1), i))
    return {identity: scores[identity] for identity in order}


def _choose(ordered: Sequence[Passage], named: frozenset[str], limit: int) -> list[Passage]:
    """The first ``limit`` passages that do not repeat one another."""
    chosen: list[Passage] = []
    bags: list[frozenset[str]] = []
    per_document: dict[str, int] = {}
    for passage in ordered:
        if len(chosen) == limit:
            break
        bag = frozenset(words.stems(passage.text))
        if any(_likeness(bag, other) > NEAR_IDENTICAL for other in bags):
            continue
        held = per_document.get(passage.document_id, 0)
        # The parts of one long article go together where the question names it.
        if held >= MAX_PER_DOCUMENT and passage.id not in named:
            continue
        per_document[passage.document_id] = held + 1
        chosen.append(passage)
        bags.append(bag)
    return chosen


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard's index of two sets of stems."""
    union = len(one | other)
    return len(one & other) / union if union else 1.0
