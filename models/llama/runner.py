"""The only file that touches llama.cpp's context: rows in, logits out, states saved and loaded.

Everything here must be called by the one thread that made it
(abetlen/llama-cpp-python#771, #897, #1529).

Tried with Qwen2.5 on two cores (docs/decisions/0025): each slot has a stream of cells of its own,
so that nobody's attention looks at the others'; no flash attention, which writes slower here.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from models.llama.prefix import Memory
from models.llama.scheduler import ALIKE, Part
from models.llama.sizes import Shape, Sizes
from models.protocol import EngineError

Logits = NDArray[np.float32]


class Runner(Memory, Protocol):
    """What computes the steps."""

    def decode(self, parts: Sequence[Part]) -> list[list[Logits]]:
        """For each part, the logits of its last ``outputs`` rows.

        Raises:
            RunnerError: the cache's contents are lost.
        """
        ...

    def reset(self) -> None:
        """Forget everything, after a failure."""
        ...


class RunnerError(Exception):
    """llama.cpp could not compute a step."""


class LlamaRunner:
    """A model and its context. ``threads`` compute.

    ``reproducible``: what is written does not depend, to the bit, on who else writes; from four
    writers on, that takes up to two thirds more time.

    Raises:
        EngineError: when the file cannot be loaded, or the memory for its cache not be had.
    """

    def __init__(self, path: Path, threads: int, *, reproducible: bool = False) -> None:
        self.model = load(path)
        self._reproducible = reproducible
        self._path, self._threads = path, threads
        vocabulary = llama_cpp.llama_model_get_vocab(self.model)
        self._vocabulary_size = int(llama_cpp.llama_vocab_n_tokens(vocabulary))

    def shape(self) -> Shape:
        """What decides the size of the cache."""
        heads = max(1, llama_cpp.llama_model_n_head(self.model))
        head = llama_cpp.llama_model_n_embd(self.model) // heads
        return Shape(
            llama_cpp.llama_model_n_layer(self.model),
            llama_cpp.llama_model_n_head_kv(self.model) * head,
            llama_cpp.llama_model_n_ctx_train(self.model),
            llama_cpp.llama_model_size(self.model),
            # a recurrent state cannot be cut back to a prefix
            not (
                llama_cpp.llama_model_is_recurrent(self.model)
                or llama_cpp.llama_model_is_hybrid(self.model)
            ),
        )

    def open(self, sizes: Sizes) -> None:
        """Make the context, and read one token so that weights and threads are there."""
        params = llama_cpp.llama_context_default_params()
        params.n_ctx, params.n_seq_max = sizes.slots * sizes.cells, sizes.slots
        params.kv_unified = False
        params.n_batch = params.n_ubatch = sizes.rows
        params.n_threads = params.n_threads_batch = self._threads
        params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.no_perf = True
        self._context = llama_cpp.llama_init_from_model(self.model, params)
        if not self._context:
            raise EngineError(f"llama.cpp cannot make a context for {self._path.name}")
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._batch = llama_cpp.llama_batch_init(sizes.rows, 0, 1)
        self._put(0, 0, 0, 0, output=True)
        self._run(1)
        self.cut(0, 0)

    def decode(self, parts: Sequence[Part]) -> list[list[Logits]]:
        """As Runner says."""
        logits = dict[int, list[Logits]]()
        for group in _passes(parts, ALIKE if self._reproducible else len(parts)):
            row, outputs = 0, dict[int, range]()
            for part in group:
                slot, last = part.sequence.slot, len(part.tokens) - part.outputs
                for place, token in enumerate(part.tokens):
                    self._put(row, token, part.start + place, slot, output=place >= last)
                    row += 1
                outputs[slot] = range(row - part.outputs, row)
            self._run(row)
            for slot, rows in outputs.items():
                logits[slot] = [self._logits(at).copy() for at in rows]
        return [logits[part.sequence.slot] for part in parts]

    def cut(self, slot: int, start: int) -> None:
        """As Memory says."""
        if not llama_cpp.llama_memory_seq_rm(self._memory, slot, start, -1) and start:
            raise RunnerError("this model's memory cannot be cut")

    def save(self, slot: int) -> object:
        """As Memory says."""
        size = llama_cpp.llama_state_seq_get_size(self._context, slot)
        saved = (ctypes.c_uint8 * size)()
        llama_cpp.llama_state_seq_get_data(self._context, saved, size, slot)
        return saved

    def load(self, slot: int, saved: object) -> bool:
        """As Memory says."""
        assert isinstance(saved, ctypes.Array)
        size = len(saved)
        return bool(llama_cpp.llama_state_seq_set_data(self._context, saved, size, slot) == size)

    def reset(self) -> None:
        """As Runner says."""
        llama_cpp.llama_memory_clear(self._memory, False)

    def close(self) -> None:
        """Free the context and the model."""
        llama_cpp.llama_batch_free(self._batch)
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self.model)

    def _put(self, row: int, token: int, position: int, slot: int, *, output: bool) -> None:
        batch = self._batch
        batch.token[row] = token
        batch.pos[row] = position
        batch.n_seq_id[row] = 1
        batch.seq_id[row][0] = slot
        batch.logits[row] = output

    def _run(self, rows: int) -> None:
        self._batch.n_tokens = rows
        status = llama_cpp.llama_decode(self._context, self._batch)
        if status:
            raise RunnerError(f"llama_decode returned {status}")

    def _logits(self, row: int) -> Logits:
        pointer = llama_cpp.llama_get_logits_ith(self._context, row)
        return np.ctypeslib.as_array(pointer, shape=(self._vocabulary_size,))


def _passes(parts: Sequence[Part], most: int) -> Iterator[list[Part]]:
    """What llama.cpp is given at once: those who write, ``most`` together, and each prompt by
    itself.

    It would take a batch that mixes them apart anyway, and at places that depend on who else is
    there: so a prompt is read as it would be alone, to the bit. Of those who write, it computes
    together only slots that follow one another.
    """
    writing = sorted(
        (part for part in parts if not part.reads), key=lambda part: part.sequence.slot
    )
    yield from (writing[at : at + most] for at in range(0, len(writing), most))
    yield from ([part] for part in parts if part.reads)


def load(path: Path) -> Any:
    """The model of a GGUF file; llama.cpp writes nothing on the error stream but errors.

    Raises:
        EngineError: when it cannot be loaded.
    """
    llama_cpp.llama_log_set(_quiet, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_default_params()
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    if not model:
        raise EngineError(f"llama.cpp cannot load {path.name}")
    return model


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _quiet(level: int, text: bytes, data: ctypes.c_void_p) -> None:
    """Says nothing: llama.cpp's messages may quote a grammar or a token."""
