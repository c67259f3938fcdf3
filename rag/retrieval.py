"""Finding the passages that answer a question: by words and by meaning, ranked together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import structlog

from models.protocol import Embedder, Reranker, Vectors
from rag import glossary
from rag.confidence import ANSWERABLE, confidence
from rag.errors import IndexUnavailable
from rag.filler import embedded_text
from rag.fulltext import FullTextIndex
from rag.known import NONE, NOTHING, Beside, KnownQuestions
from rag.protocol import Hit, Passage, Retrieval
from rag.ranking import (
    WEIGHTS,
    Asked,
    Candidate,
    Features,
    Found,
    candidates,
    features,
    otherwise,
    ranked,
    within,
)
from rag.store import Store
from rag.text import asks, references, words
from rag.text.context import in_context
from rag.text.vocabulary import Vocabulary
from rag.vectors import VectorIndex

log = structlog.get_logger(__name__)

WORDS = 100
MEANINGS = 60
"""How many passages each index is asked for."""
ALIKE = 40
"""How many passages are looked at because a question that they answer is like the one asked."""
AGAIN = 3.0
"""What a second passage of a document must be better by, in the unit of the ranking."""
RERANKED = 20
"""How many of the first passages a reranker reads."""
READ = 8
"""The first documents, of which the passages are told apart by what they say."""
WHOLE = 4
"""The first documents, of which all passages are looked at, found or not."""
LONG = 200
"""Passages of a document beyond which those that were not found are not looked at."""
# The share of words in common beyond which two passages say the same.
NEAR_IDENTICAL = 0.85
_MAX_QUERY_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Semantic:
    """The vector index and the embedder that fills it."""

    index: VectorIndex
    embedder: Embedder


@dataclass(frozen=True, slots=True)
class Described:
    """The documents that may answer a question, by what was found, and what tells of each (a row of
    ``figures``). ``vector`` is the question's, of shape ``(1, dimension)``, where there are any."""

    asked: Asked
    found: Found
    among: list[Candidate]
    figures: Features
    vector: Vectors | None
    beside: Beside


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
        vocabulary: Vocabulary | None = None,
        reranker: Reranker | None = None,
        reranked: int = RERANKED,
        known: KnownQuestions = NONE,
    ) -> None:
        """``weights`` say how much more a source is worth than another (1 where absent).

        ``vocabulary`` is what everyday words mean: that of the shipped glossary if left out.
        ``reranker`` puts the first ``reranked`` passages in another order, where there is one.
        ``known`` are questions that passages answer, by the vectors of ``semantic``'s embedder.
        """
        self._store = store
        self._fulltext = fulltext
        self._semantic = semantic
        self._weights = dict(weights or {})
        self._vocabulary = vocabulary if vocabulary is not None else glossary.shipped()
        self._reranker = reranker
        self._reranked = reranked
        self._known = known

    def count(self, sources: frozenset[str] | None = None) -> int:
        """The number of passages in ``sources``, or in all."""
        counts = self._store.counts()
        return sum(n for source, (_, n) in counts.items() if sources is None or source in sources)

    def passage(self, passage_id: str) -> Passage | None:
        """The passage of this id, None if there is none (any more)."""
        return self._store.passages([passage_id]).get(passage_id)

    def search(
        self,
        query: str,
        *,
        earlier: Sequence[str] = (),
        sources: frozenset[str] | None = None,
        limit: int = 5,
    ) -> Retrieval:
        """The passages that answer ``query`` best, at most ``limit``.

        Articles that the question names come first. Raises IndexUnavailable when the full-text
        index is damaged.
        """
        searched = self.count(sources)
        question = in_context([*earlier, query])[-_MAX_QUERY_CHARACTERS:]
        text = words.query_text(question)
        if not text or limit < 1 or searched == 0:
            return Retrieval((), searched, 0.0)
        about = self.described(question, text, sources, searched)
        asked, among = about.asked, about.among
        scores = about.figures @ WEIGHTS
        scores += np.log([self._weight(each.passages[0]) for each in among])
        wanted = asks.wanted(question)
        first = np.argsort(-scores, kind="stable")[:READ].tolist()
        found, whole = self._whole(about, first[:WHOLE])
        read = {
            number: _to_the_last(
                among[number].passages,
                within(wanted, whole.get(number, among[number].passages), found),
            )
            for number in first
        }
        scored = [
            (score - AGAIN * place, passage)
            for number, score in enumerate(scores.tolist())
            for place, passage in enumerate(read.get(number, among[number].passages))
        ]
        scored.sort(key=lambda pair: (-pair[0], pair[1].id))
        named = self._named(query, sources)
        order = [*named, *(p for _, p in scored if p not in named)]
        chosen = self._chosen(question, order, len(named), limit)
        worth = {passage.id: score for score, passage in scored}
        word_ranks, meaning_ranks = ranked(found.words), ranked(about.found.meanings)
        hits = tuple(
            Hit(
                p,
                worth.get(p.id, 0.0),
                word_ranks.get(p.id),
                meaning_ranks.get(p.id),
                found.alike.get(p.id, ()),
            )
            for p in chosen
        )
        sure = 1.0 if named else confidence(asked, found, chosen)
        if not named and _speak_of_none(references.find(query), chosen):
            sure = 0.0
        return Retrieval(
            hits, searched, found.ready, sure, weak=sure < ANSWERABLE, asked=asked.stems
        )

    def _chosen(
        self, question: str, order: Sequence[Passage], named: int, limit: int
    ) -> list[Passage]:
        """The first of ``order``, the ``named`` ones before those that a reranker puts in order."""
        if self._reranker is None:
            return _choose(order, limit)
        chosen = _choose(order, max(limit, self._reranked))
        kept = sum(passage in order[:named] for passage in chosen)
        read = chosen[kept : self._reranked]
        scores = self._reranker.scores(
            words.without_placeholders(question), [embedded_text(passage) for passage in read]
        )
        places = sorted(range(len(read)), key=lambda place: (-scores[place], place))
        again = [read[place] for place in places]
        return [*chosen[:kept], *again, *chosen[kept + len(read) :]][:limit]

    def described(
        self, question: str, text: str, sources: frozenset[str] | None, searched: int
    ) -> Described:
        """The documents that may answer, and what tells of each that it does.

        ``text`` is the question without the words that ask; ``searched`` counts the passages.
        """
        meanings = self._vocabulary.meanings(text)
        spoken = words.without_placeholders(question) or text
        vector, ready = self._vector(in_full(spoken, meanings), sources, searched)
        by_words = self._fulltext.search(text, meanings=meanings, sources=sources, limit=WORDS)
        by_meaning, ready = self._by_meaning(vector, ready, sources)
        beside = self._beside(spoken)
        ids = [*(i for i, _ in (*by_words, *by_meaning)), *beside.nearest]
        passages = self._store.passages(list(dict.fromkeys(ids)))
        alike = {
            i: found
            for i, found in beside.nearest.items()
            if i in passages and (sources is None or passages[i].source in sources)
        }
        found = Found(
            {i: s for i, s in by_words if i in passages},
            {i: s for i, s in by_meaning if i in passages},
            ready,
            self._store.sizes(sorted({p.document_id for p in passages.values()})),
            alike,
            self._known.answers,
        )
        among = candidates(found, passages)
        asked = self._asked(text, meanings)
        return Described(asked, found, among, features(asked, found, among), vector, beside)

    def _whole(
        self, about: Described, numbers: Sequence[int]
    ) -> tuple[Found, dict[int, list[Passage]]]:
        """The documents of these ``numbers`` by all their passages, and what tells of these.

        An index finds the passages that are like the question's words; of the document that
        answers, it may be another one that does. Very long documents stay as they were found.
        """
        found = about.found
        documents = {number: about.among[number].document_id for number in numbers}
        short = [d for d in documents.values() if found.sizes.get(d, 0) <= LONG]
        held = self._store.whole(short)
        whole = {number: held[d] for number, d in documents.items() if d in held}
        ids = [passage.id for among in whole.values() for passage in among]
        beside = [identity for identity in ids if identity not in found.meanings]
        meanings = {**self._meanings(about.vector, beside), **found.meanings}
        alike = {**about.beside.of(ids), **found.alike}
        return replace(found, meanings=meanings, alike=alike), whole

    def _asked(self, text: str, meanings: Sequence[str]) -> Asked:
        own = list(dict.fromkeys(words.stems(text)))
        other = otherwise(meanings, own)
        weights = self._fulltext.weights([*own, *other])
        return Asked({s: weights[s] for s in own}, {s: weights[s] for s in other})

    def _vector(
        self, question: str, sources: frozenset[str] | None, searched: int
    ) -> tuple[Vectors | None, float]:
        """The question's vector, and the share of passages that it can be compared with."""
        if self._semantic is None:
            return None, 0.0
        counts = self._store.vector_counts(self._semantic.embedder.digest)
        there = sum(n for source, n in counts.items() if sources is None or source in sources)
        if not there:
            return None, 0.0
        return self._semantic.embedder.embed_queries([question]), min(1.0, there / searched)

    def _by_meaning(
        self, vector: Vectors | None, ready: float, sources: frozenset[str] | None
    ) -> tuple[list[tuple[str, float]], float]:
        if self._semantic is None or vector is None:
            return [], 0.0
        try:
            return self._semantic.index.search(vector, sources=sources, limit=MEANINGS), ready
        except IndexUnavailable as error:
            log.warning("vectors_unavailable", reason=error.message_id)
            return [], 0.0

    def _meanings(self, vector: Vectors | None, ids: Sequence[str]) -> dict[str, float]:
        """The cosines of those of these passages that have a vector."""
        if self._semantic is None or vector is None:
            return {}
        try:
            held = self._semantic.index.vectors(ids)
        except IndexUnavailable as error:
            log.warning("vectors_unavailable", reason=error.message_id)
            return {}
        if not held:
            return {}
        rows = np.array(list(held.values()))
        cosines = rows @ vector[0] / np.linalg.norm(rows, axis=1)
        return dict(zip(held, cosines.tolist(), strict=True))

    def _beside(self, question: str) -> Beside:
        if self._semantic is None or not self._known.questions:
            return NOTHING
        (vector,) = self._semantic.embedder.embed_questions([question])
        return self._known.beside(vector, ALIKE)

    def _weight(self, passage: Passage) -> float:
        return self._weights.get(passage.source, 1.0)

    def _named(self, query: str, sources: frozenset[str] | None) -> list[Passage]:
        """The passages of the articles that the question names."""
        wanted = references.find(query)
        if not wanted:
            return []
        passages = [
            passage
            for passage in self._store.by_reference(wanted)
            if sources is None or passage.source in sources
        ]
        return sorted(passages, key=lambda p: wanted.index(p.reference))


