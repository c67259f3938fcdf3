"""The asyncio side of the in-process engine."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from models.llama.context import LlamaContext, Prompt
from models.llama.job import Job
from models.llama.worker import Worker
from models.protocol import (
    EngineError,
    EngineEvent,
    Finished,
    GenerationRequest,
    Message,
    ModelInfo,
    PromptTooLong,
)

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
        self._info = ModelInfo(name, digest, licence, self._context.length)

    @property
    def info(self) -> ModelInfo:
        """The identity of the model."""
        return self._info

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of the prompt that ``messages`` make under the model's chat template.

        Raises:
            EngineError: when the template refuses them, or the engine is closed.
        """
        with self._vocabulary:
            self._require_open()
            return self._context.count_tokens(messages)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[EngineEvent, None]:
        """Stream a generation; closing the generator cancels it within one step.

        A request that starts at once emits no ``Queued``. Every token that the model wrote counts,
        the one that ends its turn included. ``Finished("cancelled")`` comes when the engine is
        closed meanwhile.

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
        self._worker.submit(job)
        try:
            while True:
                event = await job.events.get()
                if isinstance(event, EngineError):
                    raise event
                yield event
                if isinstance(event, Finished):
                    return
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
            return self._context.prompt(request.messages, request.public_prefix)

    def _require_open(self) -> None:
        if not self._open:
            raise EngineError("the engine is closed")
