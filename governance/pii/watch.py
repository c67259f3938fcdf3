"""Watches the output: identifiers that the model wrote and that nobody had given it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.entities import PERSON, WORDS
from governance.pii.finding import GUESSED, Finding
from governance.pii.recognizers.base import folded


@dataclass(frozen=True, slots=True)
class Watched:
    """``text`` with the unknown identifiers masked, and their ``counts`` by entity."""

    text: str
    counts: dict[str, int]


class OutputWatch:
    """Compares an answer with all that the model was given. Names are not watched.

    A small model that is asked for a letter makes up telephone numbers and addresses; some are a
    real person's. Names are guesses too often for that, and public texts are full of them.
    """

    def __init__(self, analyzer: PiiAnalyzer) -> None:
        self._analyzer = analyzer

    def flags(self, answer: str, known: Sequence[str]) -> dict[str, int]:
        """How many identifiers of each entity ``answer`` holds that ``known`` does not.

        Raises:
            AnalysisFailed: nothing can be said of the answer.
        """
        return dict(Counter(finding.entity for finding in self._unknown(answer, known)))

    def check(self, answer: str, known: Sequence[str]) -> Watched:
        """As :meth:`flags`, with the answer masked: ``[TELEPHONE]`` for a telephone number."""
        unknown = self._unknown(answer, known)
        parts: list[str] = []
        position = 0
        for finding in unknown:
            parts += [answer[position : finding.start], f"[{WORDS[finding.entity]}]"]
            position = finding.end
        return Watched(
            "".join([*parts, answer[position:]]), dict(Counter(f.entity for f in unknown))
        )

    def _unknown(self, answer: str, known: Sequence[str]) -> list[Finding]:
        given = "\n".join(_compact(text) for text in known)
        return [
            finding
            for finding in self._analyzer.find(answer)
            if finding.entity != PERSON
            and finding.score > GUESSED
            and _compact(answer[finding.start : finding.end]) not in given
        ]


def _compact(text: str) -> str:
    """Letters and digits only, folded: two writings of one identifier are equal."""
    return "".join(char for char in folded(text) if char.isalnum())
