"""The remote engine, against a real HTTP server that speaks OpenAI's protocol on loopback."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from models.protocol import (
    Called,
    EngineBusy,
    EngineError,
    EngineEvent,
    Finished,
    GenerationRequest,
    Message,
    Prefilled,
    PromptTooLong,
    Sampling,
    Token,
    Tool,
    ToolCall,
)
from models.remote import RemoteEngine
from models.remote_pool import Pool

WORDS = ["Bon", "jour", " à", " tous"]


FRAGMENTS = [
    {"index": 0, "id": "call_a", "function": {"name": "search", "arguments": ""}},
    {"index": 0, "function": {"arguments": '{"q": "a'}},
    {"index": 0, "function": {"arguments": ' b"}'}},
    {"index": 1, "id": "call_b", "function": {"name": "search", "arguments": '{"q": 2}'}},
    {"index": 1, "id": "call_c", "function": {"name": "search", "arguments": '{"q": '}},
    {"index": 2, "id": "call_d", "function": {"name": "unknown", "arguments": "{}"}},
]


class Peer:
    """A small model server. ``failures`` are the statuses that it answers first."""

    def __init__(self) -> None:
        self.failures: list[int] = []
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.ending = "done"
        self.models_status = 200
        self.written = 0
        self.left = threading.Event()
        app = FastAPI()
        app.post("/v1/chat/completions")(self.complete)
        app.get("/v1/models")(lambda: JSONResponse({"data": []}, self.models_status))
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1/"
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        self.thread = threading.Thread(target=self.server.run, args=([listener],), daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    async def complete(self, request: Request) -> Response:
        """Answer a completion, or fail as told."""
        self.bodies.append(await request.json())
        self.keys.append(request.headers.get("authorization"))
        if self.failures:
            status = self.failures.pop(0)
            return JSONResponse({"error": "my secret"}, status, headers={"Retry-After": "7"})
        return StreamingResponse(self.stream(), media_type="text/event-stream")

    async def stream(self) -> AsyncIterator[str]:
        """The words, then what ``ending`` says."""
        try:
            yield ": a comment\n\n"
            yield _data(choices=[{"delta": {"role": "assistant", "content": ""}}])
            if self.ending == "calls":
                for fragment in FRAGMENTS:
                    yield _data(choices=[{"delta": {"tool_calls": [fragment]}}])
            for word in WORDS if self.ending != "endless" else WORDS * 1000:
                self.written += 1
                yield _data(choices=[{"delta": {"content": word}, "finish_reason": None}])
                if self.ending == "cut":
                    return
                if self.ending == "error":
                    yield _data(error={"message": "out of memory"})
                    return
                if self.ending == "endless":
                    await asyncio.sleep(0.01)
            yield _data(choices=[{"delta": {}, "finish_reason": "length"}])
            yield _data(choices=[], usage={"prompt_tokens": 11, "completion_tokens": 5})
            yield "data: [DONE]\n\n"
        finally:
            self.left.set()


def _data(**chunk: Any) -> str:
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A running ``Peer``."""
    made = Peer()
    yield made
    made.server.should_exit = True
    made.thread.join(5)


def engine_of(peer: Peer, **options: Any) -> RemoteEngine:
    """A remote engine on ``peer``."""
    return RemoteEngine(peer.url, "key", "tiny", 512, pause=0.01, timeout=5, **options)


REQUEST = GenerationRequest(
    "r",
    (Message("system", "Be brief."), Message("user", "Salut")),
    Sampling(max_tokens=20, temperature=0.3, seed=4, stop=("###",)),
)


def run(engine: RemoteEngine, request: GenerationRequest = REQUEST) -> list[EngineEvent]:
    """Serve one request and close."""

    async def scenario() -> list[EngineEvent]:
        try:
            return [event async for event in engine.generate(request)]
        finally:
            await engine.close()

    return asyncio.run(scenario())


