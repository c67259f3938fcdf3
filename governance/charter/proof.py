"""Runs the charter's examples and counter-examples through the judge: the charter tests itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from governance.charter.charter import Charter, Rule
from governance.charter.problems import Mark
from governance.charter.schema import EFFECTS, Effect
from governance.pii.custom import CustomEntity
from governance.pii.finding import Finding


class Judged(Protocol):
    """What the proof reads of a verdict."""

    @property
    def effect(self) -> Effect: ...
    @property
    def use_id(self) -> str | None: ...
    @property
    def score(self) -> float: ...


class LeftOutJudge(Protocol):
    """A judge that can set aside what it learned of a text, so that the proof is honest."""

    def judge_left_out(self, service: str, text: str) -> Judged: ...


class Finder(Protocol):
    """What finds personal data: the analyser, with all that it knows besides."""

    def find(self, text: str, *, custom: Sequence[CustomEntity] = ()) -> Sequence[Finding]: ...


@dataclass(frozen=True, slots=True)
class CustomCase:
    """A text of a kind of data that the charter declares, and the kinds that were found in it.

    ``place`` is where the text is written.
    """

    entity: str
    kind: Literal["example", "counter_example"]
    text: str
    found: tuple[str, ...]
    place: Mark

    @property
    def passed(self) -> bool:
        """Whether the kind was found in an example, and was not in a counter-example."""
        return (self.entity in self.found) is (self.kind == "example")


@dataclass(frozen=True, slots=True)
class ProofCase:
    """One example and what became of it. ``blamed`` is the use that the judge named."""

    use_id: str
    kind: Literal["example", "counter_example"]
    text: str
    expected: Effect
    found: Effect
    blamed: str | None
    score: float

    @property
    def passed(self) -> bool:
        """An example must meet its effect or a stricter one; a counter-example must not.

        A counter-example of a ban may well be something to review, and that is no error.
        """
        found, expected = EFFECTS.index(self.found), EFFECTS.index(self.expected)
        return found >= expected if self.kind == "example" else found < expected


@dataclass(frozen=True, slots=True)
class ProofReport:
    """All the cases; ``let_through`` and ``wrongly_held`` are those that failed."""

    cases: tuple[ProofCase, ...]

    @property
    def let_through(self) -> tuple[ProofCase, ...]:
        """Examples that the judge would not hold."""
        return tuple(c for c in self.cases if c.kind == "example" and not c.passed)

    @property
    def wrongly_held(self) -> tuple[ProofCase, ...]:
        """Counter-examples that the judge would hold."""
        return tuple(c for c in self.cases if c.kind == "counter_example" and not c.passed)

    @property
    def recall(self) -> float:
        """Share (0 to 1) of the examples that are held; 1 where there are none."""
        return _share(len(self.let_through), [c for c in self.cases if c.kind == "example"])

    @property
    def spared(self) -> float:
        """Share (0 to 1) of the counter-examples that are let through; 1 where there are none."""
        return _share(
            len(self.wrongly_held), [c for c in self.cases if c.kind == "counter_example"]
        )


def prove(charter: Charter, judge: LeftOutJudge) -> ProofReport:
    """What the judge would make of the charter's own texts, each as though never seen before."""
    return ProofReport(
        tuple(case for rule in _last_of_each(charter) for case in _cases(charter, rule, judge))
    )


def prove_custom(charter: Charter, finder: Finder) -> tuple[CustomCase, ...]:
    """What the analyser makes of the texts of the charter's own kinds of data.

    That each pattern fits its texts was checked when the charter was read; what is seen here is
    whether the kind still stands beside all the others (a number may be taken for a telephone's).
    """
    custom = charter.effective(charter.services[0].id).custom
    return tuple(
        CustomCase(
            declared.name,
            kind,
            text,
            tuple(finding.entity for finding in finder.find(text, custom=custom)),
            charter.places[f"personal_data.custom[{i}].{kind}s[{j}]"],
        )
        for i, declared in enumerate(charter.personal_data.custom)
        for kind, texts in _texts(declared.examples, declared.counter_examples)
        for j, text in enumerate(texts)
    )


def _texts(
    examples: tuple[str, ...], counter_examples: tuple[str, ...]
) -> tuple[tuple[Literal["example", "counter_example"], tuple[str, ...]], ...]:
    return (("example", examples), ("counter_example", counter_examples))


def _last_of_each(charter: Charter) -> list[Rule]:
    """Each use once, as the deepest layer has it."""
    rules = {(rule.use.id, rule.layer % 2, rule.services): rule for rule in charter.rules}
    return list({rule.use.id: rule for rule in rules.values()}.values())


def _cases(charter: Charter, rule: Rule, judge: LeftOutJudge) -> Iterator[ProofCase]:
    use = rule.use
    if use.effect == "allow":
        return
    service = next(s.id for s in charter.services if rule.concerns(s.id))
    for kind, texts in _texts(use.detect.examples, use.detect.counter_examples):
        for text in texts:
            verdict = judge.judge_left_out(service, text)
            yield ProofCase(
                use.id, kind, text, use.effect, verdict.effect, verdict.use_id, verdict.score
            )


def _share(failed: int, cases: list[ProofCase]) -> float:
    return 1 - failed / len(cases) if cases else 1.0
