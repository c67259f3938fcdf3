"""How well the right passage is found: hit@5, mean reciprocal rank and nDCG@10.

    python -m bench.retrieval [--data var] [--vectors] [--json] [--check]

Three sets: the intents of the Code du travail numérique (``cdtn_dev``, beside the checkout), PIAF
(paragraphs of Wikipédia, indexed for the occasion) and ``tests/e2e/questions_fr.yaml``. Full text
alone by default; ``--vectors`` fuses the vectors that the data folder holds already, and embeds
PIAF's paragraphs (minutes).
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

from ruamel.yaml import YAML
from sqlalchemy import create_engine

from models.protocol import Embedder
from rag.consistency import open_fulltext, open_vectors
from rag.documents import Section, document
from rag.filler import VectorFiller
from rag.fulltext import FullTextIndex
from rag.protocol import Passage
from rag.retrieval import HybridRetriever, Semantic
from rag.sources import load_sources
from rag.store import Store
from rag.tables import metadata
from rag.vectors import VectorIndex

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data" / "retrieval"
QUESTIONS = ROOT / "tests" / "e2e" / "questions_fr.yaml"
TARGET_QUESTIONS = 16
TARGET_CDTN = 0.69
TARGET_PIAF = 0.854
TARGET_PIAF_FUSED = 0.896


@dataclass(frozen=True, slots=True)
class Query:
    """A question, and the keys of the documents that answer it."""

    text: str
    answers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Score:
    """Means over the queries; ``milliseconds`` is the mean time of a search."""

    queries: int
    hit5: float
    mrr: float
    ndcg10: float
    milliseconds: float


def evaluate(
    retriever: HybridRetriever, queries: Sequence[Query], key: Callable[[Passage], str]
) -> Score:
    """Search each query and compare the first ten passages with what answers it."""
    hits = reciprocal = gain = 0.0
    started = time.perf_counter()
    for query in queries:
        found = [key(h.passage) for h in retriever.search(query.text, limit=10).hits]
        ranks = [rank for rank, k in enumerate(found, start=1) if k in query.answers]
        hits += bool(ranks) and ranks[0] <= 5
        reciprocal += 1.0 / ranks[0] if ranks else 0.0
        gain += _ndcg(found, query.answers)
    elapsed = time.perf_counter() - started
    n = max(1, len(queries))
    return Score(len(queries), hits / n, reciprocal / n, gain / n, 1000 * elapsed / n)


def _ndcg(found: Sequence[str], answers: frozenset[str]) -> float:
    """Normalised discounted gain at 10, each document counted once."""
    once = list(dict.fromkeys(found))
    gain = sum(1 / math.log2(i + 2) for i, k in enumerate(once[:10]) if k in answers)
    ideal = sum(1 / math.log2(i + 2) for i in range(min(10, len(answers))))
    return gain / ideal if ideal else 0.0


def labour_key(passage: Passage) -> str:
    """«article:l3141-3» or «fiche:conges-payes»: addresses changed their small words over time."""
    if passage.source == "fiches-travail":
        return "fiche:" + _slug(passage.document_id.rsplit("/", 1)[-1])
    if passage.source == "code-du-travail":
        return "article:" + passage.reference.lower()
    return "other:" + passage.document_id


def _slug(address: str) -> str:
    small = {"a", "l", "le", "la", "les", "de", "du", "des", "d"}
    return "-".join(word for word in address.split("-") if word not in small)


def cdtn(held: frozenset[str]) -> Iterator[Query]:
    """The intents and their variants, with the references that the index holds."""
    for intent in json.loads((SHARED / "cdtn_dev.json").read_text(encoding="utf-8")):
        answers = set()
        for reference in intent["refs"]:
            kind, _, rest = reference["url"].strip("/").partition("/")
            name = rest.split("#")[0]
            if kind == "code-du-travail":
                answers.add("article:" + name.lower())
            elif kind == "fiche-ministere-travail":
                answers.add("fiche:" + _slug(name))
        answers &= held
        if answers:
            title = intent["title"].replace("-", " ")
            for text in dict.fromkeys([title, *intent["variants"]]):
                yield Query(text, frozenset(answers))


def questions() -> Iterator[tuple[str, Query]]:
    """The twenty questions, by id."""
    for entry in YAML(typ="safe").load(QUESTIONS.read_text(encoding="utf-8"))["questions"]:
        expected = entry["expected"]
        answers = {"article:" + a.lower() for a in expected.get("articles", ())}
        answers |= {"fiche:" + _slug(f) for f in expected.get("fiches", ())}
        yield entry["id"], Query(entry["question"], frozenset(answers))


def piaf(folder: Path, embedder: Embedder | None) -> Score:
    """Index PIAF's paragraphs in ``folder`` and find the paragraph of each question."""
    data = json.loads((SHARED / "piaf_dev.json").read_text(encoding="utf-8"))["data"]
    engine = create_engine(f"sqlite:///{folder / 'piaf.db'}")
    metadata.create_all(engine)
    store, fulltext = Store(engine), FullTextIndex(folder / "fulltext")
    documents, queries = [], []
    for a, article in enumerate(data):
        for p, paragraph in enumerate(article["paragraphs"]):
            identity = f"piaf/{a}-{p}"
            documents.append(
                document(
                    id=identity,
                    source="piaf",
                    title=article.get("title", ""),
                    url="",
                    date="",
                    licence="",
                    sections=(Section((), paragraph["context"], "", ""),),
                )
            )
            queries += [Query(q["question"], frozenset({identity})) for q in paragraph["qas"]]
    fulltext.update(store.write(documents, [], 1).added)
    semantic = None
    if embedder is not None:
        index = VectorIndex(VectorIndex.client(folder / "vectors"), embedder.digest)
        filler = VectorFiller(store, index, embedder, priorities={}, batch=32)
        while filler.step():
            pass
        semantic = Semantic(index, embedder)
    return evaluate(HybridRetriever(store, fulltext, semantic), queries, lambda p: p.document_id)


