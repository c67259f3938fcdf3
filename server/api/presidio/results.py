"""What ``/analyze`` answers: a place in a text, its entity, its score, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from governance.pii.finding import VALIDATED, Finding


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why something was found. ``pattern`` is None where the rule is more than an expression."""

    recognizer: str
    rule: str
    pattern: str | None
    original_score: float
    score: float
    context_word: str = ""
    validated: bool | None = None

    def body(self, textual: str) -> dict[str, Any]:
        """In Presidio's fields; ``textual`` is the sentence for people."""
        return {
            "recognizer": self.recognizer,
            "pattern_name": self.rule or None,
            "pattern": self.pattern,
            "original_score": self.original_score,
            "score": self.score,
            "textual_explanation": textual,
            "score_context_improvement": self.score - self.original_score,
            "supportive_context_word": self.context_word,
            "validation_result": self.validated,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """``text[start:end]`` is an ``entity``."""

    entity: str
    start: int
    end: int
    score: float
    why: Explanation

    def body(self, explanation: dict[str, Any] | None) -> dict[str, Any]:
        """In Presidio's fields."""
        return {
            "entity_type": self.entity,
            "start": self.start,
            "end": self.end,
            "score": self.score,
            "analysis_explanation": explanation,
        }


def of_finding(finding: Finding, name: str) -> Result:
    """A finding of the analyser, under the name that the caller knows it by."""
    sure = True if finding.score >= VALIDATED else None
    why = Explanation(
        finding.recognizer, finding.rule, None, finding.score, finding.score, validated=sure
    )
    return Result(name, finding.start, finding.end, finding.score, why)


def in_order(results: Iterable[Result]) -> list[Result]:
    """The surest first, without those that a result of the same entity holds and that are no surer.

    Time is O(n log n): within an entity, only the surest of what reaches furthest is compared.
    """
    kept: list[Result] = []
    reached: dict[str, Result] = {}
    for result in sorted(results, key=lambda each: (each.start, -each.end, -each.score)):
        holder = reached.get(result.entity)
        if holder is not None and result.end <= holder.end and result.score <= holder.score:
            continue
        if holder is None or result.end > holder.end:
            reached[result.entity] = result
        kept.append(result)
    return sorted(kept, key=lambda each: (-each.score, each.start, each.start - each.end))
