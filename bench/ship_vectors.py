"""Writes the vectors of the shipped sources, which come with the code.

    python -m bench.ship_vectors [--data var]

They are taken from the vector index of a data folder, which must be filled. Run it after a change
of the sources' pinned versions, of the cutting or of the embedder; ``tests/rag/test_shipped.py``
says when it is due.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sqlalchemy import create_engine

from bench.uses_parts.embedder import default_embedder
from rag.consistency import open_vectors
from rag.filler import embedded_text
from rag.shipped import SHIPPED, write
from rag.sources import load_sources
from rag.store import Store

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Write the file, or say what is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "var")
    data = parser.parse_args().data
    store = Store(create_engine(f"sqlite:///{data / 'sobria.db'}"))
    embedder = default_embedder()
    index, _ = open_vectors(data / "index" / "vectors", None, embedder.digest, store)
    packaged = [source.id for source in load_sources() if source.package and source.enabled]
    ids = sorted(set[str]().union(*map(store.ids_of, packaged)))
    vectors = index.vectors(ids)
    if len(vectors) < len(ids):
        print(f"{len(ids) - len(vectors)} of {len(ids)} passages have no vector yet: fill first")
        return 1
    passages = store.passages(ids)
    count = write(embedder.digest, ((embedded_text(passages[i]), vectors[i]) for i in ids))
    print(f"{count} vectors, {SHIPPED.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
