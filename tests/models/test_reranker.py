"""A reranker of the administrator's own: a real cross-encoder, small and untrained."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.reranker import CrossEncoderReranker, RerankerError, check
from tests.cross_encoder import build_cross_encoder


@pytest.fixture
def cross_encoder(tmp_path: Path) -> Path:
    return build_cross_encoder(tmp_path / "tiny")


def test_it_scores_each_text_the_same_way_whatever_stands_beside_it(cross_encoder: Path) -> None:
    reranker = CrossEncoderReranker(cross_encoder)
    texts = ["les congés payés", "la paie", "les congés payés"]
    scores = reranker.scores("les congés", texts)
    assert len(scores) == 3 and all(map(math.isfinite, scores))
    assert scores[0] == pytest.approx(scores[2], abs=1e-5)
    assert scores[0] != pytest.approx(scores[1], abs=1e-7)
    assert reranker.scores("les congés", texts[1:2]) == pytest.approx(scores[1:2], abs=1e-5)
    assert reranker.name == cross_encoder.name


def test_no_text_has_no_score(cross_encoder: Path) -> None:
    assert CrossEncoderReranker(cross_encoder).scores("les congés", []) == []


def test_long_and_broken_texts_are_read_as_far_as_the_model_goes(cross_encoder: Path) -> None:
    reranker = CrossEncoderReranker(cross_encoder)
    long = "congés " * 200_000
    one, other, _ = reranker.scores("paie " * 3, [long, long + "la fin", "\ud800 \0"])
    assert one == pytest.approx(other, abs=1e-6)
    assert len(reranker.scores("mot " * 50_000, ["la paie"])) == 1


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(RerankerError, match=r"nowhere.*no such folder"):
        CrossEncoderReranker(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "config",
    [
        None,
        "",
        "[" * 10_000,
        "[]",
        "{}",
        json.dumps({"architectures": ["BertModel"], "id2label": {"0": "x"}}),
        json.dumps({"architectures": [], "id2label": {"0": "x"}}),
        json.dumps({"architectures": ["BertForSequenceClassification"]}),
        json.dumps(
            {"architectures": ["BertForSequenceClassification"], "id2label": {"0": 1, "1": 2}}
        ),
        json.dumps({"architectures": [1], "id2label": {"0": "x"}}),
    ],
)
def test_a_folder_of_something_else_is_refused(tmp_path: Path, config: str | None) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(config, encoding="utf-8")
    with pytest.raises(RerankerError, match="holds no reranker"):
        check(tmp_path)


def test_an_embedder_is_no_reranker(cross_encoder: Path) -> None:
    import transformers

    transformers.BertForSequenceClassification.from_pretrained(cross_encoder).bert.save_pretrained(
        cross_encoder
    )
    with pytest.raises(RerankerError, match="holds no reranker"):
        CrossEncoderReranker(cross_encoder)


def test_weights_that_are_damaged_missing_or_pickled_are_refused(cross_encoder: Path) -> None:
    import torch
    from safetensors.torch import load

    weights = cross_encoder / "model.safetensors"
    held = load(weights.read_bytes())
    weights.write_bytes(b"not weights at all")
    with pytest.raises(RerankerError, match="cannot be loaded"):
        CrossEncoderReranker(cross_encoder)
    weights.unlink()
    torch.save(held, cross_encoder / "pytorch_model.bin")
    with pytest.raises(RerankerError, match="cannot be loaded"):
        CrossEncoderReranker(cross_encoder)


def test_nothing_heavy_is_imported_where_none_is_configured() -> None:
    code = "import sys, models.reranker; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=os.environ, check=False).returncode == 0
