"""The one thread that owns the context, and the queue that feeds it, first come first served."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from models.llama.context import LlamaContext
from models.llama.cputime import WorkClock
from models.llama.job import Job, Spent
from models.llama.text import TextStream
from models.protocol import (
    EngineBusy,
    EngineError,
    Finished,
    FinishReason,
    Prefilled,
    Queued,
    Token,
    Usage,
)

_FIRST_GUESS = 20.0  # seconds that an answer takes, until one has been timed
_NEWEST = 0.2  # weight of the newest answer in that average


class Worker:
    """Runs jobs one after the other in a thread of its own, which also makes the context."""

    def __init__(
        self, make_context: Callable[[], LlamaContext], threads: int, queue_limit: int
    ) -> None:
        self._make_context = make_context
        self._threads = threads
        self._queue_limit = queue_limit
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._closing = False
        self._changed = threading.Condition()
        self._average = _FIRST_GUESS
        self._ready = threading.Event()
        self._began = 0.0
        self._failure: EngineError | None = None
        self._context: LlamaContext | None = None
        self._thread = threading.Thread(target=self._run, name="llama-owner", daemon=True)

    def start(self) -> LlamaContext:
        """Start the thread and wait until the model is loaded.

        Raises:
            EngineError: when it cannot be loaded.
        """
        self._thread.start()
        self._ready.wait()
        if self._context is None:
            raise self._failure or EngineError("the model could not be loaded")
        return self._context

    def submit(self, job: Job) -> None:
        """Put ``job`` at the end of the queue.

        Raises:
            EngineBusy: when the queue is full.
            EngineError: when the engine is closed.
        """
        with self._changed:
            if self._closing:
                raise EngineError("the engine is closed")
            if len(self._waiting) >= self._queue_limit:
                raise EngineBusy(self._average * (len(self._waiting) + 1))
            self._waiting.append(job)
            if self._running is not None or len(self._waiting) > 1:
                job.emit(Queued(len(self._waiting) - 1))
            self._changed.notify()

    def cancel(self, job: Job) -> None:
        """Stop ``job``: at once if it waits, after the step in progress if it runs."""
        job.cancelled = True
        with self._changed:
            if job in self._waiting:
                self._waiting.remove(job)
                self._tell_positions()

    def close(self) -> None:
        """End the running job, refuse those that wait, free the model, join the thread."""
        with self._changed:
            self._closing = True
            if self._running is not None:
                self._running.cancelled = True
            self._changed.notify()
        self._thread.join()

    def _tell_positions(self) -> None:
        for position, job in enumerate(self._waiting):
            job.emit(Queued(position))

    def _run(self) -> None:
        try:
            context = self._make_context()
            clock = WorkClock(self._threads)
            context.warm_up()
            clock.find_threads()
        except Exception as error:  # noqa: BLE001 - whatever it is, the maker must hear of it
            if not isinstance(error, EngineError):
                error = EngineError(f"loading failed: {type(error).__name__}")
            self._failure = error
            self._ready.set()
            return
        self._context = context
        self._ready.set()
        while (job := self._next()) is not None:
            try:
                _serve(job, context, clock)
            except Exception as error:  # noqa: BLE001 - one request fails, the thread lives on
                context.reset()
                # the type alone: a message could quote the prompt
                job.emit(EngineError(f"the engine failed: {type(error).__name__}"))
            self._done()
        with self._changed:
            for job in self._waiting:
                job.emit(EngineError("the engine is closed"))
            self._waiting.clear()
        context.close()

    def _next(self) -> Job | None:
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            if self._closing:
                return None
            self._running = self._waiting.popleft()
            self._tell_positions()
            self._began = time.monotonic()
            return self._running

    def _done(self) -> None:
        with self._changed:
            self._running = None
            self._average += _NEWEST * (time.monotonic() - self._began - self._average)


def _serve(job: Job, context: LlamaContext, clock: WorkClock) -> None:
    """Read the prompt, then write until something says to stop."""
    clock.restart()
    queued = time.monotonic() - job.submitted
    prompt, sampling, spent = job.prompt, job.request.sampling, Spent()
    total = len(prompt.tokens)
    cached = done = context.begin(prompt)
    written = 0
    reason: FinishReason | None = None

    while done < total and not job.cancelled:
        done = context.read(prompt)
        work = clock.lap()
        spent.add_prefill(work)
        job.emit(Prefilled(done, total, cached, work))

    chain = context.chain(sampling)
    try:
        text = TextStream(sampling.stop)
        token = -1
        if sampling.max_tokens <= 0:
            reason = "length"
        while reason is None and not job.cancelled:
            if written:
                context.push(token)
            token = context.sample(chain)
            written += 1
            ended = context.ends(token)
            shown = "" if ended else text.feed(context.piece(token))
            if ended or text.stopped:
                reason = "stop"
            elif written >= sampling.max_tokens:
                reason = "length"
            if reason:
                shown += text.end()
            work = clock.lap()
            spent.add_decode(work)
            job.emit(Token(shown, 1, work))
    finally:
        chain.close()
    usage = Usage(total, cached, written, queued, spent.prefill, spent.decode, spent.cpu)
    job.emit(Finished(reason or "cancelled", usage))
