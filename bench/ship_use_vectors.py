"""Computes the vectors of the shipped charters' texts, which come with the code.

    python bench/ship_use_vectors.py [CACHE] [--only requests|answers]

A folder for the cache spares those that were computed before: all of them take a quarter of an
hour on two cores. Run it after a change of the shipped charters or of
``governance/uses/library``; a test says when it is due.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.uses_parts.embedder import default_embedder  # noqa: E402
from governance.charter.load import EXAMPLES, load_file  # noqa: E402
from governance.uses.library import (  # noqa: E402
    known,
    known_answers,
    ordinary_answers,
    ordinary_requests,
)
from governance.uses.vectors import ANSWERS, REQUESTS, ship  # noqa: E402

CHARTERS = ("commune.yaml", "pme.yaml")


def answer_texts() -> list[str]:
    """All that the judges of answers learn, beside what those of requests do."""
    found = list(ordinary_answers())
    for name in CHARTERS:
        for rule in load_file(EXAMPLES / name).rules:
            texts = known_answers(rule.use.detect)
            found += [*texts.all_examples, *texts.all_counter_examples]
    requests = set(request_texts())
    return [text for text in dict.fromkeys(found) if text not in requests]


def request_texts() -> list[str]:
    """All that the judges of requests of the shipped charters learn."""
    found = list(ordinary_requests())
    for name in CHARTERS:
        for rule in load_file(EXAMPLES / name).rules:
            texts = known(rule.use.detect)
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
