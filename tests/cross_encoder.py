"""A real cross-encoder for tests: a small BERT with random weights, that reads words of law."""

from __future__ import annotations

from pathlib import Path

import pytest


def build_cross_encoder(folder: Path) -> Path:
    """Make one and save it in ``folder``; skips where sentence-transformers is not installed."""
    reason = "sentence-transformers is not installed"
    torch = pytest.importorskip("torch", reason=reason)
    transformers = pytest.importorskip("transformers", reason=reason)
    library = pytest.importorskip("sentence_transformers", reason=reason)
    torch.manual_seed(1)
    made = folder.parent / f"{folder.name}-made"
    made.mkdir()
    letters = "abcdefghijklmnopqrstuvwxyzé:."
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "congés", "paie"]
    known += [*letters, *(f"##{letter}" for letter in letters)]
    (made / "vocab.txt").write_text("\n".join(known), encoding="utf-8")
    tokenizer = transformers.BertTokenizerFast(
        vocab=str(made / "vocab.txt"), vocab_file=str(made / "vocab.txt"), strip_accents=False
    )
    tokenizer.save_pretrained(made)
    config = transformers.BertConfig(
        vocab_size=len(known),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.5,
        num_labels=1,
    )
    transformers.BertForSequenceClassification(config).save_pretrained(made)
    library.CrossEncoder(str(made), device="cpu", local_files_only=True).save_pretrained(
        str(folder)
    )
    return folder
