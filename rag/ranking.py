"""In what order documents are given: what tells of a document that it answers, weighed.

Each document that words or meanings find is described by a few figures, and ordered by their
weighted sum. The weights were fitted (softmax over the candidates of a question, L2) by
``bench/fit_ranking.py`` on half of the intents of ``cdtn_dev``; ``bench/rag.py`` measures on the
other half, and on PIAF, which took no part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.protocol import Passage
from rag.text import asks, words
from rag.text.headings import without_numbering

Features = NDArray[np.float64]

NAMES = (
    "page",
    "regulatory",
    "own_length",
    "found",
    "words",
    "ranks",
    "cover",
    "title",
    "said_otherwise",
    "meaning",
    "near_best",
)
WEIGHTS = np.array(
    [1.109, -0.193, -0.350, 0.634, 1.265, 2.360, 0.979, -1.053, -0.177, 0.567, 0.679]
)
USUAL = 0.8
"""What multilingual-e5's cosines start from."""
_RANK_START = 9.0
# Beside the best score of words (1): what a meaning is worth, of which .1 is much, to find the
# passage that a document is ranked by; then within it, and what a figure such as is asked for is.
_FOUND_MEANT, _MEANT, _TOLD = 5.0, 10.0, 0.4


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is ranked: its stems by how much they tell, and those of its meanings."""

    stems: Mapping[str, float]
    otherwise: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Found:
    """What two indexes found: BM25 scores and cosines by passage, best first.

    ``ready`` is the share of passages that have a vector; ``sizes`` the passages of each document.
    """

    words: Mapping[str, float]
    meanings: Mapping[str, float]
    ready: float
    sizes: Mapping[str, int]

    @property
    def most(self) -> float:
        """The best score of words, that the others are compared with; 1 without any."""
        return max(self.words.values(), default=1.0) or 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document, by its passages that were found: the best first."""

    document_id: str
    passages: tuple[Passage, ...]


def candidates(found: Found, passages: Mapping[str, Passage]) -> list[Candidate]:
    """The documents of ``passages``, in the order in which the indexes met them."""
    most = found.most
    by_document: dict[str, list[Passage]] = {}
    for identity in (*found.words, *found.meanings):
        passage = passages.get(identity)
        if passage is not None:
            held = by_document.setdefault(passage.document_id, [])
            if passage not in held:
                held.append(passage)

    def order(passage: Passage) -> tuple[float, str]:
        return -_worth(passage, found, most, _FOUND_MEANT), passage.id

    return [
        Candidate(document, tuple(sorted(held, key=order)))
        for document, held in by_document.items()
    ]


def within(wanted: asks.Wanted, passages: Sequence[Passage], found: Found) -> list[Passage]:
    """The passages of a document, the one first that answers best.

    A page speaks of one thing at length: what tells its passages apart is the figure ``wanted``.
    """
    most = found.most

    def worth(passage: Passage) -> float:
        told = _TOLD * bool(wanted.given(passage.text))
        return _worth(passage, found, most, _MEANT) + told

    return sorted(passages, key=lambda passage: (-worth(passage), passage.id))


def _worth(passage: Passage, found: Found, most: float, meant: float) -> float:
    """How well the indexes found a passage: by words beside the ``most``, and by meaning."""
    nearer = found.meanings.get(passage.id, USUAL) - USUAL
    return found.words.get(passage.id, 0.0) / most + meant * nearer


def features(asked: Asked, found: Found, among: Sequence[Candidate]) -> Features:
    """The figures of each candidate, a row each, in the order of ``NAMES``."""
    most = found.most
    nearest = max(found.meanings.values(), default=USUAL)
    farthest = min(found.meanings.values(), default=USUAL)
    word_ranks, meaning_ranks = ranked(found.words), ranked(found.meanings)
    fused = [
        max(_fused(p.id, word_ranks, meaning_ranks) for p in candidate.passages)
        for candidate in among
    ]
    best_fused = max(fused, default=1.0) or 1.0
    rows = []
    for candidate, ranks in zip(among, fused, strict=True):
        best = candidate.passages[0]
        heading = _heading(best)
        title = frozenset(words.stems(heading))
        text = frozenset(words.stems(best.text))
        whole = title | text
        meant = max(found.meanings.get(p.id, farthest) for p in candidate.passages)
        rows.append(
            [
                float(not best.reference),
                float(best.reference[:1] in ("R", "D")),
                math.log1p(found.sizes.get(candidate.document_id, 1)),
                math.log1p(len(candidate.passages)),
                max(found.words.get(p.id, 0.0) for p in candidate.passages) / most,
                ranks / best_fused,
                share(asked.stems, text),
                share(asked.stems, title),
                share(asked.otherwise, whole),
                found.ready * 10 * (meant - USUAL),
                found.ready * 20 * (meant - nearest),
            ]
        )
    return np.array(rows, dtype=np.float64).reshape(len(among), len(NAMES))


def _fused(identity: str, words: Mapping[str, int], meanings: Mapping[str, int]) -> float:
    """Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""
    return sum(
        1 / (_RANK_START + ranks[identity]) for ranks in (words, meanings) if identity in ranks
    )


def ranked(found: Mapping[str, float]) -> dict[str, int]:
    """The rank (from 1) of each passage that an index found."""
    return {identity: rank for rank, identity in enumerate(found, start=1)}


def share(weights: Mapping[str, float], held: frozenset[str]) -> float:
    """The share of ``weights`` that ``held`` has."""
    total = sum(weights.values())
    return sum(w for stem, w in weights.items() if stem in held) / total if total else 0.0


def _heading(passage: Passage) -> str:
    """What stands above a passage: for an article, the innermost heading of its code."""
    if passage.reference and passage.section_path:
        return without_numbering(passage.section_path[-1])
    return passage.title


def otherwise(meanings: Sequence[str], own: Sequence[str]) -> list[str]:
    """The stems of what the acronyms and everyday words of a question mean, but its ``own``."""
    said = (stem for meaning in meanings for stem in words.stems(meaning))
    return [stem for stem in dict.fromkeys(said) if stem not in own]
