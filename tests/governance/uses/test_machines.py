"""What is learned: from whom, kept where, and what was left out."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from governance.uses import machines
from governance.uses.machines import Lesson, learned

RNG = np.random.default_rng(7)
TEXTS = 60


def lesson(*, twins: bool = False) -> Lesson:
    """Two uses and ordinary texts, in a space where a column speaks for each use."""
    owner = np.array([0] * 20 + [1] * 20 + [-1] * 20)
    rows = RNG.normal(scale=0.3, size=(TEXTS, 6))
    rows[owner == 0, 0] += 2
    rows[owner == 1, 1] += 2
    group = np.arange(TEXTS)
    if twins:
        group[40:] = group[:20]
    return Lesson(csr_matrix(rows), owner, group, (0, 1))


def test_each_use_is_told_from_what_is_legitimate() -> None:
    given = lesson()
    found = learned(given, None)
    scores = given.features @ found.weights + found.biases
    for column, number in enumerate(given.numbers):
        mine, ordinary = scores[given.owner == number], scores[given.owner < 0]
        assert mine[:, column].min() > ordinary[:, column].max()
    assert found.left_out.shape == (TEXTS, 2)
    assert not np.allclose(found.left_out, scores), "no text is scored by what learned it"


def test_what_was_written_together_is_left_out_together() -> None:
    given = lesson(twins=True)
    for learned_from, left in machines._folds(given):
        assert not {*given.group[learned_from]} & {*given.group[left]}


def test_a_use_of_one_example_is_learned_all_the_same() -> None:
    given = lesson()
    owner = given.owner.copy()
    owner[:19] = -1
    found = learned(replace(given, owner=owner), None)
    assert np.isfinite(found.left_out).all()


def test_what_was_learned_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = lesson()
    first = learned(given, tmp_path)
    monkeypatch.setattr(machines, "_fit", _never)
    again = learned(given, tmp_path)
    assert np.array_equal(first.weights, again.weights)
    assert np.array_equal(first.left_out, again.left_out)


def _never(*_: object) -> None:
    raise AssertionError("it was learned before")


def test_another_lesson_is_learned_anew(tmp_path: Path) -> None:
    given = lesson()
    learned(given, tmp_path)
    owner = given.owner.copy()
    owner[39] = -1
    other = learned(replace(given, owner=owner), tmp_path)
    assert np.array_equal(other.weights, learned(replace(given, owner=owner), None).weights)
    assert len(list(tmp_path.glob("judge-*.npz"))) == 2


@pytest.mark.parametrize("spoil", ["cut", "empty", "other", "nan"])
def test_a_spoilt_file_is_learned_anew(tmp_path: Path, spoil: str) -> None:
    given = lesson()
    first = learned(given, tmp_path)
    (path,) = tmp_path.glob("judge-*.npz")
    whole = path.read_bytes()
    if spoil == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif spoil == "empty":
        path.write_bytes(b"")
    else:
        wrong = np.full_like(first.weights, np.nan) if spoil == "nan" else first.weights[:3]
        np.savez(path, weights=wrong, biases=first.biases, left_out=first.left_out)
    again = learned(given, tmp_path)
    assert np.array_equal(first.weights, again.weights)
    assert path.stat().st_size == len(whole)


def test_a_full_disk_is_said_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space"):
        learned(lesson(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_only_the_last_ones_are_kept(tmp_path: Path) -> None:
    given = lesson()
    for number in range(machines._KEPT + 3):
        learned(replace(given, group=given.group + number), tmp_path)
    assert len(list(tmp_path.glob("judge-*.npz"))) == machines._KEPT
