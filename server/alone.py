"""One server for a data folder, and an address that is free: seen before anything is opened."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from governance.messages import N_
from server.errors import NotStarted


class NotAlone(NotStarted):
    """Something else serves what is to be served."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds ``folder`` for this process; a crash lets it go.

    A second server would close the first one's open exchanges as though a crash had left them.

    Raises:
        NotAlone: another server holds it.
        OSError: the folder cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / "served.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotAlone(
                N_(
                    "Another Sobria already serves the data folder {folder}. Stop it first, or "
                    "give this one a folder of its own (SOBRIA_DATA_DIR)."
                ),
                folder=str(folder.resolve()),
            ) from None
        yield
    finally:
        os.close(descriptor)


def check_free(host: str, port: int) -> None:
    """See that a server can listen there.

    Raises:
        NotAlone: another program does, or this machine has no such address.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in found:
            with socket.socket(family, kind, protocol) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tried.bind(address)
    except OSError as error:
        raise NotAlone(
            N_(
                "Sobria cannot listen on {host}, port {port} ({cause}). Stop what uses it, or set "
                "SOBRIA_HOST and SOBRIA_PORT."
            ),
            host=host,
            port=str(port),
            cause=error.strerror or type(error).__name__,
        ) from None
