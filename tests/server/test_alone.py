"""A server is alone on its data folder and address, or says why not before it opens anything."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from server.alone import NotAlone, alone, check_free

HOLD = """
import sys
from pathlib import Path
from server.alone import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[bytes]:
    """A process that holds ``folder``."""
    made = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert made.stdout is not None and made.stdout.readline() == b"held\n"
    return made


def test_a_folder_is_served_once(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "var"
    with holder(folder) as first:
        with pytest.raises(NotAlone, match="SOBRIA_DATA_DIR") as caught, alone(folder):
            raise AssertionError
        assert caught.value.params == {"folder": str(folder.resolve())}
        first.communicate()
    with alone(folder):
        assert [entry.name for entry in folder.iterdir()] == ["served.lock"]


def test_a_crash_lets_the_folder_go(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        with alone(tmp_path):
            pass


def test_an_address_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NotAlone, match=f"port {port}"):
            check_free("127.0.0.1", port)
    check_free("127.0.0.1", port)
    with pytest.raises(NotAlone):
        check_free("203.0.113.1", port)
