"""spaCy's entity recogniser, decoded as spaCy does: greedily, a move at each word.

The recogniser reads a text once and labels spans by moves: begin, continue and end an entity, one
of a single word, or none. The score of a move depends on the word, and inside an entity on its
first and its previous word; outside of entities all words can therefore be scored at once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from governance.pii.names.token_vectors import Attributes, Floats, TokenVectors, UnknownModel

_FEATURES: Final = 3
"""Of a state: the word, the first word of the open entity, the word before."""
_PIECES: Final = 2
_OUTSIDE: Final = "O"
_PLACES: Final = ("IDX", "LENGTH", "IS_SPACE")
"""Attributes of words beside those that make their vectors."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What the model says of ``text[start:end]``: PER, LOC, ORG or MISC."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model makes of a text.

    Attributes:
        guesses: the entities, in order and without overlap.
        starts, ends: where each word begins and ends.
        persons: of each word, how likely a person's name begins there, 0 to 1.
        places: of each word, how likely a place's name does.
    """

    guesses: list[Guess]
    starts: list[int]
    ends: list[int]
    persons: list[float]
    places: list[float]

    def of_person(self, start: int, end: int) -> float:
        """How likely a person's name begins at one of the words of ``text[start:end]``."""
        return self._best(self.persons, start, end)

    def of_place(self, start: int, end: int) -> float:
        """How likely a place's name does."""
        return self._best(self.places, start, end)

    def maybe_persons(self, least: float) -> Iterator[tuple[int, int]]:
        """Words where a person's name begins with a chance of ``least`` or more, and that no guess
        of a person holds."""
        return self._maybe("PER", self.persons, least)

    def maybe_places(self, least: float) -> Iterator[tuple[int, int]]:
        """As :meth:`maybe_persons`, of places."""
        return self._maybe("LOC", self.places, least)

    def _maybe(self, label: str, chances: list[float], least: float) -> Iterator[tuple[int, int]]:
        guessed = [(guess.start, guess.end) for guess in self.guesses if guess.label == label]
        at = 0
        for start, end, chance in zip(self.starts, self.ends, chances, strict=True):
            if chance < least:
                continue
            while at < len(guessed) and guessed[at][1] <= start:
                at += 1
            if at == len(guessed) or guessed[at][0] >= end:
                yield start, end

    def _best(self, chances: list[float], start: int, end: int) -> float:
        first = bisect_right(self.starts, start) - 1
        return max(chances[max(0, first) : bisect_left(self.starts, end)], default=0.0)


NOTHING_READ: Final = Reading([], [], [], [], [])
"""The reading of an empty text."""


