"""A real cross-encoder for tests: a small BERT with random weights, that reads words of law."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny_bert import MISSING, build_bert


def build_cross_encoder(folder: Path) -> Path:
    """Make one and save it in ``folder``; skips where sentence-transformers is not installed."""
    library = pytest.importorskip("sentence_transformers", reason=MISSING)
    made = folder.parent / f"{folder.name}-made"
    build_bert(
        made,
        "BertForSequenceClassification",
        ["congés", "paie"],
        marks=".",
        hidden_size=32,
        initializer_range=0.5,
        num_labels=1,
    )
    library.CrossEncoder(str(made), device="cpu", local_files_only=True).save_pretrained(
        str(folder)
    )
    return folder
