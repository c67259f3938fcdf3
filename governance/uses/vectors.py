"""Keeps the embeddings of the charter's examples on disk: computing them takes some ten seconds."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from governance.uses.atomic import write_array_file
from governance.uses.folding import readable
from governance.uses.reading import shortened
from models.protocol import Embedder

_BATCH = 32
_KEPT = 20_000
"""How many vectors the cache keeps, unless a charter needs more."""
REQUESTS = Path(__file__).with_name("shipped.npz")
ANSWERS = Path(__file__).with_name("shipped_answers.npz")
"""The vectors of the shipped charters' texts, and of the answers that they ban, so that a first
start need not compute them."""


def embed_known(
    texts: Sequence[str], embedder: Embedder, cache_dir: Path | None
) -> dict[str, NDArray[np.float32]]:
    """The vector of each of ``texts``, shipped or from ``cache_dir`` where it is known there.

    A text is embedded as the judge reads it: made readable, and a long one shortened. The file is
    named after the embedder's digest, its rows after the sha256 of what was read; a file that
    cannot be read is written anew. Texts are those of a charter, never those of people.

    Raises:
        OSError: the cache cannot be written.
    """
    read = {text: read_as(text) for text in texts}
    wanted = {_key(said): said for said in read.values()}
    stored = shipped(embedder.digest)
    path = cache_dir / f"uses-{_key(embedder.digest)[:16]}.npz" if cache_dir else None
    cached = _read(path, embedder.dimension) if path else {}
    known = stored | cached
    missing = [key for key in wanted if key not in known]
    # What is wanted now comes last, so that it is not what the cache forgets.
    known |= {key: known.pop(key) for key in wanted if key in known}
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        vectors = embedder.embed_queries([wanted[key] for key in batch])
        known |= dict(zip(batch, np.asarray(vectors, dtype=np.float32), strict=True))
    if path and missing:
        new = {key: vector for key, vector in known.items() if key not in stored}
        last = dict(list(new.items())[-max(_KEPT, len(wanted)) :])
        write_array_file(
            path, {"keys": np.array(list(last)), "vectors": np.array(list(last.values()))}
        )
    return {text: known[_key(said)] for text, said in read.items()}


@cache
def shipped(digest: str) -> dict[str, NDArray[np.float32]]:
    """The vectors that come with the code, by sha256 of their text, for an embedder's ``digest``;
    none for another embedder."""
    return _shipped(REQUESTS, digest) | _shipped(ANSWERS, digest)


def _shipped(path: Path, digest: str) -> dict[str, NDArray[np.float32]]:
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        if str(stored["embedder"]) != digest:
            return {}
        keys = [bytes(key).hex() for key in stored["keys"]]
        vectors = stored["vectors"].astype(np.float32) * stored["steps"].astype(np.float32)
    return dict(zip(keys, vectors, strict=True))


def ship(texts: Sequence[str], embedder: Embedder, cache_dir: Path | None, path: Path) -> int:
    """Write a file that :func:`shipped` reads; returns how many vectors.

    A vector is kept as 8-bit steps of its largest component over 127: the cosines differ by less
    than 0.001, for half the room of half precision.

    Raises:
        OSError: the file or the cache cannot be written.
    """
    known = embed_known(texts, embedder, cache_dir)
    distinct = {_key(read_as(text)): vector for text, vector in known.items()}
    vectors = np.array(list(distinct.values()))
    steps = np.abs(vectors).max(axis=1, keepdims=True) / 127
    np.savez_compressed(
        path,
        embedder=np.array(embedder.digest),
        keys=np.array([list(bytes.fromhex(key)) for key in distinct], dtype=np.uint8),
        vectors=np.round(vectors / steps).astype(np.int8),
        steps=steps.astype(np.float32),
    )
    return len(distinct)


def read_as(text: str) -> str:
    """What the embedder reads of ``text``."""
    return readable(shortened(text))


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path, dimension: int) -> dict[str, NDArray[np.float32]]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            keys, vectors = stored["keys"], stored["vectors"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        # Absent, cut short or of another version: the cache is only ever a saving.
        return {}
    sound = vectors.shape == (len(keys), dimension) and bool(np.isfinite(vectors).all())
    return dict(zip(keys.tolist(), vectors.astype(np.float32), strict=True)) if sound else {}
