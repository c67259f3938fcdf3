"""One request of ``/analyze``: what it asks, checked, and what its texts hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from governance.messages import N_
from governance.pii.analyzer import PiiAnalyzer
from governance.pii.custom import CustomEntity, LinearPattern
from governance.pii.recognizers.base import folded
from server.api.presidio.ad_hoc import (
    USUAL_FLAGS,
    AdHocRecognizer,
    ad_hoc_recognizers,
    compiled,
)
from server.api.presidio.body import MAX_TEXTS, Fields, checked_text, wrong
from server.api.presidio.errors import NO_LANGUAGE, NO_RECOGNIZER, NO_TEXT, PresidioError
from server.api.presidio.names import LANGUAGES, supported, wanted
from server.api.presidio.results import Result, in_order, of_finding

MAX_RESULTS: Final = 50_000
"""Results of the request's own recognizers in all its texts, at most."""
_MAX_NAMES: Final = 500
_MAX_EXPRESSIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Allowed:
    """What is no personal data for the caller: exact texts, or expressions found inside them."""

    texts: frozenset[str]
    expressions: tuple[LinearPattern, ...]

    def holds(self, text: str) -> bool:
        """Whether ``text`` is allowed."""
        return text in self.texts or any(
            True for expression in self.expressions for _ in expression.finditer(text)
        )


@dataclass(frozen=True, slots=True)
class AnalyzeRequest:
    """What is asked. ``names`` are the entities looked for, each with its name in the answer."""

    texts: tuple[str, ...]
    in_list: bool
    language: str
    names: Mapping[str, str]
    threshold: float
    explained: bool
    recognizers: tuple[AdHocRecognizer, ...]
    context: frozenset[str]
    allowed: Allowed


def read(body: Mapping[str, Any], custom: Sequence[CustomEntity]) -> AnalyzeRequest:
    """The request that ``body`` makes; ``custom`` are the entities of the caller's charter.

    Raises:
        PresidioError: a field is missing, not understood or out of bounds.
    """
    fields = Fields(body)
    recognizers = ad_hoc_recognizers(fields)
    texts = _texts(body.get("text"))
    language = fields.get("language")
    if not language:
        raise PresidioError(500, NO_LANGUAGE)
    check_language(language)
    recognizers = tuple(each for each in recognizers if each.language in {"", language})
    known = supported(custom)
    asked = fields.strings("entities", _MAX_NAMES, 100)
    own = {each.entity: each.entity for each in recognizers if not asked or each.entity in asked}
    names = {**wanted(asked or known, known), **own}
    if not names:
        raise PresidioError(500, NO_RECOGNIZER)
    return AnalyzeRequest(
        texts=texts,
        in_list=isinstance(body.get("text"), list),
        language=language,
        names=names,
        threshold=fields.number("score_threshold", 0.0),
        explained=fields.boolean("return_decision_process"),
        recognizers=recognizers,
        context=frozenset(
            word for each in fields.strings("context", 200, 200) for word in folded(each).split()
        ),
        allowed=_allowed(fields),
    )


def check_language(language: object) -> None:
    """Raises PresidioError for a language that is not read."""
    if language not in LANGUAGES:
        raise PresidioError(500, NO_RECOGNIZER)


def answer(
    analyzer: PiiAnalyzer,
    asked: AnalyzeRequest,
    custom: Sequence[CustomEntity],
    explain: Callable[[Result], str],
) -> list[Any]:
    """The body of the answer; ``explain`` says in words why something was found.

    Raises:
        PiiError: the analysis failed; nothing can be said of the texts.
        PresidioError: the request's own recognizers find too much.
    """
    room = MAX_RESULTS
    bodies = []
    for text in asked.texts:
        found = [
            of_finding(finding, asked.names[finding.entity])
            for finding in analyzer.find(text, asked.language, custom=custom)
            if finding.entity in asked.names
        ]
        for result in _brought(asked, text):
            room -= 1
            if room < 0:
                raise PresidioError(
                    413,
                    N_("«{field}» find more than {limit} places: narrow their patterns."),
                    field="ad_hoc_recognizers",
                    limit=MAX_RESULTS,
                )
            found.append(result)
        bodies.append(
            [
                result.body(result.why.body(explain(result)) if asked.explained else None)
                for result in in_order(found)
                if result.score >= asked.threshold
                and not asked.allowed.holds(text[result.start : result.end])
            ]
        )
    return bodies if asked.in_list else bodies[0]


def _brought(asked: AnalyzeRequest, text: str) -> Iterator[Result]:
    for recognizer in asked.recognizers:
        if recognizer.entity in asked.names:
            yield from recognizer.find(text, asked.context)


def _texts(given: object) -> tuple[str, ...]:
    if not given:
        raise PresidioError(500, NO_TEXT)
    if isinstance(given, str):
        return (checked_text(given, "text"),)
    if not isinstance(given, list):
        raise wrong("text", N_("a string, or a list of strings"))
    if len(given) > MAX_TEXTS:
        raise PresidioError(
            413,
            N_("«{field}» holds {count} items; {limit} at most are allowed."),
            field="text",
            count=len(given),
            limit=MAX_TEXTS,
        )
    return tuple(checked_text(text, f"text[{index}]") for index, text in enumerate(given))


def _allowed(fields: Fields) -> Allowed:
    match fields.string("allow_list_match", "exact"):
        case "exact":
            return Allowed(frozenset(fields.strings("allow_list", 1_000, 1_000)), ())
        case "regex":
            flags = fields.whole("regex_flags", USUAL_FLAGS)
            sources = fields.strings("allow_list", _MAX_EXPRESSIONS, 1_000)
            return Allowed(
                frozenset(),
                tuple(
                    compiled(source, flags, f"allow_list[{index}]")
                    for index, source in enumerate(sources)
                    if source
                ),
            )
    raise wrong("allow_list_match", N_("«exact» or «regex»"))
