"""Any server that speaks OpenAI's chat completions: vLLM, llama-server, Ollama, another machine."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

import httpx

from models.protocol import (
    Called,
    EngineBusy,
    EngineError,
    EngineEvent,
    Finished,
    FinishReason,
    GenerationRequest,
    Logprob,
    Message,
    ModelInfo,
    Prefilled,
    PromptTooLong,
    Sampling,
    Token,
    Tool,
    Usage,
    Work,
)
from models.remote_pool import Pool, Upstream
from models.remote_tools import CallFragments, asked_for, message_body
from models.tool_calls import dumped

CHARACTERS_PER_TOKEN = 3.5  # French and English text under the vocabularies in common use
_TOKENS_PER_MESSAGE = 4  # the marks that a chat template puts around a turn
_RETRY_AFTER = 5.0  # seconds, where a busy server does not say
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_BUSY = frozenset({429, 503})
_USUAL = Sampling()
#: What OpenAI's protocol has not, by the names of llama-server and vLLM: sent only where it differs
#: from what Sobria does by itself, for a server that knows it not may refuse it.
_BEYOND_OPENAI = (
    ("top_k", "top_k"),
    ("min_p", "min_p"),
    ("repeat_penalty", "repeat_penalty"),
    ("repetition_penalty", "repeat_penalty"),
    ("grammar", "grammar"),
)


class _Retriable(Exception):
    """An attempt failed before its first token; ``error`` is what to raise when none is left.

    ``broken``: the server is at fault, and not merely busy.
    """

    def __init__(self, error: EngineError, *, broken: bool) -> None:
        self.error, self.broken = error, broken
        super().__init__(str(error))


class RemoteEngine:
    """Streams from ``base_url`` + ``/chat/completions``; ``context_length`` is in tokens.

    ``base_url`` may be several, of servers of the same model: each request goes to the one that
    serves the fewest of ours, and one that fails repeatedly is left alone for a while. A request is
    tried again, elsewhere if possible, up to ``attempts`` times in all, only while no token of it
    has arrived. ``timeout`` is the longest silence accepted, in seconds: it must leave the server
    the time to read a long prompt. The CPU time of ``Work`` is 0: the server's is not known here.
    """

    def __init__(
        self,
        base_url: str | Sequence[str],
        api_key: str | None,
        model: str,
        context_length: int,
        *,
        licence: str = "",
        attempts: int = 3,
        timeout: float = 120.0,
        pause: float = 0.5,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        urls = [base_url] if isinstance(base_url, str) else base_url
        self._pool = Pool([url.rstrip("/") for url in urls])
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._model = model
        self._attempts = attempts
        self._pause = pause
        self._timeout = httpx.Timeout(timeout, connect=10.0)
        self._transport = transport
        self._clients: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}
        hosts = ",".join(dict.fromkeys(httpx.URL(url).host for url in urls))
        self._info = ModelInfo(model, f"remote:{hosts}/{model}", licence, context_length, True)

    @property
    def info(self) -> ModelInfo:
        """The identity of the model; its digest cannot be known, and says where it runs."""
        return self._info

    @property
    def ready(self) -> bool:
        """Whether one may be asked now, as requests and checks have found them; asks nobody."""
        return self._pool.ready

    def count_tokens(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
        """An estimate, for these servers share no tokenizer: characters / 3.5, plus the marks."""
        characters = sum(len(message.content) for message in messages)
        characters += sum(
            len(call.name) + len(call.arguments) for one in messages for call in one.tool_calls
        )
        if tools:
            characters += len(dumped(asked_for(tools)))
        return int(characters / CHARACTERS_PER_TOKEN) + _TOKENS_PER_MESSAGE * len(messages) + 1

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[EngineEvent, None]:
        """Stream a generation; closing the generator closes the connection, which cancels it.

        ``Usage`` is the server's where it gives one, else the estimate of ``count_tokens`` and
        one token for each piece of the stream. Each ``Token`` counts 1. The server reads the calls
        out of what its model writes; what is none of the request's tools is given as text.

        Raises:
            PromptTooLong: by the estimate of ``count_tokens``, before anything is sent.
            EngineBusy: when the server says that it is.
            EngineError: when it fails, or stays silent.
        """
        estimate = self.count_tokens(request.messages, request.tools)
        wanted = request.sampling.max_tokens
        if estimate + wanted > self._info.context_length:
            raise PromptTooLong(estimate, wanted, self._info.context_length)
        tried = set[Upstream]()
        for attempt in range(1, self._attempts + 1):
            with self._pool.use(avoid=tried) as upstream:
                tried.add(upstream)
                try:
                    async with aclosing(self._attempt(upstream, request, estimate)) as events:
                        async for event in events:
                            yield event
                    return
                except _Retriable as failure:
                    if failure.broken:
                        self._pool.failed(upstream)
                    if attempt == self._attempts:
                        raise failure.error from failure
            if len(tried) == len(self._pool.upstreams):
                await asyncio.sleep(self._pause * 2 ** (attempt - 1))

    async def watch(self, every: float = 15.0) -> None:
        """Ask each server, every so many seconds, whether it answers: so no request finds out by
        itself that one is down, and one that is up again is used again.
        """
        while True:
            await self.check()
            await asyncio.sleep(every)

    async def check(self) -> None:
        """Ask each server, once, whether it answers."""
        await asyncio.gather(*(self._check(one) for one in self._pool.upstreams))

    async def _check(self, upstream: Upstream) -> None:
        try:
            # a server that does not list its models, or not to us, answers nevertheless
            response = await self._client().get(f"{upstream.url}/models", timeout=10.0)
        except httpx.HTTPError:
            self._pool.checked(upstream, answers=False)
        else:
            self._pool.checked(upstream, answers=not response.is_server_error)

    def forget(self, conversation: str) -> None:
        """Nothing to do: its servers are never told the name of a conversation."""

    async def close(self) -> None:
        """Close the connections."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    def _client(self) -> httpx.AsyncClient:
        """The client of the running loop: connections belong to the loop that opened them."""
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = httpx.AsyncClient(
                headers=self._headers,
                timeout=self._timeout,
                transport=self._transport,
                trust_env=False,  # no proxy but a configured one: zero egress
            )
        return self._clients[loop]

    async def _attempt(
        self, upstream: Upstream, request: GenerationRequest, estimate: int
    ) -> AsyncGenerator[EngineEvent, None]:
        started = last = time.monotonic()
        first: float | None = None
        pieces = 0
        reason: FinishReason = "stop"
        usage: dict[str, Any] = {}
        calls = CallFragments([tool.name for tool in request.tools])
        body = _body(self._model, request)
        try:
            async with self._client().stream(
                "POST", f"{upstream.url}/chat/completions", json=body
            ) as response:
                if response.status_code != 200:
                    await response.aread()
                    raise _refusal(response)
                self._pool.worked(upstream)
                async with aclosing(_events(response)) as chunks:
                    async for chunk in chunks:
                        usage = chunk.get("usage") or usage
                        for choice in chunk.get("choices") or ():
                            if choice.get("finish_reason") == "length":
                                reason = "length"
                            delta = choice.get("delta") or {}
                            text = delta.get("content") or ""
                            if not calls.add(delta.get("tool_calls")) and not text:
                                continue
                            likely = _logprobs(choice)
                            now = time.monotonic()
                            if first is None:
                                first = now
                                yield Prefilled(estimate, estimate, 0, Work(started, now, 0.0))
                                last = now
                            pieces += 1
                            yield Token(text, 1, Work(last, now, 0.0), likely)
                            last = now
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            failed = EngineError(f"the model's server failed: {type(error).__name__}")
            if first is None and isinstance(error, httpx.HTTPError):
                raise _Retriable(failed, broken=True) from error
            self._pool.failed(upstream)
            raise failed from error
        ended = time.monotonic()
        for call in calls.whole():
            yield Token(call, 0, Work(ended, ended, 0.0)) if isinstance(call, str) else Called(call)
        yield Finished(
            reason, _usage(usage, estimate, pieces, (first or ended) - started, ended - started)
        )


