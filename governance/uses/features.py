"""Turns texts into what the similarity judge compares: meaning, and words.

The embedder's vectors carry the meaning, but those of e5 all lie within a narrow cone (cosines of
0.75 to 0.90), so they are centred first. Word stems and pieces of words, weighed by their rarity,
add what a small embedder blurs: «trie» is not «traduis».
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

Matrix = NDArray[np.float32]

_BUCKETS = 2**15
WORDS_SHARE = 0.7
"""What words weigh against meaning in a request, chosen on the development prompts."""


def word_pieces(folded: str) -> list[str]:
    """The 4-letter pieces and stems of a folded text's words, and the pairs of neighbouring
    stems."""
    words = folded.replace("|", " ").split()
    found: list[str] = []
    for word in words:
        framed = f"<{word}>"
        found += [framed[i : i + 4] for i in range(max(1, len(framed) - 3))]
        found.append(f"={word[:6]}")
    return found + [f"{left[:5]}_{right[:5]}" for left, right in pairwise(words)]


_COUNTS = HashingVectorizer(
    analyzer=word_pieces,
    n_features=_BUCKETS,
    alternate_sign=False,
    norm=None,
    dtype=np.float32,
)


def word_counts(texts: Sequence[str]) -> csr_matrix:
    """Hashed counts of the pieces of words, a row for each of ``texts``, folded."""
    return _COUNTS.transform(texts)


class Features:
    """A space fitted on texts: their centre, and how rare each word is in them.

    ``vectors`` are their embeddings and ``counts`` their :func:`word_counts`.
    """

    def __init__(
        self, vectors: Matrix, counts: csr_matrix, words_share: float = WORDS_SHARE
    ) -> None:
        self._share = words_share
        self._centre = vectors.mean(axis=0)
        self._rarity = TfidfTransformer(sublinear_tf=True).fit(counts)

    @property
    def meanings(self) -> int:
        """How many of the columns are the meaning's: the first ones."""
        return len(self._centre)

    def meaning(self, vectors: Matrix) -> Matrix:
        """The meaning's part of texts whose embeddings are ``vectors``."""
        centred = vectors - self._centre
        lengths = np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
        part: Matrix = (centred / lengths * math.sqrt(1 - self._share)).astype(np.float32)
        return part

    def words(self, counts: csr_matrix) -> csr_matrix:
        """The words' part of texts whose :func:`word_counts` are ``counts``."""
        return self._rarity.transform(counts) * np.float32(math.sqrt(self._share))

    def rows(self, vectors: Matrix, counts: csr_matrix) -> csr_matrix:
        """A row for each of some texts: the meaning's part, then the words', of squared lengths
        1 - share and share."""
        meaning = csr_matrix(self.meaning(vectors))
        return hstack([meaning, self.words(counts)], format="csr", dtype=np.float32)
