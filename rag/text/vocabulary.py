"""What people say, and what the law and the Ministry write: acronyms and everyday words.

A question about «un CDD» must meet the articles, which only ever write «contrat de travail à durée
déterminée». The terms are added to a question, with less weight than its own words. They are
declared in glossaries (``rag/glossary.py``); here they are recognised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rag.text.words import QUESTION_WORDS, STOP, fold, listed

_WORD = re.compile(r"[^\W_]+")
_ENGLISH = listed(
    """a all am an and any are as at be but by can did do for from get had has have he her him his
    how i if in into is it its let may me my no nor not now of off on one or our out own per so than
    that the then this to too up us via was we what when who why will with you your"""
)
COMMON = STOP | QUESTION_WORDS | _ENGLISH
"""Words that are no acronym in small letters: «ce» and «are» are, written «CE» and «ARE»."""


def key_of(said: str) -> tuple[str, ...]:
    """The words of ``said`` as they are compared: folded, and without the «s» of a plural."""
    return tuple(map(_singular, _WORD.findall(fold(said))))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


class Vocabulary:
    """Everyday words and what they mean in the sources' words. Safe to share by threads.

    An acronym that is also a common word of French or English is only met in capitals, and not
    where all of a question is written so.
    """

    def __init__(self, entries: Mapping[str, str]) -> None:
        """``entries`` are what people say, of one word or several, and what it means."""
        self._meanings = {key_of(said): meaning for said, meaning in entries.items()}
        self._longest = max(map(len, self._meanings), default=0)

    def __len__(self) -> int:
        return len(self._meanings)

    def meanings(self, question: str) -> list[str]:
        """What the acronyms and everyday words of ``question`` mean, in its order, once each."""
        written = _WORD.findall(question)
        shouted = len(written) > 1 and question.isupper()
        said = [_singular(word) for word in map(fold, written)]
        found: dict[str, None] = {}
        for start, word in enumerate(written):
            for size in range(1, min(self._longest, len(said) - start) + 1):
                meaning = self._meanings.get(tuple(said[start : start + size]))
                if meaning is None:
                    continue
                if size == 1 and fold(word) in COMMON and (shouted or not _capitals(word)):
                    continue
                found[meaning] = None
        return list(found)


def _capitals(word: str) -> bool:
    return len(word) > 1 and word.isupper()