class NameModel:
    """The recogniser of a spaCy pipeline, without spaCy's own run of it.

    Raises:
        UnknownModel: the recogniser is not built as that of ``fr_core_news`` 3.8.
    """

    def __init__(self, recogniser: Any, vocabulary: Any) -> None:
        tok2vec, lower, upper = recogniser.model.layers
        weights, pad, bias = (lower.get_param(name) for name in ("W", "pad", "b"))
        features, hidden, pieces, width = weights.shape
        if (features, pieces, recogniser.cfg["beam_width"]) != (_FEATURES, _PIECES, 1):
            raise UnknownModel("other states")
        transitions = recogniser.moves
        moves: list[str] = [transitions.get_class_name(at) for at in range(transitions.n_moves)]
        self._vectors = TokenVectors(tok2vec, vocabulary)
        self._hidden: int = hidden
        # By feature, then piece by piece: the larger piece is then taken block by block.
        maps = weights.transpose(0, 3, 2, 1).reshape(features, width, pieces * hidden)
        pads = pad[0].transpose(0, 2, 1).reshape(features, pieces * hidden)
        self._bias: Floats = np.ascontiguousarray(bias.T).reshape(-1)
        self._word, self._first, self._before = (np.ascontiguousarray(each) for each in maps)
        self._alone: Floats = self._bias + pads[1] + pads[2]
        scores: Floats = upper.get_param("W")
        shifts: Floats = upper.get_param("b")
        # «U-», without a label, marks what is known to be no entity: nothing is known here.
        opening = [move for move in moves if move[:2] in ("B-", "U-") and move != "U-"]
        places = [moves.index(move) for move in (*opening, _OUTSIDE)]
        self._moves = [moves[at] for at in places]
        self._begins = np.array([move[0] == "B" for move in self._moves])
        self._persons, self._places = (
            np.array([move[2:] == label for move in self._moves]) for label in ("PER", "LOC")
        )
        self._opens: Floats = np.ascontiguousarray(scores[places].T)
        self._opens_bias: Floats = shifts[places]
        self._goes_on: dict[str, tuple[Floats, float]] = {}
        for label in {move[2:] for move in self._moves if move != _OUTSIDE}:
            inside, last = moves.index(f"I-{label}"), moves.index(f"L-{label}")
            difference = float(shifts[inside] - shifts[last])
            self._goes_on[label] = (scores[inside] - scores[last], difference)

    def read(self, document: Any) -> Attributes:
        """What a reading needs of a document of spaCy's; outlives its memory zone."""
        attributes = document.to_array([*self._vectors.columns, *_PLACES])
        return np.ascontiguousarray(attributes.T)

    def learn(self, attributes: Attributes) -> None:
        """Have frequent words of the model's vocabulary, as :meth:`read` gives them, known."""
        self._vectors.learn(attributes)

    def __call__(self, attributes: Attributes) -> Reading:
        """The entities of a text, and where names may begin. Safe to share by threads."""
        if not attributes.size:
            return NOTHING_READ
        vectors = self._vectors(attributes)
        words = vectors @ self._word
        scores = self._best_piece(words + self._alone) @ self._opens
        scores += self._opens_bias
        shares = _shares(scores)
        persons, places = (
            shares[:, of].sum(axis=1).tolist() for of in (self._persons, self._places)
        )
        words += self._bias
        starts: list[int] = attributes[-3].tolist()
        ends: list[int] = (attributes[-3] + attributes[-2]).tolist()
        guesses = self._guesses(attributes, vectors, words, scores)
        return Reading(guesses, starts, ends, persons, places)

    def _guesses(
        self, attributes: Attributes, vectors: Floats, words: Floats, scores: Floats
    ) -> list[Guess]:
        scores[-1, self._begins] = -np.inf
        scores[:, :-1][attributes[-1].astype(bool)] = -np.inf  # nothing begins on a space
        chosen = scores.argmax(axis=1)
        lengths, offsets = attributes[-2], attributes[-3]
        guesses: list[Guess] = []
        end = 0
        for start in np.flatnonzero(chosen < len(self._moves) - 1).tolist():
            if start < end:
                continue
            action, label = self._moves[chosen[start]].split("-")
            end = self._end(vectors, words, start, label) if action == "B" else start + 1
            last = int(offsets[end - 1]) + int(lengths[end - 1])
            guesses.append(Guess(int(offsets[start]), last, label))
        return guesses

    def _end(self, vectors: Floats, words: Floats, start: int, label: str) -> int:
        """Where an entity that begins at the word ``start`` ends; it has two words at least."""
        direction, shift = self._goes_on[label]
        opened = vectors[start] @ self._first
        for at in range(start + 1, len(words) - 1):
            state = words[at] + opened
            state += vectors[at - 1] @ self._before
            hidden = np.maximum(state[: self._hidden], state[self._hidden :])
            if hidden @ direction + shift < 0:
                return at + 1
        return len(words)

    def _best_piece(self, states: Floats) -> Floats:
        return np.maximum(states[:, : self._hidden], states[:, self._hidden :])


def _shares(scores: Floats) -> Floats:
    """The scores of each row as shares of one (softmax)."""
    powers: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers
