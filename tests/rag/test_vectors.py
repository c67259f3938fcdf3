"""The vector index finds the nearest passages of the sources that are asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.protocol import Vectors
from rag import vectors as vectors_module
from rag.vectors import VectorIndex
from tests.rag.conftest import make_passage

DIMENSION = 32
LIMIT = 10


def _unit(rows: Vectors) -> Vectors:
    scaled: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[VectorIndex, Vectors, dict[str, str]]:
    """2,000 passages: «many» holds most, «some» one in ten, «far» 15 that are far from all else;
    their vectors, and the source of each by its id."""
    rng = np.random.default_rng(2026)
    vectors = _unit(rng.standard_normal((2_000, DIMENSION)).astype(np.float32) + 0.5)
    vectors[-15:] = -vectors[-15:]
    sources = ["some" if row % 10 == 0 else "many" for row in range(1_985)] + ["far"] * 15
    passages = [replace(make_passage(str(n)), source=source) for n, source in enumerate(sources)]
    index = VectorIndex(VectorIndex.client(tmp_path_factory.mktemp("vectors")), "sha256:demo")
    index.add(passages, vectors)
    return index, vectors, {passage.id: passage.source for passage in passages}


@pytest.mark.parametrize(
    "sources", [{"many"}, {"some"}, {"far"}, {"some", "far"}, {"many", "some", "far"}]
)
def test_the_nearest_of_some_sources_are_those_that_comparing_each_would_find(
    made: tuple[VectorIndex, Vectors, dict[str, str]], sources: set[str]
) -> None:
    index, vectors, source_of = made
    ids = list(source_of)
    rows = [row for row, identity in enumerate(ids) if source_of[identity] in sources]
    query = _unit(np.ones((1, DIMENSION), dtype=np.float32))
    cosines = vectors[rows] @ query[0]
    exact = {ids[rows[place]] for place in np.argsort(-cosines)[:LIMIT]}
    found = index.search(query, sources=frozenset(sources), limit=LIMIT)
    assert len(found) == LIMIT
    assert {source_of[identity] for identity, _ in found} <= sources
    # The graph finds nearly all.
    assert len(exact & {identity for identity, _ in found}) >= LIMIT - 1
    assert [cosine for _, cosine in found] == sorted((c for _, c in found), reverse=True)
    for identity, cosine in found:
        assert cosine == pytest.approx(float(vectors[ids.index(identity)] @ query[0]), abs=1e-4)


def test_a_source_with_fewer_passages_than_asked_gives_them_all(
    made: tuple[VectorIndex, Vectors, dict[str, str]],
) -> None:
    index, _, source_of = made
    query = _unit(np.ones((1, DIMENSION), dtype=np.float32))
    found = index.search(query, sources=frozenset({"far"}), limit=50)
    assert {i for i, _ in found} == {i for i, source in source_of.items() if source == "far"}


@pytest.mark.parametrize("page", [1_000, 1_500, 2_000, 2_001])
def test_all_ids_are_listed_however_many_pages_they_take(
    made: tuple[VectorIndex, Vectors, dict[str, str]], page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, _, source_of = made
    monkeypatch.setattr(vectors_module, "_IDS_PAGE", page)
    assert index.ids() == set(source_of)
