"""Whenever a person leaves, the books are closed, and the model stops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import aclosing, suppress
from functools import partial
from typing import Any

import pytest

from governance.audit.recovery import close_interrupted
from governance.events import Completed, Delta
from governance.threads import in_thread
from tests.governance.road.parts import ANSWER, QUESTION, Parts, streamed

ENDS = {"completed", "refused", "failed", "cancelled"}
EVENTS = 10  # Accepted, Searching, SourcesFound, Prompted, Waiting, Reading, 3 Deltas, Completed
SENTENCES = (f"{''.join(ANSWER)} ", "Il est payé. ", "Il se prend.")


async def _leave_after(parts: Parts, request: Any, count: int) -> list[Any]:
    """Close the generator once ``count`` events were heard."""
    heard: list[Any] = []
    async with aclosing(parts.road.travel(request)) as events:
        async for event in events:
            heard.append(event)
            if len(heard) == count:
                break
    return heard


@pytest.mark.parametrize("count", range(1, EVENTS))
def test_closing_after_any_event_cancels_the_exchange(parts: Parts, count: int) -> None:
    parts.engine.pieces = SENTENCES
    request = parts.ask(QUESTION, ephemeral=True)
    heard = asyncio.run(_leave_after(parts, request, count))
    assert len(heard) == count
    assert parts.recorded(request) == ["accepted", "cancelled"]
    parts.assert_books_closed()
    assert parts.mappings() == 0
    assert parts.quotas.usage("rh", "day").requests == 1
    receipt = parts.log.entries_of(request.id)[-1].data["receipt"]
    assert receipt["outcome"] == "cancelled"
    assert (receipt["answer_sha256"] is None) == (streamed(heard) == "")


def test_closing_after_the_last_event_changes_nothing(parts: Parts) -> None:
    request = parts.ask(QUESTION)
    heard = asyncio.run(_leave_after(parts, request, EVENTS - 2))  # its answer is one sentence
    assert isinstance(heard[-1], Completed)
    assert parts.recorded(request) == ["accepted", "completed"]
    parts.assert_books_closed()


def test_a_road_that_nobody_walks_leaves_no_trace(parts: Parts) -> None:
    request = parts.ask(QUESTION)

    async def close_at_once() -> None:
        await parts.road.travel(request).aclose()

    asyncio.run(close_at_once())
    assert parts.recorded(request) == []
    parts.assert_books_closed()


@pytest.mark.parametrize("piece", range(3))
def test_cancelling_the_task_stops_the_model(parts: Parts, piece: int) -> None:
    parts.engine.pauses_at = piece
    request = parts.ask(QUESTION)

    async def leave() -> None:
        task = asyncio.create_task(parts.travelled(request))
        await parts.engine.paused.wait()
        assert parts.engine.running == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert parts.recorded(request) == ["accepted", "cancelled"]
    parts.assert_books_closed()
    # What was read and written until then is spent; the rest of the hold is given back.
    prompt = parts.engine.count_tokens(parts.engine.requests[0].messages)
    assert parts.quotas.usage("rh", "month").tokens == prompt + piece


def _holding(work: Callable[..., Any], entered: threading.Event, go: threading.Event) -> Any:
    def held(*args: Any, **kwargs: Any) -> Any:
        entered.set()
        assert go.wait(10)
        return work(*args, **kwargs)

    return held


PLACES: dict[str, Callable[[Parts], tuple[Any, str]]] = {
    "identify": lambda parts: (parts, "identify"),
    "reserve": lambda parts: (parts.quotas, "reserve"),
    "mask": lambda parts: (parts.pseudonymiser, "mask"),
    "judge": lambda parts: (parts.judge, "judge"),
    "accept": lambda parts: (parts.log, "append"),
    "search": lambda parts: (parts.retriever, "search"),
    "prompt": lambda parts: (parts.engine, "count_tokens"),
    "watch": lambda parts: (parts.watch, "flags"),
    "settle": lambda parts: (parts.quotas, "settle"),
}


@pytest.mark.parametrize("place", PLACES)
def test_cancelling_while_a_control_works_waits_for_it(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Else it would reserve, map or record after the books are closed, and nobody would undo it."""
    where, name = PLACES[place](parts)
    entered, go = threading.Event(), threading.Event()
    monkeypatch.setattr(where, name, _holding(getattr(where, name), entered, go))
    request = parts.ask(QUESTION, ephemeral=True)

    async def leave() -> None:
        task = asyncio.create_task(parts.travelled(request))
        while not entered.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.sleep(0.1)
        assert not task.done()
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    ends = [kind for kind in parts.recorded(request) if kind in ENDS]
    assert ends == ["completed" if place == "settle" else "cancelled"]
    parts.assert_books_closed()
    assert parts.mappings() == 0


