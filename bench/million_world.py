"""A made-up index of any size, written as a sync and the filler write a real one.

Texts are words drawn one by one as often as real passages have them, so that the lists of the
full-text index are as long as they would be; they mean nothing. Vectors are real ones of the
shipped sources, each moved a little: as near to their neighbours as real passages are.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import create_engine, select

from bench.rag_sets import piaf
from models.protocol import Embedder, Vectors
from rag import shipped
from rag.consistency import open_fulltext, open_vectors
from rag.documents import Document, Section, document
from rag.fulltext import FullTextIndex
from rag.protocol import Passage
from rag.store import Store
from rag.tables import metadata, passages
from rag.vectors import VectorIndex
from server.database import open_database

SECTIONS = 20
"""Passages of a document."""
BATCH = 5_000
"""Passages that are written at once: Chroma takes no more than 5,461."""
SOURCES = tuple(f"synthetic-{number}" for number in range(10))
_WORDS, _SPREAD, _FEWEST, _MOST = 120.0, 30.0, 20, 200
_SENTENCE = 18
# A vector has this much noise for 1 of its real one. The tenth nearest neighbour of a shipped
# passage has a cosine of .93, and so have two that are moved by this from the same one.
_NOISE = 0.27


@dataclass(frozen=True, slots=True)
class Language:
    """Words, and up to where each lies between 0 and 1 if they lie as often as they are used."""

    words: NDArray[np.str_]
    bounds: NDArray[np.float64]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Language:
        """The words of ``texts``, as often as they are there. Raises ValueError without any."""
        counts = Counter(word for text in texts for word in text.split() if len(word) <= 30)
        if not counts:
            raise ValueError("there are no texts to draw words from")
        words, times = zip(*counts.most_common(), strict=True)
        return cls(np.array(words), np.cumsum(times) / sum(times))

    def draw(self, rng: np.random.Generator, size: int) -> list[str]:
        """``size`` words, drawn one by one."""
        places = np.searchsorted(self.bounds, rng.random(size), side="right")
        drawn: list[str] = self.words[np.minimum(places, len(self.words) - 1)].tolist()
        return drawn


def real_texts(data: Path | None) -> Iterator[str]:
    """The texts of the passages of a data folder; without one, PIAF's paragraphs."""
    if data is None:
        for read in piaf()[0]:
            yield from (section.text for section in read.sections)
        return
    with create_engine(f"sqlite:///{data / 'sobria.db'}").connect() as connection:
        yield from connection.execute(select(passages.c.text)).scalars()


def article(number: int) -> str:
    """The reference of the article of this number, from 0."""
    return f"L{1000 + number // 100}-{1 + number % 100}"


def batch_of(language: Language, number: int, seed: int) -> list[Document]:
    """The documents of one batch, the same for the same ``number`` and ``seed``.

    Each section is an article, so that it is a passage of its own.
    """
    rng = np.random.default_rng((seed, number))
    made = []
    for place in range(BATCH // SECTIONS):
        serial = number * (BATCH // SECTIONS) + place
        sizes = rng.normal(_WORDS, _SPREAD, SECTIONS).clip(_FEWEST, _MOST).astype(int)
        heads = language.draw(rng, 5 * (SECTIONS + 1))
        texts = language.draw(rng, int(sizes.sum()))
        sections, start = [], 0
        for each, size in enumerate(sizes.tolist()):
            sections.append(
                Section(
                    (" ".join(heads[:5]), " ".join(heads[5 * each + 5 : 5 * each + 10])),
                    _sentences(texts[start : start + size]),
                    article(serial * SECTIONS + each),
                    f"https://example.org/{serial}#{each}",
                )
            )
            start += size
        made.append(
            document(
                id=f"synthetic/{serial}",
                source=SOURCES[serial % len(SOURCES)],
                title=" ".join(heads[:5]),
                url=f"https://example.org/{serial}",
                date="2026-01-31",
                licence="Licence Ouverte 2.0",
                sections=tuple(sections),
            )
        )
    return made


def _sentences(words: Sequence[str]) -> str:
    parts = (words[start : start + _SENTENCE] for start in range(0, len(words), _SENTENCE))
    return " ".join(" ".join(part).capitalize() + "." for part in parts)


def directions(embedder_digest: str) -> Vectors:
    """The vectors of the shipped sources, of length 1. Raises ValueError if there are none."""
    held = shipped.load(embedder_digest)
    if not len(held):
        raise ValueError("no vectors are shipped for this embedder")
    whole = held.vectors.astype(np.float32)
    scaled: Vectors = whole / np.linalg.norm(whole, axis=1, keepdims=True)
    return scaled


def vectors_of(real: Vectors, ids: Sequence[str], seed: int) -> Vectors:
    """A vector of length 1 for each id, the same for the same id and ``seed``."""
    made = np.empty((len(ids), real.shape[1]), dtype=np.float32)
    for row, identity in enumerate(ids):
        rng = np.random.default_rng((seed, int(identity[:16], 16)))
        noise = rng.standard_normal(real.shape[1], dtype=np.float32)
        made[row] = real[rng.integers(len(real))]
        made[row] += _NOISE / np.linalg.norm(noise) * noise
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


class Synthetic:
    """A folder with a database and both indexes, opened as the server opens them."""

    def __init__(self, data: Path, embedder: Embedder) -> None:
        """Open ``data``, or make an empty one; what an interrupted filling left is put right."""
        self.engine = open_database(f"sqlite:///{data / 'sobria.db'}")
        metadata.create_all(self.engine)
        self.store = Store(self.engine)
        self.digest = embedder.digest
        self.fulltext: FullTextIndex = open_fulltext(data / "index" / "fulltext", self.store)[0]
        self.vectors: VectorIndex = open_vectors(
            data / "index" / "vectors", None, self.digest, self.store
        )[0]

    def documents(self) -> int:
        """How many documents are written."""
        return sum(heads for heads, _ in self.store.counts().values())


def fill(data: Path, real: Path | None, size: int, seed: int, embedder: Embedder) -> None:
    """Write passages until there are ``size``, from where an earlier run was stopped.

    The same ``seed`` and ``real`` are to be given to each run on a folder.
    """
    world = Synthetic(data, embedder)
    near = directions(world.digest)
    _without_vector(world, near, seed)
    first, last = world.documents() * SECTIONS // BATCH, -(-size // BATCH)
    if first >= last:
        return
    language = Language.of(real_texts(real))
    began = time.monotonic()
    for number in range(first, last):
        added = world.store.write(batch_of(language, number, seed), [], 1).added
        world.fulltext.update(added)
        _add(world, near, added, seed)
        spent = time.monotonic() - began
        left = spent / (number + 1 - first) * (last - number - 1)
        print(
            f"{(number + 1) * BATCH:>9,} of {last * BATCH:,} passages, "
            f"{spent:.0f} s, about {left:.0f} s to go",
            file=sys.stderr,
            flush=True,
        )


def _add(world: Synthetic, near: Vectors, added: Sequence[Passage], seed: int) -> None:
    world.vectors.add(added, vectors_of(near, [passage.id for passage in added], seed))
    world.store.note_vectors(world.digest, added)


def _without_vector(world: Synthetic, near: Vectors, seed: int) -> None:
    """Add the vectors that an interrupted filling did not come to."""
    missing = sorted(world.store.ids() - world.store.vector_ids(world.digest))
    for start in range(0, len(missing), BATCH):
        page = world.store.passages(missing[start : start + BATCH])
        _add(world, near, list(page.values()), seed)
