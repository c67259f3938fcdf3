"""Questions that passages of the shipped sources are known to answer, which come with the code.

People and publications name the same thing by different words; a question that is like one which a
passage is known to answer finds it nevertheless (Nogueira, Yang, Lin and Cho, «Document expansion
by query prediction», 2019). The questions were written from the passages, one by one, and stand in
``known.csv`` beside the sentences that answer them; their vectors stand in ``known.npz``, with the
linear map under which questions that ask the same come together, which was learnt from them
(``bench/ship_known.py``). A passage that changes has another id, and its questions go with it.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.digest import sha256_of, sha256_of_arrays
from models.protocol import Vectors
from rag.protocol import Alike, KnownQuestion
from rag.quantised import quantised, unit

QUESTIONS = Path(__file__).with_name("known.csv")
VECTORS = Path(__file__).with_name("known.npz")
_EACH = 4
"""How many questions are looked at for each passage that is sought."""
_USUAL = 4
"""The place of the passage that the others are compared with: a few may answer the same."""


class DamagedQuestions(Exception):
    """The known questions or their vectors are not what was written."""


@dataclass(frozen=True, slots=True)
class KnownQuestions:
    """The questions, and their vectors (of length 1, a row each) under the map ``turned``."""

    questions: tuple[KnownQuestion, ...]
    turned: Vectors
    vectors: Vectors
    rows: dict[str, list[int]] = field(init=False)
    """The questions of each passage, by their place."""

    def __post_init__(self) -> None:
        rows: dict[str, list[int]] = {}
        for row, question in enumerate(self.questions):
            rows.setdefault(question.passage, []).append(row)
        object.__setattr__(self, "rows", rows)

    def answers(self, passage: str) -> bool:
        """Whether any question is known that ``passage`` answers."""
        return passage in self.rows

    def without(self, texts: Collection[str]) -> KnownQuestions:
        """The same without the questions of these ``texts``, as for measuring on them."""
        rows = [row for row, each in enumerate(self.questions) if each.text not in texts]
        questions = tuple(self.questions[row] for row in rows)
        return KnownQuestions(questions, self.turned, self.vectors[rows])

    def beside(self, asked: Vectors, limit: int) -> Beside:
        """The known questions beside the one whose vector (of length 1) is ``asked``."""
        if not self.questions:
            return Beside(self, np.zeros(0, np.float32), limit)
        turned = self.turned @ asked
        cosines = self.vectors @ (turned / max(float(np.linalg.norm(turned)), 1e-12))
        return Beside(self, cosines, limit)


@dataclass(frozen=True, slots=True)
class Beside:
    """Known questions, and how like they are to one that is asked: ``cosines``, in their order.

    ``nearest`` are those of the ``limit`` passages that have the likest ones, by passage: the best
    passage and its best question first.
    """

    known: KnownQuestions
    cosines: Vectors
    limit: int
    nearest: dict[str, tuple[Alike, ...]] = field(init=False)
    usual: float = field(init=False)

    def __post_init__(self) -> None:
        rows: dict[str, list[int]] = {}
        many = min(_EACH * self.limit, len(self.cosines))
        if many:
            near = np.argpartition(-self.cosines, many - 1)[:many]
            for row in near[np.lexsort((near, -self.cosines[near]))].tolist():
                passage = self.known.questions[row].passage
                if passage in rows or len(rows) < self.limit:
                    rows.setdefault(passage, []).append(row)
        best = [float(self.cosines[held[0]]) for held in rows.values()]
        object.__setattr__(self, "usual", best[min(_USUAL, len(best)) - 1] if best else 0.0)
        told = {passage: self._alike(held) for passage, held in rows.items()}
        object.__setattr__(self, "nearest", told)

    def of(self, passages: Iterable[str]) -> dict[str, tuple[Alike, ...]]:
        """The likest questions of each of ``passages`` of which any are known, the likest first."""
        return {
            passage: self._alike(sorted(rows, key=lambda row: -self.cosines[row])[:_EACH])
            for passage in passages
            if (rows := self.known.rows.get(passage))
        }

    def _alike(self, rows: Sequence[int]) -> tuple[Alike, ...]:
        return tuple(
            Alike(self.known.questions[row], float(cosine), float(cosine) - self.usual)
            for row, cosine in zip(rows, self.cosines[list(rows)], strict=True)
        )


NONE = KnownQuestions((), np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32))
NOTHING = Beside(NONE, np.zeros(0, np.float32), 0)


def read(path: Path = QUESTIONS) -> tuple[KnownQuestion, ...]:
    """The questions of a file of four columns: passage, first, last, question.

    Raises:
        DamagedQuestions: a line is not one of those.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = csv.reader(stream)
            next(rows, None)
            return tuple(KnownQuestion(row[0], int(row[1]), int(row[2]), row[3]) for row in rows)
    except (OSError, ValueError, IndexError, csv.Error) as error:
        raise DamagedQuestions from error


def load(
    questions_digest: str, path: Path = VECTORS, questions: Path = QUESTIONS
) -> KnownQuestions:
    """The known questions with the vectors that ``path`` holds of an embedder, by its digest for
    questions; none if it is absent or of another one.

    Raises:
        DamagedQuestions: a file cannot be read, is not the one that was written, or not of the
            same questions as the other.
    """
    if not path.is_file():
        return NONE
    try:
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["embedder"]) != questions_digest:
                return NONE
            turned, steps, vectors = stored["turned"], stored["steps"], stored["vectors"]
            whole = str(stored["sha256"]) == sha256_of_arrays(turned, steps, vectors)
            if not whole or str(stored["questions"]) != sha256_of(questions):
                raise DamagedQuestions
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DamagedQuestions from error
    return KnownQuestions(read(questions), turned.astype(np.float32), unit(steps, vectors))


def write(
    questions_digest: str,
    turned: Vectors,
    embedded: Vectors,
    path: Path = VECTORS,
    questions: Path = QUESTIONS,
) -> None:
    """Write what :func:`load` reads: the map ``turned`` (of fewer rows than columns), and the
    vectors ``embedded`` of the questions, in their order, under it, in 8 bits."""
    rounded = turned.astype(np.float16)
    whole = embedded @ rounded.astype(np.float32).T
    steps, vectors = quantised(whole)
    np.savez_compressed(
        path,
        embedder=np.array(questions_digest),
        questions=np.array(sha256_of(questions)),
        sha256=np.array(sha256_of_arrays(rounded, steps, vectors)),
        turned=rounded,
        steps=steps,
        vectors=vectors,
    )
