"""How many sequences, cells and rows fit in the memory that the engine is given."""

from __future__ import annotations

from dataclasses import dataclass

from models.llama.scheduler import Limits
from models.protocol import EngineError

MEMORY_SHARE = 4  # of what is free once the weights are loaded, one part in four at most
MOST_MEMORY = 1 << 30  # bytes, where nobody says
_BYTES = 2  # of a 16-bit float
_TRUNKS = 16  # public prefixes that may end in leaves of their own
_DRAFTED = 8  # rows of those who write, guesses included: beyond, a guess costs what it saves
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
    """``context`` bounds one request; the rest is for all. All but ``memory`` in tokens or counts.

    ``trunk`` cells are for public prefixes, ``shelf`` tokens are kept outside the cache.
    """

    context: int
    cells: int
    slots: int
    rows: int
    trunk: int
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

    Half is for the cells of those who run, half for earlier turns. One request of ``context``
    tokens always fits, whatever it takes.

    Raises:
        EngineError: ``memory`` does not hold one request.
    """
    context = min(context, shape.trained) if shape.trained > 0 else context
    per_token = max(1, shape.token_bytes)
    given = min(MOST_MEMORY, free // MEMORY_SHARE) if memory is None else memory
    if memory is not None and given // per_token < context:
        raise EngineError(
            f"{memory >> 20} MB do not hold a context of {context} tokens: "
            f"it takes {-(-context * per_token >> 20)} MB"
        )
    affordable = max(given // per_token, context)
    # one takes a quarter of a context on average; more than sixteen gain nothing
    most = max(1, min(16, 4 * (affordable // 2) // context)) if running is None else running
    if not shape.cuts:
        most = 1
    cells = max(context, min(affordable // 2, most * context))
    trunk = cells // 4 if shape.cuts else 0
    shelf = max(0, affordable - cells) if shape.cuts else 0
    return Sizes(
        context=context,
        cells=-(-cells // 256) * 256,  # llama.cpp rounds up to this
        slots=most + (_TRUNKS if shape.cuts else 0),
        rows=batch,
        trunk=trunk,
        shelf=shelf,
        limits=Limits(most, batch, batch, queue, _DRAFTED if shape.cuts else 0),
        memory=(cells + shelf) * per_token,
    )
