"""How a placeholder is written, and what small models make of it.

The exact form is ``[PERSONNE_1]``. Another form of the same value has a suffix, so that the model
sees that it is the same and each form comes back as it was written: ``[PERSONNE_1_NOM]`` (surname),
``_PRENOM`` (given name), ``_COMPLET`` (full name), ``_FORME_2`` (anything else).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from governance.pii.entities import ALIASES, CUSTOM_WORDS, LITERAL_WORD, WORDS
from governance.pii.recognizers.base import folded

SURNAME: Final = "NOM"
GIVEN_NAME: Final = "PRENOM"
FULL_NAME: Final = "COMPLET"
OTHER_FORM: Final = "FORME"

_ROLES = (GIVEN_NAME, SURNAME, FULL_NAME, OTHER_FORM)
_ALL_WORDS = sorted({*WORDS.values(), *CUSTOM_WORDS, *ALIASES, LITERAL_WORD}, key=len, reverse=True)


def _accented(word: str) -> str:
    return word.replace("E", "[EÉÈÊ]")


_WORDS = "|".join(_accented(word) for word in _ALL_WORDS)
_ROLE = "|".join(_accented(role) for role in _ROLES)
_SPACED = r"[ _\\\-\u00a0\u202f]"
_BAR = r"\\?_"

PLACEHOLDER: Final = re.compile(
    rf"\[ ?(?P<w1>{_WORDS})S?{_SPACED}{{0,3}}(?P<n1>[0-9]{{1,6}})"
    rf"(?:{_SPACED}{{1,3}}(?P<r1>{_ROLE}))?(?:{_SPACED}{{1,3}}(?P<k1>[0-9]{{1,3}}))? ?\]"
    rf"|\[?(?<![^\W_])(?P<w2>{_WORDS})S?{_BAR}(?P<n2>[0-9]{{1,6}})"
    rf"(?:{_BAR}(?P<r2>{_ROLE}))?(?:{_BAR}(?P<k2>[0-9]{{1,3}}))?(?![^\W_])\]?"
    r"|(?<![^\W_])(?P<w3>(?-i:Personne))[ \u00a0](?P<n3>[0-9]{1,6})(?![^\W_])",
    re.IGNORECASE,
)
"""A placeholder, exact or damaged: another case, an accent, a plural, spaces for the underscore
between brackets, an underscore with a bracket or both missing, or «Personne 1», with its capital,
which small models make of it in prose."""

_PREFIXES = "|".join(
    sorted(
        {
            "".join("[EÉÈÊ]" if letter == "E" else letter for letter in word[:length])
            for word in _ALL_WORDS
            for length in range(1, len(word) + 1)
        },
        key=len,
        reverse=True,
    )
)
_BEGINNING = re.compile(
    rf"\[?\ ?(?:(?:{_PREFIXES})?|(?:{_WORDS})S?{_SPACED}{{0,3}}(?:[0-9]{{1,6}}"
    rf"(?:{_SPACED}{{0,3}}[A-ZÉÈÊ]{{0,8}}{_SPACED}{{0,3}}[0-9]{{0,3}}\ ?)?)?)",
    re.IGNORECASE,
)

LONGEST: Final = 2 + max(map(len, _ALL_WORDS)) + 1 + 3 + 6 + 3 + 8 + 3 + 3 + 2
"""Characters of the longest placeholder that is understood."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A placeholder as it was understood: the word, the number, and the form (may be empty)."""

    word: str
    number: int
    form: str

    @property
    def base(self) -> str:
        """The identifier without the form, as ``PERSONNE_1``."""
        return f"{self.word}_{self.number}"

    @property
    def identifier(self) -> str:
        """The whole identifier, as ``PERSONNE_1_NOM``."""
        return f"{self.base}_{self.form}" if self.form else self.base


def reference(match: re.Match[str]) -> Reference:
    """What a match of :data:`PLACEHOLDER` stands for."""
    groups = match.groupdict()
    word = folded(groups["w1"] or groups["w2"] or groups["w3"]).upper()
    role = folded(groups["r1"] or groups["r2"] or "").upper()
    rank = groups["k1"] or groups["k2"]
    form = "_".join(part for part in (role, str(int(rank)) if rank else "") if part)
    number = int(groups["n1"] or groups["n2"] or groups["n3"])
    return Reference(ALIASES.get(word, word), number, form)


def written(identifier: str) -> str:
    """The exact placeholder of an identifier."""
    return f"[{identifier}]"


def unfinished(text: str, since: int = 0) -> int:
    """Where the end of ``text`` may begin a placeholder; the length of ``text`` if it does not.

    What comes before ``since`` is there only to tell where a word begins.
    """
    for start in range(max(since, len(text) - LONGEST), len(text)):
        char = text[start]
        if (
            char == "[" or (char.isalpha() and not (start and text[start - 1].isalnum()))
        ) and _BEGINNING.fullmatch(text, start):
            return start
    return len(text)
