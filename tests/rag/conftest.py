"""What the tests of this room share: a small world of documents, and where the real ones are."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, create_engine, event

from models.protocol import Vectors
from rag.documents import Document, Section, document
from rag.protocol import Passage
from rag.tables import metadata
from rag.text import words

ROOT = Path(__file__).resolve().parents[2]


def make_document(number: str, *texts: str, source: str = "demo", title: str = "") -> Document:
    """A document with one section a text."""
    return document(
        id=f"{source}/{number}",
        source=source,
        title=title or f"Document {number}",
        url=f"https://example.org/{number}",
        date="2026-01-31",
        licence="Licence Ouverte 2.0",
        sections=tuple(
            Section((f"Partie {i}",), text, "", f"https://example.org/{number}#{i}")
            for i, text in enumerate(texts, start=1)
        ),
    )


def make_passage(text: str, *, title: str = "Les congés payés", reference: str = "") -> Passage:
    """A passage that hangs on nothing."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Passage(
        id=digest[:24],
        document_id="demo/1",
        source="demo",
        title=title,
        section_path=(),
        reference=reference,
        text=text,
        url="https://example.org/1",
        date="2026-01-31",
        licence="Licence Ouverte 2.0",
        digest=digest,
    )


class BagEmbedder:
    """A real, if simple, embedder: words hashed into 64 dimensions, so texts alike are near."""

    name = "bag"
    digest = questions_digest = "sha256:bag"
    dimension = 64

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of the words of each text."""
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for stem in words.stems(text):
                row[int(hashlib.sha256(stem.encode()).hexdigest(), 16) % self.dimension] += 1.0
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        scaled: Vectors = rows / np.maximum(norms, 1e-9)
        return scaled

    embed_passages = embed_questions = embed_queries


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A file database with this room's tables."""
    made = create_engine(f"sqlite:///{tmp_path / 'rag.db'}", connect_args={"timeout": 30})

    @event.listens_for(made, "connect")
    def configure(connection, _record) -> None:  # type: ignore[no-untyped-def]
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=ON")

    metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def downloads() -> Path:
    """The folder of npm packages that a set-up fills; skips where the fiches are not in it."""
    folder = Path(os.environ.get("SOBRIA_TEST_DOWNLOADS", ROOT / "var" / "downloads"))
    if not (folder / "socialgouv-fiches-travail-data-4.1174.0.tgz").is_file():
        pytest.skip(f"the fiches are not in {folder}: run “sobria sources sync”")
    return folder
