"""Judges what the model writes, while it writes it, against the answers that the charter bans.

An answer is not a request: «classe ces candidats» asks, «le meilleur candidat est…» does. The
patterns and examples of a use describe requests, and would stop the answers that explain a rule or
refuse; they are not read here. A use is recognised in an answer by its own ``answers``: a weighted
ridge regression learns them against ordinary answers, those shipped here above all. Its threshold
comes from the score that each ordinary text would have had if it had been left out.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

from governance.charter.charter import Rule
from governance.charter.use import EFFECTS, Effect
from governance.uses.features import Features, Matrix, word_counts
from governance.uses.folding import fold, readable
from governance.uses.vectors import embed_known
from models.protocol import Embedder

Floats = NDArray[np.float64]

_WORDS_SHARE = 0.2
"""What words weigh against meaning in an answer."""
_RIDGE = 0.3
_BIAS = 0.3
_QUANTILE = 0.985
"""Share of the ordinary answers that must stay below the threshold when left out."""
_LEAST_LETTERS = 12
"""Letters of a passage below which it says nothing that could be compared."""


@dataclass(frozen=True, slots=True)
class OutputDecision:
    """A use that was recognised in an answer.

    ``score`` is the margin over the threshold, ``nearest`` the charter's passage that it resembles
    most, ``layer`` what decided.
    """

    use_id: str
    effect: Effect
    layer: str
    score: float
    nearest: str


class PassageJudge(Protocol):
    """Judges the passages of an answer."""

    @property
    def watches(self) -> bool:
        """Whether there is anything to recognise: nothing is held back otherwise."""
        ...

    def judge(self, service: str, passage: str) -> tuple[OutputDecision, ...]:
        """The uses that ``passage`` is of, the strictest and surest first."""
        ...


class OutputJudge:
    """Recognises the answers that a charter's uses ban or hold. Safe to share by threads."""

    def __init__(
        self, rules: Sequence[Rule], embedder: Embedder, cache_dir: Path | None = None
    ) -> None:
        self._embedder = embedder
        self._lock = threading.Lock()
        self._rules = tuple(r for r in rules if r.use.detect.answers and r.effect != "allow")
        if not self._rules:
            return
        own = [(text, n) for n, rule in enumerate(self._rules) for text in rule.use.detect.answers]
        banned = {text for text, _ in own}
        ordinary = [text for text in ordinary_answers() if text not in banned]
        self._texts = [text for text, _ in own] + ordinary
        self._owner = np.array([n for _, n in own] + [-1] * len(ordinary))
        known = embed_known(self._texts, embedder, cache_dir)
        self._vectors = np.array([known[text] for text in self._texts])
        counts = word_counts([fold(text) for text in self._texts])
        self._space = Features(self._vectors, counts, _WORDS_SHARE)
        self._fit(self._space.rows(self._vectors, counts).toarray())

    @property
    def watches(self) -> bool:
        """Whether a use of the charter says what must not be written."""
        return bool(self._rules)

    def judge(self, service: str, passage: str) -> tuple[OutputDecision, ...]:
        """The uses that ``passage`` is of for ``service``, the strictest and surest first.

        One call of the embedder, on the passage alone: its cost depends on nothing else.
        """
        if not self._rules or sum(map(str.isalpha, passage)) < _LEAST_LETTERS:
            return ()
        text = readable(passage)
        with self._lock:
            vector: NDArray[np.float32] = self._embedder.embed_queries([text])[0]
        words = self._space.words(word_counts([fold(text)])).toarray()[0]
        features = np.concatenate([self._space.meaning(vector[None])[0], words])
        scores = self._weights @ features + self._biases
        return self._decisions(service, scores, vector)

    def judge_left_out(self, service: str, text: str) -> tuple[OutputDecision, ...]:
        """The verdict on one of the charter's own answers, as though it had not been learned."""
        row = self._texts.index(text)
        return self._decisions(service, self._left_out[row], self._vectors[row], row)

    def _fit(self, corpus: Matrix) -> None:
        """One regression for each use, and one for all of them together; ``corpus`` has a row for
        each text."""
        positive = self._owner >= 0
        everything = np.arange(len(self._texts))
        joint, joint_bias, joint_left = _ridge(corpus, positive)
        weights, biases, left_out = [], [], []
        for n in range(len(self._rules)):
            rows = everything[(self._owner == n) | ~positive]
            own, bias, left = _ridge(corpus[rows], self._owner[rows] == n)
            scores = (corpus @ own + bias).astype(np.float64)
            scores[rows] = left
            weights.append(own + joint)
            biases.append(bias + joint_bias)
            left_out.append(scores + joint_left)
        self._weights, self._biases = np.array(weights), np.array(biases)
        self._left_out: Floats = np.array(left_out).T
        calm = self._left_out[~positive].max(axis=1)
        self._threshold = float(np.quantile(calm, _QUANTILE))

    def _decisions(
        self, service: str, scores: Floats, vector: NDArray[np.float32], left_out: int = -1
    ) -> tuple[OutputDecision, ...]:
        cosines = self._vectors @ vector
        if left_out >= 0:
            cosines[left_out] = -1.0
        found = []
        for n, score in enumerate(scores):
            rule = self._rules[n]
            margin = float(score) - self._threshold
            if margin < 0 or not rule.concerns(service):
                continue
            mine = np.flatnonzero(self._owner == n)
            nearest = self._texts[int(mine[cosines[mine].argmax()])]
            found.append(
                OutputDecision(rule.use.id, rule.effect, "similarity", round(margin, 4), nearest)
            )
        found.sort(key=lambda d: (EFFECTS.index(d.effect), d.score), reverse=True)
        return tuple(found)


def _ridge(features: Matrix, positive: NDArray[np.bool_]) -> tuple[Matrix, float, Floats]:
    """Weights, bias and left-out scores (Allen's PRESS, 1974); both classes weigh the same."""
    gram: Floats = (features @ features.T).astype(np.float64)
    wanted = np.where(positive, 1.0, -1.0)
    share = np.where(positive, 0.5 / positive.sum(), 0.5 / (~positive).sum()) * len(wanted)
    inverse = np.linalg.inv(gram + _BIAS + _RIDGE * np.diag(1 / share))
    dual = inverse @ wanted
    weights: Matrix = (features.T @ dual).astype(np.float32)
    return weights, float(_BIAS * dual.sum()), wanted - dual / np.diag(inverse)


@cache
def ordinary_answers() -> tuple[str, ...]:
    """Ordinary answers, shipped with the judge."""
    path = Path(__file__).with_name("ordinary_answers.yaml")
    return tuple(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
