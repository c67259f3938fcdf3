"""What stands between the model and the person: first the watch, then the names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from governance.pii.json_text import Piece, mapped, words_of
from governance.pii.pseudonymise import StreamRestorer
from governance.pii.watch_stream import WatchStream
from models.protocol import ToolCall

_TELLING_DIGITS: Final = 9
"""Digits of a number in a call that may be an identifier: a telephone number's, at least."""


class Outgoing:
    """What the model writes, on its way: first watched, then its names restored, in this order.

    ``passed`` is what the watch let pass, still in placeholders, and ``shown`` what the person
    reads of it; ``called`` is what it let pass of the arguments of calls.
    """

    def __init__(self, watch: Callable[[], WatchStream], restorer: StreamRestorer) -> None:
        self._watch = watch
        self._watched = watch()
        self._restorer = restorer
        self._of_calls = restorer.another()
        self._in_calls: Counter[str] = Counter()
        self.passed: list[str] = []
        self.shown: list[str] = []
        self.called: list[str] = []
        self.calls: list[ToolCall] = []

    @property
    def counts(self) -> Counter[str]:
        """How many identifiers were masked, by entity."""
        return self._watched.counts + self._in_calls

    def feed(self, text: str) -> str:
        """What the person may read now that the model has written ``text``; may be empty."""
        passed = self._watched.feed(text)
        return self._note(passed, self._restorer.feed(passed))

    def flush(self) -> str:
        """The rest. The model has finished."""
        passed = self._watched.flush()
        return self._note(passed, self._restorer.feed(passed) + self._restorer.flush())

    def call(self, call: ToolCall) -> ToolCall:
        """A call as the program gets it.

        Each string of its arguments is watched and restored as a string inside the JSON, so that a
        quote in a name cannot break it. A number that the watch masks becomes a string.
        """
        made = replace(call, arguments=mapped(call.arguments, self._piece))
        self.calls.append(made)
        return made

    def _piece(self, piece: Piece) -> str:
        if piece.kind == "number" and sum(map(str.isdigit, piece.text)) < _TELLING_DIGITS:
            return piece.text
        passed = self._watched_alone(piece)
        self.called.append(passed)
        # The line break keeps the piece before from making one word with this one.
        return (self._of_calls.feed(f"\n{passed}") + self._of_calls.flush())[1:]

    def _watched_alone(self, piece: Piece) -> str:
        """The piece as the watch lets it pass, read behind its key, which may announce it."""
        lead = f"{words_of(piece.name)} : " if piece.name else ""
        watched = self._watch()
        passed = watched.feed(lead + piece.text) + watched.flush()
        self._in_calls += watched.counts
        return passed[len(lead) :] if passed.startswith(lead) else passed

    def _note(self, passed: str, shown: str) -> str:
        self.passed.append(passed)
        self.shown.append(shown)
        return shown
