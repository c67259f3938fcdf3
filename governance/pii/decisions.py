"""What a mapping remembers of the choices that a person made in the composer."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from governance.pii.choices import Choices
from governance.pii.digests import KEPT, MESSAGE, digest
from governance.pii.entities import PERSON
from governance.pii.finding import VALIDATED, Finding
from governance.pii.mentions import telling_words
from governance.pii.recognizers.base import folded

CHOSEN = "Choice"
"""The recognizer of a finding that the person made."""


class Decisions:
    """Texts kept in clear, by message, and names that the person had masked.

    Of what is kept, only digests are held: they tell the message and its texts when they come back
    in a later turn. Names to mask are held as they were written, to be found again.
    """

    def __init__(self, salt: str, state: dict[str, Any] | None = None) -> None:
        self._salt = salt
        self._kept: dict[str, list[str]] = (state or {}).get("kept", {})
        self.names: list[str] = (state or {}).get("names", [])
        """The names to mask in every turn, as the person selected them."""

    def take(self, message: str, choices: Choices) -> bool:
        """Note what ``choices`` say of ``message``, the newest; whether anything is new.

        The choice of today replaces what was said of the very same message before: one sent again
        without a choice is masked, and stays so. Only «as before» lets the earlier choice stand.
        """
        key = digest(self._salt, MESSAGE, message)
        before = self._kept.get(key, [])
        standing = before if choices.as_before else ()
        kept = sorted({digest(self._salt, KEPT, text) for text in choices.kept}.union(standing))
        changed = kept != before
        if kept:
            self._kept[key] = kept
        else:
            self._kept.pop(key, None)
        for chosen in choices.masked:
            name = _whole(message, chosen.strip())
            if name and name not in self.names:
                self.names.append(name)
                changed = True
        return changed

    def is_kept(self, message: str, text: str) -> bool:
        """Whether the author of ``message`` keeps ``text`` in clear there."""
        if not self._kept:
            return False
        kept = self._kept.get(digest(self._salt, MESSAGE, message), ())
        return bool(kept) and digest(self._salt, KEPT, text) in kept

    def found(self, text: str) -> list[Finding]:
        """Each place of ``text`` where a name to mask stands, whatever its case and accents."""
        if not self.names:
            return []
        pattern = _pattern(tuple(self.names))
        return [
            Finding(PERSON, *match.span(), VALIDATED, CHOSEN, "masked")
            for match in pattern.finditer(_folded(text))
        ]

    def words(self) -> set[str]:
        """The words of the names to mask that tell their person alone, folded."""
        return {word for name in self.names for word in telling_words(name)}

    def state(self) -> dict[str, Any]:
        """What to seal with the mapping."""
        return {"kept": self._kept, "names": self.names}


@lru_cache(maxsize=64)
def _pattern(names: Sequence[str]) -> re.Pattern[str]:
    """Longest first, each a whole word; any run of spaces between the words of a name."""
    ways = sorted({folded(name) for name in names}, key=len, reverse=True)
    joined = "|".join(r"\s{1,4}".join(map(re.escape, way.split())) for way in ways)
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)")


def _whole(message: str, chosen: str) -> str:
    """``chosen`` with the rest of the words that its selection cut; itself where it cut none."""
    if not any(char.isalnum() for char in chosen):
        return ""
    places = [match.span() for match in re.finditer(re.escape(chosen), message)]
    if not places or any(_uncut(message, *place) for place in places):
        return chosen
    start, end = places[0]
    while start and _in_word(message[start - 1]):
        start -= 1
    while end < len(message) and _in_word(message[end]):
        end += 1
    return message[start:end]


def _folded(text: str) -> str:
    """As :func:`folded`, a letter at a time where one of them («İ») grows in lower case."""
    return folded(text) if len(text.lower()) == len(text) else "".join(map(folded, text))


def _uncut(message: str, start: int, end: int) -> bool:
    return not (start and _in_word(message[start - 1])) and not (
        end < len(message) and _in_word(message[end])
    )


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def may_keep(finding: Finding, treatment: str, allowed: Collection[str]) -> bool:
    """Whether the charter lets a person keep ``finding`` in clear: never what it blocks."""
    return finding.entity in allowed and treatment in ("pseudonymise", "never_restore")
