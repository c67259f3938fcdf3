"""The vectors that spaCy's entity recogniser makes of words, by numpy: less time, same arithmetic.

Thinc runs a layer at a time, each with the book-keeping of training, and multiplies by BLIS, which
falls back to plain C on processors that it does not know. A message of 500 characters is some 90
words: most of its time went in that. The vectors differ from Thinc's by rounding alone.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Attributes = npt.NDArray[np.uint64]
"""spaCy's numbers for words: a row for each attribute, a column for each word."""

_PIECES: Final = 3
"""Of each maxout: the largest of three affine maps."""
_PAD: Final = 4
"""Rows of zeros around a text, as many as there are layers that look at neighbours."""
_TINY: Final = np.float32(1e-8)
_SHAPE: Final = {"hashembed": 4, "static_vectors": 1, "maxout": 5, "layernorm": 5, "linear": 1}
"""Layers of the model, by name, that are known here."""


class UnknownModel(RuntimeError):
    """The model is not built as ``fr_core_news`` 3.8 is."""


class _Maxout:
    """The largest of three affine maps, then a normalisation: a pair of Thinc's layers."""

    def __init__(self, maxout: Any, norm: Any) -> None:
        weights, bias = maxout.get_param("W"), maxout.get_param("b")
        outputs, pieces, inputs = weights.shape
        if pieces != _PIECES:
            raise UnknownModel(f"maxout of {pieces}")
        self.outputs: int = outputs
        self.inputs: int = inputs
        # Piece by piece rather than output by output: the largest is then taken block by block.
        by_piece = weights.transpose(1, 0, 2).reshape(pieces * outputs, inputs)
        self.weights: Floats = np.ascontiguousarray(by_piece.T)
        self.bias: Floats = np.ascontiguousarray(bias.T.reshape(-1))
        self.gain: Floats = norm.get_param("G")
        self.shift: Floats = norm.get_param("b")
        self.mean: Floats = np.full(outputs, 1 / outputs, dtype=np.float32)

    def __call__(self, rows: Floats) -> Floats:
        maps = rows @ self.weights
        maps += self.bias
        width = self.outputs
        best: Floats = np.maximum(maps[:, :width], maps[:, width : 2 * width])
        np.maximum(best, maps[:, 2 * width :], out=best)
        best -= (best @ self.mean)[:, None]
        variance = np.einsum("ij,ij->i", best, best) / np.float32(width)
        best *= (1 / np.sqrt(variance + _TINY))[:, None]
        best *= self.gain
        best += self.shift
        return best


class TokenVectors:
    """Features of each word, its static vector, then layers that look at its neighbours.

    Attributes:
        columns: spaCy's attributes that are read.

    Raises:
        UnknownModel: ``tok2vec``, the recogniser's first layer, is built otherwise.
    """

    def __init__(self, tok2vec: Any, vocabulary: Any) -> None:
        layers: dict[str, list[Any]] = {}
        for node in tok2vec.walk():
            layers.setdefault(node.name, []).append(node)
        if any(len(layers.get(name, ())) != count for name, count in _SHAPE.items()):
            raise UnknownModel("other layers")
        [features], [static], [last] = (
            layers[name] for name in ("extract_features", "static_vectors", "linear")
        )
        pairs = zip(layers["maxout"], layers["layernorm"], strict=True)
        self._mix, *self._neighbours = (_Maxout(*pair) for pair in pairs)
        self.columns: list[str] = [*features.attrs["columns"], "ORTH"]
        self._hash = tok2vec.ops.hash
        self._tables = [(node.get_param("E"), node.attrs["seed"]) for node in layers["hashembed"]]
        self._row_of = vocabulary.vectors.find
        projected = vocabulary.vectors.data @ static.get_param("W").T
        # One row more, of zeros: -1 is the row of a word without a vector.
        self._static: Floats = np.vstack([projected, np.zeros_like(projected[:1])])
        self._known: Attributes = np.zeros((len(self._tables), 0), dtype=np.uint64)
        self._known_keys: npt.NDArray[np.uint64] = np.zeros(0, dtype=np.uint64)
        self._known_words: Floats = np.zeros((0, 0), dtype=np.float32)
        self._last: Floats = np.ascontiguousarray(last.get_param("W").T)
        self._bias: Floats = last.get_param("b")

    def __call__(self, attributes: Attributes) -> Floats:
        """A row for each word, of whose ``attributes`` the first rows are :attr:`columns`."""
        words = self._words(attributes)
        count, width = words.shape
        # Thinc's padding: rows of zeros, which the layers then fill as they do the others.
        vectors = np.zeros((count + 2 * _PAD, width), dtype=np.float32)
        vectors[_PAD:-_PAD] = words
        seen = np.zeros((len(vectors), 3 * width), dtype=np.float32)
        for layer in self._neighbours:
            seen[1:, :width] = vectors[:-1]
            seen[:, width : 2 * width] = vectors
            seen[:-1, 2 * width :] = vectors[1:]
            vectors += layer(seen)
        result: Floats = vectors[_PAD:-_PAD] @ self._last
        result += self._bias
        return result

    def learn(self, attributes: Attributes) -> None:
        """Keep what is known of each of these words by itself, so that it is not computed again.

        Words of the model's own vocabulary are meant: they stay in memory.
        """
        keys = attributes[len(self._tables)]
        known, first = np.unique(keys, return_index=True)
        self._known = np.ascontiguousarray(attributes[: len(self._tables), first])
        self._known_keys = known
        self._known_words = self._mix(self._features(attributes[:, first]))

    def _words(self, attributes: Attributes) -> Floats:
        """The vector of each word by itself."""
        keys = attributes[len(self._tables)]
        if not len(self._known_keys):
            return self._mix(self._features(attributes))
        places = np.searchsorted(self._known_keys, keys)
        places[places == len(self._known_keys)] = 0
        words: Floats = self._known_words[places]
        # A word may be split off with features that are not its own: «c'» stands for «ce».
        same = (self._known[:, places] == attributes[: len(self._tables)]).all(axis=0)
        same &= self._known_keys[places] == keys
        [others] = np.nonzero(~same)
        if len(others):
            words[others] = self._mix(self._features(attributes[:, others]))
        return words

    def _features(self, attributes: Attributes) -> Floats:
        """What is known of each word by itself: four hashed features and its static vector."""
        rows = np.empty((attributes.shape[1], self._mix.inputs), dtype=np.float32)
        position = 0
        for values, (table, seed) in zip(attributes, self._tables, strict=False):
            keys = self._hash(np.ascontiguousarray(values), seed) % len(table)
            end = position + table.shape[1]
            table[keys].sum(axis=1, out=rows[:, position:end])
            position = end
        rows[:, position:] = self._static[self._row_of(keys=attributes[len(self._tables)])]
        return rows
