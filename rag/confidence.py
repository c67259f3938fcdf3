"""How probable it is that what was found answers, so that a silence can be told from an answer.

Logistic regressions on a few figures, fitted and cross-checked by ``bench/fit_confidence.py``: what
the passages hold of the question's words and how near their meaning comes. Questions about other
matters are told well; those that the sources nearly answer look like those that they do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.protocol import Alike, Passage, Retrieval
from rag.ranking import USUAL, Asked, Found, share
from rag.text import words

ANSWERABLE = 0.5
"""What a search must reach for anything to be said from it."""
SURE = 0.5
"""What a passage must reach to be shown as the answer."""
SURELY_KNOWN = 0.75
"""What sentences must reach that answer a known question."""

FOUND = np.array([3.141, 0.903, 7.252, -8.159])
FOUND_ALONE = np.array([7.605, 2.654, -7.678])
EXTRACTED = np.array([1.764, -0.270, 2.572, 2.446, 0.714, -5.863])
KNOWN = np.array([1.863, 4.282, 3.140, -3.375])


def probability(weights: NDArray[np.float64], figures: Sequence[float]) -> float:
    """The logistic function of a weighted sum; the last weight stands by itself."""
    return 1.0 / (1.0 + math.exp(-float(weights[:-1] @ np.array(figures) + weights[-1])))


def found_figures(asked: Asked, found: Found, chosen: Sequence[Passage]) -> list[float]:
    """The most that a passage holds of the question's words, how much is asked, how near it is."""
    covered = max((covering(asked.stems, passage) for passage in chosen), default=0.0)
    nearest = max(found.meanings.values(), default=USUAL)
    return [covered, math.log(len(asked.stems) or 1), 10 * (nearest - USUAL)]


def confidence(asked: Asked, found: Found, chosen: Sequence[Passage]) -> float:
    """How probable it is (0 to 1) that one of ``chosen`` answers.

    While vectors are missing, words alone tell, and less well.
    """
    if not chosen:
        return 0.0
    figures = found_figures(asked, found, chosen)
    by_words = probability(FOUND_ALONE, figures[:2])
    if not found.ready:
        return by_words
    return found.ready * probability(FOUND, figures) + (1 - found.ready) * by_words


def extract_figures(
    covered: float, said: float, meaning: float, nearest: float, both: bool
) -> list[float]:
    """What tells of a passage that it answers: the share of the question's words that it and its
    best sentence hold, how near they are in meaning, and whether both indexes found it."""
    return [covered, said, 10 * (meaning - USUAL), 10 * (nearest - USUAL), float(both)]


def known_figures(found: Retrieval, alike: Alike, said: str) -> list[float]:
    """What tells that what is ``said`` to a known question answers the one asked: how like it that
    question is, by how much more than those of other passages, and the share of the words asked
    that both hold."""
    held = frozenset(words.stems(f"{alike.question.text}\n{said}"))
    return [alike.likeness, alike.ahead, share(found.asked, held)]


def agreed(found: Retrieval, passage: int) -> bool:
    """Whether words and meaning both put a passage (from 1) among the first ten."""
    hit = found.hits[passage - 1]
    return all(rank is not None and rank <= 10 for rank in (hit.fulltext_rank, hit.vector_rank))


def covering(stems: Mapping[str, float], passage: Passage) -> float:
    """The share of the question's words, by how much they tell, that a passage and its headings
    hold."""
    whole = "\n".join((passage.title, *passage.section_path, passage.text))
    return share(stems, frozenset(words.stems(whole)))