def _to_the_last(found: Sequence[Passage], ordered: list[Passage]) -> list[Passage]:
    """Those of ``ordered`` up to the last that was found: one that was not is given where it
    answers better than one that was, not to make up the number."""
    places = [place for place, passage in enumerate(ordered, start=1) if passage in found]
    return ordered[: max(places, default=0)]


def in_full(question: str, meanings: Sequence[str]) -> str:
    """``question`` with what its acronyms and everyday words mean, as it is embedded."""
    return f"{question} ({', '.join(meanings)})" if meanings else question


def _speak_of_none(wanted: Sequence[str], chosen: Sequence[Passage]) -> bool:
    """Whether a question names articles of a code, and nothing that was found speaks of any.

    What the passages say of another article is no answer; the number may be a mistake, or made up.
    """
    coded = {reference for reference in wanted if reference[0].isalpha()}
    told = (passage for passage in chosen if coded & set(references.find(passage.text)))
    return bool(coded) and next(told, None) is None


def _choose(ordered: Sequence[Passage], limit: int) -> list[Passage]:
    """The first ``limit`` passages that do not repeat one another."""
    chosen: list[Passage] = []
    bags: list[frozenset[str]] = []
    for passage in ordered:
        if len(chosen) == limit:
            break
        bag = frozenset(words.stems(passage.text))
        if any(_likeness(bag, other) > NEAR_IDENTICAL for other in bags):
            continue
        chosen.append(passage)
        bags.append(bag)
    return chosen


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard's index of two sets of stems."""
    union = len(one | other)
    return len(one & other) / union if union else 1.0
