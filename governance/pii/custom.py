"""Kinds of personal data that a charter declares itself: a case-file number, a project's name.

Their patterns run on every request, over the text as it was written (case and accents count), so
they are matched by RE2, whose time is linear in the text whatever the pattern, and they are
searched a window at a time, so that many short matches with a long look ahead stay linear too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

import re2

from governance.messages import N_
from governance.pii.finding import MATCHED, Finding

MAX_PATTERN: Final = 300
"""Characters of a pattern, at most."""
MAX_PROGRAM: Final = 1_000
"""Instructions that RE2 may make of a pattern: what bounds the time at each character. A class of
Unicode (``\\pL``) counts for one: it unfolds into hundreds, of which one text visits few."""
_MEMORY: Final = 4 << 20
"""Bytes for the states that a search meets: RE2 slows down where they do not fit."""
_UNICODE_CLASS: Final = re.compile(r"\\[pP](?:\{\^?\w+\}|\w)")
_WINDOW: Final = 512
_REACH: Final = 256
"""Bytes that a match may go beyond its window: longer ones are cut there."""
_PROBES: Final = ("", "a", "0", " ", "É", "a0 É\n-")


class Match(Protocol):
    """A place where a pattern matches."""

    def span(self) -> tuple[int, int]: ...


class LinearPattern(Protocol):
    """A compiled pattern that no text can make slow (linear time, as RE2's are)."""

    def finditer(self, text: str) -> Iterator[Match]: ...


class PatternRefused(ValueError):
    """A pattern cannot be used; ``message_id`` and ``params`` say why."""

    def __init__(self, message_id: str, **params: str | int) -> None:
        self.message_id = message_id
        self.params = params
        super().__init__(message_id.format(**params))


@dataclass(frozen=True, slots=True)
class Span:
    """``text[start:end]`` matches."""

    start: int
    end: int

    def span(self) -> tuple[int, int]:
        """Both."""
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class BoundedPattern:
    """A pattern that RE2 took, within bounds. Made by :func:`compile_linear`."""

    source: str
    _regexp: Any

    def finditer(self, text: str) -> Iterator[Span]:
        """Where it matches, in order and without overlap; empty matches are none.

        Time is linear in the text: each search reads at most a window and the reach beyond it.
        """
        # Half a character, which JSON can smuggle in, counts as one that is unknown.
        data = text.encode("utf-8", "replace")
        position = known = characters = 0
        while position < len(data):
            window = position + _WINDOW
            found = self._regexp.search(data, position, min(len(data), window + _REACH))
            if found is None or found.start() >= window:
                position = window
                continue
            start, end = found.span()
            position = max(end, start + 1)
            if start == end:
                continue
            first = characters + len(data[known:start].decode())
            last = first + len(data[start:end].decode())
            known, characters = end, last
            yield Span(first, last)


@lru_cache(maxsize=256)
def compile_linear(source: str) -> BoundedPattern:
    """``source``, in RE2's syntax, made a pattern.

    Raises:
        PatternRefused: it is too long or too large, RE2 cannot run it in linear time (lookarounds
            and backreferences), or it matches where there is nothing.
    """
    if len(source) > MAX_PATTERN:
        raise PatternRefused(
            N_("This pattern is {length} characters long; {limit} at most are allowed."),
            length=len(source),
            limit=MAX_PATTERN,
        )
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        regexp = re2.compile(source, options)
        size = re2.compile(_UNICODE_CLASS.sub(r"\\d", source), options).programsize
    except re2.error as error:
        detail = error.args[0] if error.args else ""
        said = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
        if "too large" in said:
            raise _too_large() from None
        raise PatternRefused(
            N_(
                "This pattern cannot be run in linear time, or is not one: {detail}. Lookarounds "
                "and references to a group are not allowed (RE2's syntax)."
            ),
            detail=said,
        ) from None
    except UnicodeEncodeError:
        raise PatternRefused(N_("This pattern holds a character that no text holds.")) from None
    if size > MAX_PROGRAM:
        raise _too_large()
    if any(match.span()[0] == match.span()[1] for p in _PROBES for match in regexp.finditer(p)):
        raise PatternRefused(N_("This pattern matches where there is nothing, even an empty text."))
    return BoundedPattern(source, regexp)


def _too_large() -> PatternRefused:
    return PatternRefused(
        N_("This pattern is too large once unfolded: bound its repeats lower, as in «{example}»."),
        example=r"\d{1,9}",
    )


@dataclass(frozen=True, slots=True)
class CustomEntity:
    """An entity of the charter.

    ``name`` is its name in the charter and in the log, ``word`` one of
    :data:`~governance.pii.entities.CUSTOM_WORDS`, ``title`` its name for people, in the
    organisation's own words.
    """

    name: str
    word: str
    title: str
    pattern: LinearPattern

    def find(self, text: str) -> list[Finding]:
        """Each place of ``text`` that is one."""
        return [
            Finding(self.name, *match.span(), MATCHED, "Charter", self.name)
            for match in self.pattern.finditer(text)
            if match.span()[0] < match.span()[1]
        ]


def found(text: str, entities: Sequence[CustomEntity]) -> list[Finding]:
    """What the charter's own entities find in ``text``; overlaps are not settled."""
    return [finding for entity in entities for finding in entity.find(text)]
