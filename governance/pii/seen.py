"""What is computed of a text once, so that rules which cannot match it are not run on it."""

from __future__ import annotations

import re
import threading
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from governance.pii.literals import Literals, literals_in

_NUMBER: Final = re.compile(r"\d(?:[^\w\n]{0,5}\d)*+")
_NOT_DIGITS: Final = re.compile(r"\D")


class _Last(threading.local):
    """What this thread knows of the text that it reads: folded words too, for a text repeats them
    and each rule asks again."""

    seen: Seen | None = None
    words: dict[str, str] | None = None


_last: Final = _Last()
_LONGEST_WORD: Final = 40


def _unaccented() -> dict[int, str]:
    """A letter without its marks for each Latin letter that has some, and straight apostrophes."""
    plain = {"ð": "d", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "ł": "l"}
    table = {ord(each): "'" for each in "’ʼ‘"}
    table |= {ord(letter): base for letter, base in plain.items()}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        letter = chr(code)
        base = unicodedata.normalize("NFD", letter)[0]
        if base != letter and base.isascii() and base.isalpha() and letter.islower():
            table[code] = base
    return table


_UNACCENTED: Final = _unaccented()


def folded(text: str) -> str:
    """``text`` in lower case and without accents or cedillas, of the same length in characters."""
    words = _last.words
    if words is None or len(text) > _LONGEST_WORD:
        return _folded(text)
    known = words.get(text)
    if known is None:
        known = words[text] = _folded(text)
    return known


def _folded(text: str) -> str:
    # The only character that two stand for in lower case.
    return text.replace("İ", "I").lower().translate(_UNACCENTED)


@dataclass(slots=True)
class Seen:
    """``folded`` is the text, folded; ``longest`` counts the digits of its longest number."""

    text: str
    folded: str = field(init=False)
    longest: int = field(init=False, default=0)
    _literals: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.folded = _folded(self.text)
        self._literals = literals_in(self.folded)
        for number in _NUMBER.findall(self.text):
            if len(number) > self.longest:
                self.longest = max(self.longest, len(_NOT_DIGITS.sub("", number)))

    def holds(self, literals: Literals) -> bool:
        """Whether one of the ``literals`` is in the text, folded."""
        return not self._literals.isdisjoint(literals)


def seen(text: str) -> Seen:
    """What is known of ``text``: computed when a thread first asks, until it asks for another."""
    known = _last.seen
    if known is None or known.text is not text:
        known = _last.seen = Seen(text)
        _last.words = {}
    return known


def forget() -> None:
    """Keep nothing of the text that this thread read last."""
    _last.seen = _last.words = None
