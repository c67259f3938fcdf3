"""What a recognizer declares, and how Presidio has it applied."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from presidio_analyzer import LocalRecognizer, RecognizerResult

from governance.pii.finding import MATCHED, VALIDATED

GAP = r"[ .\-\u00a0\u202f\u2009\u2011/]"
"""One character that people put between the groups of a number."""
SPACE = r"[ \t\u00a0\u202f\u2009]"
"""One space that does not end the line."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to recognise an entity.

    ``pattern`` must run in linear time: bounded or possessive repeats only. Where it has a group
    named ``value``, that group alone is what is found. ``check`` confirms the found characters
    (score ``VALIDATED``) or rejects them; without it, the pattern is trusted (``MATCHED``).
    ``context`` must match within ``reach`` characters before what is found.
    """

    name: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool] | None = None
    context: re.Pattern[str] | None = None
    reach: int = 60
    score: float = MATCHED

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """The (start, end) of each confirmed match. A rejected match hides no later one."""
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

    def spans(self, text: str) -> Iterator[tuple[int, int, float]]:
        """(start, end, score) of each find."""
        for rule in self.RULES:
            score = VALIDATED if rule.check else rule.score
            for start, end in rule.spans(text):
                yield start, end, score

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: Any = None
    ) -> list[RecognizerResult]:
        """Presidio's entry point."""
        return [
            RecognizerResult(entity_type=self.ENTITY, start=start, end=end, score=score)
            for start, end, score in self.spans(text)
        ]


def folded(text: str) -> str:
    """``text`` in lower case and without accents or cedillas, of the same length in characters."""
    return text.lower().translate(_UNACCENTED) if len(text.lower()) == len(text) else text


_UNACCENTED = str.maketrans(
    "àáâãäåāăąçćčďèéêëēėęěìíîïīłñńňòóôõöøōőřśšşșťţùúûüūůűýÿźžż’ʼ‘",
    "aaaaaaaaacccdeeeeeeeeiiiiilnnnoooooooorssssttuuuuuuuyyzzz'''",
)
