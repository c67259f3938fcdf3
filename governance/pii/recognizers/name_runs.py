"""Runs of capitalised words that hold a name: «Marie Durand», «LE GOFF Yann», «J.-P. Vasseur»."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import SPACE, Span, folded
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.named_after import FORMS, TRADES, is_a_bearer
from governance.pii.recognizers.naming import INITIAL, LINKED, WORD, without_common_words
from governance.pii.recognizers.surnames import is_any_surname, may_be_surname
from governance.pii.recognizers.words import is_common

_S = SPACE
_RUN: Final = re.compile(
    rf"(?<![\w'’@./&-])(?:{INITIAL}{_S}?(?:{INITIAL}{_S}?)?)?(?:{LINKED})?{WORD}"
    rf"(?:{_S}(?:{INITIAL}{_S}?)?(?:{LINKED})?{WORD}){{0,5}}(?:{_S}{INITIAL}(?!\w))?(?![\w@])"
)
_TOKEN: Final = re.compile(rf"{INITIAL}|[^\s.]+")
_HEADING: Final = re.compile(r"(?:^|\n)[ \t>]*$")


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str

    @property
    def capitals(self) -> bool:
        return len(self.text) > 1 and self.text.isupper() and not self.text.endswith(".")

    @property
    def initial(self) -> bool:
        return self.text.endswith(".")

    @property
    def particle(self) -> bool:
        return self.text.islower()


def names_in_runs(text: str) -> Iterator[Span]:
    """The names of each run; those of streets, schools and companies are left out."""
    for match in _RUN.finditer(text):
        words = [
            _Word(token.start(), token.end(), token.group())
            for token in _TOKEN.finditer(text, match.start(), match.end())
        ]
        if len(words) > 1:
            for start, end, rule in _names(text, words):
                if not is_a_bearer(text, start, end):
                    yield start, end, MATCHED, rule


def _names(text: str, words: Sequence[_Word]) -> Iterator[tuple[int, int, str]]:
    index = 0
    while index < len(words):
        found = (
            _by_initial(text, words, index)
            or _given_first(text, words, index)
            or _given_last(text, words, index)
        )
        if found is None:
            index += 1
            continue
        yield found
        while index < len(words) and words[index].start < found[1]:
            index += 1


def _by_initial(text: str, words: Sequence[_Word], at: int) -> tuple[int, int, str] | None:
    """«J. Morel», «J.-P. Vasseur», «Morel J.»; not «A. Contexte» at the head of a line."""
    word = words[at]
    if word.text == "M.":
        return None  # a civility: the name behind it has a rule of its own
    if word.initial:
        last = at + 1
        while last < len(words) and (words[last].initial or words[last].particle):
            last += 1
        if last >= len(words) or is_common(words[last].text):
            return None
        heading = len(word.text) == 2 and _HEADING.search(text, max(0, word.start - 20), word.start)
        if heading and not may_be_surname(words[last].text):
            return None
        while last + 1 < len(words) and _goes_on(words, last + 1):
            last += 1
        return word.start, words[last].end, "initial and surname"
    if at + 1 < len(words) and words[at + 1].initial and at + 2 >= len(words):
        known = is_any_surname(word.text) or (word.capitals and may_be_surname(word.text))
        if known and not is_common(word.text):
            return word.start, words[at + 1].end, "surname and initial"
    return None


def _given_first(text: str, words: Sequence[_Word], at: int) -> tuple[int, int, str] | None:
    """«Marie Durand», «Marie-Anne de Villeneuve», «Karim BEN YOUSSEF»."""
    word = words[at]
    if not is_first_name(word.text) or at + 1 >= len(words):
        return None
    second = next((each for each in words[at + 1 :] if not each.particle), None)
    if second is None or (is_common(second.text) and not second.capitals):
        return None
    if folded(second.text) in TRADES and not second.capitals:
        return None  # «Hervé Thermique»
    last = at + 1
    while last + 1 < len(words) and _goes_on(words, last + 1):
        last += 1
    while words[last].particle and last + 1 < len(words):
        last += 1
    trimmed = without_common_words(text, word.start, words[last].end)
    if trimmed is None or trimmed[1] <= word.end:
        return None
    return (*trimmed, "given name")


def _goes_on(words: Sequence[_Word], at: int) -> bool:
    return not is_common(words[at].text) or words[at].particle


def _given_last(text: str, words: Sequence[_Word], at: int) -> tuple[int, int, str] | None:
    """«DURAND Marie», «LE GOFF Yann», «Nguyen Thi Lan»: a surname, then a given name."""
    word = words[at]
    if (
        word.initial
        or word.particle
        or (is_common(word.text) and folded(word.text) not in _FIRST_HALVES)
        or (word.text in FORMS and not may_be_surname(word.text))  # «SCI Colbert», not «MAS Julie»
    ):
        return None
    last = at
    while last + 1 < len(words) and (words[last].capitals or words[last].particle):
        last += 1
        follower = words[last]
        if is_first_name(follower.text) and not (follower.capitals and last > at + 1):
            while last + 1 < len(words) and is_first_name(words[last + 1].text):
                last += 1
            return word.start, words[last].end, "surname and given name"
        if not (follower.capitals or follower.particle):
            break
    if not word.capitals and is_any_surname(word.text) and at + 1 < len(words):
        follower = words[at + 1]
        alone = at + 2 >= len(words) or is_first_name(words[-1].text)
        if alone and is_first_name(follower.text) and not is_first_name(word.text):
            return word.start, words[-1].end, "surname and given name"
    return None


_FIRST_HALVES: Final = frozenset(
    "le la de du des l el al ben da di do dos van von der den mac ait".split()
)
