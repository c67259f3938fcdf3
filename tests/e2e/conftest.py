"""A real Sobria for each session of tests: real model, real index, real log, a copy of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import openai
import pytest
from lxml import html

ROOT = Path(__file__).resolve().parents[2]
PREPARED = ROOT / "var" / "test" / "data"
MODEL = os.environ.get("SOBRIA_TEST_MODEL", "qwen2.5-coder-0.5b-instruct-q4_k_m")
SOBRIA = str(Path(sys.executable).with_name("sobria"))
PEOPLE = {"employe": "employee", "admin": "admin", "dpo": "dpo"}


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Instance:
    """A running Sobria: its address, its data, and the password of each account."""

    data_dir: Path
    port: int
    passwords: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith("SOBRIA_")},
            "SOBRIA_DATA_DIR": str(self.data_dir),
            "SOBRIA_PORT": str(self.port),
            "SOBRIA_MODEL": MODEL,
            "SOBRIA_LOG_FORMAT": "json",
            # Hours of work that would compete with the tests; retrieval has tests of its own.
            "SOBRIA_FILL_VECTORS": "false",
        }

    def cli(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``sobria`` on this instance's data."""
        return subprocess.run(
            [SOBRIA, *arguments],
            env=self.environment,
            cwd=self.data_dir,
            capture_output=True,
            text=True,
            check=check,
            timeout=180,
        )

    def start(self) -> None:
        """Start serving, and wait until it is ready."""
        with (self.data_dir / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [SOBRIA, "serve"], env=self.environment, cwd=self.data_dir, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.3)
                continue
            time.sleep(0.3)
        raise AssertionError((self.data_dir / "server.log").read_text()[-4000:])

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the server by its own pid."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)
        self.process = None

    @contextmanager
    def sign_in(self, name: str) -> Iterator[httpx.Client]:
        """A client that is signed in as ``name``, with its CSRF token set."""
        with httpx.Client(base_url=self.url, timeout=180, follow_redirects=True) as client:
            form = html.fromstring(client.get("/sign-in").text)
            answer = client.post(
                "/sign-in",
                data={
                    "name": name,
                    "password": self.passwords[name],
                    "csrf": form.xpath('//input[@name="csrf"]/@value')[0],
                    "next": "/",
                },
            )
            assert answer.status_code == 200, answer.text[:500]
            page = html.fromstring(answer.text)
            client.headers["X-CSRF-Token"] = page.xpath('//input[@name="csrf"]/@value')[0]
            yield client


def new_instance(folder: Path) -> Instance:
    """A copy of what `make test` prepared, with fresh passwords; weights are shared, not copied."""
    if not (PREPARED / "sobria.db").is_file():
        pytest.skip("no prepared instance: run `make test`, or `make setup-test`")
    data_dir = folder / "data"
    shutil.copytree(PREPARED, data_dir, ignore=shutil.ignore_patterns("models", "downloads"))
    (data_dir / "models").symlink_to(PREPARED / "models")
    instance = Instance(data_dir, free_port())
    for name in PEOPLE:
        output = instance.cli("users", "password", name).stdout
        instance.passwords[name] = output.split()[-1]
    return instance


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One running Sobria for the whole session."""
    running = new_instance(tmp_path_factory.mktemp("sobria"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def api(instance: Instance) -> openai.OpenAI:
    """The official client, with a key of the service «rh»."""
    made = instance.cli("keys", "create", "rh", "tests").stdout
    secret = re.search(r"sob_[A-Za-z0-9_-]{40,}", made)
    assert secret, made
    return openai.OpenAI(base_url=f"{instance.url}/v1", api_key=secret[0], max_retries=0)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Instance]:
    """A Sobria of the test's own, not started: for tests that kill it or spoil its data."""
    made = new_instance(tmp_path)
    yield made
    made.stop()
