"""Several servers of one model: the least loaded is asked, one that fails is left alone a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import structlog

from models.protocol import EngineBusy

_FAILURES = 3  # in a row, after which a server is left alone
_REST = 5.0  # seconds, doubled by each trial that fails
_LONGEST_REST = 60.0
_UNANSWERED = 2  # checks in a row, after which a server is taken for down

_log = structlog.get_logger("sobria.engine")


@dataclass(slots=True, eq=False)
class Upstream:
    """A server. ``load`` are our requests that it serves, ``failures`` those that failed in a row,
    ``rests_until`` an instant of the pool's clock before which it is asked nothing, ``unanswered``
    the checks in a row to which it gave no answer.
    """

    url: str
    load: int = 0
    failures: int = 0
    rests_until: float = 0.0
    unanswered: int = 0

    @property
    def down(self) -> bool:
        """Whether it has not answered the last checks: it is asked nothing until it does."""
        return self.unanswered >= _UNANSWERED

    @property
    def suspect(self) -> bool:
        """Whether it has failed so often that it is to be tried with one request at a time."""
        return self.failures >= _FAILURES


class Pool:
    """The circuit breaker of each server, and the choice between them. For one event loop's use or
    several threads': a choice that is a little off does no harm.
    """

    def __init__(self, urls: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self.upstreams = [Upstream(url) for url in urls]
        self._clock = clock

    @contextmanager
    def use(self, avoid: Collection[Upstream] = ()) -> Iterator[Upstream]:
        """The server to ask: the least loaded, if possible none of ``avoid``.

        Raises:
            EngineBusy: all of them rest, or are down.
        """
        now = self._clock()
        ready = [
            one
            for one in self.upstreams
            if not one.down and one.rests_until <= now and not (one.suspect and one.load)
        ]
        if not ready:
            soonest = min(one.rests_until for one in self.upstreams)
            raise EngineBusy(max(1.0, soonest - now))
        chosen = min(ready, key=lambda one: (one in avoid, one.load))
        chosen.load += 1
        try:
            yield chosen
        finally:
            chosen.load -= 1

    @property
    def ready(self) -> bool:
        """Whether a server may be asked now: not all of them rest or are down."""
        now = self._clock()
        return any(one.rests_until <= now and not one.down for one in self.upstreams)

    def failed(self, upstream: Upstream) -> None:
        """Note that ``upstream`` did not answer, or failed by its own fault."""
        upstream.failures += 1
        if upstream.suspect:
            rest = _REST * 2 ** (upstream.failures - _FAILURES)
            upstream.rests_until = self._clock() + min(rest, _LONGEST_REST)

    def worked(self, upstream: Upstream) -> None:
        """Note that ``upstream`` serves."""
        upstream.failures, upstream.rests_until, upstream.unanswered = 0, 0.0, 0

    def checked(self, upstream: Upstream, *, answers: bool) -> None:
        """Note whether ``upstream`` answered a check.

        It may answer and yet fail at each request: a check ends no rest.
        """
        was = upstream.down
        upstream.unanswered = 0 if answers else upstream.unanswered + 1
        if upstream.down != was:
            host = httpx.URL(upstream.url).netloc.decode()
            _log.warning("model_server_down" if upstream.down else "model_server_up", host=host)
