"""Names of persons by spaCy: the model's guesses, less those that cannot be names."""

from __future__ import annotations

import re
from typing import Any

from presidio_analyzer import LocalRecognizer, RecognizerResult
from spacy.lang.en.stop_words import STOP_WORDS

from governance.pii.finding import GUESSED
from governance.pii.recognizers.base import folded, result
from governance.pii.recognizers.cells import fills_a_cell
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.lexicon import is_plain_word
from governance.pii.recognizers.named_after import (
    FORMS,
    TRADES,
    is_a_bearer,
    is_an_instrument,
)
from governance.pii.recognizers.naming import PARTICLE, without_common_words
from governance.pii.recognizers.surnames import may_be_surname
from governance.pii.recognizers.words import is_common

_LAW = re.compile(r"(?i)\b(?:art(?:icle)?s?\.?|[LRD]\.? ?\d{1,4}(?:-\d+)*)\b")
_SEPARATORS = re.compile(r"[\n\r\t|:;/\[\]()<>«»\"=*#]+|,\s|\s[-–—•]\s|\.\s(?=\S{3})")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


class PersonByModel(LocalRecognizer):
    """What the language model labels PER; of a multi-line label, each line apart."""

    def __init__(self) -> None:
        super().__init__(
            supported_entities=["PERSON"], supported_language="fr", name="PersonByModel"
        )

    def load(self) -> None:
        """The model is loaded with the engine."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any) -> list[RecognizerResult]:
        """Presidio's entry point; the guesses come in ``nlp_artifacts``."""
        results = []
        for entity in nlp_artifacts.entities:
            if entity.label != "PER" and not _looks_like_a_name(text[entity.start : entity.end]):
                continue
            for start, end in _pieces(text, entity.start, entity.end):
                first = _first_capital(text, start, end)
                kept = without_common_words(text, first, _last_capital(text, first, end))
                if not kept or is_a_bearer(text, *kept):
                    continue
                name = text[kept[0] : kept[1]]
                if is_plausible(name) and not is_called_otherwise(text, *kept):
                    results.append(
                        result(self, "PERSON", *kept, GUESSED, f"language model: {entity.label}")
                    )
        return results


def _looks_like_a_name(guess: str) -> bool:
    """A place or an organisation that begins with a known given name and has a surname."""
    words = guess.split()
    return 2 <= len(words) <= 3 and is_first_name(words[0]) and not is_common(words[1])


_LABEL = re.compile(r"[ \u00a0]?[:=](?!\w)|-vous\b")


_THING_BEFORE = re.compile(
    r"(?i)(?<!\w)(?:dans|sur|via|sous|chez|contrat|l['’]int[ée]rim|logiciel|appli(?:cation)?|outil|"
    r"progiciel|portail|soci[ée]t[ée]|marque|mod[èe]le|association|in|on|using)[ \u00a0]$"
)


def is_called_otherwise(text: str, start: int, end: int) -> bool:
    """Whether the guess begins with an ordinary word, as the head of a line, a label or a thing
    that bears a name does: «Objet : Fermeture», «Imprimerie Colbert»; not «BOULANGER Michel»."""
    words = _WORD.findall(text, start, end)
    plain = [is_plain_word(word) for word in words]
    if all(plain) or words[0].upper() in FORMS or all(w.lower() in STOP_WORDS for w in words):
        return True
    if is_an_instrument(text, start, end):
        return True
    if _LABEL.match(text, end) and not any(map(is_first_name, words)):
        return True
    if len(words) == 1 and fills_a_cell(text, start, end):
        return True
    alone = len(words) == 1 and not is_first_name(words[0])
    if alone and _THING_BEFORE.search(text, max(0, start - 30), start):
        return True
    if len(words) > 1 and folded(words[-1]) in TRADES:
        return True  # «Darty Max», «Lamotte Paysage»
    named = len(words) > 1 and any(is_first_name(word) for word in words[1:])
    return plain[0] and not (named and may_be_surname(words[0]))


_LOWER_WORD = re.compile(rf"(?!{PARTICLE}\b|[dl]['’])[^\W\d_A-ZÀ-ÖØ-Þ][\w'’-]*\s+")


def _first_capital(text: str, start: int, end: int) -> int:
    """Where the guess begins once its leading words in lower case are left out: «call Mrs X»."""
    while match := _LOWER_WORD.match(text, start, end):
        start = match.end()
    return start


_INNER_LOWER = re.compile(rf"\s(?!{PARTICLE}\b|[dl]['’]|et\b|y\b)[^\W\d_A-ZÀ-ÖØ-Þ][\w'’-]*")


def _last_capital(text: str, start: int, end: int) -> int:
    """Where the guess ends once what follows a word in lower case is left out: «Priya has a»."""
    inner = _INNER_LOWER.search(text, start, end)
    return inner.start() if inner else end


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    pieces = []
    position = start
    for separator in _SEPARATORS.finditer(text, start, end):
        if separator.start() > position:
            pieces.append((position, separator.start()))
        position = separator.end()
    if position < end:
        pieces.append((position, end))
    return pieces


def is_plausible(guess: str) -> bool:
    """Whether the guess has the shape of a person's name."""
    words = _WORD.findall(guess)
    capitalised = [word for word in words if word[0].isupper() and len(word) > 1]
    if not capitalised or len(words) > 7 or len(guess) > 80:
        return False
    if _LAW.search(guess) or "@" in guess or "_" in guess or "http" in guess:
        return False
    if sum(char.isdigit() for char in guess) > 1:
        return False
    if len(words) == 1 and words[0].isupper() and len(words[0]) <= 5:
        return is_first_name(words[0])  # an acronym
    if len(words) == 1 and words[0].lower().endswith(("tion", "ment", "isme", "eries")):
        return False
    return not all(is_common(word) for word in words)
