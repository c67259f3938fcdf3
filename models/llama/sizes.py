"""How many sequences and rows fit in the memory that the engine is given."""

from __future__ import annotations

from dataclasses import dataclass

from models.llama.scheduler import Limits
from models.protocol import TooLittleMemory

MEMORY_SHARE = 4  # of what is free once the weights are loaded, one part in four at most
MOST_MEMORY = 2 << 30  # bytes, where nobody says
_BYTES = 2  # of a 16-bit float
_RUNNING = 16  # sequences at once: more of them gain nothing
_DRAFTED = 3  # tokens of a guess: with the one before, four rows take as long as three
_BATCH = 64  # rows: see docs/decisions/0005, and measure before changing it


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides a cache's size: ``width`` is that of a layer's keys, ``weights`` in bytes.

    ``trained`` is the longest text that the model knows, in tokens; ``cuts`` whether its memory can
    be cut back to a prefix.
    """

    layers: int
    width: int
    trained: int
    weights: int
    cuts: bool = True

    @property
    def token_bytes(self) -> int:
        """What a token takes in the cache: keys and values of all layers."""
        return 2 * _BYTES * self.layers * self.width


@dataclass(frozen=True, slots=True)
class Sizes:
    """``context`` bounds one request, each of ``slots`` has ``cells``; a step has ``rows``; of
    earlier prompts, ``shelf`` tokens are kept. ``memory`` is what it all takes, in bytes.
    """

    context: int
    cells: int
    slots: int
    rows: int
    shelf: int
    limits: Limits
    memory: int


def sizes_for(
    shape: Shape,
    context: int,
    free: int,
    *,
    memory: int | None = None,
    running: int | None = None,
    batch: int = _BATCH,
    queue: int = 32,
) -> Sizes:
    """Fit the engine in ``memory`` bytes beside its weights; by default, a part of ``free``.

    Three quarters are for those who run, one is for earlier prompts. One request of ``context``
    tokens always fits where ``memory`` is not given, whatever it takes.

    Raises:
        TooLittleMemory: ``memory`` does not hold one request.
    """
    context = min(context, shape.trained) if shape.trained > 0 else context
    cells = -(-context // 256) * 256  # llama.cpp rounds up to this
    per_token = max(1, shape.token_bytes)
    given = min(MOST_MEMORY, free // MEMORY_SHARE) if memory is None else memory
    if memory is not None and given < cells * per_token:
        raise TooLittleMemory(memory, cells * per_token, context)
    slots = running or max(1, min(_RUNNING, given * 3 // 4 // (cells * per_token)))
    if not shape.cuts:
        slots = 1
    shelf = max(0, given // per_token - slots * cells) if shape.cuts else 0
    return Sizes(
        context=context,
        cells=cells,
        slots=slots,
        rows=batch,
        shelf=shelf,
        limits=Limits(slots, batch, batch, queue, _DRAFTED if shape.cuts else 0),
        memory=(slots * cells + shelf) * per_token,
    )
