"""The asyncio side of the local engine."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from models.llama.child import Spec
from models.llama.inbox import StreamInbox
from models.llama.process import STALLED, EngineProcess
from models.protocol import (
    Called,
    EngineError,
    EngineEvent,
    Finished,
    GenerationRequest,
    Message,
    ModelInfo,
    Token,
    Tool,
    Work,
)
from models.tool_calls import CallStream

BATCH = 64  # rows of a step: see docs/decisions/0005, and measure before changing it


def usable_cores() -> int:
    """The processor cores that this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


class LlamaEngine:
    """Serves one GGUF model to many at a time, from a process of its own.

    Loading blocks, so make it outside the event loop. ``context_length`` bounds one request, in
    tokens, and is cut to what the model was trained for; ``threads`` defaults to the usable cores;
    ``queue_limit`` is how many requests of a service may wait. ``memory``, in bytes, is for the
    cache, beside the weights: how many are served at once (``running``) follows from it.
    ``reproducible``: with temperature 0, an answer does not depend on who else is served; many at
    once then write slower. ``stalled`` is how many seconds a step may take before the process is
    taken for stuck. Events go to the loop on which ``generate`` is iterated.

    Raises:
        EngineError: when the file cannot be loaded.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        digest: str,
        licence: str,
        context_length: int = 4096,
        threads: int | None = None,
        batch: int = BATCH,
        queue_limit: int = 32,
        memory: int | None = None,
        running: int | None = None,
        speculate: bool = True,
        reproducible: bool = False,
        stalled: float = STALLED,
    ) -> None:
        count = threads or usable_cores()
        self._process = EngineProcess(
            Spec(
                path,
                context_length,
                count,
                batch,
                queue_limit,
                memory,
                running,
                speculate,
                reproducible,
            ),
            stalled=stalled,
        )
        ready = self._process.ready
        self.sizes = ready.sizes
        self._info = ModelInfo(name, digest, licence, ready.sizes.context, ready.calls_tools)

    @property
    def info(self) -> ModelInfo:
        """The identity of the model."""
        return self._info

    @property
    def ready(self) -> bool:
        """As Engine says."""
        return self._process.up

    @property
    def pid(self) -> int:
        """The process that computes, for whoever measures it."""
        return self._process.pid

    def count_tokens(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
        """Tokens of the prompt that these make under the model's chat template.

        Raises:
            EngineBusy: the engine's process is being started again.
            EngineError: when the template refuses them, or the engine is closed.
        """
        return self._process.count(messages, tools)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[EngineEvent, None]:
        """Stream a generation; closing the generator cancels it within one step.

        A request that starts at once emits no ``Queued``. Every token that the model wrote counts,
        the one that ends its turn included. ``Finished("cancelled")`` comes when the engine is
        closed meanwhile. Where tools are offered, calls come as ``Called``, and what is written of
        them never as text. Events that are not taken in time are put together.

        Raises:
            PromptTooLong: before anything is computed.
            EngineBusy: when the queue is full, or the engine's process is being started again.
            EngineError: when the model or its process fails, or the engine is closed.
        """
        inbox = StreamInbox(asyncio.get_running_loop())
        calls = _CallReader(request) if request.tools else None
        key = self._process.submit(request, inbox)
        try:
            while True:
                event = await inbox.get()
                if isinstance(event, EngineError):
                    raise event
                for each in calls.read(event) if calls else (event,):
                    yield each
                if isinstance(event, Finished):
                    return
                if calls and calls.enough:
                    self._process.end(key)  # it still says what it took
        finally:
            self._process.cancel(key)

    async def watch(self) -> None:
        """Nothing to do: the process is waited for."""

    def forget(self, conversation: str) -> None:
        """As Engine says."""
        self._process.forget(conversation)

    async def close(self) -> None:
        """End what runs, refuse what waits, free the model."""
        await asyncio.to_thread(self._process.close)


class _CallReader:
    """Takes the calls out of what the model writes. ``enough``: no more is to be written."""

    def __init__(self, request: GenerationRequest) -> None:
        self._calls = CallStream([tool.name for tool in request.tools])
        self._parallel = request.parallel_calls
        self.enough = False

    def read(self, event: EngineEvent) -> list[EngineEvent]:
        """What is to be told in place of ``event``."""
        match event:
            case Token(text, count, work):
                return self._split(text, count, work)
            case Finished(reason, usage):
                now = time.monotonic()
                cut = self.enough and reason == "cancelled"
                rest = self._split(None, 0, Work(now, now, 0.0))
                return [*rest, Finished("stop", usage) if cut else event]
            case _:
                return [event]

    def _split(self, written: str | None, count: int, work: Work) -> list[EngineEvent]:
        if self.enough:  # a step that was under way when the one call was whole
            return [Token("", count, work)] if count else []
        text, found = self._calls.flush() if written is None else self._calls.feed(written)
        calls = found if self._parallel else found[:1]
        self.enough = bool(calls) and not self._parallel
        told: list[EngineEvent] = [Token(text, count, work)] if text or count else []
        return [*told, *(Called(call) for call in calls)]
