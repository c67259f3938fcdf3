"""Weights behind an HTTP address, resumed with a Range request (RFC 9110, section 14)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import httpx

from models.catalogue import Entry, HubWay
from models.errors import N_, PullError
from models.ways.progress import Progress, Report
from models.ways.space import require_space

_TIMEOUT = httpx.Timeout(30.0, read=120.0)
_PARTIAL_CONTENT = 206
_RANGE_NOT_SATISFIABLE = 416


def hub_address(hub: str, way: HubWay, file: str) -> str:
    """The address of ``file`` on the hub whose base address is ``hub``."""
    return f"{hub.rstrip('/')}/{way.repo}/resolve/{way.revision}/{file}"


def fetch(entry: Entry, address: str, draft: Path, report: Report, total: int | None) -> None:
    """Download ``address`` into ``draft``, going on after the bytes that are already there.

    ``total`` is the size that is expected in bytes, where it is known.

    Raises:
        NotEnoughSpace: before anything is fetched.
        PullError: when the server does not answer with the file. The draft is kept.
    """
    have = draft.stat().st_size if draft.is_file() else 0
    if total is not None and have == total:
        report(Progress(entry.name, "fetch", have, total))
        return
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        with (
            httpx.Client(timeout=_TIMEOUT, follow_redirects=True) as client,
            client.stream("GET", address, headers=headers) as response,
        ):
            if response.status_code == _RANGE_NOT_SATISFIABLE:
                return  # the draft is whole already; the digest decides
            response.raise_for_status()
            resumed = response.status_code == _PARTIAL_CONTENT
            done = have if resumed else 0
            length = response.headers.get("Content-Length", "")
            if total is None and length.isdigit():
                total = done + int(length)
            if total is not None:
                require_space(entry.name, draft.parent, max(0, total - done))
            with draft.open("ab" if resumed else "wb") as stream:
                for block in response.iter_bytes():
                    stream.write(block)
                    done += len(block)
                    report(Progress(entry.name, "fetch", done, total))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        host = urlsplit(address).hostname or "-"
        status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else 0
        raise PullError(
            N_("“{name}” could not be fetched from {host}: {reason}"),
            name=entry.name,
            host=host,
            reason=f"HTTP {status}" if status else type(error).__name__,
        ) from error
