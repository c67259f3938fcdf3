"""Names of persons by spaCy: the model's guesses, less those that cannot be names."""

from __future__ import annotations

import re
from typing import Any, Final

from presidio_analyzer import LocalRecognizer, RecognizerResult
from spacy.lang.en.stop_words import STOP_WORDS

from governance.pii.finding import GUESSED
from governance.pii.names.name_model import Reading
from governance.pii.recognizers.base import folded, result
from governance.pii.recognizers.cells import fills_a_cell
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.given_alone import surname_behind
from governance.pii.recognizers.letters import LOWER, UPPER
from governance.pii.recognizers.lexicon import is_plain_word, is_word
from governance.pii.recognizers.named_after import (
    FORMS,
    TRADES,
    is_a_bearer,
    is_an_instrument,
)
from governance.pii.recognizers.naming import PARTICLE, without_common_words
from governance.pii.recognizers.surnames import is_any_surname, may_be_surname
from governance.pii.recognizers.words import is_common

_LAW = re.compile(r"(?i)\b(?:art(?:icle)?s?\.?|[LRD]\.? ?\d{1,4}(?:-\d+)*)\b")
_SEPARATORS = re.compile(r"[\n\r\t|:;/\[\]()<>«»\"=*#]+|,\s|\s[-–—•]\s|\.\s(?=\S{3})")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


_MAYBE: Final = 0.2
_OPEN: Final = 0.45
_LIKELY: Final = 0.6
_RATHER: Final = 0.7
_SURE: Final = 0.8
_VERY_SURE: Final = 0.9
"""Chances of a name, by the model, from which less and less else must speak for it."""


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
        reading: Reading = nlp_artifacts.reading
        results = []
        for guess in reading.guesses:
            if guess.label != "PER":
                continue
            for start, end in _pieces(text, guess.start, guess.end):
                chance = reading.of_person(start, end)
                if text[start:end] == text[start:end].lower():
                    rule, kept = (
                        "language model: lower case",
                        _in_lower_case(text, start, end, chance),
                    )
                else:
                    rule, kept = "language model", _with_capitals(text, start, end, chance)
                if kept:
                    results.append(result(self, "PERSON", *kept, GUESSED, rule))
        for start, end in reading.maybe_persons(_MAYBE):
            if _may_be_a_person(text, start, end, reading.of_person(start, end)):
                results.append(result(self, "PERSON", start, end, GUESSED, "language model: maybe"))
        return results


def _may_be_a_person(text: str, start: int, end: int, chance: float) -> bool:
    """Whether a word with a capital that the model leaves open is masked, to be safe."""
    word = text[start:end]
    if not _CAPITALISED.fullmatch(word) or is_common(word) or not is_plausible(word):
        return False
    known = is_first_name(word) or is_any_surname(word)
    if not known and (chance < _OPEN or (is_word(word) and not may_be_surname(word))):
        return False
    return not (is_a_bearer(text, start, end) or is_called_otherwise(text, start, end, chance))


_CAPITALISED = re.compile(rf"[{UPPER}][{LOWER}]{{2,20}}(?:[-'’][{UPPER}{LOWER}]{{1,20}}){{0,3}}")


def _with_capitals(text: str, start: int, end: int, chance: float) -> tuple[int, int] | None:
    first = _first_capital(text, start, end)
    kept = without_common_words(text, first, _last_capital(text, first, end))
    if chance >= _SURE:
        kept = _with_its_ends(text, start, end, kept, chance)
    if not kept or is_a_bearer(text, *kept):
        return None
    name = text[kept[0] : kept[1]]
    return kept if is_plausible(name) and not is_called_otherwise(text, *kept, chance) else None


def _with_its_ends(
    text: str, start: int, end: int, kept: tuple[int, int] | None, chance: float
) -> tuple[int, int] | None:
    """What is kept of a guess, with the particles, initials and names that are words as well beside
    it: «van Overstraeten», «Ginette Roi», «Sandrine M.»."""
    words = list(_TOKEN.finditer(text, start, end))
    if kept is None or not 2 <= len(words) <= 5:
        return kept
    first, last = kept
    for word in reversed([word for word in words if word.end() <= first]):
        if not (_LEADS.fullmatch(word.group()) or _is_a_name_too(word.group(), chance)):
            break
        first = word.start()
    for word in (word for word in words if word.start() >= last):
        if not (_INITIAL.fullmatch(word.group()) or _is_a_name_too(word.group(), chance)):
            break
        last = word.end()
    return first, last


_TOKEN = re.compile(r"[^\s,]+")
_LEADS = re.compile(rf"(?i:{PARTICLE})|[{UPPER}]\.")
_INITIAL = re.compile(rf"[{UPPER}]\.")


