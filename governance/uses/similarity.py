"""The second layer: is the request nearer to the examples of a use than to what is legitimate?

For each use, a support vector machine (scikit-learn) learns its examples against counter-examples
and ordinary requests; another learns the examples of all the uses of the same effect together, and
the two are added. Each training text is also scored by machines that did not learn it (five folds):
the threshold comes from these scores, and a logistic curve that makes probabilities of scores
(Platt, 1999).
"""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC

from governance.charter.charter import Rule
from governance.uses.features import Features
from governance.uses.folding import fold
from governance.uses.forms import asks_for_nothing
from governance.uses.patterns import PatternLayer

_GAMMA = 1.0
_C = 3.0
"""Width of the kernel and cost of an error, chosen on the development prompts."""
_FOLDS = 5
_QUANTILE = 0.965
"""Share of the legitimate texts that must stay below the threshold when left out. They are near
misses for the most part: of ordinary requests far fewer reach it."""
_DOUBT = (0.955, 0.98)
"""Shares of the legitimate texts between whose scores one cannot tell."""
WEAK_PATTERN = 0.7
"""What a weak match of a pattern adds to a score."""
ASKS_FOR_NOTHING = 0.6
"""What a question about rules, or a mere statement, takes from a score."""

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]


@dataclass(frozen=True)
class _Machine:
    """What each text that was learned weighs in a decision, and the bias."""

    weights: Floats
    bias: float

    def score(self, kernel: Floats) -> Floats:
        scores: Floats = kernel @ self.weights + self.bias
        return scores


def _kernel(cosines: Floats) -> Floats:
    """Gaussian kernel of vectors of length one (near enough: they are unit in both parts)."""
    likeness: Floats = np.exp(-2 * _GAMMA * (1 - cosines))
    return likeness


def _machine(kernel: Floats, rows: Numbers, positive: NDArray[np.bool_]) -> _Machine:
    """Learn ``rows``; ``positive`` tells of each whether it is an example."""
    model = SVC(C=_C, kernel="precomputed", class_weight="balanced")
    model.fit(kernel[np.ix_(rows, rows)], positive)
    weights = np.zeros(len(kernel))
    weights[rows[model.support_]] = model.dual_coef_[0]
    return _Machine(weights, float(model.intercept_[0]))


