"""The events of one request, between the thread that reads them and the loop that shows them."""

from __future__ import annotations

import asyncio
import threading
from collections import deque

from models.protocol import EngineError, EngineEvent, Prefilled, Queued, Token, Work

_KEPT = 8  # events that wait one by one; later ones are put together


class StreamInbox:
    """Never holds more than a few events: those that a slow reader leaves are put together, so that
    nothing is lost, nobody waits for it, and an answer takes the room of its text.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._events: deque[EngineEvent | EngineError] = deque()
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: EngineEvent | EngineError) -> None:
        """Add an event; from any thread."""
        with self._lock:
            last = self._events[-1] if self._events else None
            match last, event:
                case Queued(), Queued():
                    self._events[-1] = event
                case Prefilled(), Prefilled() if len(self._events) >= _KEPT:
                    work = _together(last.work, event.work)
                    self._events[-1] = Prefilled(event.done, event.total, event.cached, work)
                case Token(), Token() if len(self._events) >= _KEPT:
                    self._events[-1] = Token(
                        last.text + event.text,
                        last.count + event.count,
                        _together(last.work, event.work),
                        last.logprobs + event.logprobs,
                    )
                case _:
                    self._events.append(event)
        try:
            self._loop.call_soon_threadsafe(self._filled.set)
        except RuntimeError:  # the loop was closed: nobody listens any more
            return

    async def get(self) -> EngineEvent | EngineError:
        """The next event, as soon as there is one."""
        while True:
            self._filled.clear()
            with self._lock:
                if self._events:
                    return self._events.popleft()
            await self._filled.wait()


def _together(first: Work, second: Work) -> Work:
    return Work(first.started, second.ended, first.cpu_seconds + second.cpu_seconds)
