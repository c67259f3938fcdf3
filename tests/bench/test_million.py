"""The made-up index is the same each time, and goes on where it was stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench import million_world
from bench.million_world import Language, Synthetic, batch_of, fill, vectors_of
from bench.uses_parts.embedder import default_embedder
from rag.chunking import cut
from rag.store import Store
from rag.tables import metadata
from server.database import open_database
from tests.rag.conftest import make_document

SMALL = 100
TEXT = "Le salarié a droit à un congé de deux jours et demi ouvrables par mois de travail effectif."


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(million_world, "BATCH", SMALL)


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A data folder with one document."""
    engine = open_database(f"sqlite:///{tmp_path / 'real' / 'sobria.db'}")
    metadata.create_all(engine)
    Store(engine).write([make_document("1", TEXT)], [], 1)
    return tmp_path / "real"


def test_each_section_is_a_passage_and_a_seed_gives_the_same_ones() -> None:
    language = Language.of([TEXT])
    made = batch_of(language, 3, seed=1)
    assert made == batch_of(language, 3, seed=1)
    assert made != batch_of(language, 3, seed=2)
    assert sum(len(cut(document)) for document in made) == SMALL
    held = {word.strip(".").lower() for d in made for s in d.sections for word in s.text.split()}
    assert held <= {word.strip(".").lower() for word in TEXT.split()}


def test_words_are_drawn_as_often_as_they_are_used() -> None:
    language = Language.of(["de de de la"])
    drawn = language.draw(np.random.default_rng(1), 10_000)
    assert drawn.count("de") == pytest.approx(7_500, abs=200)
    assert set(drawn) == {"de", "la"}


def test_a_vector_hangs_on_its_passage_alone_and_is_near_a_real_one() -> None:
    rows = np.random.default_rng(1).standard_normal((5, 384)).astype(np.float32)
    real = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    ids = ["0" * 24, "1" * 24, "f" * 24]
    made = vectors_of(real, ids, seed=1)
    assert np.array_equal(vectors_of(real, ids[::-1], seed=1)[::-1], made)
    assert np.linalg.norm(made, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert (made @ real.T).max(axis=1) == pytest.approx(0.965, abs=0.03)


def test_filling_goes_on_where_it_was_stopped(tmp_path: Path, real: Path) -> None:
    embedder, data = default_embedder(), tmp_path / "made"
    fill(data, real, 2 * SMALL, 1, embedder)
    stopped = Synthetic(data, embedder)
    some = sorted(stopped.store.ids())[:30]
    stopped.vectors.remove(some)
    stopped.fulltext.update([], some[:10])
    fill(data, real, 3 * SMALL, 1, embedder)
    world = Synthetic(data, embedder)
    assert len(world.store.ids()) == 3 * SMALL
    assert set(world.fulltext.ids()) == world.vectors.ids() == world.store.ids()
    whole = tmp_path / "at once"
    fill(whole, real, 3 * SMALL, 1, embedder)
    assert Synthetic(whole, embedder).store.ids() == world.store.ids()
