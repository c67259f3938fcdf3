"""Cuts what the model writes into the passages that are judged, as it comes."""

from __future__ import annotations

from typing import Final

SHORTEST: Final = 40
"""Characters from which the end of a sentence, or of a line, ends a passage."""
LONGEST: Final = 240
"""Characters at which a passage ends wherever it is: about 60 tokens."""
_STOPS: Final = frozenset(".!?…")


class PassageStream:
    """Whole passages of a stream. They depend on the text alone, not on how it was cut.

    Each character is looked at once, and at most :data:`LONGEST` of them are held back. A passage
    ends with its sentence, or at a blank where the sentence is longer than a passage may be. The
    passages joined are the text, to the letter.
    """

    def __init__(self) -> None:
        self._held: list[str] = []

    def feed(self, chunk: str) -> list[str]:
        """The passages that are whole now that ``chunk`` has come."""
        return [passage for char in chunk if (passage := self._take(char))]

    def flush(self) -> list[str]:
        """The rest. The stream is over."""
        rest = "".join(self._held)
        self._held.clear()
        return [rest] if rest else []

    def _take(self, char: str) -> str:
        held = self._held
        ended = char == "\n" or (char.isspace() and bool(held) and held[-1] in _STOPS)
        if ended and len(held) >= SHORTEST:
            passage = "".join(held)
            self._held = [char]
            return passage
        held.append(char)
        return self._cut() if len(held) >= LONGEST else ""

    def _cut(self) -> str:
        text = "".join(self._held)
        blank = text.rfind(" ", SHORTEST)
        end = blank if blank > 0 else len(text)
        self._held = list(text[end:])
        return text[:end]
