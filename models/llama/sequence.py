"""A request on its way through the engine: its tokens, and how far they have been computed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import Enum, auto


class State(Enum):
    """Where a sequence stands. It is ``DONE`` as soon as it holds nothing of the cache any more."""

    WAITING = auto()
    READING = auto()
    WRITING = auto()
    DONE = auto()


@dataclass(slots=True, eq=False)
class Sequence:
    """``tokens`` are the prompt's ``prompt`` tokens, then those that were written.

    ``public`` leading tokens hold nothing personal. ``conversation`` is whose computation may be
    reused besides; empty, nobody's. ``limit`` bounds the tokens written. ``slot`` is llama.cpp's
    sequence id, ``computed`` how many tokens the cache holds under it, of which ``cached`` were
    not computed for this request. Instants are of ``time.monotonic()``.
    """

    key: int
    tokens: list[int]
    public: int = 0
    limit: int = 512
    conversation: str = ""
    service: str = ""
    user: str = ""
    weight: float = 1.0
    arrived: float = field(default_factory=time.monotonic)
    admitted: float = 0.0
    state: State = State.WAITING
    slot: int = -1
    computed: int = 0
    cached: int = 0
    turn: tuple[float, float] = (0.0, 0.0)
    draft: list[int] = field(default_factory=list)
    told: int = -1
    """The place in line that was last told."""
    prefill: float = 0.0
    decode: float = 0.0
    cpu: float = 0.0
    """Seconds that its steps took."""
    prompt: int = field(init=False)

    def __post_init__(self) -> None:
        self.prompt = len(self.tokens)

    @property
    def written(self) -> int:
        """How many tokens have been written."""
        return len(self.tokens) - self.prompt
