"""Learns a linear support vector machine for each use, and scores each text as though left out.

With the texts that come with Sobria this takes some seconds, so that what was learned is kept on
disk, named after a hash of all that it was learned from.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.svm import LinearSVC

from governance.uses.atomic import write_array_file

_C = 1.0
"""Cost of an error, chosen on the development prompts."""
_TOLERANCE = 0.1
_FOLDS = 5
_THREADS = 2
_KEPT = 8
"""How many of what was learned are kept on disk: those of charters that may come back."""
_VERSION = 2
"""Part of the hash: to be raised where what is learned from the same texts changes."""

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learned: a row of features, an owner and a group for each text.

    ``owner`` is the number of the use that a text is an example of, -1 for legitimate texts.
    Texts of the same ``group`` are left out together. ``numbers`` are the uses to learn.
    """

    features: csr_matrix
    owner: Numbers
    group: Numbers
    numbers: tuple[int, ...]


def left_out_together(row_of: Mapping[str, int], pairs: Iterable[tuple[str, str]]) -> Numbers:
    """The group of each text of ``row_of``, by row: its own, or that of its pair."""
    group = np.arange(len(row_of))
    for first, second in pairs:
        if first in row_of and second in row_of:
            group[row_of[second]] = group[row_of[first]]
    return group


@dataclass(frozen=True, slots=True)
class Machines:
    """``weights`` has a row for each feature and a column for each use; ``biases`` and the scores
    of the texts when ``left_out``, a row for each text, likewise."""

    weights: Floats
    biases: Floats
    left_out: Floats


def learned(lesson: Lesson, cache_dir: Path | None) -> Machines:
    """The machines of ``lesson``, from ``cache_dir`` where they were learned before.

    Raises:
        OSError: the cache cannot be written.
    """
    if cache_dir is None:
        return _learn(lesson)
    path = cache_dir / f"judge-{_digest(lesson)[:32]}.npz"
    shape = (lesson.features.shape[1], len(lesson.numbers))
    known = _read(path, shape, len(lesson.owner))
    if known is not None:
        return known
    machines = _learn(lesson)
    write_array_file(path, asdict(machines))
    kept = sorted(cache_dir.glob("judge-*.npz"), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in kept[_KEPT:]:
        old.unlink(missing_ok=True)
    return machines


def _learn(lesson: Lesson) -> Machines:
    rows = np.arange(len(lesson.owner))
    splits = [(rows, rows), *_folds(lesson)]
    with ThreadPoolExecutor(_THREADS) as pool:
        fitted = list(pool.map(lambda split: _fit(lesson, split[0]), splits))
    (weights, biases), *others = fitted
    left_out = np.zeros((len(rows), len(lesson.numbers)))
    # An example that stands alone for its use cannot be left out: nothing would be learned.
    left_out[:] = lesson.features @ weights + biases
    for (_, left), (fold_weights, fold_biases) in zip(splits[1:], others, strict=True):
        left_out[left] = lesson.features[left] @ fold_weights + fold_biases
    return Machines(weights, biases, left_out)


def _folds(lesson: Lesson) -> list[tuple[Numbers, Numbers]]:
    """Splits of the rows in those to learn from and those to leave out; none where a use has but
    one example."""
    fewest = min(int((lesson.owner == number).sum()) for number in {*lesson.owner.tolist()})
    if fewest < 2:
        return []
    folds = StratifiedGroupKFold(min(_FOLDS, fewest), shuffle=True, random_state=0)
    return list(folds.split(lesson.owner, lesson.owner, lesson.group))


def _fit(lesson: Lesson, rows: Numbers) -> tuple[Floats, Floats]:
    """For each use, from ``rows`` alone: its own machine and the one of all uses, added."""
    owner = lesson.owner[rows]
    joint, joint_bias = _machine(lesson.features[rows], owner >= 0)
    weights, biases = [], []
    for number in lesson.numbers:
        mine = (owner == number) | (owner < 0)
        own, bias = _machine(lesson.features[rows[mine]], owner[mine] == number)
        weights.append(own + joint)
        biases.append(bias + joint_bias)
    return np.array(weights).T, np.array(biases)


def _machine(features: csr_matrix, positive: NDArray[np.bool_]) -> tuple[Floats, float]:
    """The weights and bias that tell ``positive`` rows from the others."""
    if not positive.any():
        # All its examples fell together in the part that is left out: it knows none.
        return np.zeros(features.shape[1]), -1.0
    model = LinearSVC(C=_C, class_weight="balanced", tol=_TOLERANCE, random_state=0)
    model.fit(features, positive)
    return model.coef_[0], float(model.intercept_[0])


def _digest(lesson: Lesson) -> str:
    """A hash of all that decides what is learned."""
    digest = hashlib.sha256(repr((_VERSION, _C, _TOLERANCE, _FOLDS, lesson.numbers)).encode())
    for array in (lesson.features.data, lesson.features.indices, lesson.owner, lesson.group):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _read(path: Path, shape: tuple[int, int], texts: int) -> Machines | None:
    """What ``path`` holds, if it is whole and of this ``shape``."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            found = Machines(stored["weights"], stored["biases"], stored["left_out"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        # Absent, cut short or of another version: the cache is only ever a saving.
        return None
    shapes = (found.weights.shape, found.biases.shape, found.left_out.shape)
    sound = shapes == (shape, shape[1:], (texts, shape[1]))
    finite = sound and all(
        bool(np.isfinite(a).all()) for a in (found.weights, found.biases, found.left_out)
    )
    if finite:
        os.utime(path)
        return found
    return None
