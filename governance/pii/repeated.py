"""Values found in one text of a conversation and repeated in another, where nothing announces them.

«matricule 48213» in a question tells what «{"id": 48213}» is in the call that follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from governance.pii.entities import PERSON, Handling
from governance.pii.finding import MATCHED, Finding

REPEATED: Final = "Repeated"
"""The recognizer of a finding that another text told."""

_SHORTEST: Final = 4
_ORDINARY: Final = frozenset({"AGE", "LOCATION", "SPECIAL_CATEGORY"})
"""Kinds whose words mean nothing personal but where they were found."""


def values_of(masked: Iterable[tuple[str, Sequence[Finding]]]) -> dict[str, str]:
    """The entity of each value that was masked in some text, and that tells by itself what it is.

    A name of one word is left to the known names, which tell «Rose» from a rose.
    """
    return {
        value: finding.entity
        for text, findings in masked
        for finding in findings
        if finding.entity not in _ORDINARY
        and len(value := text[finding.start : finding.end]) >= _SHORTEST
        and (finding.entity != PERSON or len(value.split()) > 1)
    }


def with_repeated(
    text: str,
    findings: Sequence[Finding],
    values: Mapping[str, str],
    handling: Callable[[str], Handling],
) -> list[Finding]:
    """The findings, with the places where ``text`` repeats one of ``values`` as whole words.

    One that covers findings takes their place; one that crosses the end of a finding is left.
    """
    result = list(findings)
    for value in sorted((value for value in values if value in text), key=len, reverse=True):
        for start, end in _places(text, value):
            met = [f for f in result if f.start < end and start < f.end]
            inside = [f for f in met if start <= f.start and f.end <= end]
            if any(handling(f.entity) != "keep" for f in met if f not in inside):
                continue
            if any((f.start, f.end) == (start, end) and handling(f.entity) != "keep" for f in met):
                continue
            result = [f for f in result if f not in met]
            result.append(Finding(values[value], start, end, MATCHED, REPEATED, "repeated"))
    return sorted(result, key=lambda finding: finding.start)


def _places(text: str, value: str) -> Iterable[tuple[int, int]]:
    start = text.find(value)
    while start >= 0:
        end = start + len(value)
        before, after = text[start - 1 : start], text[end : end + 1]
        if not (_joins(value[0]) and _joins(before)) and not (_joins(value[-1]) and _joins(after)):
            yield start, end
        start = text.find(value, end)


def _joins(char: str) -> bool:
    return char.isalnum()
