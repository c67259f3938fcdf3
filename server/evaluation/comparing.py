"""Two runs side by side: which tests are better, worse or the same.

A test is worse where it no longer holds something that it held: the source found among the five,
a word of the answer, an answer where one is expected (or none where none is). It is worse, too,
where much less of its answer is supported by the passages. Ranks, energy and seconds are told, and
decide nothing: they vary from one run to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from server.evaluation.runs import Result, Run

Verdict = Literal["better", "worse", "same", "new", "changed"]

SUPPORT_MARGIN = 0.25
"""Of the share of supported sentences: what a model's choice of words alone can move."""
SUPPORT = "support"


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one test. ``changed``: the test itself is no longer the same.

    ``gained`` and ``lost`` name the criteria: outcome, found, support, and words.
    """

    id: str
    verdict: Verdict
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run against another, named ``against``; ``gone`` are tests that are no longer run."""

    against: str
    changes: tuple[Change, ...]
    gone: tuple[str, ...]

    @property
    def worse(self) -> tuple[Change, ...]:
        """The tests that got worse."""
        return tuple(each for each in self.changes if each.verdict == "worse")

    def count(self, verdict: Verdict) -> int:
        """How many tests have this verdict."""
        return sum(each.verdict == verdict for each in self.changes)


def differences(run: Run, before: Run) -> tuple[str, ...]:
    """What was not the same: model, embedder, prompt, charter, and sources by their ids."""
    one, other = run.tried, before.tried
    pairs = {
        "model": (one.model_digest, other.model_digest),
        "embedder": (one.embedder_digest, other.embedder_digest),
        "prompt": (one.prompt_digest, other.prompt_digest),
        "charter": (one.charter_revision, other.charter_revision),
    }
    moved = [name for name, (now, was) in pairs.items() if now != was]
    for source in sorted({*one.sources, *other.sources}):
        if one.sources.get(source) != other.sources.get(source):
            moved.append(source)
    return tuple(moved)


def compare(run: Run, before: Run) -> Comparison:
    """What changed from ``before`` to ``run``, in the order of ``run``."""
    earlier = {result.id: result for result in before.results}
    here = {result.id for result in run.results}
    gone = tuple(
        each.id
        for each in before.results
        if each.id not in here and run.service in ("", each.service)
    )
    return Comparison(
        before.name, tuple(change_of(each, earlier.get(each.id)) for each in run.results), gone
    )


def change_of(after: Result, before: Result | None) -> Change:
    """What became of one test."""
    if before is None:
        return Change(after.id, "new")
    if before.case != after.case:
        return Change(after.id, "changed")
    was, now = before.criteria, after.criteria
    gained = [name for name in now if now[name] and not was.get(name, True)]
    lost = [name for name in now if not now[name] and was.get(name, False)]
    if before.support is not None and after.support is not None:
        moved = after.support - before.support
        if moved >= SUPPORT_MARGIN:
            gained.append(SUPPORT)
        elif moved <= -SUPPORT_MARGIN:
            lost.append(SUPPORT)
    verdict: Verdict = "worse" if lost else "better" if gained else "same"
    return Change(after.id, verdict, tuple(gained), tuple(lost))
