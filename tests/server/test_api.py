"""OpenAI's interface, by its official client and by hand."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
import uvicorn

from tests.waiting import wait_for

ASK: list[Any] = [{"role": "user", "content": "Combien de jours de congés par mois ?"}]


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    """The application served by uvicorn on the loopback, in a thread."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]), daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def client(address: str, secret: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{address}/v1", api_key=secret, timeout=20) as made:
        yield made


def test_the_official_client_gets_the_answer_and_its_receipt(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="test-model", messages=ASK)
    answer = raw.parse()
    assert answer.choices[0].message.content == (
        "On acquiert 2,5 jours ouvrables par mois [1]. Le reste est incertain."
    )
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None and answer.usage.total_tokens == 138
    assert answer.model == "test-model"
    governed: Any = answer.model_extra["sobria"] if answer.model_extra else {}
    assert governed["receipt"]["outcome"] == "completed"
    (source,) = governed["sources"]
    assert (source["number"], source["cited"]) == (1, True)
    assert source["url"].startswith("https://travail-emploi.gouv.fr")
    (caveat,) = source["caveats"]
    assert (caveat["kind"], caveat["date"]) == ("amended", "2026-03-13")
    assert caveat["articles"][0]["date"] == "2026-06-01"
    disclosed = raw.headers["ai-disclosure"]
    assert disclosed.startswith('mode=ai-originated, model="test-model", provider="Sobria"')


def test_the_official_client_streams_the_same_answer(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="default", messages=ASK, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == "On acquiert 2,5 jours ouvrables par mois [1]. Le reste est incertain."
    finishing = [c for c in chunks if c.choices and c.choices[0].finish_reason]
    assert [c.choices[0].finish_reason for c in finishing] == ["stop"]
    governed: Any = finishing[0].model_extra["sobria"] if finishing[0].model_extra else {}
    assert governed["text"] == text and governed["receipt"]["outcome"] == "completed"
    assert chunks[-1].choices == [] and chunks[-1].usage is not None
    assert len({chunk.id for chunk in chunks}) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_a_forbidden_use_is_an_error_before_the_first_byte(
    client: openai.OpenAI, parts: Any, stream: bool
) -> None:
    parts.road.plan = "use"
    with pytest.raises(openai.PermissionDeniedError) as caught:
        client.chat.completions.create(model="test-model", messages=ASK, stream=stream)
    body: Any = caught.value.body
    assert (body["type"], body["code"]) == ("policy_violation", "use_forbidden")
    assert body["sobria"]["legal_basis"] == ["Règlement (UE) 2024/1689, annexe III, point 4 a)"]
    assert body["sobria"]["receipt"]["outcome"] == "refused"


@pytest.mark.parametrize("stream", [False, True])
def test_a_used_up_quota_is_not_tried_again(
    client: openai.OpenAI, parts: Any, stream: bool
) -> None:
    parts.road.plan = "quota"
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="test-model", messages=ASK, stream=stream)
    body: Any = caught.value.body
    assert body["code"] == "quota_exceeded"
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert len(parts.road.requests) == 1


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("plan", "status", "code"),
    [
        ("busy", 503, "queue_full"),
        ("too_long", 400, "context_length_exceeded"),
        ("personal_data", 403, "personal_data_blocked"),
        ("service", 403, "service_forbidden"),
    ],
)
def test_each_refusal_has_its_status(
    visitor: Any, secret: str, parts: Any, stream: bool, plan: str, status: int, code: str
) -> None:
    parts.road.plan = plan
    response = post(visitor, secret, stream=stream)
    assert response.status_code == status
    assert response.json()["error"]["code"] == code
    assert response.headers.get("retry-after") == ("12" if plan == "busy" else None)


def post(browser: Any, secret: str, path: str = "/v1/chat/completions", **body: Any) -> Any:
    headers = {"authorization": f"Bearer {secret}", "accept": "application/json"}
    whole = {"model": "test-model", "messages": ASK, **body}
    whole = {name: value for name, value in whole.items() if value is not ...}
    return browser.client.post(path, json=whole, headers=headers)


def test_a_failure_has_no_text_of_the_exception(visitor: Any, secret: str, parts: Any) -> None:
    parts.road.plan = "break"
    response = post(visitor, secret)
    assert response.status_code == 500
    assert "Dupont" not in response.text
    assert response.json()["error"]["code"] == "exchange_failed"


