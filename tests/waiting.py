"""Waits for what another thread or process does, instead of hoping that it has."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(what: Callable[[], object], seconds: float = 10) -> None:
    """Return once ``what`` holds; fails the test where it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.02)
