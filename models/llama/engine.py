"""The asyncio side of the in-process engine."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from models.llama.context import LlamaContext, Prompt
from models.llama.job import Job
from models.llama.worker import Worker
from models.protocol import (
    Called,
    EngineError,
    EngineEvent,
    Finished,
    GenerationRequest,
    Message,
    ModelInfo,
    PromptTooLong,
    Token,
    Tool,
    Work,
)
from models.tool_calls import CallStream

CHUNK = 64  # tokens of a prefill step: see docs/decisions, and measure before changing it


def usable_cores() -> int:
    """The processor cores that this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


class LlamaEngine:
    """Serves one GGUF model, one request at a time, first come first served.

    Loading blocks, so make it outside the event loop. ``context_length`` is in tokens, and is cut
    to what the model was trained for; ``threads`` defaults to the usable cores; ``queue_limit`` is
    how many requests may wait. Events go to the loop on which ``generate`` is iterated.

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
        batch: int = CHUNK,
        queue_limit: int = 32,
    ) -> None:
        count = threads or usable_cores()
        self._worker = Worker(
            lambda: LlamaContext(path, context_length, count, batch), count, queue_limit
        )
        self._context = self._worker.start()
        # the vocabulary may be read from any thread, but not while the model is being freed
        self._open = True
        self._vocabulary = threading.Lock()
        self._info = ModelInfo(
            name, digest, licence, self._context.length, self._context.calls_tools
        )

    @property
    def info(self) -> ModelInfo:
        """The identity of the model."""
        return self._info

    def count_tokens(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
        """Tokens of the prompt that these make under the model's chat template.

        Raises:
            EngineError: when the template refuses them, or the engine is closed.
        """
        with self._vocabulary:
            self._require_open()
            return self._context.count_tokens(messages, tools)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[EngineEvent, None]:
        """Stream a generation; closing the generator cancels it within one step.

        A request that starts at once emits no ``Queued``. Every token that the model wrote counts,
        the one that ends its turn included. ``Finished("cancelled")`` comes when the engine is
        closed meanwhile. Where tools are offered, calls come as ``Called``, and what is written of
        them never as text.

        Raises:
            PromptTooLong: before anything is computed.
            EngineBusy: when the queue is full.
            EngineError: when the model fails or the engine is closed.
        """
        prompt = await asyncio.to_thread(self._tokenize, request)
        wanted = request.sampling.max_tokens
        if len(prompt.tokens) + wanted > self._info.context_length:
            raise PromptTooLong(len(prompt.tokens), wanted, self._info.context_length)
        job = Job(request, prompt, asyncio.get_running_loop())
        calls = _CallReader(request) if request.tools else None
        self._worker.submit(job)
        try:
            while True:
                event = await job.events.get()
                if isinstance(event, EngineError):
                    raise event
                for each in calls.read(event) if calls else (event,):
                    yield each
                if isinstance(event, Finished):
                    return
                if calls and calls.enough:
                    job.cancelled = True  # the worker still says what it took
        finally:
            self._worker.cancel(job)

    async def close(self) -> None:
        """End what runs, refuse what waits, free the model."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        with self._vocabulary:
            if self._open:
                self._open = False
                self._worker.close()

    def _tokenize(self, request: GenerationRequest) -> Prompt:
        with self._vocabulary:
            self._require_open()
            return self._context.prompt(request.messages, request.public_prefix, request.tools)

    def _require_open(self) -> None:
        if not self._open:
            raise EngineError("the engine is closed")


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
