"""A piece of personal data in a text, and the one rule that settles overlaps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from governance.pii.entities import PERSON

VALIDATED: Final = 1.0
"""A checksum or a numbering plan confirms it."""
MATCHED: Final = 0.8
"""A pattern and its context say so."""
GUESSED: Final = 0.5
"""The language model for names thinks so."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``text[start:end]`` is an ``entity``, says ``recognizer`` with ``score`` (0 to 1)."""

    entity: str
    start: int
    end: int
    score: float
    recognizer: str

    def __len__(self) -> int:
        return self.end - self.start


_SAME_LENGTH_ORDER: Final = ("FR_NIR", "FR_NIF", "IBAN_CODE", "FR_SIRET", "FR_TVA", "PHONE_NUMBER")
"""Which kind wins where two checks confirm the very same characters: the most personal first."""


def _rank(finding: Finding) -> tuple[float, int, int, int]:
    order = (
        _SAME_LENGTH_ORDER.index(finding.entity)
        if finding.entity in _SAME_LENGTH_ORDER
        else len(_SAME_LENGTH_ORDER)
    )
    return (-finding.score, -len(finding), order, finding.start)


def resolve(text: str, findings: Iterable[Finding]) -> list[Finding]:
    """The findings without overlap, in the order of the text.

    Names that overlap are one name. Then validated beats matched beats guessed, and the longest
    wins. What sticks out of a beaten finding is kept where it still holds a word, so that settling
    an overlap never uncovers anything. Time is O(n log n) in the number of findings.
    """
    pending = sorted(_joined(findings), key=_rank)
    taken = _Intervals()
    kept: list[Finding] = []
    for finding in pending:
        for piece in taken.free(finding.start, finding.end):
            start, end = piece
            if end - start < len(finding):
                start, end = _trimmed(text, *piece)
                if not _is_worth_keeping(finding.entity, text[start:end]):
                    continue
            kept.append(replace(finding, start=start, end=end))
            taken.add(start, end)
    return sorted(kept, key=lambda finding: finding.start)


def _joined(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, with names that overlap made one."""
    others: list[Finding] = []
    names: list[Finding] = []
    for finding in sorted(findings, key=lambda each: (each.start, -each.end)):
        if finding.entity != PERSON:
            others.append(finding)
        elif names and finding.start < names[-1].end:
            last = names[-1]
            best = max(last, finding, key=lambda each: each.score)
            names[-1] = replace(best, start=last.start, end=max(last.end, finding.end))
        else:
            names.append(finding)
    return others + names


def _is_worth_keeping(entity: str, rest: str) -> bool:
    """Whether what sticks out of a beaten finding still says something."""
    if entity == PERSON:
        return sum(char.isalpha() for char in rest) >= 2
    return len(rest) >= 4


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return start, end


class _Intervals:
    """Disjoint taken stretches, by their start."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def free(self, start: int, end: int) -> list[tuple[int, int]]:
        """What is still free of ``start`` to ``end``."""
        pieces: list[tuple[int, int]] = []
        index = max(bisect_right(self._starts, start) - 1, 0)
        while index < len(self._starts) and self._starts[index] < end:
            if self._ends[index] > start:
                if self._starts[index] > start:
                    pieces.append((start, self._starts[index]))
                start = max(start, self._ends[index])
            index += 1
        if start < end:
            pieces.append((start, end))
        return pieces

    def add(self, start: int, end: int) -> None:
        index = bisect_right(self._starts, start)
        self._starts.insert(index, start)
        self._ends.insert(index, end)
