"""Whether the model was given what it wrote: the question, the passages, its instructions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from governance.pii.recognizers.base import folded

_WORD = re.compile(r"[^\W_]+")
_MONTHS = "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre"
_MONTH_NUMBERS = {name: str(number) for number, name in enumerate(_MONTHS.split(), start=1)}
_DATE = re.compile(r"(?<!\d)(\d{1,2})(?:er)?[ ./-]{1,3}(\d{1,2})[ ./-]{1,3}(\d{2,4})(?!\d)")
_MONTH = re.compile("|".join(_MONTH_NUMBERS))
_PHONE_DIGITS = 9
"""Digits of a French telephone number that every way of writing it shares."""


class Given:
    """The texts that a model was given, to be compared with what it writes."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = tuple(texts)

    def holds(self, entity: str, value: str) -> bool:
        """Whether ``value`` stands in these texts, however the two are spaced and punctuated."""
        if compact(value) in self._compact:
            return True
        if entity == "PHONE_NUMBER":
            digits = "".join(char for char in value if char.isdigit())[-_PHONE_DIGITS:]
            return len(digits) == _PHONE_DIGITS and digits in self._compact
        if entity == "BIRTH_DATE":
            dates = _dates(value)
            return bool(dates) and dates <= self._dates
        if entity == "FR_ADDRESS":
            # The model may put the parts of an address in another order, or drop some.
            return set(_WORD.findall(folded(value))) <= self._words
        return False

    def names(self, name: str) -> bool:
        """Whether each word of ``name`` longer than an initial stands in these texts."""
        return all(len(word) < 2 or word in self._words for word in _WORD.findall(folded(name)))

    @cached_property
    def _compact(self) -> str:
        return "\n".join(compact(text) for text in self._texts)

    @cached_property
    def _words(self) -> set[str]:
        return {word for text in self._texts for word in _WORD.findall(folded(text))}

    @cached_property
    def _dates(self) -> set[tuple[int, int, int]]:
        return {date for text in self._texts for date in _dates(text)}


def compact(text: str) -> str:
    """Letters and digits only, folded: two writings of one identifier are equal."""
    return "".join(char for char in folded(text) if char.isalnum())


def _dates(text: str) -> set[tuple[int, int, int]]:
    """The dates of ``text``, as (day, month, year of the century)."""
    plain = _MONTH.sub(lambda match: _MONTH_NUMBERS[match.group()], folded(text))
    return {
        (int(day), int(month), int(year) % 100)
        for day, month, year in (match.groups() for match in _DATE.finditer(plain))
    }
