"""The first layer: the charter's patterns, on the folded text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from governance.charter.charter import Rule
from governance.charter.regexes import Pattern, check_regex
from governance.uses.folding import clauses
from governance.uses.forms import asks_for_action

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
        self._patterns: list[tuple[Pattern, ...]] = [
            tuple(check_regex(source) for source in rule.use.detect.patterns) for rule in rules
        ]

    def hits(self, folded: str, *, reaching: int = 0) -> dict[int, PatternHit]:
        """For each rule (by its number) that matches, its strongest match.

        Only matches that end after the character ``reaching`` count, so that what an earlier turn
        said alone is not held against the last one.
        """
        spans = clauses(folded)
        found: dict[int, PatternHit] = {}
        for number, patterns in enumerate(self._patterns):
            for pattern in patterns:
                for start, end in pattern.find(folded):
                    if end <= reaching:
                        continue
                    strong = any(
                        asks_for_action(folded[left:right])
                        for left, right in spans
                        if left < end and start < right
                    )
                    if number not in found or (strong and not found[number].strong):
                        found[number] = PatternHit(strong, start, end)
                    if strong:
                        break
        return found


def bounded(folded: str) -> str:
    """The part of a long folded text that is searched."""
    half = MAX_TEXT // 2
    return folded if len(folded) <= MAX_TEXT else folded[:half] + " | " + folded[-half:]
