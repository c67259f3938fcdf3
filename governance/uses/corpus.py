"""What is learned from, read once: all machines share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from governance.uses.features import Matrix, word_counts
from governance.uses.folding import fold
from governance.uses.forms import asks_for_nothing
from governance.uses.patterns import PatternLayer, bounded


@dataclass(frozen=True)
class Corpus:
    """Texts, and a row, or an item, for each: embeddings, counts of words, the rules of which a
    pattern matches, and whether it asks for nothing to be done."""

    texts: tuple[str, ...]
    row_of: Mapping[str, int]
    vectors: Matrix
    counts: csr_matrix
    hits: tuple[frozenset[int], ...]
    idle: NDArray[np.bool_]

    def rows(self, texts: Sequence[str]) -> NDArray[np.intp]:
        """The rows of ``texts``. Raises KeyError for one that is not of the corpus."""
        return np.array([self.row_of[text] for text in texts], dtype=np.intp)

    def cosines(self, vector: NDArray[np.float32], left_out: int | None) -> NDArray[np.float64]:
        """The cosine of each text with ``vector``, -1 for the one of row ``left_out``."""
        cosines: NDArray[np.float64] = (self.vectors @ vector).astype(np.float64)
        if left_out is not None:
            cosines[left_out] = -1.0
        return cosines


def read_corpus(
    texts: Sequence[str], vectors_of: Mapping[str, NDArray[np.float32]], patterns: PatternLayer
) -> Corpus:
    """The corpus of ``texts``, each once, whose embeddings are ``vectors_of``."""
    distinct = list(dict.fromkeys(texts))
    folded = [fold(text) for text in distinct]
    searched = [bounded(text) for text in folded]
    return Corpus(
        tuple(distinct),
        {text: row for row, text in enumerate(distinct)},
        np.array([vectors_of[text] for text in distinct]),
        word_counts(folded),
        tuple(frozenset(patterns.hits(each)) for each in searched),
        np.array([asks_for_nothing(*pair) for pair in zip(distinct, searched, strict=True)]),
    )
