"""Headers, hosts, sizes, static files, health, metrics and logs."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from server.app import create_app
from server.observability import configure_logging
from web.render import STATIC, static_url

TRACES = ("alice", "Alice", "correct horse", "Léa", "dupont@", "203.0.113.9", "secret-query")


def test_every_answer_is_protected(alice: Any) -> None:
    for path in ("/chat", "/nothing", "/health/live", "/v1/models"):
        headers = alice.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "strict-transport-security" not in headers
        assert len(headers["x-request-id"]) == 32


def test_over_tls_cookies_and_browsers_are_held_to_it(
    tmp_path: Path, parts: Any, settings: Any
) -> None:
    tls = settings.model_copy(
        update={"public_url": "https://ia.exemple.fr", "secure_cookies": True}
    )
    object.__setattr__(parts.books, "settings", tls)
    with TestClient(create_app(parts), base_url="https://ia.exemple.fr") as client:
        response = client.get("/sign-in", headers={"accept": "text/html"})
    assert response.headers["strict-transport-security"].startswith("max-age=")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-sobria_visit=") and "Secure" in cookie


@pytest.mark.parametrize("host", ["evil.example", "", "127.0.0.1.evil.example"])
def test_another_host_name_is_not_answered(visitor: Any, host: str) -> None:
    assert visitor.client.get("/sign-in", headers={"host": host}).status_code == 400
    assert visitor.client.get("/health/live", headers={"host": host}).status_code == 200


def test_a_body_over_the_limit_is_refused_however_it_comes(alice: Any) -> None:
    big = b"x" * (1024 * 1024 + 1)
    headers = {"X-CSRF-Token": alice.csrf, "content-type": "application/json"}
    said = alice.client.post("/chat/new/messages", content=big, headers=headers)
    assert said.status_code == 413

    def pieces() -> Any:
        for _ in range(9):
            yield b"x" * 131072

    unsaid = alice.client.post("/chat/new/messages", content=pieces(), headers=headers)
    assert unsaid.status_code == 413


def test_static_files_are_kept_for_ever_under_their_hash(visitor: Any) -> None:
    name = next(file.name for file in STATIC.glob("*.css"))
    kept = visitor.client.get(static_url(name))
    assert kept.status_code == 200 and "immutable" in kept.headers["cache-control"]
    stale = visitor.client.get(f"/static/{name}?v=000000000000")
    assert "immutable" not in stale.headers["cache-control"]


@pytest.mark.parametrize(
    "path", ["../views.py", "..%2fviews.py", "%2e%2e/views.py", "/etc/passwd", "", "none.css"]
)
def test_nothing_outside_the_static_folder_is_served(visitor: Any, path: str) -> None:
    assert visitor.client.get(f"/static/{path}").status_code == 404


def test_health_says_which_component_does_not_answer(visitor: Any, parts: Any) -> None:
    assert visitor.client.get("/health/ready").status_code == 200
    parts.healthy = False
    response = visitor.client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["components"] == {"database": True, "model": False}


def test_metrics_are_for_this_machine_or_the_token(app: Any, parts: Any, settings: Any) -> None:
    from pydantic import SecretStr

    token = SecretStr("a-token-of-sixteen")
    object.__setattr__(
        parts.books, "settings", settings.model_copy(update={"metrics_token": token})
    )
    far = TestClient(app, client=("203.0.113.9", 5000))
    near = TestClient(app, client=("127.0.0.1", 5000))
    assert far.get("/metrics").status_code == 404
    assert far.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code == 404
    bearer = {"authorization": "Bearer a-token-of-sixteen"}
    assert far.get("/metrics", headers=bearer).status_code == 200
    assert near.get("/metrics").status_code == 200
    assert near.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"}).status_code == 404


def test_metrics_count_exchanges_tokens_and_energy(app: Any, alice: Any, parts: Any) -> None:
    alice.fetch("/chat/new/messages", {"text": "Bonjour"})
    parts.road.plan = "use"
    alice.fetch("/chat/new/messages", {"text": "Classe"})
    text = TestClient(app, client=("127.0.0.1", 5000)).get("/metrics").text
    for line in (
        'sobria_exchanges_total{outcome="completed",surface="chat"} 1.0',
        'sobria_exchanges_total{outcome="refused",surface="chat"} 1.0',
        'sobria_tokens_total{kind="completion"} 36.0',
        "sobria_queue_length 0.0",
        "sobria_first_token_seconds_count 1.0",
        'route="/chat/{conversation_id}/messages"',
    ):
        assert line in text
    assert not [trace for trace in TRACES if trace in text]


def test_logs_hold_routes_and_nothing_of_people(
    settings: Any, visitor: Any, capfd: Any, parts: Any
) -> None:
    import structlog

    handlers = logging.getLogger().handlers[:]
    configure_logging(settings)
    try:
        browser = visitor
        browser.sign_in("alice", "wrong horse")
        browser.sign_in("alice")
        browser.get("/chat?q=secret-query-dupont@exemple.fr")
        browser.fetch("/chat/new/messages", {"text": "Léa Dupont, dupont@exemple.fr"})
        browser.get("/nothing/Léa")
        parts.road.plan = "break"
        browser.fetch("/chat/new/messages", {"text": "Léa Dupont, dupont@exemple.fr"})
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers[:] = handlers
    written = capfd.readouterr().err
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert {"/sign-in", "/chat", "/chat/{conversation_id}/messages", "unknown"} <= {
        line.get("route") for line in lines
    }
    assert all(line["request"] for line in lines if line["event"] == "request")
    assert any(line["event"] == "exchange_broken" for line in lines)
    assert not [trace for trace in TRACES if trace in written]
