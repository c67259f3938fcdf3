"""Computes the vectors of the known questions, which come with the code.

    python -m bench.ship_known

They are embedded as questions are, and turned by a linear map under which the questions of a
passage come together: the differences within passages are evened out, and the directions in which
passages differ most are kept (linear discriminant analysis, Fisher 1936). Run it after a change of
``rag/known.csv`` or of what the embedder has learnt; a test says when it is due. It takes some
minutes of two cores.
"""

from __future__ import annotations

import sys

import numpy as np

from bench.uses_parts.embedder import default_embedder
from models.protocol import Vectors
from rag.known import VECTORS, read, write

_TURNED = 128
_EVENED = 0.3
"""What is added to each variance within passages, as a share of their mean."""
_BATCH = 512


def turned(vectors: Vectors, passages: list[str]) -> Vectors:
    """The map, from the vectors of questions (a row each) and the passages that they belong to."""
    _, group = np.unique(passages, return_inverse=True)
    counts = np.bincount(group)
    sums = np.zeros((counts.size, vectors.shape[1]))
    np.add.at(sums, group, vectors)
    means = sums / counts[:, None]
    within = (vectors - means[group])[counts[group] > 1]
    sizes, axes = np.linalg.eigh(within.T @ within / len(within))
    even = (axes / np.sqrt(sizes + _EVENED * sizes.mean())) @ axes.T
    _, main = np.linalg.eigh(np.cov((means @ even).T))
    chosen: Vectors = (main[:, ::-1][:, :_TURNED].T @ even).astype(np.float32)
    return chosen / np.abs(chosen).max()


def main() -> int:
    """Embed, learn the map and write."""
    embedder = default_embedder()
    questions = read()
    parts = []
    for start in range(0, len(questions), _BATCH):
        batch = questions[start : start + _BATCH]
        parts.append(embedder.embed_questions([question.text for question in batch]))
        print(f"{start + len(batch)}/{len(questions)}", end="\r", flush=True)
    vectors = np.concatenate(parts)
    write(
        embedder.questions_digest,
        turned(vectors, [question.passage for question in questions]),
        vectors,
    )
    print(f"{len(questions)} questions, {VECTORS.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
