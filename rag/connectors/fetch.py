"""One file of a website: bounded in size and in time, at a gentle pace, redirects looked at."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message

import httpcore
import httpx

from rag.connectors.addresses import Gate, NotRead, Pinned, host_of

AGENT = "Sobria"
MAX_REDIRECTS = 5
SECONDS = 30.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

May = Callable[[httpx.URL], None]
"""Raises NotRead where an address is not to be asked for."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a site answered: ``url`` is where it was in the end; header names are in lower case."""

    url: httpx.URL
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """«text/html», without parameters; «» where it is not said."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """The encoding that the answer says, in lower case; «» where it says none."""
        message = Message()
        message["content-type"] = self.headers.get("content-type", "")
        return str(message.get_param("charset") or "").strip().lower()


class Fetcher:
    """Asks for the files of a site, ``delay`` seconds apart at least.

    ``seconds`` is what one file may take, from the connection to its last byte; ``wait`` sleeps.
    """

    def __init__(
        self,
        gate: Gate,
        delay: float,
        *,
        seconds: float = SECONDS,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.delay = delay
        self._gate = gate
        self._seconds = seconds
        self._wait = wait
        self._tls = httpx.create_ssl_context()
        self._next = 0.0

    def get(
        self, url: httpx.URL, may: May, limit: int, media_types: frozenset[str] = frozenset()
    ) -> Fetched:
        """The file at ``url``, of ``limit`` bytes at most and of one of ``media_types`` (or any).

        Each address on the way, this one first, is checked by ``may`` and by the gate.

        Raises:
            NotRead: saying why.
        """
        for _ in range(MAX_REDIRECTS + 1):
            self._gate.check(url)
            may(url)
            self._pace()
            answer = self._ask(url, limit, media_types)
            if isinstance(answer, Fetched):
                return answer
            url = answer
        raise NotRead("this page redirects too many times")

    def _pace(self) -> None:
        now = time.monotonic()
        if now < self._next:
            self._wait(self._next - now)
        self._next = max(now, self._next) + self.delay

    def _ask(self, url: httpx.URL, limit: int, media_types: frozenset[str]) -> Fetched | httpx.URL:
        """The answer, or where it redirects to."""
        try:
            with (
                httpcore.ConnectionPool(
                    ssl_context=self._tls, network_backend=Pinned(self._gate, self._seconds)
                ) as pool,
                pool.stream(
                    "GET",
                    httpcore.URL(
                        scheme=url.scheme, host=host_of(url), port=url.port, target=url.raw_path
                    ),
                    headers={
                        "User-Agent": AGENT,
                        "Accept-Encoding": "gzip",
                        "Connection": "close",
                    },
                ) as response,
            ):
                headers = {
                    name.decode("latin-1").lower(): value.decode("latin-1")
                    for name, value in response.headers
                }
                if response.status in _REDIRECTS and "location" in headers:
                    return url.join(headers["location"]).copy_with(fragment=None)
                _check_status(response.status)
                fetched = Fetched(url, headers, b"")
                if media_types and fetched.media_type not in media_types:
                    raise NotRead("this is not an HTML page")
                body = bytearray()
                for chunk in response.iter_stream():
                    body += chunk
                    if len(body) > limit:
                        raise too_large(limit)
        except httpcore.TimeoutException as error:
            raise NotRead("the site takes too long to answer", passing=True) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise NotRead("the site cannot be reached", passing=True) from error
        except httpx.InvalidURL as error:
            raise NotRead("this page redirects to what is no address") from error
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding in ("gzip", "x-gzip"):
            return Fetched(url, headers, inflated(bytes(body), limit))
        if encoding not in ("identity", ""):
            raise NotRead("the site's answer is damaged")
        return Fetched(url, headers, bytes(body))


def _check_status(status: int) -> None:
    if not 200 <= status < 300:
        raise NotRead(
            "the site answered with the error {status}",
            passing=status >= 500 or status == 429,
            status=status,
        )


def too_large(limit: int) -> NotRead:
    """What is raised of a file of more than ``limit`` bytes."""
    return NotRead("this is too large: at most {limit} MB are read", limit=max(1, limit // 1024**2))


def inflated(data: bytes, limit: int) -> bytes:
    """What ``data`` (gzip) holds, unpacked as far as ``limit`` bytes. Raises NotRead."""
    out = b""
    try:
        while data:
            unpacking = zlib.decompressobj(wbits=31)
            out += unpacking.decompress(data, limit + 1 - len(out))
            if len(out) > limit:
                raise too_large(limit)
            if not unpacking.eof:
                raise NotRead("the site's answer is damaged")
            data = unpacking.unused_data
    except zlib.error as error:
        raise NotRead("the site's answer is damaged") from error
    return out
