"""Turns texts into vectors: tokens, windows, the graph's run, and the mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.e5.graph import EMBEDDED, ENCODED, NOTHING, READ, encoder_graph
from models.e5.packed import Floats, Packed, nibbles
from models.e5.tokens import Tokenizer
from models.e5.tuning import Low

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
    ``low`` is what was learnt for questions alone. Not safe to share by threads; one run uses
    ``threads``.

    Raises:
        OSError: the file cannot be read.
        NotPacked: it is not one of packed weights.
    """

    def __init__(self, path: Path, threads: int, low: Mapping[str, Low] = NOTHING) -> None:
        self._packed = packed = Packed(path)
        self._low, self._threads = low, threads
        self._shape, self._vocabulary = packed.shape, packed.vocabulary
        self._tokenizer = Tokenizer(packed.vocabulary)
        self._words = packed.blocks("emb.word", self._shape.pieces, self._shape.hidden)
        types = packed.floats("emb.type", self._shape.types, self._shape.hidden)
        places = packed.floats("emb.pos", self._shape.tokens, self._shape.hidden)
        self._places: Floats = places + types[0]
        self._session = self._opened(NOTHING)
        self._of_questions: onnxruntime.InferenceSession | None = None

    def _opened(self, low: Mapping[str, Low]) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 3
        # Threads that spin while they wait take the cores from the language model.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return onnxruntime.InferenceSession(
            encoder_graph(self._packed, low), options, providers=["CPUExecutionProvider"]
        )

    def queries(self, texts: Sequence[str]) -> Floats:
        """The mean vectors of what people ask, a row for each, not yet of length 1."""
        return self._encode([f"query: {text}" for text in texts], self._session)

    def questions(self, texts: Sequence[str]) -> Floats:
        """The mean vectors of questions, read as was learnt, a row for each, not yet of length 1.

        What reads them is made at the first call.
        """
        if self._of_questions is None:
            self._of_questions = self._opened(self._low)
        return self._encode([_question(text) for text in texts], self._of_questions)

    def passages(self, texts: Sequence[str]) -> Floats:
        """The mean vectors of what is searched, a row for each, not yet of length 1."""
        return self._encode([f"passage: {text}" for text in texts], self._session)

    def _encode(self, texts: Sequence[str], session: onnxruntime.InferenceSession) -> Floats:
        windows = [
            window for number, text in enumerate(texts) for window in self._windows(number, text)
        ]
        sums: Floats = np.zeros((len(texts), self._shape.hidden), dtype=np.float32)
        weights: Floats = np.zeros((len(texts), 1), dtype=np.float32)
        for batch in _batches(windows):
            for window, mean in zip(batch, self._means(batch, session), strict=True):
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

    def _means(self, batch: Sequence[_Window], session: onnxruntime.InferenceSession) -> Floats:
        embedded, read = self._inputs(batch)
        (encoded,) = session.run([ENCODED], {EMBEDDED: embedded, READ: read})
        mask = read[..., None].astype(np.float32)
        means: Floats = (encoded * mask).sum(axis=1) / mask.sum(axis=1)
        return means

    def inputs(self, texts: Sequence[str]) -> tuple[Floats, NDArray[np.int32]]:
        """What the graph is given of questions, a row each: their tokens' embeddings, and which of
        them are read. Each text must fit in one window."""
        windows = [w for n, text in enumerate(texts) for w in self._windows(n, _question(text))]
        return self._inputs(windows)

    def _inputs(self, batch: Sequence[_Window]) -> tuple[Floats, NDArray[np.int32]]:
        longest = max(len(window.marked) for window in batch)
        tokens = np.full((len(batch), longest), self._vocabulary.pad)
        read = np.zeros((len(batch), longest), dtype=np.int32)
        for row, window in enumerate(batch):
            tokens[row, : len(window.marked)] = window.marked
            read[row, : len(window.marked)] = 1
        return self._embedded(tokens) + self._places[:longest], read

    def _embedded(self, tokens: NDArray[np.int64]) -> Floats:
        blocks = self._words[tokens]
        worth = nibbles(blocks).astype(np.float32) - _OFFSET
        scaled: Floats = worth * blocks["step"].astype(np.float32)[..., None]
        return scaled.reshape(*tokens.shape, self._shape.hidden)


def _question(text: str) -> str:
    """A question as it is read: people type either apostrophe."""
    return "query: " + text.replace("’", "'")


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
