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
    """``text[start:end]`` is an ``entity``, says ``recognizer`` with ``score`` (0 to 1).

    ``rule`` names the recognizer's rule that fired, for the admin who asks why.
    """

    entity: str
    start: int
    end: int
    score: float
    recognizer: str
    rule: str = ""

    def __len__(self) -> int:
        return self.end - self.start


CHARTER: Final = "Charter"
"""The recognizer of the entities that a charter declares itself."""

_WHOLE: Final = frozenset({"EMAIL_ADDRESS", "PERSONAL_URL"})
"""Kinds of which a part is nothing by itself: the telephone number in an e-mail address."""

_SAME_LENGTH_ORDER: Final = (
    *("FR_NIR", "FR_NIF", "IBAN_CODE", "CREDIT_CARD", "FR_RIB"),
    *("FR_PASSPORT", "FR_ID_CARD", "FR_DRIVING_LICENCE", "FR_RESIDENCE_PERMIT"),
    *("FR_INE", "FR_RPPS", "FR_ADELI", "FR_FINESS", "FR_SIRET", "FR_TVA"),
    *("FR_CAF", "FR_FRANCE_TRAVAIL", "EMPLOYEE_ID", "EMAIL_ADDRESS", "PERSONAL_URL"),
    *("PHONE_NUMBER", "BIRTH_DATE", "FR_ADDRESS", "PERSON", "AGE", "LOCATION", "USER_NAME"),
    "FR_SIREN",
)
"""Which kind wins where two rules are as sure of the very same characters: the most personal first,
a number that its label announces before one that its checksum alone gives away."""


def _rank(finding: Finding) -> tuple[int, int, float, int, int]:
    if finding.entity == "SECRET":
        sure = 0  # whatever else it looks like, it must not leave
    elif finding.score >= VALIDATED or finding.entity in _WHOLE:
        sure = 1
    else:
        sure = 2 if finding.score >= MATCHED else 3
    order = len(_SAME_LENGTH_ORDER)
    if finding.recognizer == CHARTER:
        order = -1
    elif finding.entity in _SAME_LENGTH_ORDER:
        order = _SAME_LENGTH_ORDER.index(finding.entity)
    return sure, -len(finding), -finding.score, order, finding.start


def resolve(text: str, findings: Iterable[Finding]) -> list[Finding]:
    """The findings without overlap, in the order of the text.

    Names that overlap are one name. A secret wins whatever it overlaps. Then validated beats
    matched beats guessed, and the longest wins; an e-mail or a web address counts as validated,
    since what looks like a number in it is a part of it. What sticks out of a beaten finding is
    kept where it still holds a word, so that settling an overlap never uncovers anything. Time is
    O(n log n) in the number of findings.
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
