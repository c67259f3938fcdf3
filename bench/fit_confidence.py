"""Fits the weights of ``rag/confidence.py``, prints them and what each threshold lets through.

    python -m bench.fit_confidence [--data var]

That a search answers is learnt from the questions that are not set aside, a sample of ``cdtn_dev``
and, as those that the sources do not answer, a sample of PIAF's; that a passage does, from the
questions whose answer is known by its words. The shares are of a cross-validation.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from bench.rag_sets import (
    Question,
    cdtn,
    easy_questions,
    own_questions,
    piaf,
    says,
)
from bench.rag_world import ROOT, World
from rag.confidence import found_figures, known_figures
from rag.extraction import SentenceExtractor, known_to_answer
from rag.protocol import Alike, Retrieval
from rag.text import words

JUDGED = Path(__file__).with_name("known_judged.csv")
_SAMPLE = 150
_SAMPLED = 0.3
"""What a sampled question weighs, beside those written one by one."""
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


@dataclass(frozen=True, slots=True)
class Row:
    """A question of a kind, what its search and its best passage show, and whether they answer."""

    kind: str
    found: list[float]
    extracted: list[float]
    answerable: bool
    given: bool


def rows(world: World) -> list[Row]:
    """All the questions, searched."""
    draw = random.Random(0)
    asked = [(q.text, "own" if q.answerable else "silent", q) for q in own_questions("dev")]
    asked += [(q.text, "easy", q) for q in easy_questions()]
    none = Question("", "", frozenset(), "", (), "")
    asked += [(q.text, "cdtn", none) for q in draw.sample(list(cdtn(world.held)), _SAMPLE)]
    asked += [(q.text, "piaf", none) for q in draw.sample(piaf()[1], _SAMPLE)]
    extractor = SentenceExtractor(world.embedder)
    made = [_row(world, extractor, text, kind, question) for text, kind, question in asked]
    return [row for row in made if row is not None]


def _row(
    world: World, extractor: SentenceExtractor, text: str, kind: str, question: Question
) -> Row | None:
    found = world.retriever.search(text, limit=4)
    passages = [hit.passage for hit in found.hits]
    said = extractor.described(text, found, passages)
    if said is None:
        return None
    about = world.retriever.described(text, words.query_text(text), None, found.searched)
    given = bool(question.must) and says(passages[said.passage - 1].text, question.must)
    return Row(
        kind,
        found_figures(about.asked, about.found, passages),
        said.figures,
        kind in ("own", "easy", "cdtn"),
        given,
    )


def known_rows(world: World) -> tuple[list[list[float]], list[bool]]:
    """What shows that a known question is as good as the one asked, and whether it is: of this
    project's questions, by the words of the answer; of known questions that were asked as if they
    were not, by the judgement of a reader (``known_judged.csv``)."""
    figures, right = [], []
    for question in [*own_questions("dev"), *easy_questions()]:
        found = world.retriever.search(question.text, limit=4)
        for alike, said in _known(question.text, found):
            figures.append(known_figures(found, alike, said))
            right.append(bool(question.must) and says(said, question.must))
    with JUDGED.open(encoding="utf-8", newline="") as stream:
        judged = list(csv.DictReader(stream))
    retriever = world.searched_with(world.known.without({row["asked"] for row in judged}))
    for row in judged:
        found = retriever.search(row["asked"], limit=4)
        for alike, said in _known(row["asked"], found):
            if alike.question.text == row["known"]:
                figures.append(known_figures(found, alike, said))
                right.append(row["right"] == "1")
    return figures, right


def _known(asked: str, found: Retrieval) -> Iterator[tuple[Alike, str]]:
    extract = known_to_answer(asked, found, [hit.passage for hit in found.hits])
    if extract is not None:
        alike = found.hits[extract.passage - 1].alike
        yield next(each for each in alike if each.question.text == extract.known), extract.text


def fit_known(figures: list[list[float]], right: list[bool]) -> None:
    """Fit what is sure of known questions, and print its weights and thresholds."""
    model = LogisticRegression(C=10, max_iter=2000)
    told: NDArray[np.float64] = cross_val_predict(
        model, figures, right, cv=8, method="predict_proba"
    )[:, 1]
    model.fit(figures, right)
    weights = [*model.coef_[0], model.intercept_[0]]
    print(f"KNOWN = np.array([{', '.join(f'{weight:.3f}' for weight in weights)}])")
    for threshold in (*THRESHOLDS, 0.75, 0.8, 0.85):
        over = told >= threshold
        exact = np.array(right)[over]
        print(
            f"  {threshold} shown {over.mean():.2f} right {exact.mean() if exact.size else 0:.2f}"
        )


def fit(
    name: str, among: Sequence[Row], figures: Sequence[list[float]], right: Sequence[bool]
) -> None:
    """Fit one regression, and print its weights and what its thresholds let through."""
    table = np.array(figures)
    share = np.array([_SAMPLED if row.kind in ("cdtn", "piaf") else 1.0 for row in among])
    model = LogisticRegression(C=10, max_iter=2000)
    told: NDArray[np.float64] = cross_val_predict(
        model, table, right, cv=8, method="predict_proba", params={"sample_weight": share}
    )[:, 1]
    model.fit(table, right, sample_weight=share)
    weights = [*model.coef_[0], model.intercept_[0]]
    print(f"{name} = np.array([{', '.join(f'{weight:.3f}' for weight in weights)}])")
    kinds = np.array([row.kind for row in among])
    written = np.isin(kinds, ["easy", "own"])
    for threshold in THRESHOLDS:
        over = told >= threshold
        shares = {kind: f"{over[kinds == kind].mean():.2f}" for kind in dict.fromkeys(kinds)}
        exact = np.array(right)[over & written]
        print(f"  {threshold}", shares, f"right {exact.mean() if exact.size else 0:.2f}")


def main() -> int:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "var")
    world = World(parser.parse_args().data)
    among = rows(world)
    answered = [row.answerable for row in among]
    fit("FOUND", among, [row.found for row in among], answered)
    fit("FOUND_ALONE", among, [row.found[:2] for row in among], answered)
    known = [row for row in among if row.kind != "cdtn"]
    fit_known(*known_rows(world))
    fit("EXTRACTED", known, [row.extracted for row in known], [row.given for row in known])
    return 0


if __name__ == "__main__":
    sys.exit(main())
