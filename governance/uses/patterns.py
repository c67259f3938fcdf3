"""The first layer: the charter's patterns, on the folded text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import re2

from governance.charter.charter import Rule
from governance.charter.regexes import Pattern, check_regex
from governance.uses.folding import clauses
from governance.uses.forms import asks_for_action

_MEMORY = 1 << 26
"""Bytes that RE2 may use for the states that it meets."""
MAX_TEXT = 12_000
"""Characters that are searched: the first and the last 6,000 of a longer text."""


@dataclass(frozen=True, slots=True)
class PatternHit:
    """A rule of which a pattern matches. ``strong``: where it matches, something is asked for."""

    strong: bool
    start: int
    end: int


class PatternLayer:
    """Searches texts for the patterns of the rules."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._patterns = [
            (number, check_regex(source))
            for number, rule in enumerate(rules)
            for source in rule.use.detect.patterns
        ]
        self._sieve = _Sieve([pattern for _, pattern in self._patterns])

    def hits(self, folded: str, *, reaching: int = 0) -> dict[int, PatternHit]:
        """For each rule (by its number) that matches, its strongest match.

        Only matches that end after the character ``reaching`` count, so that what an earlier turn
        said alone is not held against the last one.
        """
        spans = clauses(folded)
        found: dict[int, PatternHit] = {}
        for index in self._sieve.possible(folded):
            number, pattern = self._patterns[index]
            if number in found and found[number].strong:
                continue
            for start, end in pattern.find(folded):
                if end <= reaching:
                    continue
                strong = any(
                    asks_for_action(folded[left:right])
                    for left, right in spans
                    if left < end and start < right
                )
                if number not in found or strong:
                    found[number] = PatternHit(strong, start, end)
                if strong:
                    break
        return found


class _Sieve:
    """Tells in one pass of RE2 which patterns a text may match: those of which it has all segments.

    A segment that RE2 cannot read (it looks ahead or behind) is always possible. So is everything
    where RE2 gives up for lack of memory, which it tells as it tells that nothing matched: an empty
    pattern, that matches any text, is added to see the difference.
    """

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MEMORY
        self._set = re2.Set.SearchSet(options)
        self._set.Add("")
        self._needed: list[frozenset[int]] = []
        number_of: dict[str, int] = {}
        for pattern in patterns:
            sources = [f"(?i){segment.pattern}" for segment in pattern.segments]
            for source in sources:
                if source not in number_of and _readable(source, options):
                    number_of[source] = self._set.Add(source)
            self._needed.append(frozenset(number_of[s] for s in sources if s in number_of))
        self._set.Compile()

    def possible(self, folded: str) -> Sequence[int]:
        """The numbers of the patterns that ``folded`` may match, in their order."""
        matched = frozenset(self._set.Match(folded) or ())
        if not matched:
            return range(len(self._needed))
        return [index for index, needed in enumerate(self._needed) if needed <= matched]


def _readable(source: str, options: re2.Options) -> bool:
    try:
        re2.compile(source, options)
    except re2.error:
        return False
    return True


def bounded(folded: str) -> str:
    """The part of a long folded text that is searched."""
    half = MAX_TEXT // 2
    return folded if len(folded) <= MAX_TEXT else folded[:half] + " | " + folded[-half:]
