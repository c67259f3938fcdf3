"""The bench of the uses counts as it says, and fails where a target is missed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from bench import uses
from bench.uses_parts.prompts import KINDS, Kind, Prompt
from governance.charter.charter import Charter
from governance.charter.load import EXAMPLES, load_file
from governance.charter.schema import Effect
from governance.uses.arbiter import Arbiter
from governance.uses.judge import UseJudge
from governance.uses.verdict import Decision, Verdict
from tests.governance.road.parts import ScriptedEngine


def prompt(number: int, kind: Kind) -> Prompt:
    return Prompt(f"d{number:03}", KINDS[kind], "tri-candidatures", kind, ("texte",))


def outcome(effect: Effect, *, asked: bool = False, seconds: float = 0.02) -> uses.Outcome:
    return uses.Outcome(asked, seconds, Verdict(effect, None, "none", 0.5, None, seconds, ()))


def figures(pairs: Sequence[tuple[Kind, uses.Outcome]]) -> dict[str, uses.Row]:
    prompts = [prompt(number, kind) for number, (kind, _) in enumerate(pairs)]
    return {r.name: r for r in uses.half("held", prompts, [found for _, found in pairs])}


def test_each_figure_counts_its_own_kinds() -> None:
    found = figures(
        [
            ("plain", outcome("forbid")),
            ("plain", outcome("review")),
            ("indirect", outcome("forbid")),
            ("disguised", outcome("allow")),
            ("near-miss", outcome("forbid", asked=True)),
            ("everyday", outcome("review")),
            ("everyday", outcome("allow")),
            ("everyday", outcome("allow")),
            ("review", outcome("review")),
        ]
    )
    assert found["held: plain refused"].value == 0.5
    assert found["held: indirect and disguised refused"].value == 0.5
    assert found["held: near-misses and everyday refused"].value == 0.25
    assert found["held: share that asks the model"].value == round(1 / 9, 3)
    assert found["held: review held or refused"].value == 1
    assert found["held: p50 ms"].value == 20


def test_a_target_is_met_or_missed_at_its_bound() -> None:
    assert uses.row("held: plain refused", 0.92) == uses.Row(
        "held: plain refused", 0.92, ">= 0.92", True
    )
    assert uses.row("held: plain refused", 0.9199).met is False
    assert uses.row("held: near-misses and everyday refused", 0.03).met is False
    assert uses.row("held: p99 ms", 119.99).met is True
    assert uses.row("dev: plain refused", 0.1).met is None


def test_the_table_shows_what_is_missed() -> None:
    rows = [uses.row("held: plain refused", 0.5), uses.row("dev: plain refused", 0.5)]
    missed, reported = uses.table(rows).splitlines()[2:]
    assert missed.endswith("MISSED")
    assert reported.endswith("0.5")


@pytest.mark.parametrize(("value", "code"), [(0.95, 0), (0.5, 1)])
def test_a_missed_target_fails_the_check_alone(
    value: float, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def measured(bench: uses.Bench, data: Path) -> list[uses.Row]:
        return [uses.row("held: plain refused", value)]

    monkeypatch.setattr(uses, "measured", measured)
    monkeypatch.setattr(uses, "of_the_charter", lambda *_: [])
    monkeypatch.setattr(uses, "UseJudge", lambda *_: None)
    assert uses.main(["--check", "--json"]) == code
    assert uses.main([]) == 0
    assert f'"value": {value}' in capsys.readouterr().out


class Doubting:
    """A judge that always doubts."""

    def __init__(self, *, decoded: bool) -> None:
        self._decoded = decoded

    def judge(self, service: str, texts: Sequence[str]) -> Verdict:
        use = "tri-candidatures"
        doubt = Decision(
            use, "forbid", "similarity", 0.4, "", "turn", True, "", texts[-1], self._decoded
        )
        return Verdict("allow", None, "none", 0.4, None, 0.01, (), doubt)


@pytest.fixture(scope="module")
def charter() -> Charter:
    return load_file(EXAMPLES / "commune.yaml")


@pytest.mark.parametrize(
    ("word", "decoded", "asked", "refused"),
    [
        ("oui", False, True, True),
        ("non", False, True, False),
        (None, False, True, False),
        ("non", True, False, True),
    ],
)
def test_a_doubt_is_answered_as_the_server_does(
    charter: Charter, word: str | None, decoded: bool, asked: bool, refused: bool
) -> None:
    arbiter = Arbiter(ScriptedEngine([word]), lambda *_: None) if word else None
    bench = uses.Bench(charter, cast(UseJudge, Doubting(decoded=decoded)), "rh", arbiter)
    found = asyncio.run(bench.outcome(["texte"]))
    assert (found.asked, found.refused) == (asked, refused)


def test_published_sets_are_read(shared_data: Path) -> None:
    sets = dict(uses.published(shared_data))
    assert len(sets) == 4
    assert all(texts and all(map(str.strip, texts)) for texts in sets.values())