def test_a_failure_in_a_stream_is_told_in_the_stream(visitor: Any, secret: str, parts: Any) -> None:
    parts.road.plan = "fail"
    lines = [line for line in post(visitor, secret, stream=True).text.split("\n\n") if line]
    assert lines[-1] == "data: [DONE]"
    assert json.loads(lines[-2].removeprefix("data: "))["error"]["code"] == "exchange_failed"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", 2),
        ("modalities", ["audio"]),
        ("functions", [{"name": "f"}]),
        ("unheard_of", 1),
    ],
)
def test_what_would_change_the_meaning_is_refused_by_name(
    visitor: Any, secret: str, parts: Any, field: str, value: Any
) -> None:
    response = post(visitor, secret, **{field: value})
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["param"] == field and error["type"] == "invalid_request_error"
    assert parts.road.requests == []


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"temperature": 3}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"model": ...}, "model"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "messages[0].content[0]",
        ),
    ],
)
def test_a_wrong_field_is_named(visitor: Any, secret: str, changes: Any, param: str) -> None:
    response = post(visitor, secret, **changes)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == param


def test_the_fields_reach_the_road(visitor: Any, secret: str, parts: Any) -> None:
    messages = [
        {"role": "system", "content": "Sois bref."},
        {"role": "user", "content": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]},
    ]
    response = post(
        visitor,
        secret,
        messages=messages,
        max_completion_tokens=7,
        temperature=0,
        top_p=0.5,
        seed=3,
        stop="FIN",
        user="quelqu'un",
        n=1,
        tools=[],
    )
    assert response.status_code == 200
    (asked,) = parts.road.requests
    assert [(turn.role, turn.content) for turn in asked.turns] == [
        ("system", "Sois bref."),
        ("user", "A\nB"),
    ]
    sampling = asked.sampling
    assert (sampling.max_tokens, sampling.temperature, sampling.top_p) == (7, 0, 0.5)
    assert (sampling.seed, sampling.stop) == (3, ("FIN",))
    assert asked.ephemeral and asked.surface == "api" and asked.caller.service == "rh"


def test_an_unknown_model_is_not_found(visitor: Any, secret: str) -> None:
    response = post(visitor, secret, model="gpt-4o")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "model_not_found"


def test_errors_are_in_the_caller_s_language(visitor: Any) -> None:
    french = visitor.client.get("/v1/models", headers={"accept-language": "fr"})
    english = visitor.client.get("/v1/models", headers={"accept-language": "en"})
    assert "clé" in french.json()["error"]["message"]
    assert "key" in english.json()["error"]["message"]


def test_the_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["test-model", "test-embedder"]
    assert client.models.retrieve("test-model").owned_by == "sobria"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("other")


def test_the_official_client_gets_vectors(client: openai.OpenAI) -> None:
    # The client asks for base64 by itself, and decodes it.
    vectors = client.embeddings.create(model="test-embedder", input=["abc", "abcdef"])
    assert [list(item.embedding) for item in vectors.data] == [[3, 0.5, -1], [6, 0.5, -1]]
    floats = client.embeddings.create(model="test-embedder", input="abc", encoding_format="float")
    assert floats.data[0].embedding == [3, 0.5, -1]
    assert floats.usage.total_tokens == 3


def test_embedding_has_limits_and_a_quota(visitor: Any, secret: str, parts: Any) -> None:
    path = "/v1/embeddings"
    body: dict[str, Any] = {"model": "test-embedder", "messages": ...}
    assert post(visitor, secret, path, **body, input="").status_code == 400
    assert post(visitor, secret, path, **body, input="a", dimensions=8).status_code == 400
    assert post(visitor, secret, path, **{**body, "model": "x"}, input="a").status_code == 404
    parts.embedding_refused = True
    assert post(visitor, secret, path, **body, input="a").status_code == 429


def test_a_program_that_hangs_up_cancels_its_exchange(
    address: str, secret: str, parts: Any
) -> None:
    parts.road.plan = "hang"
    body = json.dumps({"model": "test-model", "messages": ASK}).encode()
    host, port = address.removeprefix("http://").split(":")
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: Bearer {secret}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + body)
        deadline = time.monotonic() + 10
        while not parts.road.requests and time.monotonic() < deadline:
            time.sleep(0.02)
    while not parts.road.cancelled and time.monotonic() < deadline:
        time.sleep(0.05)
    assert parts.road.cancelled == [parts.road.requests[0].id]
