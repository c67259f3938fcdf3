"""Vectors of the shipped sources come with the code, and are taken only where they are right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from rag.filler import VectorFiller, embedded_text
from rag.shipped import DamagedVectors, load, write
from rag.store import Store
from rag.vectors import VectorIndex
from tests.rag.conftest import BagEmbedder, make_document


@pytest.fixture
def texts() -> list[str]:
    return [f"Texte numéro {n} sur les congés" for n in range(40)]


@pytest.fixture
def shipped(texts: list[str], tmp_path: Path) -> Path:
    path = tmp_path / "shipped.npz"
    vectors = BagEmbedder().embed_passages(texts)
    assert write("digest", zip(texts, vectors, strict=True), path) == len(texts)
    return path


def test_a_vector_is_found_again_within_a_thousandth(shipped: Path, texts: list[str]) -> None:
    found = load("digest", shipped).find([*texts, "un autre texte"])
    assert list(found) == list(range(len(texts)))
    exact = BagEmbedder().embed_passages(texts)
    assert all(float(found[n] @ exact[n]) > 0.999 for n in found)


def test_those_of_another_embedder_are_not_taken(shipped: Path, texts: list[str]) -> None:
    assert len(load("another", shipped)) == 0
    assert load("digest", shipped.with_name("absent.npz")).find(texts) == {}


def test_a_file_that_was_changed_is_refused(shipped: Path) -> None:
    with np.load(shipped) as stored:
        held = dict(stored)
    held["vectors"] = held["vectors"].copy()
    held["vectors"][0, 0] += 1
    np.savez_compressed(shipped, **held)
    with pytest.raises(DamagedVectors):
        load("digest", shipped)
    shipped.write_bytes(shipped.read_bytes()[:100])
    with pytest.raises(DamagedVectors):
        load("digest", shipped)


def test_what_is_known_is_not_computed(engine: Engine, tmp_path: Path) -> None:
    embedder = BagEmbedder()
    store = Store(engine)
    passages = store.write([make_document("1", "Premier texte.", "Second texte.")], [], 1).added
    known = embedded_text(passages[0])
    path = tmp_path / "some.npz"
    write(embedder.digest, [(known, embedder.embed_passages([known])[0])], path)
    index = VectorIndex(VectorIndex.client(tmp_path / "vectors"), embedder.digest)
    filler = VectorFiller(
        store, index, embedder, priorities={}, shipped=load(embedder.digest, path)
    )
    assert filler.take_known() == 1
    assert index.ids() == {passages[0].id}
    assert filler.step() == 1
    assert filler.take_known() == filler.step() == 0
