"""From the bytes of tokens to text that may be shown: whole characters, and no stop string."""

from __future__ import annotations

import codecs


class TextStream:
    """Turns the bytes of successive tokens into text.

    A character cut between two tokens waits for its end; text that may be the beginning of a stop
    string waits until it is known whether it is. The cost of a token is bounded by the length of
    the stop strings, not by what was written before.
    """

    def __init__(self, stop: tuple[str, ...] = ()) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = tuple(one for one in stop if one)
        self._held = ""
        self.stopped = False

    def feed(self, piece: bytes) -> str:
        """Return the text that became sure. ``stopped`` tells whether a stop string was met."""
        if self.stopped:
            return ""
        text = self._held + self._decoder.decode(piece)
        found = [place for one in self._stop if (place := text.find(one)) >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        keep = max((_overlap(text, one) for one in self._stop), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def end(self) -> str:
        """Return what was held back, at the end; an unfinished character is dropped."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of ``text`` that begins ``stop``."""
    for length in range(min(len(stop) - 1, len(text)), 0, -1):
        if text.endswith(stop[:length]):
            return length
    return 0
