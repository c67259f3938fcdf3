"""Figures on the published sets, of one engine."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from bench.pii_parts import sets
from bench.pii_parts.engines import Find, Span
from bench.pii_parts.score import places_of

_CAPITALISED = re.compile(r"(?!M(?:me|lle|r)s?\b)[A-ZÀ-Þ][\w’'-]+")


def share(part: int, whole: int) -> float:
    """``part`` of ``whole``, 0 to 1."""
    return part / whole if whole else 0.0


def identifiers(find: Find, data: Path) -> tuple[float, float, list[str]]:
    """Shares of the valid numbers that are found whole and as what they are, and of the invalid
    ones that are not taken for one; and the numbers judged wrongly."""
    valid: list[bool] = []
    invalid: list[bool] = []
    wrong: list[str] = []
    for each in sets.identifiers(data):
        finds = {(span.entity, each.text[span.start : span.end]) for span in find(each.text)}
        if each.valid:
            right = (each.entity, each.value) in finds
            valid.append(right)
        else:
            right = each.entity not in {entity for entity, _ in finds}
            invalid.append(right)
        if not right:
            wrong.append(f"{each.entity} {each.value}")
    return share(sum(valid), len(valid)), share(sum(invalid), len(invalid)), wrong


def name_recall(find: Find, texts: Sequence[sets.Text]) -> float:
    """Share of the marked names of which every letter is in a PERSON."""
    held = total = 0
    for text in texts:
        covered = places_of(text.text, _of(find(text.text), {"PERSON"}))
        total += len(text.marks)
        held += sum(places_of(text.text, [mark]) <= covered for mark in text.marks)
    return share(held, total)


def court(find: Find, texts: Sequence[sets.Text]) -> dict[str, float]:
    """Of court texts: the share of persons masked at each of their mentions, of places and of
    dates of birth.

    A person is their surname, the last capitalised word of what is tagged (civilities and
    functions are tagged with the name); one whom the court gives by initials alone has none. A
    place may be found as what it is part of: an address, or a person's name that is a town's.
    """
    persons: list[bool] = []
    places: list[bool] = []
    births: list[bool] = []
    for text in texts:
        finds = find(text.text)
        names = places_of(text.text, _of(finds, {"PERSON"}))
        where = places_of(text.text, _of(finds, {"LOCATION", "FR_ADDRESS", "PERSON"}))
        dates = places_of(text.text, _of(finds, {"BIRTH_DATE", "DATE_TIME"}))
        by_surname: dict[str, list[bool]] = {}
        for mark in text.marks:
            words = list(_CAPITALISED.finditer(text.text, mark.start, mark.end))
            if mark.entity == "PER" and words:
                last = Span(words[-1].start(), words[-1].end(), "PERSON")
                held = places_of(text.text, [last]) <= names
                by_surname.setdefault(words[-1].group().lower(), []).append(held)
            elif mark.entity == "LOC" and words:
                inside = [Span(word.start(), word.end(), "LOCATION") for word in words]
                places.append(places_of(text.text, inside) <= where)
        persons += [all(each) for each in by_surname.values()]
        for mark in sets.birth_dates(text):
            births.append(places_of(text.text, [mark]) <= dates)
    return {
        "persons masked throughout": share(sum(persons), len(persons)),
        "places": share(sum(places), len(places)),
        "dates of birth": share(sum(births), len(births)),
    }


def alarms(find: Find, prompts: Sequence[str], kept: Collection[str]) -> tuple[float, list[str]]:
    """Finds per 1,000 words of prompts that name nobody, but for kinds left in clear."""
    words = sum(len(prompt.split()) for prompt in prompts)
    found = [
        f"{span.entity} {prompt[span.start : span.end]!r}"
        for prompt in prompts
        for span in find(prompt)
        if span.entity not in kept
    ]
    return len(found) / words * 1000, found


def _of(finds: Sequence[Span], entities: Collection[str]) -> list[Span]:
    return [span for span in finds if span.entity in entities]
