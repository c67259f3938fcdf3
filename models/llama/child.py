"""The process that computes: ``python -m models.llama.child FD``, which only ``process`` starts.

Its main thread owns llama.cpp's context; another one takes requests in and tokenizes them. It ends
when its parent closes the connection, or is gone.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from models.llama.core import Core
from models.llama.prefix import PrefixCache
from models.llama.runner import LlamaRunner
from models.llama.scheduler import Scheduler
from models.llama.sizes import Sizes, sizes_for
from models.llama.template import PromptTemplate
from models.llama.vocabulary import Vocabulary
from models.protocol import (
    EngineError,
    GenerationRequest,
    Message,
    PromptTooLong,
    Tool,
    TooLittleMemory,
    UnusableForm,
)


@dataclass(frozen=True, slots=True)
class Spec:
    """What is to be served, and how. ``memory`` is in bytes, beside the weights."""

    path: Path
    context_length: int
    threads: int
    batch: int
    queue: int
    memory: int | None = None
    running: int | None = None
    speculate: bool = True
    reproducible: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded."""

    sizes: Sizes
    calls_tools: bool


@dataclass(frozen=True, slots=True)
class Submit:
    """Serve ``request``; its events bear ``key``."""

    key: int
    request: GenerationRequest


@dataclass(frozen=True, slots=True)
class Count:
    """Answer under ``key`` how many tokens these make."""

    key: int
    messages: Sequence[Message]
    tools: Sequence[Tool]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Forget what was submitted as ``key``, done or not."""

    key: int


@dataclass(frozen=True, slots=True)
class Forget:
    """Give up what is kept of ``conversation``."""

    conversation: str


@dataclass(frozen=True, slots=True)
class Failure:
    """An error on its way to the parent: those with figures cannot be pickled by themselves."""

    error: type[EngineError]
    args: tuple[Any, ...]

    @classmethod
    def of(cls, error: EngineError) -> Failure:
        """The error, in a form that can be sent."""
        match error:
            case PromptTooLong():
                figures = (error.prompt_tokens, error.max_tokens, error.context_length)
                return cls(PromptTooLong, figures)
            case TooLittleMemory():
                return cls(TooLittleMemory, (error.given, error.needed, error.context))
            case _ if hasattr(error, "retry_after"):
                return cls(type(error), (error.retry_after,))
            case UnusableForm():
                return cls(UnusableForm, (str(error),))
            case _:
                return cls(EngineError, (str(error),))

    def made(self) -> EngineError:
        """The error again."""
        return self.error(*self.args)


class Child:
    """Both threads, on one connection."""

    def __init__(self, connection: Connection, spec: Spec) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._told: list[tuple[int, Any]] = []
        runner = LlamaRunner(spec.path, spec.threads, reproducible=spec.reproducible)
        sizes = sizes_for(
            runner.shape(),
            spec.context_length,
            psutil.virtual_memory().available,
            memory=spec.memory,
            running=spec.running,
            batch=spec.batch,
            queue=spec.queue,
        )
        runner.open(sizes)
        self._context_length = sizes.context
        vocabulary = Vocabulary(runner.model)
        self._template = PromptTemplate(vocabulary)
        prefixes = PrefixCache(runner, sizes.slots, sizes.shelf)
        self._core = Core(
            runner,
            Scheduler(sizes.limits, prefixes),
            vocabulary,
            self._tell,
            # several rows of one sequence are not computed as one by one, to the bit
            speculate=spec.speculate and not spec.reproducible and sizes.limits.drafted > 0,
            running=sizes.limits.running,
        )
        self.ready = Ready(sizes, self._template.calls_tools)

    def run(self) -> None:
        """Serve until the parent says to close."""
        threading.Thread(target=self._take_in, name="intake", daemon=True).start()
        while True:
            try:
                while (job := self._jobs.get(block=not self._core.busy)) is not None:
                    job()
                    self._flush()
                self._core.close()
                self._flush()
                return
            except queue.Empty:
                self._core.step()
                self._flush()

    def _take_in(self) -> None:
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, OSError):  # nobody is left to be served
                os._exit(0)
            match message:
                case Submit(key, request):
                    self._answer(key, partial(self._submit, key, request))
                case Count(key, messages, tools):
                    self._answer(key, partial(self._count, messages, tools))
                case Cancel(key):
                    self._jobs.put(partial(self._core.cancel, key))
                case Forget(conversation):
                    self._jobs.put(partial(self._core.forget, conversation))
                case None:
                    self._jobs.put(None)
                    return

    def _answer(self, key: int, do: Callable[[], Any]) -> None:
        """Send what ``do`` returns, or how it fails."""
        try:
            answer = do()
        except EngineError as error:
            answer = Failure.of(error)
        except Exception as error:  # noqa: BLE001 - its message could quote the prompt
            answer = Failure(EngineError, (f"the engine failed: {type(error).__name__}",))
        if answer is not None:
            self._send([(key, answer)])

    def _count(self, messages: Sequence[Message], tools: Sequence[Tool]) -> int:
        return len(self._template.tokens(messages, tools))

    def _submit(self, key: int, request: GenerationRequest) -> None:
        tokens = self._template.tokens(request.messages, request.tools)
        if not tokens:
            raise EngineError("the prompt is empty")
        wanted = request.sampling.max_tokens
        if len(tokens) + wanted > self._context_length:
            raise PromptTooLong(len(tokens), wanted, self._context_length)
        public = self._template.public_length(request.messages, request.public_prefix, tokens)
        self._jobs.put(
            partial(self._answer, key, partial(self._core.submit, key, request, tokens, public))
        )

    def _tell(self, key: int, event: Any) -> None:
        self._told.append((key, Failure.of(event) if isinstance(event, EngineError) else event))

    def _flush(self) -> None:
        """Send what was told: once a step, for all sequences."""
        if self._told:
            told, self._told = self._told, []
            self._send(told)

    def _send(self, told: list[tuple[int, Any]]) -> None:
        with self._sending:
            try:
                self._connection.send(told)
            except OSError:  # the parent is gone
                os._exit(0)


def main() -> None:
    """Serve the connection whose descriptor is the argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent closes what it has opened
    connection = Connection(int(sys.argv[1]))
    try:
        child = Child(connection, connection.recv())
    except EngineError as error:
        connection.send(Failure.of(error))
        return
    connection.send(child.ready)
    child.run()
    connection.close()


if __name__ == "__main__":
    # under its own name, so that what is sent can be read by the parent
    from models.llama.child import main as served

    served()
