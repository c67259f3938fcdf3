"""Vectors of the shipped sources at their pinned versions, which come with the code.

Computing them takes twenty minutes of two cores; reading them a second. They are known by the
embedder's digest and the sha256 of what is embedded, so a passage that changed, or another
embedder, finds nothing here and is computed as any other.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.digest import sha256_of_arrays
from models.protocol import Vectors
from rag.quantised import quantised, unit

SHIPPED = Path(__file__).with_name("shipped.npz")
_KEY_BYTES = 12


class DamagedVectors(Exception):
    """The file of vectors is not what was written."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """Vectors by key, in 8 bits (:mod:`rag.quantised`)."""

    rows: dict[bytes, int]
    steps: NDArray[np.float16]
    vectors: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.rows)

    def find(self, texts: Sequence[str]) -> dict[int, Vectors]:
        """The vectors (of length 1) of those of ``texts`` that are known, by their place."""
        found: dict[int, Vectors] = {}
        for place, text in enumerate(texts):
            row = self.rows.get(key_of(text))
            if row is not None:
                found[place] = unit(self.steps[row : row + 1], self.vectors[row : row + 1])[0]
        return found


NONE = Shipped({}, np.zeros(0, np.float16), np.zeros((0, 0), np.int8))


def key_of(text: str) -> bytes:
    """What a text goes by: the start of its sha256."""
    return hashlib.sha256(text.encode()).digest()[:_KEY_BYTES]


def load(embedder_digest: str, path: Path = SHIPPED) -> Shipped:
    """The vectors that ``path`` holds of an embedder; none if it is absent or of another one.

    Raises:
        DamagedVectors: the file cannot be read, or is not the one that was written.
    """
    if not path.is_file():
        return NONE
    try:
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["embedder"]) != embedder_digest:
                return NONE
            keys, steps, vectors = stored["keys"], stored["steps"], stored["vectors"]
            if str(stored["sha256"]) != sha256_of_arrays(keys, steps, vectors):
                raise DamagedVectors
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DamagedVectors from error
    return Shipped({bytes(key): row for row, key in enumerate(keys)}, steps, vectors)


def write(
    embedder_digest: str, embedded: Iterable[tuple[str, Vectors]], path: Path = SHIPPED
) -> int:
    """Write the file that :func:`load` reads; how many vectors it holds."""
    by_key = {key_of(text): vector for text, vector in embedded}
    order = sorted(by_key)
    whole = np.array([by_key[key] for key in order], dtype=np.float32)
    steps, vectors = quantised(whole)
    keys = np.frombuffer(b"".join(order), dtype=np.uint8).reshape(len(order), _KEY_BYTES)
    np.savez_compressed(
        path,
        embedder=np.array(embedder_digest),
        sha256=np.array(sha256_of_arrays(keys, steps, vectors)),
        keys=keys,
        steps=steps,
        vectors=vectors,
    )
    return len(order)