def test_a_stream_becomes_events_with_the_server_s_usage(peer: Peer) -> None:
    events = run(engine_of(peer))
    assert isinstance(events[0], Prefilled)
    assert [event.text for event in events if isinstance(event, Token)] == WORDS
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.reason == "length"
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (11, 5)
    assert last.usage.decode_seconds >= 0


def test_it_asks_for_what_the_request_says(peer: Peer) -> None:
    run(engine_of(peer))
    (body,) = peer.bodies
    assert body["messages"][1] == {"role": "user", "content": "Salut"}
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("tiny", 20, 0.3)
    assert (body["seed"], body["stop"]) == (4, ["###"])
    assert body["stream"] and body["stream_options"] == {"include_usage": True}
    assert peer.keys == ["Bearer key"]


def test_a_failure_before_the_first_token_is_tried_again(peer: Peer) -> None:
    peer.failures = [503, 500]
    assert isinstance(run(engine_of(peer))[-1], Finished)
    assert len(peer.bodies) == 3


def test_a_server_that_stays_busy_says_when_to_come_back(peer: Peer) -> None:
    peer.failures = [429] * 5
    with pytest.raises(EngineBusy) as caught:
        run(engine_of(peer))
    assert caught.value.retry_after == 7
    assert len(peer.bodies) == 3


def test_a_refusal_is_not_tried_again_and_its_words_are_dropped(peer: Peer) -> None:
    peer.failures = [400]
    with pytest.raises(EngineError, match="HTTP 400") as caught:
        run(engine_of(peer))
    assert "secret" not in str(caught.value)
    assert len(peer.bodies) == 1


@pytest.mark.parametrize("ending", ["cut", "error"])
def test_a_failure_after_the_first_token_is_an_error_and_never_said_twice(
    peer: Peer, ending: str
) -> None:
    peer.ending = ending
    with pytest.raises(EngineError):
        run(engine_of(peer))
    assert len(peer.bodies) == 1


def test_a_server_that_is_not_there_is_an_error() -> None:
    engine = RemoteEngine("http://127.0.0.1:9/v1", None, "tiny", 512, attempts=2, pause=0.01)
    with pytest.raises(EngineError, match="ConnectError"):
        run(engine)


def test_closing_the_generator_closes_the_connection(peer: Peer) -> None:
    peer.ending = "endless"

    async def scenario() -> None:
        engine = engine_of(peer)
        async with aclosing(engine.generate(REQUEST)) as stream:
            async for event in stream:
                if isinstance(event, Token):
                    break
        assert await asyncio.to_thread(peer.left.wait, 5)
        await engine.close()

    asyncio.run(scenario())
    assert peer.written < len(WORDS) * 1000


def test_a_prompt_that_does_not_fit_is_refused_before_anything_is_sent(peer: Peer) -> None:
    engine = engine_of(peer)
    long = GenerationRequest("r", (Message("user", "x" * 3500),), Sampling(max_tokens=10))
    with pytest.raises(PromptTooLong) as caught:
        run(engine, long)
    assert caught.value.prompt_tokens == engine.count_tokens(long.messages) == 1005
    assert peer.bodies == []


def test_its_digest_says_that_it_runs_elsewhere(peer: Peer) -> None:
    info = engine_of(peer).info
    assert info.digest == "remote:127.0.0.1/tiny"
    assert "key" not in repr(info)


SEARCH = Tool("search", "Cherche.", {"type": "object", "properties": {"q": {}}})


