"""Patterns that no hostile text can make slow.

Python's engine backtracks: «(a+)+$» takes exponential time, and each gap as «.{0,60}» multiplies
the time that the ones before it take. A pattern of the charter runs on every request, so:

- a pattern is cut at its gaps into segments, each searched once, and the segments found are chained
  by their distances: gaps add up instead of multiplying;
- the worst cost of a segment is bounded by its structure before it is accepted: repeats of variable
  width may not be nested, and the product of their widths is limited.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

MAX_LENGTH = 700
MAX_COST = 2_500
"""Ways in which a segment may match from one place of a text."""
MAX_GAP = 400
_MAX_FOUND = 400

# The longest word of a folded text (see governance.uses.folding), thus the width of «\w*».
_WORD = 40
_ANY = 4_000

_REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}
_WORDS_ONLY = {_constants.CATEGORY_WORD, _constants.CATEGORY_DIGIT, _constants.CATEGORY_NOT_SPACE}
_GAP = re.compile(r"\.\{0,(\d{1,3})\}\??")


@dataclass(frozen=True)
class Pattern:
    """A pattern of the charter, ready to search folded texts: segments, and the gaps between."""

    source: str
    segments: tuple[re.Pattern[str], ...]
    gaps: tuple[int, ...]

    def find(self, text: str) -> list[tuple[int, int]]:
        """Start and end of the places where the pattern matches ``text``."""
        chains = _found(self.segments[0], text)
        for gap, segment in zip(self.gaps, self.segments[1:], strict=True):
            if not chains:
                break
            chains = _chained(chains, gap, _found(segment, text))
        return chains


def _found(segment: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for found in segment.finditer(text):
        spans.append(found.span())
        if len(spans) == _MAX_FOUND:
            break
    return spans


def _chained(
    chains: list[tuple[int, int]], gap: int, following: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The chains that one of ``following`` prolongs within ``gap`` characters."""
    by_end = sorted((end, start) for start, end in chains)
    ends = [end for end, _ in by_end]
    prolonged: list[tuple[int, int]] = []
    for start, end in following:
        low, high = bisect_left(ends, start - gap), bisect_right(ends, start)
        if low < high:
            prolonged.append((by_end[high - 1][1], end))
    return prolonged


class RegexRefused(ValueError):
    """A pattern cannot be used; ``message_id`` and ``params`` say why."""

    def __init__(self, message_id: str, **params: str | int | float) -> None:
        self.message_id = message_id
        self.params = params
        super().__init__(message_id.format(**params))


def check_regex(source: str) -> Pattern:
    """``source`` made a pattern, if it is safe to run on any text.

    Raises:
        RegexRefused: it does not compile, is too long, could never match a folded text, or could
            take too long on a hostile one.
    """
    if len(source) > MAX_LENGTH:
        raise RegexRefused(
            "This pattern is {length} characters long; {limit} at most are allowed.",
            length=len(source),
            limit=MAX_LENGTH,
        )
    strange = next((c for c in source if ord(c) > 127), None)
    if strange:
        raise RegexRefused(
            "Patterns are compared with a text without accents: «{character}» never matches.",
            character=strange,
        )
    whole = _compiled(source.removeprefix("(?i)"))
    parts, gaps = _cut(source.removeprefix("(?i)"))
    segments = tuple(_compiled(part) for part in parts) if gaps else (whole,)
    for segment in segments:
        if segment.match(""):
            raise RegexRefused("This pattern matches any text, even an empty one.")
        cost = _cost(_parser.parse(segment.pattern, re.IGNORECASE), repeated=False)
        if cost > MAX_COST:
            raise RegexRefused(
                "This pattern could take too long on some texts (cost {cost}, limit {limit}): "
                "bound its repeats, and keep gaps such as «.{{0,60}}» outside brackets.",
                cost=min(cost, 10**12),
                limit=MAX_COST,
            )
    return Pattern(source, segments, gaps)


def _compiled(source: str) -> re.Pattern[str]:
    try:
        return re.compile(source, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise RegexRefused(
            "This is not a valid regular expression: {detail}.", detail=str(error)
        ) from None


def _cut(source: str) -> tuple[list[str], tuple[int, ...]]:
    """``source`` cut at the gaps outside brackets; whole where it has a top-level «|»."""
    parts, gaps, start, depth, place = [], [], 0, 0, 0
    while place < len(source):
        character = source[place]
        if character == "\\":
            place += 2
            continue
        if character == "[":
            place = _class_end(source, place)
            continue
        depth += (character == "(") - (character == ")")
        gap = _GAP.match(source, place) if depth == 0 else None
        if depth == 0 and character == "|":
            return [source], ()
        if gap and start < place < gap.end() < len(source) and int(gap[1]) <= MAX_GAP:
            parts.append(source[start:place])
            gaps.append(int(gap[1]))
            start = place = gap.end()
            continue
        place += 1
    return [*parts, source[start:]], tuple(gaps)


def _class_end(source: str, start: int) -> int:
    """The place after the character class that opens at ``start``."""
    place = start + 1
    if source[place : place + 1] == "^":
        place += 1
    if source[place : place + 1] == "]":
        place += 1
    while place < len(source) and source[place] != "]":
        place += 2 if source[place] == "\\" else 1
    return place + 1


def _cost(items: Any, *, repeated: bool) -> int:
    """An upper bound of the ways in which ``items`` can match from one place of a text."""
    total = 1
    for operator, argument in items:
        total *= _item_cost(operator, argument, repeated)
        if total > 10**12:
            return 10**12
    return total


def _item_cost(operator: Any, argument: Any, repeated: bool) -> int:
    if operator in _REPEATS:
        low, high, body = int(argument[0]), int(argument[1]), argument[2]
        inner = _cost(body, repeated=True)
        width = min(high, _width(body)) - low + 1
        if width <= 1:
            return int(min(inner ** min(low, 64), 10**12))
        if width > 2 and (repeated or inner > 1):
            raise RegexRefused(
                "A repeat stands within a repeat, as in «(a+)+»: this can take for ever."
            )
        return width * inner
    if operator is _constants.BRANCH:
        costs = [_cost(branch, repeated=repeated) for branch in argument[1]]
        # Repeated, each turn may try every branch; once, the branches share the place.
        return sum(costs) if repeated else max(costs)
    if operator is _constants.SUBPATTERN:
        return _cost(argument[3], repeated=repeated)
    if operator in {_constants.ASSERT, _constants.ASSERT_NOT}:
        return _cost(argument[1], repeated=repeated)
    if operator is _constants.ATOMIC_GROUP:
        return _cost(argument, repeated=repeated)
    if operator in {_constants.GROUPREF, _constants.GROUPREF_EXISTS, _constants.GROUPREF_IGNORE}:
        raise RegexRefused("References to a group («\\1») are not allowed in a pattern.")
    return 1


def _width(body: Any) -> int:
    """How far an unbounded repeat of ``body`` can reach: a word, or a whole text."""
    if len(body) != 1:
        return _ANY
    operator, argument = body[0]
    if operator is _constants.IN and all(
        (op is _constants.CATEGORY and value in _WORDS_ONLY)
        or (op is _constants.RANGE and value[0] > 32)
        or (op is _constants.LITERAL and value > 32)
        for op, value in argument
    ):
        return _WORD
    if operator is _constants.LITERAL and argument > 32:
        return _WORD
    return _ANY
