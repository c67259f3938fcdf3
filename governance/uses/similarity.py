"""The second layer: is the request nearer to the examples of a use than to what is legitimate?

For each use, a weighted ridge regression (the closed form of a least-squares classifier) learns its
examples against counter-examples and ordinary requests; a second one learns the examples of all the
uses of the same effect together. Ridge gives the exact score that each training text would have had
if it had been left out, at no further cost (Allen's PRESS, 1974): the threshold comes from these.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from governance.charter.charter import Rule
from governance.uses.features import Features, Matrix
from governance.uses.folding import fold
from governance.uses.forms import asks_for_nothing
from governance.uses.patterns import PatternLayer

_RIDGE = 0.3
_BIAS = 0.3
_QUANTILE = 0.985
"""Share of the legitimate texts that must stay below the threshold when left out."""
WEAK_PATTERN = 0.7
"""What a weak match of a pattern adds to a score."""
ASKS_FOR_NOTHING = 0.6
"""What a question about rules, or a mere statement, takes from a score."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Fit:
    """Linear weights and the left-out scores of the rows that it learned from."""

    weights: Matrix
    bias: float
    rows: NDArray[np.intp]
    left_out: Floats

    def score(self, features: Matrix) -> Floats:
        scores: Floats = (features @ self.weights + self.bias).astype(np.float64)
        return scores


def _fit(
    features: Matrix, gram: Floats, rows: NDArray[np.intp], positive: NDArray[np.bool_]
) -> _Fit:
    """Weighted ridge: examples weigh together as much as all the rest."""
    wanted = np.where(positive, 1.0, -1.0)
    share = np.where(positive, 0.5 / positive.sum(), 0.5 / (~positive).sum()) * len(rows)
    inverse = np.linalg.inv(gram[np.ix_(rows, rows)] + _BIAS + _RIDGE * np.diag(1 / share))
    dual = inverse @ wanted
    return _Fit(
        weights=(features[rows].T @ dual).astype(np.float32),
        bias=float(_BIAS * dual.sum()),
        rows=rows,
        left_out=wanted - dual / np.diag(inverse),
    )


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a text stands to one rule: score above (≥ 0) or below its threshold, and its neighbours.

    ``nearest_example`` and ``nearest_other`` are cosines with the closest example, and with the
    closest counter-example of any use.
    """

    margin: float
    nearest: str
    nearest_example: float
    nearest_other: float


class Group:
    """The rules of one layer and effect, learned against what their layer knows as legitimate."""

    def __init__(
        self,
        numbers: Sequence[int],
        rules: Sequence[Rule],
        neutral: Sequence[str],
        vectors_of: dict[str, NDArray[np.float32]],
        patterns: PatternLayer,
    ) -> None:
        layer = max(rules[number].layer for number in numbers)
        own = [(text, n) for n in numbers for text in rules[n].use.detect.examples]
        seen = {text for text, _ in own}
        # A review's examples are legitimate as far as bans go; a ban's say nothing to a review.
        stronger = rules[numbers[0]].effect == "forbid"
        others = [
            text
            for rule in rules
            if rule.layer <= layer
            for text in (
                *rule.use.detect.counter_examples,
                *(rule.use.detect.examples if stronger and rule.effect == "review" else ()),
            )
        ]
        legitimate = [text for text in dict.fromkeys([*others, *neutral]) if text not in seen]
        self.numbers = [n for n in numbers if rules[n].use.detect.examples]
        self.texts = [text for text, _ in own] + legitimate
        self._row = {text: row for row, text in enumerate(self.texts)}
        self._owner = np.array([n for _, n in own] + [-1] * len(legitimate))
        countered = frozenset(others)
        self._counter = np.array([False] * len(own) + [t in countered for t in legitimate])
        self._vectors = np.array([vectors_of[text] for text in self.texts])
        self._space = Features(self.texts, self._vectors)
        corpus = self._space.corpus
        gram: Floats = (corpus @ corpus.T).astype(np.float64)
        positive = self._owner >= 0
        everything = np.arange(len(self.texts))
        self._joint = _fit(corpus, gram, everything, positive)
        self._each: dict[int, _Fit] = {}
        for n in self.numbers:
            rows = everything[(self._owner == n) | ~positive]
            self._each[n] = _fit(corpus, gram, rows, self._owner[rows] == n)
        self._scores = self._left_out_scores(corpus)
        self._weights = np.array(
            [self._each[n].weights + self._joint.weights for n in self.numbers]
        )
        self._biases = np.array([self._each[n].bias + self._joint.bias for n in self.numbers])
        forms = [(text, fold(text)) for text in legitimate]
        nudges = np.array(
            [self._nudges(patterns.hits(f), asks_for_nothing(t, f)) for t, f in forms]
        )
        calm = self._scores[~positive] + nudges
        self.threshold = float(np.quantile(calm.max(axis=1), _QUANTILE))

    def _left_out_scores(self, corpus: Matrix) -> Floats:
        """Score of each training text under each rule, had it not been learned from."""
        scores = np.empty((len(self.texts), len(self.numbers)))
        for column, n in enumerate(self.numbers):
            fit = self._each[n]
            alone = fit.score(corpus)
            alone[fit.rows] = fit.left_out
            scores[:, column] = alone + self._joint.left_out
        return scores

    def _nudges(self, hits: Container[int], idle: bool) -> Floats:
        """What the form of a text adds to its score under each rule."""
        calm = ASKS_FOR_NOTHING if idle else 0.0
        return np.array([WEAK_PATTERN * (n in hits) - calm for n in self.numbers])

    def words_score(self, texts: Sequence[str]) -> Floats:
        """How far words alone speak for a use, to choose what to read of a long text."""
        return self._joint.score(self._space.words_of(texts))

    def likeness(
        self,
        text: str,
        vector: NDArray[np.float32],
        hits: Container[int],
        *,
        idle: bool,
        left_out: bool = False,
    ) -> dict[int, Likeness]:
        """How ``text`` stands to each rule of the group, by number.

        ``hits`` are the rules of which a pattern matches, ``idle`` whether the text asks for
        nothing to be done. ``left_out`` scores a training text as though it had not been learned
        from.
        """
        row = self._row.get(text) if left_out else None
        if row is not None:
            scores = self._scores[row]
        else:
            features = self._space.of([text], vector[None])[0]
            # A text has some hundred words' pieces: only their columns are worth reading.
            present = np.flatnonzero(features)
            scores = (self._weights[:, present] * features[present]).sum(axis=1) + self._biases
        scores = scores + self._nudges(hits, idle)
        cosines = self._vectors @ vector
        if row is not None:
            cosines[row] = -1.0
        other = float(cosines[self._counter].max(initial=-1.0))
        found: dict[int, Likeness] = {}
        for n, score in zip(self.numbers, scores, strict=True):
            mine = np.flatnonzero(self._owner == n)
            best = int(mine[cosines[mine].argmax()])
            found[n] = Likeness(
                margin=float(score) - self.threshold,
                nearest=self.texts[best],
                nearest_example=float(cosines[best]),
                nearest_other=other,
            )
        return found
