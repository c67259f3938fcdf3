"""Blocking work in a worker thread, which a cancellation waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar, TypeVarTuple, Unpack

from anyio import CancelScope, to_thread
from anyio.lowlevel import checkpoint_if_cancelled

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


async def in_thread(function: Callable[[Unpack[Ts]], T], *args: *Ts) -> T:
    """What ``function`` returns, run in a worker thread to its end.

    ``Task.cancel()`` abandons a thread that anyio waits for: an exchange's books would be closed
    while its reservation, its mapping or its record is still being written. Here the cancellation
    is raised once the thread has ended. What the function returned is then lost, so it must itself
    note what its caller has to close.
    """
    await checkpoint_if_cancelled()
    work = asyncio.ensure_future(to_thread.run_sync(partial(function, *args)))
    cancellation: asyncio.CancelledError | None = None
    with CancelScope(shield=True):
        while not work.done():
            try:
                await asyncio.wait({work})
            except asyncio.CancelledError as cancelled:
                cancellation = cancelled
    if cancellation is not None:
        work.exception()  # read, so that asyncio does not report it as forgotten
        raise cancellation
    return work.result()
