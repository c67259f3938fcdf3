"""When two names are one person: «Jean Dupont», «M. Dupont», «DUPONT Jean», «Dupont»."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from governance.pii.recognizers.base import folded
from governance.pii.recognizers.first_names import gender_of, is_first_name

_WORDS_OF_LINK = "de du des d l la le les van von der den di da do dos del della el al ben bin ibn"
_PARTICLES: Final = frozenset(_WORDS_OF_LINK.split())
_WORD = re.compile(r"[^\W\d_][\w-]*")
_MALE = re.compile(
    r"(?i:(?<!\w)(?:m\.|mr\.?|monsieur|mister|sir))[ \t\u00a0\u202f]{1,2}$",
)
_FEMALE = re.compile(
    r"(?i:(?<!\w)(?:mme\.?|mlle\.?|madame|mademoiselle|mrs\.?|ms\.?|miss))[ \t\u00a0\u202f]{1,2}$"
)
_NEUTRAL = re.compile(
    r"(?i:(?<!\w)(?:me|ma[îi]tre|dr\.?|docteure?|pr\.?|prof\.?|professeure?))"
    r"[ \t\u00a0\u202f]{1,2}$"
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it was written, read: folded words, those known to be the surname, the gender.

    ``gender`` is ``"M"``, ``"F"`` or empty, by the civility or by a given name beyond doubt.
    """

    words: tuple[str, ...]
    family: tuple[str, ...]
    gender: str


def read_name(form: str, before: str = "") -> Name:
    """Read ``form``, which follows ``before`` in the text (its last twenty characters do)."""
    tail = before[-20:]
    gender = "M" if _MALE.search(tail) else "F" if _FEMALE.search(tail) else ""
    titled = bool(gender) or bool(_NEUTRAL.search(tail))
    raw = [word for word in _WORD.findall(form) if folded(word) not in _PARTICLES]
    if not raw:
        raw = _WORD.findall(form) or [form]
    words = tuple(dict.fromkeys(folded(word) for word in raw))
    given, family = _halves(raw, titled)
    if not gender:
        gender = next((found for word in given if (found := gender_of(word))), "")
    return Name(words, tuple(folded(word) for word in family), gender)


def _halves(raw: Sequence[str], titled: bool) -> tuple[list[str], list[str]]:
    """The given names and the surname, as far as the writing tells them apart."""
    if len(raw) == 1:
        if titled:
            return [], list(raw)
        return (list(raw), []) if is_first_name(raw[0]) else ([], [])
    capitals = [word for word in raw if word.isupper() and len(word) > 1]
    if capitals and len(capitals) < len(raw):
        return [word for word in raw if word not in capitals], capitals
    leading = 0
    while leading < len(raw) - 1 and (is_first_name(raw[leading]) or len(raw[leading]) == 1):
        leading += 1
    if leading == 0 and is_first_name(raw[-1]):
        return [raw[-1]], list(raw[:-1])
    leading = max(leading, 1)
    return list(raw[:leading]), list(raw[leading:])


@dataclass(slots=True)
class Person:
    """What a conversation knows of one person."""

    number: int
    words: list[str]
    family: list[str]
    gender: str

    def learn(self, name: Name) -> None:
        """Add what ``name``, another form of this person, tells."""
        self.words.extend(word for word in name.words if word not in self.words)
        self.family.extend(word for word in name.family if word not in self.family)
        self.gender = self.gender or name.gender


def same_person(name: Name, persons: Iterable[Person]) -> Person | None:
    """The one person whom ``name`` can be; None where nobody fits, or where several do."""
    fitting = [person for person in persons if _fits(name, person)]
    equal = [person for person in fitting if set(person.words) == set(name.words)]
    if len(equal) == 1:
        return equal[0]
    return fitting[0] if len(fitting) == 1 else None


def _fits(name: Name, person: Person) -> bool:
    if name.gender and person.gender and name.gender != person.gender:
        return False
    if name.family and person.family and not set(name.family) & set(person.family):
        return False
    smaller, larger = sorted((name.words, tuple(person.words)), key=len)
    if all(len(word) == 1 for word in smaller):
        return False
    return all(any(_alike(word, other) for other in larger) for word in smaller)


def _alike(word: str, other: str) -> bool:
    """Whether two words are the same, or one the other's initial."""
    if len(word) == 1 or len(other) == 1:
        return word[0] == other[0]
    return word == other
