"""Guesses what a sequence will write next: what followed the same words earlier in its text.

Answers copy from their sources. A guess costs rows of a step, so a sequence whose guesses are
refused makes fewer of them, and soon none but a trial now and then.
"""

from __future__ import annotations

from collections.abc import Sequence

_GRAMS = (8, 5, 3)  # tokens that must be the same before a guess is made: more are surer
_LONGEST = 8
_AT_FIRST = 3
_LONGEST_REST = 64  # steps without a guess, after refusals


class Speculation:
    """The guesses of one sequence. Its cost per token does not depend on the text's length."""

    def __init__(self) -> None:
        self._last: dict[tuple[int, ...], int] = {}  # where what follows these tokens begins
        self._read = 0
        self._length = _AT_FIRST
        self._rest = 0
        self._next_rest = 2

    def guess(self, tokens: Sequence[int]) -> list[int]:
        """Tokens that may follow ``tokens``, which are those of the last call and some more."""
        # the end itself is not looked up against itself, so it is learnt only afterwards
        self._learn(tokens, len(tokens) - 1)
        if self._rest > 0:
            self._rest -= 1
            return []
        for gram in _GRAMS:
            if (place := self._last.get(tuple(tokens[-gram:]))) is not None:
                return list(tokens[place : place + self._length])
        return []

    def told(self, guessed: int, accepted: int) -> None:
        """Learn from how far a guess was right."""
        if not guessed:
            return
        if accepted == guessed:
            self._length = min(_LONGEST, self._length * 2)
        else:
            self._length = max(1, accepted + 1)
        if accepted * 3 >= guessed:
            self._next_rest = 2
        else:
            self._rest, self._next_rest = self._next_rest, min(_LONGEST_REST, 2 * self._next_rest)

    def _learn(self, tokens: Sequence[int], end: int) -> None:
        for gram in _GRAMS:
            for at in range(max(self._read, gram), end + 1):
                self._last[tuple(tokens[at - gram : at])] = at
        self._read = max(self._read, end + 1)
