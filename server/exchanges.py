"""The exchanges under way: each goes down the road in a task of its own.

The task owns the road's generator from its first step to its last, so that a client who leaves, a
«stop» or a shutdown cancels it exactly once, and its books are closed even when nobody reads any
more. What is to be stored is stored by the task, before the reader hears of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Literal, Protocol

import structlog

from governance.events import Completed, Delta, Event, Failed, Refused, Waiting
from governance.exchange import ExchangeRequest
from governance.messages import N_
from governance.receipt import Receipt

Outcome = Literal["completed", "refused", "failed", "cancelled"]
BROKEN = N_(
    "Your request could not be processed. Please try again; if it happens again, tell your IT "
    "department the number {exchange}."
)

_log = structlog.get_logger("sobria.exchanges")


class Travels(Protocol):
    """The road, as the surfaces see it."""

    def travel(self, request: ExchangeRequest) -> AsyncGenerator[Event, None]: ...


class Recorder(Protocol):
    """Stores what must outlive the exchange. Called by the exchange's own task."""

    async def on_event(self, event: Event) -> None:
        """Before the reader hears of ``event``."""
        ...

    async def on_end(self, outcome: Outcome) -> None:
        """Once, after the road has closed its books, whatever the outcome."""
        ...


class NoRecord:
    """For surfaces that store nothing of their own."""

    async def on_event(self, event: Event) -> None:
        """Nothing."""

    async def on_end(self, outcome: Outcome) -> None:
        """Nothing."""


class Measured(Protocol):
    """What is told of each exchange to the metrics. Times are seconds."""

    def exchange_ended(
        self,
        surface: str,
        outcome: Outcome,
        receipt: Receipt | None,
        first_token: float | None,
        duration: float,
    ) -> None: ...


class Journey:
    """One exchange under way. ``owner`` is who may stop it: the caller's subject."""

    def __init__(self, request: ExchangeRequest, road: Travels, recorder: Recorder) -> None:
        self.request = request
        self.waiting = False
        self.outcome: Outcome = "cancelled"
        self.receipt: Receipt | None = None
        self.first_token: float | None = None
        self.started = time.monotonic()
        self._road = road
        self._recorder = recorder
        self._heard: asyncio.Queue[Event | None] = asyncio.Queue()
        self._early: list[Event | None] = []
        self._begun = False
        self._stopped = False
        self._task = asyncio.create_task(self._travel())

    @property
    def owner(self) -> str:
        """The subject of who asked."""
        return self.request.caller.subject

    def stop(self) -> None:
        """Cancel the exchange, once; the road closes its books. Nothing where it has ended."""
        if self._stopped or self._task.done():
            return
        self._stopped = True
        # A task that is cancelled before its first step would never close anything.
        if self._begun:
            self._task.cancel()

    async def wait(self) -> None:
        """Wait until the exchange has ended and is recorded."""
        await asyncio.wait({self._task})

    def when_ended(self, call: Callable[[Journey], None]) -> None:
        """Have ``call`` called once the exchange has ended."""
        self._task.add_done_callback(lambda _task: call(self))

    async def head(self, wanted: Callable[[Event], bool], seconds: float) -> Event | None:
        """The first event that is ``wanted``; None where none comes within ``seconds``, or at all.

        Call it before ``events``, which tells again all that was heard meanwhile. Being cancelled
        here cancels the exchange.
        """
        try:
            async with asyncio.timeout(seconds):
                while True:
                    event = await self._heard.get()
                    self._early.append(event)
                    if event is None or wanted(event):
                        return event
        except TimeoutError:
            return None
        except asyncio.CancelledError:
            self.stop()
            raise

    async def events(self, keep_alive: float) -> AsyncGenerator[Event | None, None]:
        """The events; None after each ``keep_alive`` seconds without one.

        Closing this generator before its end cancels the exchange.
        """
        try:
            while True:
                try:
                    event = (
                        self._early.pop(0)
                        if self._early
                        else await asyncio.wait_for(self._heard.get(), keep_alive)
                    )
                except TimeoutError:
                    yield None
                    continue
                if event is None:
                    return
                yield event
        finally:
            self.stop()

    async def _travel(self) -> None:
        self._begun = True
        try:
            if not self._stopped:
                await self._follow()
        except asyncio.CancelledError:
            self.outcome = "cancelled"
        except Exception as failure:  # noqa: BLE001 - a reader is told, never left waiting
            _log.error("exchange_broken", exchange=self.request.id, error=type(failure).__name__)
            self.outcome = "failed"
            self._tell(
                Failed(
                    self.request.id,
                    type(failure).__name__,
                    BROKEN,
                    {"exchange": self.request.id},
                )
            )
        try:
            await self._recorder.on_end(self.outcome)
        except Exception as failure:  # noqa: BLE001 - the placeholder stays «interrupted»
            _log.error("exchange_unstored", exchange=self.request.id, error=type(failure).__name__)
        finally:
            self._heard.put_nowait(None)

    async def _follow(self) -> None:
        async with aclosing(self._road.travel(self.request)) as events:
            async for event in events:
                self._note(event)
                await self._recorder.on_event(event)
                self._tell(event)

    def _tell(self, event: Event) -> None:
        self._heard.put_nowait(event)

    def _note(self, event: Event) -> None:
        self.waiting = isinstance(event, Waiting)
        match event:
            case Delta() if self.first_token is None:
                self.first_token = time.monotonic() - self.started
            case Completed(receipt=receipt):
                self.outcome, self.receipt = "completed", receipt
            case Refused(receipt=receipt):
                self.outcome, self.receipt = "refused", receipt
            case Failed():
                self.outcome = "failed"


class Exchanges:
    """All the exchanges that are under way in this process."""

    def __init__(self, road: Travels, measured: Measured) -> None:
        self._road = road
        self._measured = measured
        self._under_way: dict[str, Journey] = {}

    def start(self, request: ExchangeRequest, recorder: Recorder | None = None) -> Journey:
        """Send ``request`` down the road. Needs a running event loop."""
        journey = Journey(request, self._road, recorder or NoRecord())
        self._under_way[request.id] = journey
        journey.when_ended(self._ended)
        return journey

    def find(self, exchange_id: str, owner: str) -> Journey | None:
        """The exchange under way with this id, where ``owner`` asked."""
        journey = self._under_way.get(exchange_id)
        return journey if journey is not None and journey.owner == owner else None

    @property
    def active(self) -> int:
        """How many are under way."""
        return len(self._under_way)

    @property
    def waiting(self) -> int:
        """How many of them wait for the model."""
        return sum(journey.waiting for journey in self._under_way.values())

    async def wind_down(self, seconds: float) -> None:
        """Let the exchanges under way end by themselves for ``seconds``, then cancel the rest."""
        deadline = time.monotonic() + seconds
        while self._under_way and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        await self.close()

    async def close(self) -> None:
        """Cancel all of them, and wait until each is recorded."""
        journeys = tuple(self._under_way.values())
        for journey in journeys:
            journey.stop()
        for journey in journeys:
            await journey.wait()

    def _ended(self, journey: Journey) -> None:
        self._under_way.pop(journey.request.id, None)
        self._measured.exchange_ended(
            journey.request.surface,
            journey.outcome,
            journey.receipt,
            journey.first_token,
            time.monotonic() - journey.started,
        )
