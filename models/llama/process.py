"""The parent's side of the process that computes: starts it, and again when it has died.

A crash in native code ends that process and not the server: its open requests get an error, the
next ones find a new process.
"""

from __future__ import annotations

import itertools
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection, Pipe
from multiprocessing.reduction import ForkingPickler
from typing import Any, Protocol

import structlog

from models.llama.child import Cancel, Count, Failure, Forget, Ready, Spec, Submit
from models.protocol import (
    EngineBusy,
    EngineError,
    Finished,
    GenerationRequest,
    Message,
    Tool,
)

_PATIENCE = 20.0  # seconds that a closing process has, and that an answer is waited for
_LONGEST_PAUSE = 30.0  # seconds between two starts of a process that keeps dying
STALLED = 120.0  # seconds without a step, where there is work: a step takes seconds at most
_log = structlog.get_logger("sobria.engine")


class Inbox(Protocol):
    """Takes what is told of one request; from any thread, without waiting."""

    def put(self, event: Any) -> None: ...


class EngineProcess:
    """A running process. Making it waits until the model is loaded.

    One that has work and ends no step for ``stalled`` seconds is killed, as though it had crashed:
    a grammar may take hours to choose a token, and everybody would wait.

    Raises:
        EngineError: when it cannot be.
    """

    def __init__(self, spec: Spec, *, stalled: float = STALLED) -> None:
        self._spec = spec
        self._stalled = stalled
        self._news = time.monotonic()
        self._begun = set[int]()
        self._keys = itertools.count()
        self._inboxes: dict[int, Inbox] = {}
        self._lock = threading.Lock()
        self._closing = False
        self._load_seconds = 5.0
        self._start()
        self._reader = threading.Thread(target=self._read, name="engine-reader", daemon=True)
        self._reader.start()

    @property
    def up(self) -> bool:
        """Whether the process serves: it is not being started again."""
        return self._up and not self._closing

    @property
    def pid(self) -> int:
        """The process that computes, now."""
        return self._process.pid

    def submit(self, request: GenerationRequest, inbox: Inbox) -> int:
        """Have ``request`` served; its events and errors go to ``inbox``. Returns its key.

        Raises:
            EngineBusy: the process is being started again.
            EngineError: the engine is closed, or the request cannot be sent.
        """
        return self._ask(inbox, lambda key: Submit(key, request), begins=True)

    def count(self, messages: Sequence[Message], tools: Sequence[Tool]) -> int:
        """Tokens of the prompt that these make.

        Raises:
            EngineError: as ``submit``; or the template refuses them.
        """
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        key = self._ask(answers, lambda key: Count(key, tuple(messages), tuple(tools)))
        try:
            answer = answers.get(timeout=_PATIENCE)
        except queue.Empty:
            raise EngineError("the engine does not answer") from None
        finally:
            self._inboxes.pop(key, None)
        if isinstance(answer, EngineError):
            raise answer
        return int(answer)

    def cancel(self, key: int) -> None:
        """Forget a request, done or not."""
        if self._inboxes.pop(key, None) is not None:
            self.end(key)

    def end(self, key: int) -> None:
        """Stop a request, which still tells what it took."""
        self._outgoing.put(ForkingPickler.dumps(Cancel(key)))

    def forget(self, conversation: str) -> None:
        """Have the process keep nothing of ``conversation``."""
        self._outgoing.put(ForkingPickler.dumps(Forget(conversation)))

    def close(self) -> None:
        """End what runs, refuse what waits, end the process."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
        self._outgoing.put(ForkingPickler.dumps(None))
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reader.join(_PATIENCE)
        self._outgoing.put(None)

    def _ask(self, inbox: Inbox, make: Any, *, begins: bool = False) -> int:
        with self._lock:
            if self._closing:
                raise EngineError("the engine is closed")
            if not self._up:
                raise EngineBusy(self._load_seconds)
            key = next(self._keys)
            try:
                message = ForkingPickler.dumps(make(key))
            except Exception as error:  # noqa: BLE001 - its message could quote the request
                raise EngineError(f"the request cannot be sent: {type(error).__name__}") from None
            self._inboxes[key] = inbox
            if begins:
                self._news = self._news if self._begun else time.monotonic()
                self._begun.add(key)
            self._outgoing.put(message)
        return key

    def _start(self) -> None:
        """Start the process and wait until it is ready."""
        began = time.monotonic()
        self._up = False
        ours, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "models.llama.child", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                # our modules, wherever they were found; no debugger on a crash
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(sys.path),
                    "GGML_NO_BACKTRACE": "1",
                },
            )
        self._connection = ours
        try:
            ours.send(self._spec)
            ready = ours.recv()
        except (EOFError, OSError):
            code = self._process.wait()
            raise EngineError(
                f"the engine's process ended while loading {self._spec.path.name} ({code})"
            ) from None
        if isinstance(ready, Failure):
            self._process.wait()
            raise ready.made()
        self.ready: Ready = ready
        self._load_seconds = time.monotonic() - began
        self._outgoing: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(
            target=_send_all, args=(ours, self._outgoing), name="engine-sender", daemon=True
        ).start()
        self._up = True
        sizes = ready.sizes
        _log.info(
            "engine_ready",
            model=self._spec.path.name,
            context=sizes.context,
            running=sizes.limits.running,
            shelf=sizes.shelf,
            batch=sizes.rows,
            threads=self._spec.threads,
            cache_mb=sizes.memory >> 20,
            seconds=round(self._load_seconds, 1),
        )

    def _read(self) -> None:
        """Hand out what the process tells, for as long as the engine is open."""
        pause = 0.0
        while True:
            began = time.monotonic()
            self._read_one_life()
            with self._lock:
                self._up = False
                left, self._inboxes = self._inboxes, {}
                self._begun.clear()
            word = "is closed" if self._closing else "has failed and is being started again"
            for inbox in left.values():
                inbox.put(EngineError(f"the engine {word}"))
            if self._closing:
                return
            self._outgoing.put(None)
            code = self._process.wait()
            pause = 0.0 if time.monotonic() - began > 60 else min(_LONGEST_PAUSE, 2 * pause + 0.5)
            _log.error("engine_died", code=code, requests=len(left), pause=pause)
            if not self._restart(pause):
                return

    def _restart(self, pause: float) -> bool:
        """Start the process again, as often as it takes; False where the engine is closed."""
        while not self._closing:
            time.sleep(pause)
            try:
                self._start()
            except EngineError as error:
                pause = min(_LONGEST_PAUSE, 2 * pause + 0.5)
                _log.error("engine_not_restarted", error=str(error), pause=pause)
                continue
            if not self._closing:
                return True
            self._process.kill()
        return False

    def _read_one_life(self) -> None:
        while True:
            self._kill_if_stalled()
            try:
                came = self._connection.poll(min(5.0, self._stalled / 4))
                told = self._connection.recv() if came else ()
            except (EOFError, OSError):
                return
            for key, event in told:
                last = isinstance(event, Failure | Finished)
                if last:
                    self._begun.discard(key)
                if not isinstance(event, Failure | int):  # those do not come from a step
                    self._news = time.monotonic()
                inbox = self._inboxes.pop(key, None) if last else self._inboxes.get(key)
                if inbox is not None:
                    inbox.put(event.made() if isinstance(event, Failure) else event)

    def _kill_if_stalled(self) -> None:
        with self._lock:
            quiet = time.monotonic() - self._news if self._begun else 0.0
        if quiet > self._stalled:
            _log.error("engine_stalled", seconds=round(quiet), requests=len(self._begun))
            self._process.kill()


def _send_all(connection: Connection, outgoing: queue.SimpleQueue[Any]) -> None:
    """Send what is put in the queue: whoever puts it there never waits for the process."""
    while (message := outgoing.get()) is not None:
        try:
            connection.send_bytes(message)
        except OSError:  # the process is dead: its reader sees to it
            return
