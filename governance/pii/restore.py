"""Gives the values back, in a whole text or inside a stream, and never invents any."""

from __future__ import annotations

import re
from collections.abc import Callable

from governance.pii.entities import Handling
from governance.pii.mapping import Mapping
from governance.pii.placeholders import PLACEHOLDER, reference, unfinished


class StreamRestorer:
    """Restores a stream, chunk by chunk; the result does not depend on how it was cut.

    Only the end of what was fed is held back, where it may be the beginning of a placeholder: at
    most :data:`~governance.pii.placeholders.LONGEST` characters.
    """

    def __init__(self, mapping: Mapping, handling: Callable[[str], Handling]) -> None:
        self._mapping = mapping
        self._handling = handling
        self._held = ""
        self._last = ""
        """The character before what is held: a letter there makes a word of what follows."""

    def another(self) -> StreamRestorer:
        """What restores another stream of the same conversation."""
        return StreamRestorer(self._mapping, self._handling)

    def feed(self, chunk: str) -> str:
        """What can be shown now that ``chunk`` has come; may be empty."""
        text = self._last + self._held + chunk
        return self._advance(text, unfinished(text, len(self._last)))

    def flush(self) -> str:
        """What was still held back, restored. The stream is over."""
        text = self._last + self._held
        return self._advance(text, len(text))

    def _advance(self, text: str, limit: int) -> str:
        """Restore up to ``limit``, or to the end of a placeholder that begins before it."""
        shown: list[str] = []
        position = len(self._last)
        while True:
            match = PLACEHOLDER.search(text, position)
            if match is None or match.start() >= limit:
                break
            shown.append(text[position : match.start()])
            shown.append(self._restored(match))
            position = match.end()
        if position < limit:
            shown.append(text[position:limit])
            position = limit
        self._held = text[position:]
        self._last = text[position - 1 : position] if position else ""
        return "".join(shown)

    def _restored(self, match: re.Match[str]) -> str:
        wanted = reference(match)
        entity = self._mapping.entity(wanted)
        if entity is not None and self._handling(entity) in ("never_restore", "block"):
            return match.group()
        value = self._mapping.value(wanted)
        return match.group() if value is None else value


def restore(text: str, mapping: Mapping, handling: Callable[[str], Handling]) -> str:
    """``text`` with its placeholders replaced by what they stand for; unknown ones stay."""
    restorer = StreamRestorer(mapping, handling)
    return restorer.feed(text) + restorer.flush()
