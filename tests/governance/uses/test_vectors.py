"""The shipped vectors are those of the shipped charters' texts, and what the embedder gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.ship_use_vectors import answer_texts, request_texts
from governance.uses.library import ordinary_requests
from governance.uses.vectors import _key, embed_known, read_as, shipped
from models.protocol import Embedder


def test_every_text_of_the_shipped_charters_has_its_vector(embedder: Embedder) -> None:
    stored = shipped(embedder.digest)
    wanted = {*request_texts(), *answer_texts()}
    missing = [text for text in wanted if _key(read_as(text)) not in stored]
    assert not missing, "run: python bench/ship_use_vectors.py"


def test_a_shipped_vector_is_the_embedder_s(embedder: Embedder, tmp_path: Path) -> None:
    texts = list(ordinary_requests())[:8]
    given = embed_known(texts, embedder, tmp_path)
    fresh = embedder.embed_queries(texts)
    for text, vector in zip(texts, fresh, strict=True):
        assert float(np.dot(given[text], vector)) > 0.999
    assert not list(tmp_path.iterdir()), "what is shipped need not be kept again"


def test_another_embedder_has_no_shipped_vector() -> None:
    assert shipped("sha256:other") == {}
