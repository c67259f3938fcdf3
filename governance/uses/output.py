"""Judges what the model writes, while it writes it, against the answers that the charter bans.

An answer is not a request: «classe ces candidats» asks, «le meilleur candidat est…» does. The
patterns and examples of a use describe requests, and would stop the answers that explain a rule or
refuse; they are not read here. A use is recognised in an answer by its own ``answers`` and those of
its family, learned against passages of the same words that are legitimate, and ordinary ones. The
threshold comes from the scores of the legitimate passages when they were left out.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from governance.charter.charter import Rule
from governance.charter.use import EFFECTS, Effect
from governance.uses.features import Features, word_counts
from governance.uses.folding import fold, readable
from governance.uses.library import Texts, known_answers, ordinary_answers, ordinary_pieces
from governance.uses.machines import Lesson, learned, left_out_together
from governance.uses.vectors import embed_known
from models.protocol import Embedder

Floats = NDArray[np.float64]

_WORDS_SHARE = 0.7
"""What words weigh against meaning in an answer."""
_SPARED = 0.985
"""Share of the near misses that must stay below the threshold when left out; of ordinary passages
far more do."""
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
    """Recognises the answers that a charter's uses ban or hold. Safe to share by threads.

    Raises:
        OSError: ``cache_dir``, which keeps what was learned, cannot be written.
    """

    def __init__(
        self, rules: Sequence[Rule], embedder: Embedder, cache_dir: Path | None = None
    ) -> None:
        self._embedder = embedder
        self._lock = threading.Lock()
        watched = [rule for rule in rules if rule.effect != "allow"]
        texts = {rule.use.id: known_answers(rule.use.detect) for rule in watched}
        self._rules = tuple(rule for rule in watched if texts[rule.use.id].all_examples)
        if self._rules:
            self._learn([texts[rule.use.id] for rule in self._rules], cache_dir)

    def _learn(self, texts: Sequence[Texts], cache_dir: Path | None) -> None:
        """The machines and the threshold, from the ``texts`` of each rule."""
        owner_of = {t: n for n, own in reversed(list(enumerate(texts))) for t in own.all_examples}
        legitimate = dict.fromkeys(
            [
                *(t for own in texts for t in own.all_counter_examples),
                *ordinary_answers(),
                # What people paste is what an answer may quote.
                *(piece for _, piece in ordinary_pieces()),
            ]
        )
        self._texts = [*owner_of, *(text for text in legitimate if text not in owner_of)]
        self._row_of = {text: row for row, text in enumerate(self._texts)}
        self._owner = np.array([owner_of.get(text, -1) for text in self._texts])
        known = embed_known(self._texts, self._embedder, cache_dir)
        self._vectors = np.array([known[text] for text in self._texts])
        counts = word_counts([fold(text) for text in self._texts])
        self._space = Features(self._vectors, counts, _WORDS_SHARE)
        numbers = tuple(range(len(self._rules)))
        features = self._space.rows(self._vectors, counts)
        groups = left_out_together(self._row_of, [pair for own in texts for pair in own.pairs])
        machines = learned(Lesson(features, self._owner, groups, numbers), cache_dir)
        self._weights, self._biases = machines.weights, machines.biases
        self._left_out = machines.left_out
        near = [self._row_of[t] for own in texts for t in own.all_counter_examples]
        rows = [row for row in near if self._owner[row] < 0] or np.flatnonzero(self._owner < 0)
        calm = self._left_out[rows].max(axis=1)
        self._threshold = float(np.quantile(calm, _SPARED))

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
        meanings = self._space.meanings
        scores: Floats = (
            self._space.meaning(vector[None]) @ self._weights[:meanings]
            + self._space.words(word_counts([fold(text)])) @ self._weights[meanings:]
            + self._biases
        )[0]
        return self._decisions(service, scores, vector)

    def judge_left_out(self, service: str, text: str) -> tuple[OutputDecision, ...]:
        """The verdict on one of the charter's own answers, as though it had not been learned."""
        row = self._row_of[text]
        return self._decisions(service, self._left_out[row], self._vectors[row], row)

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
