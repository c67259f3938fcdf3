"""llama.cpp's cache as the engine uses it: slots in a batch, cut, saved and loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.llama.runner import LlamaRunner, RunnerError
from models.llama.scheduler import Limits, Part
from models.llama.sequence import Sequence
from models.llama.sizes import Shape, Sizes, sizes_for
from models.llama.vocabulary import Vocabulary
from models.protocol import TooLittleMemory

TEXT = "The red fox runs over the green hill. The blue bird flies over the white house."
NOISE = 1.0
"""Logits of 8-bit activations differ by as much between a row alone and the same in a batch."""


@pytest.fixture(scope="module")
def runner(test_model: Path) -> Iterator[LlamaRunner]:
    """A small context on the test model."""
    made = LlamaRunner(test_model, 2)
    made.open(Sizes(256, 256, 6, 64, 0, Limits(), 0))
    yield made
    made.close()


@pytest.fixture(scope="module")
def tokens(runner: LlamaRunner) -> list[int]:
    """Some text."""
    return Vocabulary(runner.model).tokens(TEXT, bos=False)


def part(slot: int, start: int, tokens: list[int], outputs: int = 1) -> Part:
    """Rows of a sequence in ``slot``."""
    sequence = Sequence(slot, tokens)
    sequence.slot = slot
    return Part(sequence, start, tokens, outputs)


def near(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether they are the same but for rounding."""
    return bool(np.abs(one - other).max() < NOISE)


@pytest.fixture
def alone(runner: LlamaRunner, tokens: list[int]) -> NDArray[np.float32]:
    """What follows the text, computed by itself."""
    runner.reset()
    ((logits,),) = runner.decode([part(0, 0, tokens)])
    kept = logits.copy()
    runner.reset()
    return kept


@pytest.mark.llm
def test_what_follows_does_not_depend_on_company(
    runner: LlamaRunner, tokens: list[int], alone: NDArray[np.float32]
) -> None:
    other = tokens[::-1]
    runner.decode([part(1, 0, other)])
    runner.decode([part(0, 0, tokens[:5]), part(2, 0, other[:9])])
    first, second = runner.decode([part(1, len(other), [7]), part(0, 5, tokens[5:])])
    assert near(second[0], alone) and not near(first[0], alone)


@pytest.mark.llm
def test_a_refused_guess_leaves_no_trace(
    runner: LlamaRunner, tokens: list[int], alone: NDArray[np.float32]
) -> None:
    runner.decode([part(0, 0, tokens[:-1])])
    (rows,) = runner.decode([part(0, len(tokens) - 1, [tokens[-1], 9, 9], 3)])
    assert len(rows) == 3 and near(rows[0], alone)
    runner.cut(0, len(tokens) - 1)
    ((again,),) = runner.decode([part(0, len(tokens) - 1, [tokens[-1]])])
    assert near(again, alone)


@pytest.mark.llm
def test_what_is_saved_can_be_loaded_elsewhere_and_cut(
    runner: LlamaRunner, tokens: list[int], alone: NDArray[np.float32]
) -> None:
    runner.decode([part(0, 0, [*tokens[:14], 8, 8, 8])])
    saved = runner.save(0)
    runner.cut(0, 0)
    runner.decode([part(3, 0, tokens[:6])])
    assert runner.load(2, saved)
    runner.cut(2, 14)
    ((logits,),) = runner.decode([part(2, 14, tokens[14:])])
    assert near(logits, alone)


@pytest.mark.llm
def test_more_than_a_slot_holds_is_an_error_and_not_the_end(runner: LlamaRunner) -> None:
    runner.reset()
    with pytest.raises(RunnerError):
        for start in range(0, 300, 50):
            runner.decode([part(0, start, [1] * 50)])
    runner.reset()
    runner.decode([part(0, 0, [1, 2, 3])])


def test_sizes_follow_from_the_memory() -> None:
    qwen = Shape(layers=28, width=256, trained=32768, weights=1 << 30)
    assert qwen.token_bytes == 28_672
    small = sizes_for(qwen, 4096, 2 << 30)
    large = sizes_for(qwen, 4096, 64 << 30)
    for sizes in (small, large):
        assert sizes.memory <= 2 << 30 and sizes.cells >= sizes.context == 4096
        assert sizes.slots == sizes.limits.running >= 1 and sizes.shelf > 0
    assert small.limits.running == 3 < large.limits.running == 13
    with pytest.raises(TooLittleMemory) as caught:
        sizes_for(qwen, 4096, 64 << 30, memory=50 << 20)
    assert caught.value.needed == 4096 * qwen.token_bytes
    recurrent = sizes_for(Shape(28, 256, 32768, 1 << 30, cuts=False), 4096, 64 << 30)
    assert (recurrent.slots, recurrent.limits.drafted, recurrent.shelf) == (1, 0, 0)
