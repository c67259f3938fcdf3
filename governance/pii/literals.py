"""Literals that rules seek in a text, all in one pass over it (Aho and Corasick, 1975)."""

from __future__ import annotations

import threading
from typing import Final

import ahocorasick

_lock: Final = threading.Lock()
_sought: Final[set[str]] = set()
_automaton: ahocorasick.Automaton | None = None


class Literals(frozenset[str]):
    """Some literals of which a text may hold one; each is sought in every text from then on.

    Only such a set can be asked for: a literal that nobody seeks would seem to be in no text.
    """

    def __new__(cls, *literals: str) -> Literals:
        """The set of ``literals``, folded as the texts are.

        Raises:
            ValueError: one of them is empty.
        """
        global _automaton  # noqa: PLW0603 - the rules of all modules are sought at once
        if not all(literals):
            raise ValueError("an empty literal")
        with _lock:
            if not _sought.issuperset(literals):
                _sought.update(literals)
                _automaton = None
        return super().__new__(cls, literals)


def literals_in(folded: str) -> frozenset[str]:
    """Which of all literals that are sought the ``folded`` text holds."""
    return frozenset(literal for _, literal in _seeker().iter(folded))


def _seeker() -> ahocorasick.Automaton:
    global _automaton  # noqa: PLW0603
    with _lock:
        if _automaton is None:
            built = ahocorasick.Automaton()
            for literal in _sought:
                built.add_word(literal, literal)
            built.make_automaton()
            _automaton = built
        return _automaton