def _is_a_name_too(word: str, chance: float) -> bool:
    """Whether a word beside what was kept of a guess is a part of the name."""
    if not word[0].isupper():
        return is_any_surname(word)
    known = is_first_name(word) or may_be_surname(word) or not is_plain_word(word)
    return known or (chance >= _VERY_SURE and not is_common(word))


_LOWER_NAME = re.compile(rf"[{LOWER}]{{2,24}}(?:[-'’][{LOWER}]{{1,24}}){{0,3}}")


_DETERMINER = re.compile(
    r"(?i)(?<!\w)(?:une?|l[ea]s?|des|du|aux?|ce|cet|cette|ces|mon|ma|mes|son|sa|ses|notre|votre|leur|"
    r"jeune|vieux|vieil|vieille)[ \u00a0]$"
)
"""«un jeune marin»: no name."""


def _in_lower_case(text: str, start: int, end: int, chance: float) -> tuple[int, int] | None:
    """The guess less the ordinary words at its ends: «hello steph»."""
    words = [
        match for match in _LOWER_NAME.finditer(text, start, end) if not is_common(match.group())
    ]
    named = any(is_first_name(word.group()) for word in words)
    if chance >= _SURE and 2 <= len(words) <= 4 and not all(is_word(w.group()) for w in words):
        named, chance = True, _VERY_SURE  # a name of several words, some of which are French
    while words and not _may_be_a_name(words[0].group(), chance, named):
        words.pop(0)
    while words and not _may_be_a_name(words[-1].group(), chance, named):
        words.pop()
    if not words or len(words) > 4:
        return None
    start, end = words[0].start(), words[-1].end()
    determined = is_word(words[0].group()) and _DETERMINER.search(text, max(0, start - 12), start)
    if determined or is_a_thing_there(text, start):
        return None
    return start, surname_behind(text, end) if len(words) == 1 else end


def _may_be_a_name(word: str, chance: float, named: bool) -> bool:
    """Whether a word in lower case is a known name or no word of French, the likelier the less is
    known of it; a surname that is a word as well needs a given name beside it."""
    if not is_word(word):
        return chance >= (_LIKELY if is_any_surname(word) else _RATHER) or is_first_name(word)
    if is_first_name(word) or may_be_surname(word):
        return chance >= (_LIKELY if named else _VERY_SURE)
    return named and chance >= _VERY_SURE


_LABEL = re.compile(r"[ \u00a0]?[:=](?!\w)|-vous\b")


_THING_BEFORE = re.compile(
    r"(?i)(?<!\w)(?:dans|sur|via|sous|chez|contrat|l['’]int[ée]rim|logiciel|appli(?:cation)?|outil|"
    r"progiciel|portail|soci[ée]t[ée]|marque|mod[èe]le|association|in|on|using)[ \u00a0]$"
)


_COUNTED = re.compile(r"(?i)(?<!\w)(?:une?|du|des|cet|cette|ces|quel(?:le)?s?)[ \u00a0]$")
"""What can be counted is a thing: «préparer un Tiebou Dieune», «du Colombo»."""


def is_a_thing_there(text: str, start: int) -> bool:
    """Whether what stands before says that what begins at ``start`` is a tool or a firm."""
    return _THING_BEFORE.search(text, max(0, start - 30), start) is not None


def is_called_otherwise(text: str, start: int, end: int, chance: float) -> bool:
    """Whether the guess begins with an ordinary word, as the head of a line, a label or a thing
    that bears a name does: «Objet : Fermeture», «Imprimerie Colbert»; not «BOULANGER Michel»."""
    if _COUNTED.search(text, max(0, start - 8), start):
        return True
    words = _WORD.findall(text, start, end)
    plain = [is_plain_word(word) for word in words]
    named = any(map(is_first_name, words))
    if words[0].upper() in FORMS or all(word.lower() in STOP_WORDS for word in words):
        return True
    if all(plain) and not (
        (chance >= _LIKELY and is_first_name(words[0]))
        or (chance >= _SURE and all(map(may_be_surname, words)))
    ):
        return True
    if is_an_instrument(text, start, end):
        return True
    if _LABEL.match(text, end) and not named and chance < _SURE:
        return True
    alone = len(words) == 1
    if alone and fills_a_cell(text, start, end):
        known = is_first_name(words[0]) or is_any_surname(words[0])
        return chance < (_LIKELY if known else _SURE)
    if alone and not is_first_name(words[0]) and is_a_thing_there(text, start):
        return True
    certain = chance >= _VERY_SURE and is_first_name(words[0])
    if len(words) > 1 and folded(words[-1]) in TRADES and not certain:
        return True  # «Darty Max», «Lamotte Paysage»
    return (
        not alone
        and plain[0]
        and not (
            chance >= _SURE or (may_be_surname(words[0]) and any(map(is_first_name, words[1:])))
        )
    )


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
