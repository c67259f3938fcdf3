"""How well the sources answer: what is found, what is shown without a model, what is not answered.

    python -m bench.rag [--data var] [--json] [--check]

``--data`` is a folder that ``sobria setup`` filled, vectors included. Sets: the intents of the Code
du travail numérique (``cdtn_dev``; the half that the ranking was not fitted on apart), PIAF
(paragraphs of Wikipédia, indexed for the occasion), and the questions of this project in
``bench/rag_questions``, half of them set aside (``held``).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import create_engine

from bench.rag_sets import (
    SHARED,
    Part,
    Query,
    cdtn,
    easy_questions,
    is_fitted,
    labour_key,
    own_questions,
    piaf,
    says,
)
from bench.rag_world import ROOT, World
from rag.extraction import SentenceExtractor
from rag.filler import VectorFiller
from rag.fulltext import FullTextIndex
from rag.protocol import Passage
from rag.retrieval import HybridRetriever, Semantic
from rag.store import Store
from rag.tables import metadata
from rag.vectors import VectorIndex

SHOWN = 4
"""Passages that an answer is given: as the server has it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure, and what it should be: at least ``target``, or at most where ``below``."""

    name: str
    value: float
    target: float | None = None
    below: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        return self.value <= self.target if self.below else self.value >= self.target


@dataclass(frozen=True, slots=True)
class Score:
    """Means over the queries; ``milliseconds`` are the times of the searches."""

    queries: int
    hit5: float
    mrr: float
    ndcg10: float
    milliseconds: tuple[float, ...]


def evaluate(
    retriever: HybridRetriever, queries: Sequence[Query], key: Callable[[Passage], str]
) -> Score:
    """Search each query and compare the first ten passages with what answers it."""
    hits = reciprocal = gain = 0.0
    times = []
    for query in queries:
        started = time.perf_counter()
        found = [key(hit.passage) for hit in retriever.search(query.text, limit=10).hits]
        times.append(1000 * (time.perf_counter() - started))
        ranks = [rank for rank, k in enumerate(found, start=1) if k in query.answers]
        hits += bool(ranks) and ranks[0] <= 5
        reciprocal += 1.0 / ranks[0] if ranks else 0.0
        gain += _ndcg(found, query.answers)
    n = max(1, len(queries))
    return Score(len(queries), hits / n, reciprocal / n, gain / n, tuple(times))


def _ndcg(found: Sequence[str], answers: frozenset[str]) -> float:
    """Normalised discounted gain at 10, each document counted once."""
    once = list(dict.fromkeys(found))
    gain = sum(1 / math.log2(i + 2) for i, k in enumerate(once[:10]) if k in answers)
    ideal = sum(1 / math.log2(i + 2) for i in range(min(10, len(answers))))
    return gain / ideal if ideal else 0.0


def _piaf_index(folder: Path, world: World) -> tuple[HybridRetriever, list[Query]]:
    engine = create_engine(f"sqlite:///{folder / 'piaf.db'}")
    metadata.create_all(engine)
    documents, queries = piaf()
    store, fulltext = Store(engine), FullTextIndex(folder / "fulltext")
    fulltext.update(store.write(documents, [], 1).added)
    index = VectorIndex(VectorIndex.client(folder / "vectors"), world.embedder.digest)
    filler = VectorFiller(store, index, world.embedder, priorities={}, batch=32)
    while filler.step():
        pass
    semantic = Semantic(index, world.embedder)
    return HybridRetriever(store, fulltext, semantic, known=world.known), queries


def retrieval_rows(world: World) -> Iterator[Row]:
    """What is found, on the shared sets."""
    queries = list(cdtn(world.held))
    for name, among, targets in (
        ("all intents", queries, (0.82, 0.62)),
        ("intents not fitted on", [q for q in queries if not is_fitted(q.intent)], (None, None)),
    ):
        score = evaluate(world.retriever, among, labour_key)
        yield Row(f"cdtn, {name} ({score.queries}): hit@5", score.hit5, targets[0])
        yield Row(f"cdtn, {name}: nDCG@10", score.ndcg10, targets[1])
        if name == "all intents":
            yield Row("search, p50 ms", float(np.percentile(score.milliseconds, 50)), 60, True)
            yield Row("search, p95 ms", float(np.percentile(score.milliseconds, 95)), 150, True)
    with tempfile.TemporaryDirectory() as folder:
        retriever, asked = _piaf_index(Path(folder), world)
        score = evaluate(retriever, asked, lambda p: p.document_id)
    yield Row(f"PIAF ({score.queries}): hit@5", score.hit5, 0.92)
    yield Row("PIAF: MRR", score.mrr, 0.82)


def question_rows(world: World, part: Part | None) -> Iterator[Row]:
    """What is found, shown and not answered of this project's own questions, without a model."""
    name = part or "easy"
    asked = own_questions(part) if part else easy_questions()
    extractor = SentenceExtractor(world.embedder)
    answerable = [question for question in asked if question.answerable]
    found = held = shown = right = passed = 0
    times = []
    for question in asked:
        started = time.perf_counter()
        search = world.retriever.search(question.text, limit=SHOWN)
        passages = [hit.passage for hit in search.hits]
        extract = None if search.weak else extractor.extract(question.text, search, passages)
        times.append(1000 * (time.perf_counter() - started))
        sure = extract is not None and extract.sure
        passed += not question.answerable and (not search.weak)
        if question.answerable:
            found += any(labour_key(p) in question.answers for p in passages)
            held += any(says(p.text, question.must) for p in passages)
            if sure and extract is not None:
                shown += 1
                right += says(passages[extract.passage - 1].text, question.must)
    n = max(1, len(answerable))
    yield Row(f"{name} ({len(answerable)}): the document is among {SHOWN}", found / n)
    yield Row(f"{name}: a passage of {SHOWN} holds the answer", held / n)
    yield Row(f"{name}: a passage is shown as the answer", shown / n)
    yield Row(f"{name}: and it holds the answer", right / max(1, shown))
    silent = len(asked) - len(answerable)
    if silent:
        yield Row(f"{name}: unanswerable ({silent}), refused before a model", 1 - passed / silent)
    yield Row(f"{name}: search and extract, p95 ms", float(np.percentile(times, 95)), 1000, True)


def printed(rows: Sequence[Row], *, as_json: bool) -> None:
    """Print the table, or its rows as JSON."""
    if as_json:
        told: list[dict[str, Any]] = [
            {"name": r.name, "value": round(r.value, 4), "target": r.target, "met": r.met}
            for r in rows
        ]
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for row in rows:
        verdict = {True: "met", False: "MISSED", None: ""}[row.met]
        sign = "" if row.target is None else f"{'≤' if row.below else '≥'} {row.target:g}"
        print(f"{row.name:<62}{row.value:>9.3f}  {sign:<8}{verdict}")


def main() -> int:
    """Measure, print a table, and say whether the targets are met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "var")
    parser.add_argument("--json", action="store_true", help="print the rows only")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    world = World(options.data)
    rows: list[Row] = []
    if SHARED.is_dir():
        rows += retrieval_rows(world)
    else:
        print("the shared data is not beside this checkout: its sets are left out", file=sys.stderr)
    for part in (None, "dev", "held"):
        rows += question_rows(world, part)  # type: ignore[arg-type]
    printed(rows, as_json=options.json)
    missed = any(row.met is False for row in rows)
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
