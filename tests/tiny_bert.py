"""A small BERT with random weights, for tests of models of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

MISSING = "sentence-transformers is not installed"


def build_bert(folder: Path, kind: str, words: list[str], marks: str = "", **config: Any) -> None:
    """Save in ``folder``, to be made, a model of the ``kind`` of transformers, its vocabulary the
    letters, ``marks`` and ``words``; skips where sentence-transformers is not installed."""
    torch = pytest.importorskip("torch", reason=MISSING)
    transformers = pytest.importorskip("transformers", reason=MISSING)
    torch.manual_seed(1)
    folder.mkdir()
    letters = f"abcdefghijklmnopqrstuvwxyzé:{marks}"
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    known += [*letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(known), encoding="utf-8")
    tokenizer = transformers.BertTokenizerFast(
        vocab=str(folder / "vocab.txt"), vocab_file=str(folder / "vocab.txt"), strip_accents=False
    )
    tokenizer.save_pretrained(folder)
    shape = transformers.BertConfig(
        vocab_size=len(known),
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        **config,
    )
    getattr(transformers, kind)(shape).save_pretrained(folder)