def test_calls_come_in_fragments_and_what_is_none_comes_as_text(peer: Peer) -> None:
    """A server that gives two calls the same index is understood by their identifiers."""
    peer.ending = "calls"
    past = (
        Message("user", "Cherche"),
        Message("assistant", "", (ToolCall("call_0", "search", '{"q": 1}'),)),
        Message("tool", "rien", tool_call_id="call_0"),
    )
    request = GenerationRequest("r", past, REQUEST.sampling, tools=(SEARCH,), parallel_calls=False)
    events = run(engine_of(peer), request)
    calls = [event.call for event in events if isinstance(event, Called)]
    assert calls == [
        ToolCall("call_a", "search", '{"q": "a b"}'),
        ToolCall("call_b", "search", '{"q": 2}'),
    ]
    text = "".join(event.text for event in events if isinstance(event, Token))
    assert text == "".join(WORDS) + (
        '<tool_call>{"name": "search", "arguments": "{\\"q\\": "}</tool_call>'
        '<tool_call>{"name": "unknown", "arguments": "{}"}</tool_call>'
    )
    (body,) = peer.bodies
    assert body["tools"][0]["function"]["parameters"] == SEARCH.parameters
    assert body["parallel_tool_calls"] is False
    assert body["messages"][1]["tool_calls"][0]["function"] == {
        "name": "search",
        "arguments": '{"q": 1}',
    }
    assert body["messages"][2] == {"role": "tool", "content": "rien", "tool_call_id": "call_0"}


def test_tools_and_calls_count_in_the_prompt(peer: Peer) -> None:
    engine = engine_of(peer)
    call = ToolCall("call_0", "search", '{"q": "' + "x" * 700 + '"}')
    messages = [Message("assistant", "", (call,))]
    assert engine.count_tokens(messages) > 200
    assert engine.count_tokens(messages, (SEARCH,)) > engine.count_tokens(messages)
    assert "tools" not in (run(engine_of(peer)) and peer.bodies[0])


def test_a_server_that_fails_is_left_for_another(peer: Peer) -> None:
    """Nobody notices: it is tried elsewhere, and after three times no more for a while."""

    async def scenario() -> list[EngineEvent]:
        urls = ["http://127.0.0.1:9/v1", peer.url]
        engine = RemoteEngine(urls, "key", "tiny", 512, pause=0.01, timeout=5)
        for _ in range(5):
            events = [event async for event in engine.generate(REQUEST)]
        resting = engine._pool.upstreams[0]
        assert resting.failures == 3 and resting.rests_until > time.monotonic()
        await engine.close()
        return events

    assert isinstance(asyncio.run(scenario())[-1], Finished)
    assert len(peer.bodies) == 5


def test_a_server_that_is_down_is_asked_nothing_until_it_answers_a_check(peer: Peer) -> None:
    """Found out by checks: no request is spent on it."""

    async def scenario() -> None:
        engine = engine_of(peer)
        peer.models_status = 502
        await engine.check()
        assert engine.ready, "one check may have come at a bad time"
        await engine.check()
        assert not engine.ready
        with pytest.raises(EngineBusy):
            await anext(engine.generate(REQUEST))
        assert not peer.bodies
        peer.models_status = 200
        watching = asyncio.create_task(engine.watch(every=0.01))
        while not engine.ready:
            await asyncio.sleep(0.01)
        watching.cancel()
        assert isinstance([event async for event in engine.generate(REQUEST)][-1], Finished)
        await engine.close()

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_a_server_that_nobody_listens_for_is_down() -> None:
    async def scenario() -> None:
        engine = RemoteEngine("http://127.0.0.1:9/v1", None, "tiny", 512)
        for _ in range(2):
            await engine.check()
        assert not engine.ready
        await engine.close()

    asyncio.run(scenario())


def test_a_check_ends_no_rest_and_needs_no_list_of_models(peer: Peer) -> None:
    """A server may answer checks and fail at requests, or not list its models to us."""

    async def scenario() -> None:
        engine = RemoteEngine(peer.url, "key", "tiny", 512)
        upstream = engine._pool.upstreams[0]
        for _ in range(3):
            engine._pool.failed(upstream)
        for status in (200, 401, 404):
            peer.models_status = status
            await engine.check()
        assert upstream.unanswered == 0 and not engine.ready
        peer.models_status = 502
        await engine.check()
        assert upstream.unanswered == 1
        await engine.close()

    asyncio.run(scenario())


