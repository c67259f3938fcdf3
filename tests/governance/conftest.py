"""A PostgreSQL server for the rooms whose tables several processes share."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of our own on a Unix socket, for as long as the tests run."""
    # Debian keeps the server's commands out of the usual path.
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    places = os.pathsep.join([os.environ.get("PATH", ""), *map(str, known)])
    initdb, postgres = shutil.which("initdb", path=places), shutil.which("pg_ctl", path=places)
    if initdb is None or postgres is None:
        pytest.skip("no PostgreSQL server is installed on this machine")
    root = os.geteuid() == 0
    if root and shutil.which("runuser") is None:
        pytest.skip("PostgreSQL does not run as root, and runuser is not installed")
    prefix = ["runuser", "-u", "postgres", "--"] if root else []
    folder = Path(tempfile.mkdtemp(prefix="sobria-pg-"))
    if root:
        shutil.chown(folder, "postgres")
    data = folder / "data"

    def call(*command: str) -> None:
        subprocess.run(
            [*prefix, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120
        )

    call(initdb, "-D", str(data), "-A", "trust", "-U", "sobria", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
    call(postgres, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://sobria@/postgres?host={folder}"
    finally:
        call(postgres, "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder)