@dataclass(frozen=True)
class _Scale:
    """Makes probabilities of scores: a logistic curve."""

    slope: float
    shift: float

    def probability(self, score: float) -> float:
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, self.slope * score + self.shift))))


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a text stands to one rule: score above (≥ 0) or below its threshold, and its neighbours.

    ``probability`` (0 to 1) is the score's, on the scale of the charter's own texts. ``doubtful``
    tells that it lies where legitimate texts and examples meet. ``nearest_example`` and
    ``nearest_other`` are cosines with the closest example, and with the
    closest counter-example of any use, which ``other`` is.
    """

    margin: float
    probability: float
    doubtful: bool
    nearest: str
    nearest_example: float
    nearest_other: float
    other: str


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
        self._corpus = self._space.corpus
        kernel = _kernel((self._corpus @ self._corpus.T).astype(np.float64))
        everything = np.arange(len(self.texts))
        machines = self._learned(kernel, everything)
        self._weights = np.array([machine.weights for machine in machines])
        self._biases = np.array([machine.bias for machine in machines])
        self._scores = self._left_out_scores(kernel, everything)
        forms = [(text, fold(text)) for text in self.texts]
        nudges = np.array(
            [self._nudges(patterns.hits(f), asks_for_nothing(t, f)) for t, f in forms]
        )
        best = (self._scores + nudges).max(axis=1)
        positive = self._owner >= 0
        self.threshold = float(np.quantile(best[~positive], _QUANTILE))
        low, high = np.quantile(best[~positive], _DOUBT)
        self._doubt = (float(low), float(high))
        curve = LogisticRegression().fit(best[:, None], positive)
        self._scale = _Scale(float(curve.coef_[0, 0]), float(curve.intercept_[0]))

    def _learned(self, kernel: Floats, rows: Numbers) -> list[_Machine]:
        """A machine for each rule, of ``rows`` alone: its own and the one of all rules, added."""
        owner = self._owner[rows]
        joint = _machine(kernel, rows, owner >= 0)
        machines = []
        for number in self.numbers:
            mine = rows[(owner == number) | (owner < 0)]
            own = _machine(kernel, mine, self._owner[mine] == number)
            machines.append(_Machine(joint.weights + own.weights, joint.bias + own.bias))
        return machines

    def _left_out_scores(self, kernel: Floats, rows: Numbers) -> Floats:
        """Score of each training text under each rule, had it not been learned from."""
        scores = np.zeros((len(rows), len(self.numbers)))
        fewest = min(int((self._owner == number).sum()) for number in {*self._owner.tolist()})
        if fewest < 2:
            # An example that stands alone for its use cannot be left out: nothing would be learned.
            for column, machine in enumerate(self._learned(kernel, rows)):
                scores[:, column] = machine.score(kernel)
            return scores
        folds = StratifiedKFold(min(_FOLDS, fewest), shuffle=True, random_state=0)
        for learned, left in folds.split(rows, self._owner):
            for column, machine in enumerate(self._learned(kernel, rows[learned])):
                scores[left, column] = machine.score(kernel[left])
        return scores

    def _nudges(self, hits: Container[int], idle: bool) -> Floats:
        """What the form of a text adds to its score under each rule."""
        calm = ASKS_FOR_NOTHING if idle else 0.0
        return np.array([WEAK_PATTERN * (n in hits) - calm for n in self.numbers])

    def words_score(self, texts: Sequence[str]) -> Floats:
        """How far words alone speak for a use, to choose what to read of a long text."""
        near = (self._space.words_of(texts) @ self._corpus.T).astype(np.float64)
        scores: Floats = (_kernel(near) @ self._weights.T + self._biases).max(axis=1)
        return scores

    def likeness(
        self,
        texts: Sequence[str],
        vector: NDArray[np.float32],
        hits: Container[int],
        *,
        idle: bool,
        left_out: bool = False,
    ) -> dict[int, Likeness]:
        """How a text stands to each rule of the group, by number.

        ``texts`` are the whole and, of a long one, its most telling parts: they are scored by their
        words and by ``vector``, the meaning of all, and the score is half the whole's and half that
        of the best part. ``hits`` are the rules of which a pattern matches, ``idle`` whether the
        text asks for nothing to be done. ``left_out`` scores a training text as though it had not
        been learned from.
        """
        row = self._row.get(texts[0]) if left_out else None
        if row is not None:
            scores = self._scores[row]
        else:
            rows = self._space.of(texts, np.repeat(vector[None], len(texts), axis=0))
            # A text has some hundred words' pieces: only their columns are worth reading.
            present = np.flatnonzero(rows.any(axis=0))
            near = (rows[:, present] @ self._corpus[:, present].T).astype(np.float64)
            each = _kernel(near) @ self._weights.T + self._biases
            scores = each[0] if len(texts) == 1 else (each[0] + each[1:].max(axis=0)) / 2
        scores = scores + self._nudges(hits, idle)
        cosines = self._vectors @ vector
        if row is not None:
            cosines[row] = -1.0
        countered = np.flatnonzero(self._counter)
        beside = int(countered[cosines[countered].argmax()]) if len(countered) else None
        found: dict[int, Likeness] = {}
        for n, score in zip(self.numbers, scores, strict=True):
            mine = np.flatnonzero(self._owner == n)
            best = int(mine[cosines[mine].argmax()])
            found[n] = Likeness(
                margin=float(score) - self.threshold,
                probability=self._scale.probability(float(score)),
                doubtful=self._doubt[0] <= score < self._doubt[1],
                nearest=self.texts[best],
                nearest_example=float(cosines[best]),
                nearest_other=-1.0 if beside is None else float(cosines[beside]),
                other="" if beside is None else self.texts[beside],
            )
        return found
