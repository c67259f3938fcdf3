"""How long a search takes, and how much memory, with a million passages (made up).

    python -m bench.million [--passages 1000000] [--data DIR] [--real var] [--json] [--check]

``--data`` keeps the index: a run that was stopped goes on where it was, and one on a folder that
holds enough measures only. ``--real`` is a folder that ``sobria setup`` filled, whose words are
drawn; without it, those of PIAF. The questions are real (CDTN's, else this project's), and embedded
as they are asked. What is found means nothing and is not looked at.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from bench.million_world import BATCH, SOURCES, Synthetic, article, fill
from bench.rag import SHOWN, Row, printed
from bench.rag_sets import SHARED, easy_questions, own_questions
from bench.uses_parts.embedder import default_embedder
from rag.retrieval import HybridRetriever, Semantic

MILLION = 1_000_000
QUESTIONS = 200
NAMED = 20
"""Questions that name an article."""
TARGET = 400.0
"""Milliseconds that 95 of 100 searches may take at most."""
_MIB = 2**20
# What each part does in a search; the rest of it is ranking.
_STAGES = {
    ("fulltext", "search"): "words",
    ("fulltext", "weights"): "words",
    ("embedder", "embed_queries"): "embedding the question",
    ("vectors", "search"): "meanings",
    ("store", "counts"): "counting the passages",
    ("store", "vector_counts"): "counting the passages",
    ("store", "passages"): "reading the passages",
    ("store", "sizes"): "reading the passages",
    ("store", "by_reference"): "reading the passages",
}


class Timed:
    """A part of the retriever, with the milliseconds that each stage took of a search."""

    def __init__(self, name: str, part: Any, spent: dict[str, float]) -> None:
        """``spent`` is added to."""
        self._name = name
        self._part = part
        self._spent = spent

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        stage = _STAGES.get((self._name, name))
        if stage is None:
            return found

        def timed(*args: Any, **keywords: Any) -> Any:
            started = time.perf_counter()
            try:
                return found(*args, **keywords)
            finally:
                self._spent[stage] += 1000 * (time.perf_counter() - started)

        return timed


def questions(seed: int) -> list[str]:
    """Questions that people ask: of the CDTN where it is, else those of this project."""
    file = SHARED / "cdtn_dev.json"
    if file.is_file():
        intents = json.loads(file.read_text(encoding="utf-8"))
        asked = sorted({text for intent in intents for text in intent["variants"]})
    else:
        own = [*own_questions("dev"), *own_questions("held"), *easy_questions()]
        asked = sorted(question.text for question in own)
    random.Random(seed).shuffle(asked)
    return asked[:QUESTIONS]


class Measured:
    """A retriever over a made-up index, and the times of its searches."""

    def __init__(self, world: Synthetic, embedder: Any) -> None:
        self._spent: dict[str, float] = defaultdict(float)
        parts = {"fulltext": world.fulltext, "vectors": world.vectors, "store": world.store}
        timed = {name: Timed(name, part, self._spent) for name, part in parts.items()}
        asks: Any = Timed("embedder", embedder, self._spent)
        store: Any = timed["store"]
        fulltext: Any = timed["fulltext"]
        vectors: Any = timed["vectors"]
        self.retriever = HybridRetriever(store, fulltext, Semantic(vectors, asks))

    def search(
        self, asked: Sequence[str], sources: frozenset[str] | None
    ) -> dict[str, list[float]]:
        """The milliseconds of each search, by stage; «all» is the whole of it."""
        times: dict[str, list[float]] = {stage: [] for stage in (*_STAGES.values(), "ranking")}
        times["all"] = []
        for question in asked:
            self._spent.clear()
            started = time.perf_counter()
            self.retriever.search(question, sources=sources, limit=SHOWN)
            whole = 1000 * (time.perf_counter() - started)
            told = {**self._spent, "ranking": whole - sum(self._spent.values()), "all": whole}
            for stage, each in times.items():
                each.append(told.get(stage, 0.0))
        return times


def rows(data: Path, seed: int) -> Iterator[Row]:
    """The figures of the index in ``data``."""
    embedder = default_embedder()
    process = psutil.Process()
    before = process.memory_info().rss
    started = time.perf_counter()
    world = Synthetic(data, embedder)
    opened = time.perf_counter() - started
    yield Row("opening and comparing the indexes, s", opened)
    started = time.perf_counter()
    world.store.counts()
    world.store.vector_counts(embedder.digest)
    counted = 1000 * (time.perf_counter() - started)
    # More of a hundred thousand are remembered for a minute (rag/store.py).
    yield Row("counting the passages, when they are not remembered, ms", counted)
    measured = Measured(world, embedder)
    held = measured.retriever.count()
    yield Row("passages", held)
    asked = questions(seed)
    first = measured.search(asked[:1], None)["all"][0]
    yield Row("the first search, ms", first)
    whole = measured.search(asked, None)
    yield Row(f"search ({len(asked)} questions), p50 ms", _percentile(whole["all"], 50))
    yield Row("search, p95 ms", _percentile(whole["all"], 95), TARGET, below=True)
    for stage, times in whole.items():
        if stage != "all":
            yield Row(f"  {stage}, p50 ms", _percentile(times, 50))
            yield Row(f"  {stage}, p95 ms", _percentile(times, 95))
    tenth = measured.search(asked, frozenset(SOURCES[:1]))
    yield Row("search in a tenth of the passages, p50 ms", _percentile(tenth["all"], 50))
    yield Row(
        "search in a tenth of the passages, p95 ms", _percentile(tenth["all"], 95), TARGET, True
    )
    yield Row("  meanings, p95 ms", _percentile(tenth["meanings"], 95))
    named = [f"Que dit l'article {article(n)} ?" for n in range(0, held, max(1, held // NAMED))]
    times = measured.search(named, None)["all"]
    yield Row("search for an article by its number, p95 ms", _percentile(times, 95), TARGET, True)
    yield Row("memory before the index is opened, MiB", before / _MIB)
    yield Row("memory after the searches, MiB", process.memory_info().rss / _MIB)
    for name, path in (
        ("database", data),
        ("full-text index", data / "index" / "fulltext"),
        ("vector index", data / "index" / "vectors"),
    ):
        files = path.glob("sobria.db*") if path == data else path.rglob("*")
        size = sum(file.stat().st_size for file in files if file.is_file())
        yield Row(f"{name} on disk, MiB", size / _MIB)


def _percentile(times: Sequence[float], part: int) -> float:
    return float(np.percentile(times, part))


def _fill(data: Path, real: Path | None, size: int, seed: int) -> None:
    fill(data, real, size, seed, default_embedder())


def main() -> int:
    """Fill, measure, print a table, and say whether the targets are met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--passages", type=int, default=MILLION)
    parser.add_argument("--data", type=Path, help="where the index is kept; else it is not")
    parser.add_argument("--real", type=Path, help="a data folder to draw words from")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--json", action="store_true", help="print the rows only")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.passages < BATCH:
        parser.error(f"--passages must be {BATCH:,} at least")
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or Path(folder)
        # In a process of its own: what filling took of memory is not what searching takes.
        filling = multiprocessing.get_context("spawn").Process(
            target=_fill, args=(data, options.real, options.passages, options.seed)
        )
        filling.start()
        filling.join()
        if filling.exitcode:
            return 1
        told = list(rows(data, options.seed))
    printed(told, as_json=options.json)
    missed = any(row.met is False for row in told)
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
