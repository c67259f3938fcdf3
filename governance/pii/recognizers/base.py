"""What a recognizer declares, and how Presidio has it applied."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from presidio_analyzer import EntityRecognizer, LocalRecognizer, RecognizerResult

from governance.pii.finding import MATCHED, VALIDATED
from governance.pii.literals import Literals
from governance.pii.seen import folded, seen

__all__ = [
    "GAP",
    "RULE_KEY",
    "SPACE",
    "DeclaredRecognizer",
    "Rule",
    "Span",
    "folded",
    "result",
]

GAP = r"[ .\-\u00a0\u202f\u2009\u2011/]"
"""One character that people put between the groups of a number."""
SPACE = r"[ \t\u00a0\u202f\u2009]"
"""One space that does not end the line."""


RULE_KEY: Final = "rule"
"""Under which a result's ``recognition_metadata`` names the rule that fired."""

Span = tuple[int, int, float, str]
"""Start, end, score and the name of the rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to recognise an entity.

    ``pattern`` must run in linear time: bounded or possessive repeats only. Where it has a group
    named ``value``, that group alone is what is found. ``check`` confirms the found characters
    or rejects them. The score is ``VALIDATED`` with a check and ``MATCHED`` without, unless
    ``score`` says otherwise: a check that only sorts out ordinary words confirms nothing.
    ``context`` must match within ``reach`` characters before what is found.

    ``needs`` and ``digits`` say what any text holds in which the rule can find something, so that
    the pattern is run on those alone: one of the literals ``needs`` (in lower case, no accents,
    straight apostrophes), and a number of ``digits`` digits, whatever signs separate them.
    """

    name: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool] | None = None
    context: re.Pattern[str] | None = None
    reach: int = 60
    score: float | None = None
    needs: tuple[str, ...] = ()
    digits: int = 0
    _needed: Literals = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_needed", Literals(*self.needs))

    @property
    def sureness(self) -> float:
        """The score of what the rule finds."""
        if self.score is not None:
            return self.score
        return VALIDATED if self.check else MATCHED

    def may_find(self, text: str) -> bool:
        """Whether ``text`` holds what the rule needs."""
        known = seen(text)
        return known.longest >= self.digits and (not self.needs or known.holds(self._needed))

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """The (start, end) of each confirmed match. A rejected match hides no later one."""
        if not self.may_find(text):
            return
        position = 0
        while match := self.pattern.search(text, position):
            start, end = match.span("value" if "value" in self.pattern.groupindex else 0)
            if self._confirmed(text, start, end):
                yield start, end
                position = max(end, match.start() + 1)
            else:
                position = match.start() + 1

    def _confirmed(self, text: str, start: int, end: int) -> bool:
        if start >= end:
            return False
        if self.context and not self.context.search(text, max(0, start - self.reach), start):
            return False
        return self.check is None or self.check(text[start:end])


class DeclaredRecognizer(LocalRecognizer):
    """A recognizer that is all in its declaration: ``ENTITY`` and ``RULES``."""

    ENTITY: ClassVar[str]
    RULES: ClassVar[tuple[Rule, ...]]

    def __init__(self) -> None:
        super().__init__(
            supported_entities=[self.ENTITY],
            supported_language="fr",
            name=type(self).__name__,
        )

    def load(self) -> None:
        """Nothing to load: patterns are compiled when the module is."""

    def spans(self, text: str) -> Iterator[Span]:
        """(start, end, score, name of the rule) of each find."""
        for rule in self.RULES:
            for start, end in rule.spans(text):
                yield start, end, rule.sureness, rule.name

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: Any = None
    ) -> list[RecognizerResult]:
        """Presidio's entry point."""
        return [
            result(self, self.ENTITY, start, end, score, rule)
            for start, end, score, rule in self.spans(text)
        ]


def result(
    recognizer: EntityRecognizer, entity: str, start: int, end: int, score: float, rule: str
) -> RecognizerResult:
    """Presidio's result, with the name of the rule among what it says of itself."""
    return RecognizerResult(
        entity_type=entity,
        start=start,
        end=end,
        score=score,
        recognition_metadata={
            RecognizerResult.RECOGNIZER_NAME_KEY: type(recognizer).__name__,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recognizer.id,
            RULE_KEY: rule,
        },
    )
