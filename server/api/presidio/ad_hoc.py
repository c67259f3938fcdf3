"""Recognizers that a request brings along: patterns, and lists of words.

They follow Presidio's meaning, but for the patterns: RE2 runs them, in time linear in the text, so
that no request can hold the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from governance.messages import N_
from governance.pii.custom import LinearPattern, PatternRefused, compile_linear
from governance.pii.recognizers.base import folded
from server.api.presidio.body import Fields, wrong
from server.api.presidio.errors import PresidioError
from server.api.presidio.results import Explanation, Result

MAX_RECOGNIZERS: Final = 20
MAX_PATTERNS: Final = 20
"""Patterns of one recognizer, at most."""
MAX_WORDS: Final = 200
"""Words of one deny list, at most."""
_LENGTH: Final = 200

_RAISE: Final = 0.35
"""What a word of context adds to a score, which is then 0.4 at least, as Presidio's are."""
_LEAST: Final = 0.4
_WORDS_BEFORE: Final = 5
_REACH: Final = 200

_RECOGNIZER_FIELDS: Final = frozenset(
    {
        *("name", "supported_language", "supported_entity", "patterns", "deny_list"),
        *("deny_list_score", "context", "version", "global_regex_flags"),
    }
)
_PATTERN_FIELDS: Final = frozenset({"name", "regex", "score"})
_FLAGS: Final = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"), (re.DOTALL, "s"))
USUAL_FLAGS: Final = int(re.IGNORECASE | re.MULTILINE | re.DOTALL)
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern; ``source`` is what the request wrote."""

    name: str
    source: str
    score: float
    compiled: LinearPattern

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it matches."""
        for match in self.compiled.finditer(text):
            yield match.span()


@dataclass(frozen=True, slots=True)
class Words:
    """A deny list: each of its words, whatever the case, where no letter or digit touches it."""

    words: tuple[str, ...]
    score: float
    name: str = "deny_list"
    source: str | None = None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where one stands."""
        lower = _lower(text)
        for word in self.words:
            start = lower.find(word)
            while start >= 0:
                end = start + len(word)
                if _apart(lower, start - 1) and _apart(lower, end):
                    yield start, end
                start = lower.find(word, end)


@dataclass(frozen=True, slots=True)
class AdHocRecognizer:
    """A recognizer of the request's own. ``context`` are folded words that make it surer."""

    name: str
    entity: str
    language: str
    rules: tuple[Pattern | Words, ...]
    context: tuple[str, ...]

    def find(self, text: str, around: frozenset[str]) -> Iterator[Result]:
        """What it finds in ``text``; ``around`` are words of context that the request adds."""
        for rule in self.rules:
            for start, end in rule.spans(text):
                support = self._support(text, start, around)
                score = rule.score
                if support:
                    score = min(1.0, max(_LEAST, score + _RAISE))
                yield Result(
                    self.entity,
                    start,
                    end,
                    score,
                    Explanation(self.name, rule.name, rule.source, rule.score, score, support),
                )

    def _support(self, text: str, start: int, around: frozenset[str]) -> str:
        """The word of the context that stands in the five words before, or in ``around``."""
        if not self.context:
            return ""
        before = _WORD.findall(folded(text[max(0, start - _REACH) : start]))[-_WORDS_BEFORE:]
        near = around.union(before)
        return next((word for word in self.context if any(word in each for each in near)), "")


def ad_hoc_recognizers(fields: Fields) -> tuple[AdHocRecognizer, ...]:
    """The recognizers of a request.

    Raises:
        PresidioError: one is malformed, or its pattern cannot be run in linear time.
    """
    given = fields.objects("ad_hoc_recognizers", MAX_RECOGNIZERS)
    return tuple(_recognizer(each) for each in given)


def compiled(source: str, flags: int, field: str) -> LinearPattern:
    """A pattern of a request, with Python's ``flags`` for it. Raises PresidioError."""
    letters = "".join(letter for flag, letter in _FLAGS if flags & flag)
    try:
        return compile_linear(f"(?{letters}){source}" if letters else source)
    except PatternRefused as refused:
        raise PresidioError(
            400, N_("«{field}» is refused. {reason}"), field=field, reason=refused
        ) from None


def _recognizer(fields: Fields) -> AdHocRecognizer:
    fields.only(_RECOGNIZER_FIELDS)
    entity = fields.string("supported_entity", limit=100)
    if not entity:
        raise wrong(fields.name("supported_entity"), N_("the name of an entity"))
    flags = fields.whole("global_regex_flags", USUAL_FLAGS)
    rules: list[Pattern | Words] = [
        _pattern(each, flags) for each in fields.objects("patterns", MAX_PATTERNS)
    ]
    denied = fields.strings("deny_list", MAX_WORDS, _LENGTH)
    words = tuple(sorted({_lower(word) for word in denied if word.strip()}))
    if words:
        rules.append(Words(words, _score(fields, "deny_list_score", 1.0)))
    if not rules:
        raise PresidioError(
            400, N_("«{field}» needs patterns, or a deny list."), field=fields.name("patterns")
        )
    context = fields.strings("context", MAX_WORDS, _LENGTH)
    return AdHocRecognizer(
        fields.string("name") or "PatternRecognizer",
        entity,
        fields.string("supported_language"),
        tuple(rules),
        tuple(folded(word) for word in context if word.strip()),
    )


def _pattern(fields: Fields, flags: int) -> Pattern:
    fields.only(_PATTERN_FIELDS)
    source = fields.string("regex", limit=10_000)
    if not source:
        raise wrong(fields.name("regex"), N_("a regular expression"))
    return Pattern(
        fields.string("name"),
        source,
        _score(fields, "score", None),
        compiled(source, flags, fields.name("regex")),
    )


def _score(fields: Fields, field: str, default: float | None) -> float:
    score = fields.number(field, -1.0 if default is None else default)
    if not 0 <= score <= 1:
        raise wrong(fields.name(field), N_("a number from 0 to 1"))
    return score


def _lower(text: str) -> str:
    """In lower case with the same offsets: a letter that would become two («İ») stays."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def _apart(text: str, index: int) -> bool:
    """Whether nothing stands at ``index`` that would be part of the same word."""
    if not 0 <= index < len(text):
        return True
    return not (text[index].isalnum() or text[index] == "_")