def _body(model: str, request: GenerationRequest) -> dict[str, Any]:
    sampling = request.sampling
    body: dict[str, Any] = {
        "model": model,
        "messages": [message_body(one) for one in request.messages],
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if sampling.seed is not None:
        body["seed"] = sampling.seed
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    for name in ("frequency_penalty", "presence_penalty"):
        if value := getattr(sampling, name):
            body[name] = value
    if sampling.logit_bias:
        body["logit_bias"] = {str(token): bias for token, bias in sampling.logit_bias.items()}
    if sampling.logprobs is not None:
        body["logprobs"], body["top_logprobs"] = True, sampling.logprobs
    if sampling.json_schema:
        body["response_format"] = _response_format(json.loads(sampling.json_schema))
    for name, field in _BEYOND_OPENAI:
        if (value := getattr(sampling, field)) != getattr(_USUAL, field):
            body[name] = value
    if request.tools:
        body["tools"] = asked_for(request.tools)
        if not request.parallel_calls:
            body["parallel_tool_calls"] = False
    return body


def _response_format(schema: dict[str, Any]) -> dict[str, Any]:
    if schema == {"type": "object"}:
        return {"type": "json_object"}
    named = {"name": "answer", "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": named}


def _refusal(response: httpx.Response) -> Exception:
    """The error for an answer other than 200. The server's words may quote the prompt: dropped."""
    status = response.status_code
    error = EngineError(f"the model's server answered HTTP {status}")
    if status in _BUSY:
        given = response.headers.get("Retry-After", "")
        error = EngineBusy(float(given) if given.isdigit() else _RETRY_AFTER)
    return _Retriable(error, broken=status not in _BUSY) if status in _RETRIED else error


async def _events(response: httpx.Response) -> AsyncGenerator[dict[str, Any], None]:
    """The JSON objects of a stream of server-sent events, up to ``[DONE]``."""
    lines: AsyncIterator[str] = response.aiter_lines()
    async for line in lines:
        if not line.startswith("data:"):
            continue
        data = line[5:].strip()
        if data == "[DONE]":
            return
        chunk = json.loads(data)
        if not isinstance(chunk, dict) or "error" in chunk:
            raise ValueError("an error inside the stream")
        yield chunk
    raise httpx.RemoteProtocolError("the stream ended without [DONE]")


def _logprobs(choice: dict[str, Any]) -> tuple[Logprob, ...]:
    """The probabilities that a chunk gives of its tokens."""
    return tuple(
        Logprob(
            str(one["token"]).encode(),
            float(one["logprob"]),
            tuple(
                (str(top["token"]).encode(), float(top["logprob"]))
                for top in one.get("top_logprobs") or ()
            ),
        )
        for one in (choice.get("logprobs") or {}).get("content") or ()
    )


def _usage(
    given: dict[str, Any], estimate: int, pieces: int, prefill: float, total: float
) -> Usage:
    details = given.get("prompt_tokens_details") or {}
    return Usage(
        prompt_tokens=int(given.get("prompt_tokens") or estimate),
        cached_tokens=int(details.get("cached_tokens") or 0),
        completion_tokens=int(given.get("completion_tokens") or pieces),
        queue_seconds=0.0,
        prefill_seconds=prefill,
        decode_seconds=total - prefill,
        cpu_seconds=0.0,
    )
