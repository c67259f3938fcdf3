"""Variants of a marked text for training: other names, and no capitals, as people type in haste.

A few hundred texts hold a few thousand names; a model that saw them alone would learn these by
heart. Each person is renamed throughout a text, in the shape that the name had.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from governance.pii.entities import PERSON
from governance.pii.names.marked import Mark, MarkedText
from governance.pii.recognizers.first_names import FIRST_NAMES, is_first_name
from governance.pii.recognizers.surnames import RARE, SURNAMES

_WORD: Final = re.compile(r"[^\W\d_]{3,}(?:-[^\W\d_]{2,})*")
_PARTICLES: Final = frozenset(
    [
        "van",
        "den",
        "der",
        "ben",
        "del",
        "dos",
        "das",
        "von",
        "les",
        "mac",
        "ibn",
        "bin",
        "abu",
        "ould",
    ]
)
_RENAMED: Final = 0.75
_LOWERED: Final = 0.35
_UNACCENTED: Final = 0.4
"""Shares of variants that are renamed, lowered, and of the lowered that have no accents."""
_OF_CORPUS: Final = 0.5
"""Share of the new names that are of the corpus, with its accents; the others are of the lists."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names to give: those that the texts hold, and the lists of the recognizers."""

    given: Sequence[str]
    surnames: Sequence[str]
    listed_given: Sequence[str]
    listed_surnames: Sequence[str]

    def drawn(self, chance: random.Random, *, given: bool) -> str:
        """A given name or a surname."""
        of_corpus = chance.random() < _OF_CORPUS
        if given:
            return chance.choice(self.given if of_corpus else self.listed_given)
        return chance.choice(self.surnames if of_corpus else self.listed_surnames)


def names_of(texts: Iterable[MarkedText]) -> Names:
    """The names that ``texts`` hold, beside the lists."""
    words = {
        word
        for text in texts
        for mark in text.marks
        if mark.entity == PERSON
        for word in _WORD.findall(text.text[mark.start : mark.end])
        if word.lower() not in _PARTICLES
    }
    given = {word for word in words if is_first_name(word)}
    return Names(
        sorted(given), sorted(words - given), sorted(FIRST_NAMES), sorted({*SURNAMES, *RARE})
    )


def variant(text: MarkedText, names: Names, chance: random.Random) -> MarkedText:
    """``text`` as somebody else could have written it, with its marks."""
    if chance.random() < _RENAMED:
        text = _renamed(text, names, chance)
    if chance.random() < _LOWERED:
        text = _in_haste(text, unaccented=chance.random() < _UNACCENTED)
    return text


def _renamed(text: MarkedText, names: Names, chance: random.Random) -> MarkedText:
    chosen: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        word = match.group()
        if word.lower() in _PARTICLES:
            return word
        key = word.lower()
        if key not in chosen:
            chosen[key] = names.drawn(chance, given=is_first_name(word))
        new = chosen[key]
        if word.isupper():
            return new.upper()
        return new.lower() if word.islower() else new[:1].upper() + new[1:].lower()

    parts: list[str] = []
    marks: list[Mark] = []
    length = position = 0
    for mark in text.marks:
        before, value = text.text[position : mark.start], text.text[mark.start : mark.end]
        if mark.entity == PERSON:
            value = _WORD.sub(other, value)
        parts += [before, value]
        length += len(before)
        marks.append(replace(mark, start=length, end=length + len(value)))
        length += len(value)
        position = mark.end
    return replace(text, text="".join([*parts, text.text[position:]]), marks=tuple(marks))


def _in_haste(text: MarkedText, *, unaccented: bool) -> MarkedText:
    """In lower case, letter by letter, so that the marks stay where they are."""
    letters = [_one_letter(char.lower(), char) for char in text.text]
    if unaccented:
        letters = [_one_letter(unicodedata.normalize("NFD", char)[:1], char) for char in letters]
    return replace(text, text="".join(letters))


def _one_letter(char: str, otherwise: str) -> str:
    return char if len(char) == 1 else otherwise
