"""A request on its way through the engine, and the road of its events to the asyncio loop."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from models.llama.context import Prompt
from models.protocol import EngineError, EngineEvent, GenerationRequest, Work


@dataclass(slots=True, eq=False)
class Job:
    """``submitted`` is an instant of ``time.monotonic()``. ``cancelled`` is set once, by anyone."""

    request: GenerationRequest
    prompt: Prompt
    loop: asyncio.AbstractEventLoop
    events: asyncio.Queue[EngineEvent | EngineError] = field(default_factory=asyncio.Queue)
    submitted: float = field(default_factory=time.monotonic)
    cancelled: bool = False

    def emit(self, event: EngineEvent | EngineError) -> None:
        """Hand an event to the loop that waits for it; from any thread."""
        try:
            self.loop.call_soon_threadsafe(self.events.put_nowait, event)
        except RuntimeError:  # the loop was closed: nobody listens any more
            self.cancelled = True


@dataclass(slots=True)
class Spent:
    """What the steps of a job have taken, in seconds."""

    prefill: float = 0.0
    decode: float = 0.0
    cpu: float = 0.0

    def add_prefill(self, work: Work) -> None:
        """Count a chunk of the prompt."""
        self.prefill += work.ended - work.started
        self.cpu += work.cpu_seconds

    def add_decode(self, work: Work) -> None:
        """Count a written token."""
        self.decode += work.ended - work.started
        self.cpu += work.cpu_seconds
