"""Fits the weights of ``rag/ranking.py``, and prints them: on half of the intents of ``cdtn_dev``
and the questions of this project that are not set aside.

    python -m bench.fit_ranking [--data var]

Each question is taken twice, the second time as if no question were known of half of the documents:
so is learnt what a document of which none are is worth beside the others. The other half of the
intents, and PIAF, are what ``bench/rag.py`` measures on.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bench.rag_sets import Query, cdtn, is_fitted, labour_key, own_questions
from bench.rag_world import ROOT, World
from rag.ranking import NAMES, RANK_START, Features
from rag.text import words

_STRENGTH = 0.002
_OWN = 4.0
"""What a question told in sentences weighs, beside those of a few words."""


def main() -> int:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "var")
    world = World(parser.parse_args().data)
    searched = world.retriever.count()
    rows: list[tuple[Features, NDArray[np.bool_], float]] = []
    asked = [query for query in cdtn(world.held) if is_fitted(query.intent)]
    asked += [
        Query(each.text, each.answers, each.id) for each in own_questions("dev") if each.answerable
    ]
    sizes = {intent: sum(q.intent == intent for q in asked) for intent in {q.intent for q in asked}}
    for query in asked:
        text = words.query_text(query.text)
        if not text:
            continue
        about = world.retriever.described(query.text, text, None, searched)
        among, figures = about.among, about.figures
        right = np.array([labour_key(each.passages[0]) in query.answers for each in among])
        hidden = np.array(
            [zlib.crc32((each.document_id + query.text).encode()) % 2 for each in among]
        )
        for some in (np.zeros(len(among), dtype=bool), hidden > 0):
            told, kept = without_known(figures, some)
            if right[kept].any():
                rows.append((told, right[kept], _share(sizes[query.intent])))
    weights = fit(rows)
    for name, weight in zip(NAMES, weights, strict=True):
        print(f"{name:<16}{weight:8.3f}")
    print("np.array([" + ", ".join(f"{w:.3f}" for w in weights) + "])")
    return 0


def without_known(
    figures: Features, hidden: NDArray[np.bool_]
) -> tuple[Features, NDArray[np.bool_]]:
    """The figures as they would be if no question were known of the documents that are ``hidden``,
    and which documents are found then."""
    own = NAMES.index("alike")
    kept = ~hidden | (figures[:, NAMES.index("ranks")] > 0)
    told = figures.copy()
    told[hidden] = 0.0
    told[hidden, NAMES.index("unknown")] = 1.0
    told[hidden, NAMES.index("unknown") + 1 :] = figures[hidden, :own]
    alike = np.where(hidden, 0.0, figures[:, own])[kept]
    places = (alike[None, :] > alike[:, None]).sum(axis=1)
    told = told[kept]
    told[:, own + 1] = np.where(hidden[kept], 0.0, RANK_START / (RANK_START + places))
    return told, kept


def _share(questions: int) -> float:
    """What a question of an intent weighs: short ones of one matter come by the dozen."""
    return _OWN if questions == 1 else questions**-0.5


def fit(rows: list[tuple[Features, NDArray[np.bool_], float]]) -> NDArray[np.float64]:
    """The weights under which the right candidates of each row are the likeliest (softmax)."""
    spread = np.concatenate([figures for figures, _, _ in rows]).std(axis=0) + 1e-9
    scaled = [(figures / spread, right, share) for figures, right, share in rows]
    total = sum(share for _, _, share in rows)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, slope = _STRENGTH * float(weights @ weights), 2 * _STRENGTH * weights
        for figures, right, share in scaled:
            scores = figures @ weights
            scores -= scores.max()
            likely = np.exp(scores)
            likely /= likely.sum()
            wanted = right / right.sum()
            value -= share / total * float(wanted @ np.log(likely + 1e-12))
            slope = slope + share / total * ((likely - wanted) @ figures)
        return value, slope

    found = minimize(loss, np.zeros(spread.size), jac=True, method="L-BFGS-B")
    weights: NDArray[np.float64] = found.x / spread
    return weights


if __name__ == "__main__":
    sys.exit(main())
