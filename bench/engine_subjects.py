"""What ``bench.engine`` compares: our engine, and two servers in environments of their own.

All serve the same GGUF file on the same threads, with as many places; ours is asked without HTTP.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol

import httpx
import llama_cpp
import psutil

from models.llama.engine import LlamaEngine
from models.llama.runner import load
from models.llama.vocabulary import Vocabulary
from models.protocol import Finished, GenerationRequest, Message, Sampling, Token

CONTEXT = 2048  # tokens of one request
SLOTS = 8
_START = 120.0  # seconds that a server has to load its model
_XLLAMACPP = """
import sys, time, xllamacpp
p = xllamacpp.CommonParams()
p.model.path, threads, slots, context, p.port = sys.argv[1], *map(int, sys.argv[2:6])
p.n_ctx, p.n_parallel = slots * context, slots
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = threads
server = xllamacpp.Server(p)
time.sleep(1e6)
"""


@dataclass(slots=True)
class Answer:
    """Instants of the clock, in seconds: when it was asked, and when its text came, by pieces of
    about one token. ``count`` tokens were written.
    """

    asked: float
    pieces: list[float] = field(default_factory=list)
    text: str = ""
    count: int = 0

    @property
    def first(self) -> float:
        """Seconds to the first token."""
        return self.pieces[0] - self.asked

    @property
    def gaps(self) -> list[float]:
        """Seconds between the pieces."""
        return [b - a for a, b in zip(self.pieces, self.pieces[1:], strict=False)]


@dataclass(frozen=True, slots=True)
class Who:
    """Whose request it is; the servers do not ask."""

    service: str = "s"
    user: str = ""
    conversation: str = ""


class Subject(Protocol):
    """An engine under test."""

    name: str

    async def ask(self, turns: Sequence[Message], most: int, who: Who = ...) -> Answer:
        """Have ``turns`` answered greedily, in exactly ``most`` tokens."""
        ...

    def process(self) -> psutil.Process:
        """The process that computes."""
        ...

    async def close(self) -> None: ...


class Ours:
    """The engine of this project."""

    def __init__(
        self, path: Path, threads: int, *, speculate: bool = True, reproducible: bool = False
    ) -> None:
        self.name = "Sobria" if speculate else "Sobria, no guesses"
        self._never = ends_of(path)
        self.engine = LlamaEngine(
            path,
            name="bench",
            digest="",
            licence="",
            context_length=CONTEXT,
            threads=threads,
            # of one service, a quarter of the places is left to others
            running=SLOTS + SLOTS // 2,
            speculate=speculate,
            reproducible=reproducible,
        )

    async def ask(self, turns: Sequence[Message], most: int, who: Who = Who()) -> Answer:
        """As Subject says."""
        answer = Answer(time.monotonic())
        request = GenerationRequest(
            "bench",
            tuple(turns),
            Sampling(max_tokens=most, temperature=0, repeat_penalty=1.0, logit_bias=self._never),
            queue=who.service,
            user=who.user,
            conversation=who.conversation,
        )
        async with aclosing(self.engine.generate(request)) as events:
            async for event in events:
                if isinstance(event, Token):
                    answer.pieces += [time.monotonic()] * event.count
                    answer.text += event.text
                elif isinstance(event, Finished):
                    answer.count = event.usage.completion_tokens
        return answer

    def process(self) -> psutil.Process:
        """As Subject says."""
        return psutil.Process(self.engine.pid)

    async def close(self) -> None:
        """End the engine."""
        await self.engine.close()


class Server:
    """A server that speaks OpenAI's protocol on loopback."""

    def __init__(self, name: str, port: int, path: Path, command: Sequence[str]) -> None:
        self.name = name
        self._never = ends_of(path)
        self._url = f"http://127.0.0.1:{port}"
        self._child = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "10000"},
        )
        # a connection for each: a server that closes an idle one may do so as it is used again
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.AsyncClient(timeout=600, limits=limits, trust_env=False)
        ends = time.monotonic() + _START
        while not self._answers():
            if self._child.poll() is not None or time.monotonic() > ends:
                self._child.kill()
                raise RuntimeError(f"{name} does not start: {command}")
            time.sleep(0.2)

    @classmethod
    def llama_cpp(cls, python: Path, path: Path, threads: int) -> Server:
        """llama.cpp's own server."""
        port = _free_port()
        figures = map(str, (threads, SLOTS, CONTEXT, port))
        return cls("llama.cpp", port, path, [str(python), "-c", _XLLAMACPP, str(path), *figures])

    @classmethod
    def llama_cpp_python(cls, python: Path, path: Path, threads: int) -> Server:
        """llama-cpp-python's server, which serves one at a time."""
        port = _free_port()
        options = {
            "model": path,
            "host": "127.0.0.1",
            "port": port,
            "n_ctx": CONTEXT,
            "n_threads": threads,
            "n_threads_batch": threads,
            "interrupt_requests": False,  # else a newcomer ends who is being answered
        }
        given = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        return cls("llama-cpp-python", port, path, [str(python), "-m", "llama_cpp.server", *given])

    def _answers(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self._url}/v1/models", trust_env=False).is_success
        return False

    async def ask(self, turns: Sequence[Message], most: int, who: Who = Who()) -> Answer:
        """As Subject says."""
        answer = Answer(time.monotonic())
        body = {
            "messages": [{"role": one.role, "content": one.content} for one in turns],
            "max_tokens": most,
            "temperature": 0,
            "repeat_penalty": 1.0,
            "logit_bias": self._never,
            "stream": True,
        }
        url = f"{self._url}/v1/chat/completions"
        async with self._client.stream("POST", url, json=body) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                if not line.startswith("data: {"):
                    continue
                for choice in json.loads(line[6:]).get("choices", ()):
                    if text := choice["delta"].get("content"):
                        answer.pieces.append(time.monotonic())
                        answer.text += text
                    if choice.get("finish_reason") == "length":
                        answer.count = most
        return answer

    def process(self) -> psutil.Process:
        """As Subject says."""
        return psutil.Process(self._child.pid)

    async def close(self) -> None:
        """End the server."""
        await self._client.aclose()
        self._child.kill()
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(10)


@cache
def ends_of(path: Path) -> dict[int, float]:
    """A bias against the tokens that end an answer: all are to write as much."""
    model = load(path)
    vocabulary = Vocabulary(model)
    ends = {token: -100.0 for token in range(vocabulary.size) if vocabulary.ends(token)}
    llama_cpp.llama_model_free(model)
    return ends


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