def _embedder(data: Path) -> Embedder:
    from models.catalogue import load_catalogue
    from models.embedders import build_embedder

    entries = load_catalogue(data / "models").values()
    entry = next(e for e in entries if e.role == "embedder")
    return build_embedder(entry, data / "models")


def main() -> int:
    """Measure, print a table, and say whether the targets are met."""
    parser = argparse.ArgumentParser(description="How well the right passage is found.")
    parser.add_argument("--data", type=Path, default=ROOT / "var")
    parser.add_argument("--database", help="its URL; the SQLite file of --data if absent")
    parser.add_argument("--vectors", action="store_true")
    parser.add_argument("--json", action="store_true", help="print the rows only")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    table = sys.stderr if options.json else sys.stdout

    url = options.database or f"sqlite:///{options.data / 'sobria.db'}"
    store = Store(create_engine(url))
    fulltext, _ = open_fulltext(options.data / "index" / "fulltext", store)
    embedder = _embedder(options.data) if options.vectors else None
    semantic = None
    if embedder is not None:
        index, _ = open_vectors(options.data / "index" / "vectors", None, embedder.digest, store)
        semantic = Semantic(index, embedder)
    weights = {source.id: source.weight for source in load_sources()}
    retriever = HybridRetriever(store, fulltext, semantic, weights=weights)
    ready = sum(store.vector_counts(embedder.digest).values()) if embedder else 0
    print(f"{retriever.count()} passages, {ready} with a vector", file=table)

    rows: list[dict[str, Any]] = []

    def row(name: str, value: float, target: float | None) -> None:
        met = None if target is None else value >= target
        rows.append({"name": name, "value": round(value, 4), "target": target, "met": met})

    asked = list(questions())
    found = {name: evaluate(retriever, [query], labour_key) for name, query in asked}
    row("questions_found_in_5", sum(score.hit5 for score in found.values()), TARGET_QUESTIONS)
    print(
        "not found in five:",
        [name for name, s in found.items() if not s.hit5] or "none",
        file=table,
    )
    sets: list[tuple[str, Score, float | None]] = [
        ("questions", evaluate(retriever, [query for _, query in asked], labour_key), None)
    ]
    if SHARED.is_dir():
        held = frozenset(labour_key(p) for p in store.passages(sorted(store.ids())).values())
        sets.append(("cdtn", evaluate(retriever, list(cdtn(held)), labour_key), TARGET_CDTN))
        with tempfile.TemporaryDirectory() as folder:
            target = TARGET_PIAF if embedder is None else TARGET_PIAF_FUSED
            sets.append(("piaf", piaf(Path(folder), embedder), target))
    else:
        print(
            "the shared data is not beside this checkout: only the twenty questions are asked",
            file=table,
        )
    print(f"{'set':<12}{'queries':>8}{'hit@5':>8}{'MRR':>8}{'nDCG@10':>9}{'ms':>7}", file=table)
    for name, score, floor in sets:
        print(
            f"{name:<12}{score.queries:>8}{score.hit5:>8.3f}{score.mrr:>8.3f}"
            f"{score.ndcg10:>9.3f}{score.milliseconds:>7.1f}",
            file=table,
        )
        row(f"{name}_hit5", score.hit5, floor)
        row(f"{name}_mrr", score.mrr, None)
        row(f"{name}_ndcg10", score.ndcg10, None)
    if options.json:
        print(json.dumps(rows, indent=2))
    missed = [r["name"] for r in rows if r["met"] is False]
    if missed:
        print("missed:", ", ".join(missed), file=table)
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
