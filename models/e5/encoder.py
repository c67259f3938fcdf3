"""Turns texts into vectors: tokens, windows, the graph's run, and the mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.e5.graph import EMBEDDED, ENCODED, READ, encoder_graph
from models.e5.packed import Floats, Packed, nibbles
from models.e5.tokens import Tokenizer

_TOKENS = 1024
"""Tokens of a run, padding included: more are no faster, and take more memory."""
_OFFSET = 8
"""What a weight of 4 bits is stored above its worth."""


@dataclass(frozen=True, slots=True)
class _Window:
    """Tokens of text ``number`` that are read together; ``marked`` with its beginning and end."""

    number: int
    marked: tuple[int, ...]

    @property
    def weight(self) -> int:
        return max(1, len(self.marked) - 2)


class E5Encoder:
    """multilingual-e5-small (Wang et al., 2024), from the packed file ``path``.

    Texts of more than 512 tokens are read in windows, whose means are averaged by their tokens.
    Not safe to share by threads; one run uses ``threads``.

    Raises:
        OSError: the file cannot be read.
        NotPacked: it is not one of packed weights.
    """

    def __init__(self, path: Path, threads: int) -> None:
        packed = Packed(path)
        self._shape, self._vocabulary = packed.shape, packed.vocabulary
        self._tokenizer = Tokenizer(packed.vocabulary)
        self._words = packed.blocks("emb.word", self._shape.pieces, self._shape.hidden)
        types = packed.floats("emb.type", self._shape.types, self._shape.hidden)
        places = packed.floats("emb.pos", self._shape.tokens, self._shape.hidden)
        self._places: Floats = places + types[0]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Threads that spin while they wait take the cores from the language model.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            encoder_graph(packed), options, providers=["CPUExecutionProvider"]
        )

    def queries(self, texts: Sequence[str]) -> Floats:
        """The mean vectors of what people ask, a row for each, not yet of length 1."""
        return self._encode([f"query: {text}" for text in texts])

    def passages(self, texts: Sequence[str]) -> Floats:
        """The mean vectors of what is searched, a row for each, not yet of length 1."""
        return self._encode([f"passage: {text}" for text in texts])

    def _encode(self, texts: Sequence[str]) -> Floats:
        windows = [
            window for number, text in enumerate(texts) for window in self._windows(number, text)
        ]
        sums: Floats = np.zeros((len(texts), self._shape.hidden), dtype=np.float32)
        weights: Floats = np.zeros((len(texts), 1), dtype=np.float32)
        for batch in _batches(windows):
            for window, mean in zip(batch, self._means(batch), strict=True):
                sums[window.number] += window.weight * mean
                weights[window.number] += window.weight
        return sums / weights

    def _windows(self, number: int, text: str) -> Iterator[_Window]:
        tokens = self._tokenizer.tokens(text)
        size = self._shape.tokens - 2
        for start in range(0, max(1, len(tokens)), size):
            within = tokens[start : start + size]
            marked = (self._vocabulary.begin, *within, self._vocabulary.end)
            yield _Window(number, marked)

    def _means(self, batch: Sequence[_Window]) -> Floats:
        longest = max(len(window.marked) for window in batch)
        tokens = np.full((len(batch), longest), self._vocabulary.pad)
        read = np.zeros((len(batch), longest), dtype=np.int32)
        for row, window in enumerate(batch):
            tokens[row, : len(window.marked)] = window.marked
            read[row, : len(window.marked)] = 1
        embedded = self._embedded(tokens) + self._places[:longest]
        (encoded,) = self._session.run([ENCODED], {EMBEDDED: embedded, READ: read})
        mask = read[..., None].astype(np.float32)
        means: Floats = (encoded * mask).sum(axis=1) / mask.sum(axis=1)
        return means

    def _embedded(self, tokens: NDArray[np.int64]) -> Floats:
        blocks = self._words[tokens]
        worth = nibbles(blocks).astype(np.float32) - _OFFSET
        scaled: Floats = worth * blocks["step"].astype(np.float32)[..., None]
        return scaled.reshape(*tokens.shape, self._shape.hidden)


def _batches(windows: Sequence[_Window]) -> Iterator[list[_Window]]:
    """``windows`` in batches of about the same length, so that little is padding."""
    batch: list[_Window] = []
    for window in sorted(windows, key=lambda each: len(each.marked)):
        if batch and (len(batch) + 1) * len(window.marked) > _TOKENS:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch
