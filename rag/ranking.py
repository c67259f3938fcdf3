"""In what order documents are given: what tells of a document that it answers, weighed.

Each document that words or meanings find is described by a few figures, and ordered by their
weighted sum. The weights were fitted (softmax over the candidates of a question, L2) by
``bench/fit_ranking.py`` on half of the intents of ``cdtn_dev``; ``bench/rag.py`` measures on the
other half, and on PIAF, which took no part.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rag.protocol import Alike, Passage
from rag.text import asks, words
from rag.text.headings import without_numbering

Features = NDArray[np.float64]

_FIGURES = (
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
NAMES = (
    *_FIGURES,
    "alike",
    "alike_rank",
    "unknown",
    *(f"unknown_{name}" for name in _FIGURES),
)
"""The figures of a document of which questions are known («alike» the one asked), then those of a
document of which none are, an organisation's own: it is weighed by weights of its own, so that it
is not put behind for that."""
WEIGHTS = np.array(
    [
        0.782,
        0.026,
        -0.264,
        0.353,
        1.266,
        1.543,
        0.086,
        -1.437,
        -0.083,
        -0.007,
        0.379,
        2.759,
        1.484,
        1.000,
        1.413,
        -0.638,
        -0.706,
        0.948,
        1.272,
        2.627,
        0.264,
        -1.659,
        -0.078,
        0.204,
        0.241,
    ]
)
USUAL = 0.8
"""What multilingual-e5's cosines start from."""
RANK_START = 9.0
# Beside the best score of words (1): what a meaning is worth, of which .1 is much, and the likest
# known question, to find the passage that a document is ranked by.
_FOUND_MEANT, _FOUND_ALIKE = 5.0, 1.0
# The same within a document that is read whole, and what a figure such as is asked for is worth.
_MEANT, _ALIKE, _TOLD = 10.0, 2.0, 0.4


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is ranked: its stems by how much they tell, and those of its meanings."""

    stems: Mapping[str, float]
    otherwise: Mapping[str, float]


def _of_none(_: str) -> bool:
    """No question is known that a passage answers."""
    return False


@dataclass(frozen=True, slots=True)
class Found:
    """What two indexes found: BM25 scores and cosines by passage, best first.

    ``ready`` is the share of passages that have a vector; ``sizes`` the passages of each document;
    ``alike`` the known questions that are like the one asked, by passage, the likest first;
    ``known`` says of a passage whether any question is known that it answers.
    """

    words: Mapping[str, float]
    meanings: Mapping[str, float]
    ready: float
    sizes: Mapping[str, int]
    alike: Mapping[str, tuple[Alike, ...]] = field(default_factory=dict)
    known: Callable[[str], bool] = _of_none

    @property
    def most(self) -> float:
        """The best score of words, that the others are compared with; 1 without any."""
        return max(self.words.values(), default=1.0) or 1.0

    def likeness(self, passage: str) -> float:
        """How like the question the likest is that ``passage`` is known to answer; 0 without."""
        alike = self.alike.get(passage)
        return max(0.0, alike[0].likeness) if alike else 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document, by its passages that were found: the best first."""

    document_id: str
    passages: tuple[Passage, ...]


def candidates(found: Found, passages: Mapping[str, Passage]) -> list[Candidate]:
    """The documents of ``passages``, in the order in which the indexes met them."""
    most = found.most
    by_document: dict[str, list[Passage]] = {}
    for identity in (*found.words, *found.meanings, *found.alike):
        passage = passages.get(identity)
        if passage is not None:
            held = by_document.setdefault(passage.document_id, [])
            if passage not in held:
                held.append(passage)

    def order(passage: Passage) -> tuple[float, str]:
        nearer = found.meanings.get(passage.id, USUAL) - USUAL
        by_indexes = found.words.get(passage.id, 0.0) / most + _FOUND_MEANT * nearer
        return -by_indexes - _FOUND_ALIKE * found.likeness(passage.id), passage.id

    return [
        Candidate(document, tuple(sorted(held, key=order)))
        for document, held in by_document.items()
    ]


def within(wanted: asks.Wanted, passages: Sequence[Passage], found: Found) -> list[Passage]:
    """The passages of a document, the one first that answers best.

    A page speaks of one thing at length, in the same words: what tells its passages apart is their
    meaning, the questions that they are known to answer and the figure ``wanted``; words only where
    there is no vector yet.
    """
    most = found.most

    def worth(passage: Passage) -> float:
        meant = found.meanings.get(passage.id)
        by_index = (
            found.words.get(passage.id, 0.0) / most if meant is None else _MEANT * (meant - USUAL)
        )
        told = _TOLD * bool(wanted.given(passage.text))
        return by_index + _ALIKE * found.likeness(passage.id) + told

    return sorted(passages, key=lambda passage: (-worth(passage), passage.id))


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
    likeness = [max(found.likeness(p.id) for p in candidate.passages) for candidate in among]
    rows = []
    for candidate, ranks, alike in zip(among, fused, likeness, strict=True):
        best = candidate.passages[0]
        heading = _heading(best)
        title = frozenset(words.stems(heading))
        text = frozenset(words.stems(best.text))
        whole = title | text
        meant = max(found.meanings.get(p.id, farthest) for p in candidate.passages)
        place = sum(other > alike for other in likeness)
        figures = [
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
        known = [*figures, alike, RANK_START / (RANK_START + place)]
        unknown = [1.0, *figures]
        if any(found.known(passage.id) for passage in candidate.passages):
            rows.append([*known, *[0.0] * len(unknown)])
        else:
            rows.append([*[0.0] * len(known), *unknown])
    return np.array(rows, dtype=np.float64).reshape(len(among), len(NAMES))


def _fused(identity: str, words: Mapping[str, int], meanings: Mapping[str, int]) -> float:
    """Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""
    return sum(
        1 / (RANK_START + ranks[identity]) for ranks in (words, meanings) if identity in ranks
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