def test_the_least_loaded_server_is_asked(peer: Peer) -> None:
    other = Peer()
    peer.ending = other.ending = "endless"

    async def scenario() -> None:
        engine = RemoteEngine([peer.url, other.url], "key", "tiny", 512, pause=0.01)
        streams = [engine.generate(REQUEST) for _ in range(4)]
        for stream in streams:
            await anext(stream)
        assert [one.load for one in engine._pool.upstreams] == [2, 2]
        for stream in streams:
            await stream.aclose()
        assert [one.load for one in engine._pool.upstreams] == [0, 0]
        await engine.close()

    asyncio.run(scenario())
    other.server.should_exit = True
    other.thread.join(5)
    assert len(peer.bodies) == len(other.bodies) == 2


def test_no_server_at_all_says_when_to_come_back() -> None:
    async def scenario() -> None:
        engine = RemoteEngine("http://127.0.0.1:9/v1", None, "tiny", 512, attempts=1)
        for failed in range(1, 4):
            assert engine.ready
            with pytest.raises(EngineError, match="ConnectError"):
                await anext(engine.generate(REQUEST))
            assert engine.ready is (failed < 3)
        with pytest.raises(EngineBusy) as caught:
            await anext(engine.generate(REQUEST))
        assert 0 < caught.value.retry_after <= 5
        await engine.close()

    asyncio.run(scenario())


def test_the_pool_is_ready_as_long_as_one_server_does_not_rest() -> None:
    now = 0.0
    pool = Pool(["a", "b"], clock=lambda: now)
    first, second = pool.upstreams
    for upstream, ready in ((first, True), (second, False)):
        for _ in range(3):
            pool.failed(upstream)
        assert pool.ready is ready
    now = 6.0
    assert pool.ready
    for _ in range(2):
        pool.failed(first)
        pool.failed(second)
    assert not pool.ready
    pool.worked(second)
    assert pool.ready


def test_a_server_at_rest_is_tried_by_one_request_at_a_time() -> None:
    now = 0.0
    pool = Pool(["a"], clock=lambda: now)
    for _ in range(3):
        with pool.use() as one:
            pool.failed(one)
    now = 6.0
    with pool.use() as one, pytest.raises(EngineBusy), pool.use():
        pass
    pool.failed(one)
    now = 12.0
    with pytest.raises(EngineBusy), pool.use():
        pass
    now = 17.0
    with pool.use() as one:
        pool.worked(one)
    with pool.use(), pool.use():
        assert one.load == 2


def test_what_sampling_asks_for_is_asked_of_the_server(peer: Peer) -> None:
    sampling = Sampling(
        max_tokens=20,
        presence_penalty=0.5,
        logit_bias={7: -100.0},
        logprobs=2,
        json_schema='{"type": "array", "items": {"type": "null"}}',
    )
    run(engine_of(peer), GenerationRequest("r", REQUEST.messages, sampling))
    (body,) = peer.bodies
    assert (body["presence_penalty"], body["logit_bias"]) == (0.5, {"7": -100.0})
    assert (body["logprobs"], body["top_logprobs"]) == (True, 2)
    assert body["response_format"]["json_schema"]["schema"]["type"] == "array"
    assert "frequency_penalty" not in body
    assert not {"top_k", "min_p", "repeat_penalty", "repetition_penalty", "grammar"} & set(body)


def test_what_openai_has_not_is_asked_where_it_differs(peer: Peer) -> None:
    sampling = Sampling(
        max_tokens=20, top_k=5, min_p=0.0, repeat_penalty=1.0, grammar='root ::= "a"'
    )
    run(engine_of(peer), GenerationRequest("r", REQUEST.messages, sampling))
    (body,) = peer.bodies
    assert (body["top_k"], body["min_p"], body["grammar"]) == (5, 0.0, 'root ::= "a"')
    assert body["repeat_penalty"] == body["repetition_penalty"] == 1.0


def test_any_json_object_is_asked_for_as_openai_does(peer: Peer) -> None:
    sampling = Sampling(max_tokens=20, json_schema='{"type":"object"}')
    run(engine_of(peer), GenerationRequest("r", REQUEST.messages, sampling))
    assert peer.bodies[0]["response_format"] == {"type": "json_object"}