def test_a_second_cancellation_does_not_leave_the_books_open(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, go = threading.Event(), threading.Event()
    monkeypatch.setattr(parts.log, "append", partial(_slow_end, parts.log.append, entered, go))
    parts.engine.pauses_at = 1
    request = parts.ask(QUESTION)

    async def leave() -> None:
        task = asyncio.create_task(parts.travelled(request))
        await parts.engine.paused.wait()
        task.cancel()
        while not entered.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.sleep(0.02)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert parts.recorded(request) == ["accepted", "cancelled"]
    parts.assert_books_closed()


def _slow_end(append: Any, entered: threading.Event, go: threading.Event, *args: Any) -> Any:
    if args[0].type != "accepted":
        entered.set()
        assert go.wait(10)
    return append(*args)


def test_a_timeout_of_the_caller_cancels(parts: Parts) -> None:
    parts.engine.pauses_at = 2
    request = parts.ask(QUESTION)

    async def leave() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await parts.travelled(request)

    asyncio.run(leave())
    assert parts.recorded(request)[-1] == "cancelled"
    parts.assert_books_closed()


def test_one_who_leaves_does_not_disturb_another(parts: Parts) -> None:
    leaving, staying = parts.ask(QUESTION), parts.ask(QUESTION)

    async def both() -> tuple[list[Any], list[Any]]:
        return await asyncio.gather(_leave_after(parts, leaving, 7), parts.travelled(staying))

    _, heard = asyncio.run(both())
    assert isinstance(heard[-1], Completed)
    assert parts.recorded(leaving) == ["accepted", "cancelled"]
    assert parts.recorded(staying) == ["accepted", "completed"]
    parts.assert_books_closed()


def test_what_a_cancelled_exchange_says_is_what_was_delivered(parts: Parts) -> None:
    """The sealed text is what the model wrote; the receipt binds what the person saw."""
    parts.engine.pieces = SENTENCES
    request = parts.ask(QUESTION)
    heard = asyncio.run(_leave_after(parts, request, 8))
    assert sum(isinstance(event, Delta) for event in heard) == 2
    entry = parts.log.entries_of(request.id)[-1]
    assert parts.log.read_sealed(entry.index, "p1", "pour un essai") == streamed(heard)


def test_start_up_closes_what_a_crash_left_open(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies never settles: «accepted» without an end, and a hold."""
    request = parts.ask(QUESTION)

    def die(*_args: Any) -> Any:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(parts.quotas, "settle", die)
        parts.travel(request)
    assert parts.recorded(request) == ["accepted"]
    assert parts.quotas.held() == [request.id]
    closed = close_interrupted(parts.log, lambda exchange: _release(parts, exchange))
    assert closed == [request.id]
    assert parts.recorded(request) == ["accepted", "interrupted"]
    parts.assert_books_closed()


def _release(parts: Parts, exchange: str) -> None:
    parts.quotas.release(exchange)


def test_a_thread_ends_before_the_cancellation_is_raised() -> None:
    done: list[str] = []
    entered, go = threading.Event(), threading.Event()

    def work() -> None:
        entered.set()
        assert go.wait(10)
        done.append("work")

    async def leave() -> None:
        task = asyncio.create_task(in_thread(work))
        while not entered.is_set():
            await asyncio.sleep(0.001)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
        assert not done
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done == ["work"]

    asyncio.run(leave())


def test_what_a_thread_raises_is_raised() -> None:
    async def fail() -> None:
        await in_thread(int, "no number")

    with pytest.raises(ValueError, match="no number"):
        asyncio.run(fail())
