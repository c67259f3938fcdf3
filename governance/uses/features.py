"""Turns texts into what the similarity judge compares: meaning, and words.

The embedder's vectors carry the meaning, but those of e5 all lie within a narrow cone (cosines of
0.75 to 0.90), so they are centred first. Word stems and pieces of words, weighed by their rarity,
add what a small embedder blurs: «trie» is not «traduis».
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from governance.uses.folding import fold

Matrix = NDArray[np.float32]

_BUCKETS = 2**13
WORDS_SHARE = 0.8
"""What words weigh against meaning in a request, chosen on the development prompts."""


def word_counts(texts: Sequence[str]) -> Matrix:
    """Hashed counts of 4-letter pieces, stems and pairs of stems, a row for each text."""
    counts = np.zeros((len(texts), _BUCKETS), dtype=np.float32)
    for row, text in enumerate(texts):
        words = fold(text).replace("|", " ").split()
        for word in words:
            framed = f"<{word}>"
            pieces = [framed[i : i + 4] for i in range(max(1, len(framed) - 3))]
            for piece in (*pieces, f"={word[:6]}"):
                counts[row, crc32(piece.encode()) % _BUCKETS] += 1
        for left, right in pairwise(words):
            counts[row, crc32(f"{left[:5]}_{right[:5]}".encode()) % _BUCKETS] += 1
    return counts


class Features:
    """A space fitted on a corpus: its centre, and how rare each word is in it."""

    def __init__(
        self, texts: Sequence[str], vectors: Matrix, words_share: float = WORDS_SHARE
    ) -> None:
        self._share = words_share
        counts = word_counts(texts)
        self._centre = vectors.mean(axis=0)
        self._rarity = np.log((1 + len(texts)) / (1 + (counts > 0).sum(axis=0))) + 1
        self.corpus = self._joined(vectors, counts)

    def of(self, texts: Sequence[str], vectors: Matrix) -> Matrix:
        """The features of ``texts``, whose embeddings are ``vectors``."""
        return self._joined(vectors, word_counts(texts))

    def words_of(self, texts: Sequence[str]) -> Matrix:
        """The words' part alone, which costs no embedding; the meaning's part is zero."""
        words = self._words(word_counts(texts))
        meaning = np.zeros((len(texts), len(self._centre)), dtype=np.float32)
        return np.hstack([meaning, words]).astype(np.float32)

    def _joined(self, vectors: Matrix, counts: Matrix) -> Matrix:
        centred = _unit(vectors - self._centre) * math.sqrt(1 - self._share)
        return np.hstack([centred, self._words(counts)]).astype(np.float32)

    def _words(self, counts: Matrix) -> Matrix:
        weighed = _unit(np.log1p(counts) * self._rarity)
        scaled: Matrix = (weighed * math.sqrt(self._share)).astype(np.float32)
        return scaled


def _unit(rows: Matrix) -> Matrix:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Matrix = (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled
