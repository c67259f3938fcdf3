"""Computes the vectors of the shipped charters' texts, which come with the code.

    python bench/ship_use_vectors.py [CACHE]

A folder for the cache spares those that were computed before: all of them take a quarter of an
hour on two cores. Run it after a change of the shipped charters or of
``governance/uses/library``; a test says when it is due.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.uses_parts.embedder import default_embedder  # noqa: E402
from governance.charter.load import EXAMPLES, load_file  # noqa: E402
from governance.uses.library import known, ordinary_requests  # noqa: E402
from governance.uses.vectors import ship  # noqa: E402


def all_texts() -> list[str]:
    """All that the judges of the shipped charters learn."""
    found = list(ordinary_requests())
    for name in ("commune.yaml", "pme.yaml"):
        for rule in load_file(EXAMPLES / name).rules:
            texts = known(rule.use.detect)
            found += [*texts.all_examples, *texts.all_counter_examples]
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    cache = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    print(ship(all_texts(), default_embedder(), cache), "vectors")
