"""The second layer: is the request nearer to the examples of a use than to what is legitimate?

For each use, a linear support vector machine (scikit-learn) learns its examples against
counter-examples and ordinary requests; another learns the examples of all the uses of the same
effect together, and the two are added. Each training text is also scored by machines that did not
learn it (five folds): the threshold comes from these scores, and a logistic curve that makes
probabilities of scores (Platt, 1999).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from governance.charter.charter import Rule
from governance.uses.corpus import Corpus
from governance.uses.features import Features
from governance.uses.library import known
from governance.uses.machines import Lesson, learned, left_out_together

Floats = NDArray[np.float64]

_SPARED = 0.975
"""Share of the legitimate texts that must stay below the threshold when left out. They are near
misses for the most part: of ordinary requests far fewer reach it. Chosen on the development
prompts, where recall has room to spare."""
_DOUBT = (0.967, 0.981)
"""Shares of the legitimate texts between whose scores one cannot tell."""
WEAK_PATTERN = 0.7
"""What a weak match of a pattern adds to a score."""
ASKS_FOR_NOTHING = 0.6
"""What a question about rules, or a mere statement, takes from a score."""
REWORKS = 1.0
"""What takes from a score that a long text is only to be summarised, corrected or translated."""


@dataclass(frozen=True)
class _Scale:
    """Makes probabilities of scores: a logistic curve."""

    slope: float
    shift: float

    def probability(self, score: float) -> float:
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, self.slope * score + self.shift))))


@dataclass(frozen=True, slots=True)
class View:
    """A text as the groups see it.

    ``counts`` are those of the words of the whole and, of a long one, of its most telling parts;
    ``vector`` is the meaning of all, ``cosines`` those with the corpus. ``hits`` are the rules of
    which a pattern matches, ``calm`` is what the form of the text takes from its score. ``row`` is
    that of a training text that is scored as though it had not been learned from.
    """

    counts: csr_matrix
    vector: NDArray[np.float32]
    cosines: Callable[[], Floats]
    hits: Container[int]
    calm: float
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The closest example of a use and the closest counter-example of any, with their cosines."""

    example: str
    example_cosine: float
    other: str
    other_cosine: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a text stands to one rule: score above (≥ 0) or below its threshold.

    ``probability`` (0 to 1) is the score's, on the scale of the charter's own texts. ``doubtful``
    tells that it lies where legitimate texts and examples meet. ``neighbours`` compares the text
    with all others, which most verdicts do not need.
    """

    margin: float
    probability: float
    doubtful: bool
    neighbours: Callable[[], Neighbours]


class Group:
    """The rules of one layer and effect, learned against what their layer knows as legitimate."""

    def __init__(
        self,
        numbers: Sequence[int],
        rules: Sequence[Rule],
        ordinary: Sequence[str],
        parts: Sequence[tuple[str, str]],
        corpus: Corpus,
        cache_dir: Path | None,
    ) -> None:
        layer = max(rules[number].layer for number in numbers)
        texts = {n: known(rule.use.detect) for n, rule in enumerate(rules) if rule.layer <= layer}
        self.numbers = [n for n in numbers if texts[n].all_examples]
        owner_of = {text: n for n in reversed(self.numbers) for text in texts[n].all_examples}
        # A review's examples are legitimate as far as bans go; a ban's say nothing to a review.
        stronger = rules[numbers[0]].effect == "forbid"
        countered = {
            text
            for n, own in texts.items()
            for text in (
                *own.all_counter_examples,
                *(own.all_examples if stronger and rules[n].effect == "review" else ()),
            )
        }
        legitimate = [
            text for text in dict.fromkeys([*sorted(countered), *ordinary]) if text not in owner_of
        ]
        self.texts = [*owner_of, *legitimate]
        self._owner = np.array([*owner_of.values(), *([-1] * len(legitimate))])
        rows = corpus.rows(self.texts)
        self._row_of = {int(row): own for own, row in enumerate(rows)}
        self._mine = {n: rows[self._owner == n] for n in self.numbers}
        self._countered = rows[[text in countered and text not in owner_of for text in self.texts]]
        self._corpus_texts = corpus.texts
        vectors, counts = corpus.vectors[rows], corpus.counts[rows]
        self._space = Features(vectors, counts)
        twins = [pair for own in texts.values() for pair in own.pairs] + list(parts)
        features = self._space.rows(vectors, counts)
        group = left_out_together({text: row for row, text in enumerate(self.texts)}, twins)
        lesson = Lesson(features, self._owner, group, tuple(self.numbers))
        machines = learned(lesson, cache_dir)
        self._weights, self._biases = machines.weights, machines.biases
        self._scores = machines.left_out
        nudges = np.array(
            [self._nudges(corpus.hits[r], ASKS_FOR_NOTHING * bool(corpus.idle[r])) for r in rows]
        )
        best = (self._scores + nudges).max(axis=1)
        positive = self._owner >= 0
        self.threshold = float(np.quantile(best[~positive], _SPARED))
        low, high = np.quantile(best[~positive], _DOUBT)
        self._doubt = (float(low), float(high))
        curve = LogisticRegression().fit(best[:, None], positive)
        self._scale = _Scale(float(curve.coef_[0, 0]), float(curve.intercept_[0]))

    def _nudges(self, hits: Container[int], calm: float) -> Floats:
        """What the form of a text adds to its score under each rule."""
        return np.array([WEAK_PATTERN * (n in hits) - calm for n in self.numbers])

    def words_score(self, counts: csr_matrix) -> Floats:
        """How far words alone speak for a use, to choose what to read of a long text."""
        best: Floats = self._by_words(counts).max(axis=1)
        return best

    def _by_words(self, counts: csr_matrix) -> Floats:
        weights = self._weights[self._space.meanings :]
        scores: Floats = self._space.words(counts) @ weights + self._biases
        return scores

    def likeness(self, view: View) -> dict[int, Likeness]:
        """How a text stands to each rule of the group, by number.

        The score of a long text is half the whole's and half that of its best part.
        """
        row = self._row_of.get(view.row) if view.row is not None else None
        if row is not None:
            scores = self._scores[row]
        else:
            weights = self._weights[: self._space.meanings]
            meaning = self._space.meaning(view.vector[None]) @ weights
            each = self._by_words(view.counts) + meaning
            scores = each[0] if len(each) == 1 else (each[0] + each[1:].max(axis=0)) / 2
        scores = scores + self._nudges(view.hits, view.calm)
        return {
            n: Likeness(
                margin=float(score) - self.threshold,
                probability=self._scale.probability(float(score)),
                doubtful=bool(self._doubt[0] <= score < self._doubt[1]),
                neighbours=partial(self._neighbours, n, view.cosines),
            )
            for n, score in zip(self.numbers, scores, strict=True)
        }

    def _neighbours(self, number: int, cosines_of: Callable[[], Floats]) -> Neighbours:
        cosines = cosines_of()
        example, near = self._nearest(self._mine[number], cosines)
        if not len(self._countered):
            return Neighbours(example, near, "", -1.0)
        return Neighbours(example, near, *self._nearest(self._countered, cosines))

    def _nearest(self, rows: NDArray[np.intp], cosines: Floats) -> tuple[str, float]:
        row = int(rows[cosines[rows].argmax()])
        return self._corpus_texts[row], float(cosines[row])
