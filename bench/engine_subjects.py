"""What ``bench.engine`` compares: our engine, and two servers in environments of their own.

All serve the same GGUF file on the same threads, with as many places; ours is asked without HTTP.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx
import psutil

from models.llama.engine import LlamaEngine
from models.protocol import GenerationRequest, Message, Sampling, Token

CONTEXT = 2048  # tokens of one request
SLOTS = 8
_XLLAMACPP = """
import sys, time, xllamacpp
p = xllamacpp.CommonParams()
p.model.path, threads, slots, context = sys.argv[1], *map(int, sys.argv[2:5])
p.n_ctx, p.n_parallel, p.port = slots * context, slots, 0
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = threads
server = xllamacpp.Server(p)
print(server.listening_address, flush=True)
time.sleep(1e6)
"""


@dataclass(slots=True)
class Answer:
    """Instants of the clock, in seconds: when it was asked, and when each token came."""

    asked: float
    tokens: list[float] = field(default_factory=list)
    text: str = ""

    @property
    def first(self) -> float:
        """Seconds to the first token."""
        return self.tokens[0] - self.asked

    @property
    def gaps(self) -> list[float]:
        """Seconds between the tokens."""
        return [b - a for a, b in zip(self.tokens, self.tokens[1:], strict=False)]


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
        """Have ``turns`` answered greedily in ``most`` tokens at most."""
        ...

    def process(self) -> psutil.Process:
        """The process that computes."""
        ...

    async def close(self) -> None: ...


class Ours:
    """The engine of this project."""

    def __init__(self, path: Path, threads: int, *, speculate: bool = True) -> None:
        self.name = "Sobria" if speculate else "Sobria, no guesses"
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
        )

    async def ask(self, turns: Sequence[Message], most: int, who: Who = Who()) -> Answer:
        """As Subject says."""
        answer = Answer(time.monotonic())
        request = GenerationRequest(
            "bench",
            tuple(turns),
            Sampling(max_tokens=most, temperature=0, repeat_penalty=1.0),
            queue=who.service,
            user=who.user,
            conversation=who.conversation,
        )
        async with aclosing(self.engine.generate(request)) as events:
            async for event in events:
                if isinstance(event, Token):
                    answer.tokens += [time.monotonic()] * event.count
                    answer.text += event.text
        return answer

    def process(self) -> psutil.Process:
        """As Subject says."""
        return psutil.Process(self.engine.pid)

    async def close(self) -> None:
        """End the engine."""
        await self.engine.close()


class Server:
    """A server that speaks OpenAI's protocol on loopback."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "10000"}
        self._child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        assert self._child.stdout is not None
        for line in self._child.stdout:
            if found := re.search(r"(http://127\.0\.0\.1:\d+)", line):
                self._url = found[1]
                break
        else:
            raise RuntimeError(f"{name} does not start: {command}")
        self._client = httpx.AsyncClient(timeout=600, trust_env=False)

    @classmethod
    def llama_cpp(cls, python: Path, path: Path, threads: int) -> Server:
        """llama.cpp's own server."""
        return cls(
            "llama.cpp",
            [str(python), "-c", _XLLAMACPP, str(path), str(threads), str(SLOTS), str(CONTEXT)],
        )

    @classmethod
    def llama_cpp_python(cls, python: Path, path: Path, threads: int) -> Server:
        """llama-cpp-python's server, which serves one at a time."""
        options = ("--n_ctx", str(CONTEXT), "--n_threads", str(threads), "--port", "8199")
        command = [str(python), "-u", "-m", "llama_cpp.server", "--model", str(path), *options]
        return cls("llama-cpp-python", [*command, "--n_threads_batch", str(threads)])

    async def ask(self, turns: Sequence[Message], most: int, who: Who = Who()) -> Answer:
        """As Subject says."""
        answer = Answer(time.monotonic())
        body = {
            "messages": [{"role": one.role, "content": one.content} for one in turns],
            "max_tokens": most,
            "temperature": 0,
            "repeat_penalty": 1.0,
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
                        answer.tokens.append(time.monotonic())
                        answer.text += text
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
