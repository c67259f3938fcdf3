"""Computes the vectors of the shipped charters' texts, which come with the code.

    python bench/ship_use_vectors.py [CACHE] [--only requests|answers]

A folder for the cache spares those that were computed before: all of them take a quarter of an
hour on two cores. Run it after a change of the shipped charters or of
``governance/uses/library``; a test says when it is due.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.uses_parts.embedder import default_embedder  # noqa: E402
from governance.charter.load import EXAMPLES, load_file  # noqa: E402
from governance.charter.use import Detect  # noqa: E402
from governance.uses.library import (  # noqa: E402
    Texts,
    known,
    known_answers,
    ordinary_answers,
    ordinary_requests,
)
from governance.uses.vectors import ANSWERS, REQUESTS, ship  # noqa: E402

CHARTERS = ("commune.yaml", "pme.yaml")


def request_texts() -> list[str]:
    """All that the judges of requests of the shipped charters learn."""
    return _all(ordinary_requests(), known)


def answer_texts() -> list[str]:
    """All that the judges of answers learn, beside what those of requests do."""
    requests = set(request_texts())
    return [text for text in _all(ordinary_answers(), known_answers) if text not in requests]


def _all(ordinary: Sequence[str], of: Callable[[Detect], Texts]) -> list[str]:
    found = list(ordinary)
    for name in CHARTERS:
        for rule in load_file(EXAMPLES / name).rules:
            texts = of(rule.use.detect)
            found += [*texts.all_examples, *texts.all_counter_examples]
    return list(dict.fromkeys(found))


FILES = {"requests": (request_texts, REQUESTS), "answers": (answer_texts, ANSWERS)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cache", type=Path, nargs="?")
    parser.add_argument("--only", choices=FILES)
    options = parser.parse_args()
    for kind, (texts, path) in FILES.items():
        if options.only in {None, kind}:
            print(kind, ship(texts(), default_embedder(), options.cache, path), "vectors")
