"""What takes long to find out and may be a little old: found out once a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Values by key, found out anew when they are older than ``seconds``. Safe to share by threads.

    Only those that are ``worth`` it are remembered; the others are always as new as can be.
    """

    def __init__(
        self,
        seconds: float,
        worth: Callable[[T], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``clock`` tells the time in seconds."""
        self._seconds = seconds
        self._worth = worth
        self._clock = clock
        self._held: dict[str, tuple[float, T]] = {}

    def get(self, key: str, find: Callable[[], T]) -> T:
        """The value of ``key``, by ``find`` unless one is remembered. Raises what that raises."""
        held = self._held.get(key)
        now = self._clock()
        if held is not None and now - held[0] < self._seconds:
            return held[1]
        value = find()
        if self._worth(value):
            self._held[key] = (now, value)
        else:
            self._held.pop(key, None)
        return value
