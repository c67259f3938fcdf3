"""Judges are made once for the same rules, and nobody waits for another charter's."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from governance.charter.charter import Charter
from governance.charter.load import load_text, shipped
from server.judges import KEEP, Kept

COMMUNE = shipped("commune.yaml")


def charter(old: str = "", new: str = "") -> Charter:
    """The commune's charter, ``old`` replaced by ``new`` once."""
    assert old in COMMUNE
    return load_text(COMMUNE.replace(old, new, 1), parents=shipped)


def test_a_change_outside_of_the_rules_keeps_the_judge() -> None:
    kept = Kept(lambda rules: object())
    first = kept.of(charter())
    assert kept.of(charter("retention_days: 365", "retention_days: 400")) is first
    assert kept.of(charter("effect: forbid", "effect: review")) is not first


def test_a_judge_in_use_outlives_drafts() -> None:
    kept = Kept(lambda rules: object())
    in_force = kept.of(charter())
    for number in range(2 * KEEP):
        kept.of(charter("effect: forbid", f"effect: forbid  # {number}"))
        kept.of(charter("Classe ces trois candidats", f"Classe ces {number} candidats"))
        assert kept.of(charter()) is in_force


def test_one_is_made_while_the_others_judge_on() -> None:
    learning, go_on = threading.Event(), threading.Event()
    draft = charter("effect: forbid", "effect: review")

    def learn(rules: object) -> object:
        if rules == draft.rules:
            learning.set()
            assert go_on.wait(30)
        return object()

    kept = Kept(learn)
    in_force = kept.of(charter())
    found: list[object] = []
    both = [threading.Thread(target=lambda: found.append(kept.of(draft))) for _ in range(2)]
    for each in both:
        each.start()
    assert learning.wait(30)
    assert kept.of(charter()) is in_force
    go_on.set()
    for each in both:
        each.join(30)
    assert len(found) == 2 and found[0] is found[1]


def test_what_could_not_be_learned_is_tried_again() -> None:
    answers: list[Any] = [OSError("No space left on device"), "judge"]

    def learn(rules: object) -> object:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    kept = Kept(learn)
    with pytest.raises(OSError, match="No space"):
        kept.of(charter())
    assert cast(object, kept.of(charter())) == "judge"
