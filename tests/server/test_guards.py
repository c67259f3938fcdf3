"""No route without a guard, and no page for two roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from server.api.presidio.paths import PATHS
from server.identity.guards import (
    GUARDS,
    admin,
    admin_or_dpo,
    anyone,
    api_caller,
    dpo,
    employee,
    signed_in,
)

#: Every route and its guard: a new route must be added here, by somebody who thought of it.
EXPECTED = {
    "GET /": signed_in,
    "GET /sign-in": anyone,
    "POST /sign-in": anyone,
    "POST /sign-out": signed_in,
    "POST /language": anyone,
    "GET /chat": employee,
    "GET /chat/{conversation_id}": employee,
    "POST /chat/{conversation_id}/messages": employee,
    "POST /chat/{conversation_id}/preview": employee,
    "POST /chat/exchanges/{exchange}/stop": employee,
    "GET /chat/exchanges/{exchange}/seen": employee,
    "POST /chat/messages/{message_id}/feedback": employee,
    "POST /chat/{conversation_id}/delete": employee,
    "GET /passages/{passage_id}": employee,
    "GET /footprint": employee,
    "GET /admin": admin,
    "GET /admin/charter": admin,
    "POST /admin/charter": admin,
    "POST /admin/charter/check": admin,
    "GET /admin/services": admin,
    "POST /admin/services/keys": admin,
    "POST /admin/services/keys/{key_id}/revoke": admin,
    "GET /admin/sources": admin,
    "POST /admin/sources/{source_id}/sync": admin,
    "GET /admin/text": admin,
    "POST /admin/text": admin,
    "GET /audit": dpo,
    "GET /audit/{index}": dpo,
    "POST /audit/{index}/open": dpo,
    "POST /audit/export": dpo,
    "POST /audit/verify": dpo,
    "GET /review": signed_in,
    "GET /review/{exchange}": signed_in,
    "POST /review/{exchange}": signed_in,
    "GET /admin/review": admin,
    "POST /admin/review/members": admin,
    "POST /chat/exchanges/{exchange}/contest": employee,
    "GET /admin/contests": admin,
    "POST /admin/contests/{exchange}": admin,
    "GET /contests": dpo,
    "POST /contests/{exchange}": dpo,
    "GET /api/review": signed_in,
    "GET /api/review/{exchange}": signed_in,
    "POST /api/review/{exchange}": signed_in,
    "GET /api/admin/review": admin,
    "POST /api/admin/review/members": admin,
    "GET /api/admin/contests": admin_or_dpo,
    "POST /api/admin/contests/{exchange}": admin_or_dpo,
    "GET /v1/sobria/reviews/{exchange}": api_caller,
    "GET /v1/models": api_caller,
    "GET /v1/models/{model:path}": api_caller,
    "POST /v1/chat/completions": api_caller,
    "POST /v1/embeddings": api_caller,
    "POST /analyze": api_caller,
    "GET /recognizers": api_caller,
    "GET /supportedentities": api_caller,
    "POST /anonymize": api_caller,
    "GET /anonymizers": api_caller,
    "POST /deanonymize": api_caller,
    "GET /deanonymizers": api_caller,
    "GET /health": anyone,
    "GET /health/live": anyone,
    "GET /health/ready": anyone,
    "GET /metrics": anyone,
    "GET /static/{path:path}": anyone,
}
ROLES = {"alice": employee, "root": admin, "dora": dpo}


def routes_of(app: Any) -> Iterator[tuple[str, APIRoute]]:
    from server.app import ROOMS

    for room in ROOMS:
        for route in room.router.routes:
            assert isinstance(route, APIRoute), f"{route} is not a guarded kind of route"
            for method in route.methods:
                yield f"{method} {route.path}", route


def guards_of(route: APIRoute) -> list[Any]:
    return [dep.call for dep in route.dependant.dependencies if dep.call in GUARDS]


def test_every_route_has_exactly_the_guard_that_was_thought_of(app: Any) -> None:
    found = {name: guards_of(route) for name, route in routes_of(app)}
    assert found == {name: [guard] for name, guard in EXPECTED.items()}


def test_the_application_has_no_other_routes(app: Any) -> None:
    client = TestClient(app, headers={"accept": "text/html"})
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert client.get(path).status_code == 404


def concrete(name: str) -> tuple[str, str]:
    method, path = name.split(" ", 1)
    for parameter in ("conversation_id", "exchange", "message_id", "passage_id", "key_id"):
        path = path.replace("{" + parameter + "}", "x1")
    return method, path.replace("{source_id}", "x1").replace("{index}", "0")


PAGES = [name for name, guard in EXPECTED.items() if guard in {employee, admin, dpo}]


@pytest.mark.parametrize("name", PAGES)
def test_a_role_reaches_its_own_pages_only(name: str, alice: Any, root: Any, dora: Any) -> None:
    method, path = concrete(name)
    for browser, role in ((alice, employee), (root, admin), (dora, dpo)):
        headers = {"X-CSRF-Token": browser.csrf} if method == "POST" else {}
        response = browser.client.request(method, path, headers=headers)
        refused = response.status_code == 403
        assert refused is (role is not EXPECTED[name]), (name, role, response.status_code)
        if refused and method == "GET":
            assert "rôle" in response.text


@pytest.mark.parametrize("name", [*PAGES, "POST /sign-out", "GET /"])
def test_a_visitor_is_sent_to_sign_in(name: str, visitor: Any) -> None:
    method, path = concrete(name)
    response = visitor.client.request(method, path)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/sign-in")
    fetched = visitor.client.request(method, path, headers={"accept": "*/*"})
    assert fetched.status_code == 401 and fetched.json()["message"]


@pytest.mark.parametrize("name", [n for n, guard in EXPECTED.items() if guard is api_caller])
def test_the_api_needs_a_key_in_force(name: str, visitor: Any, parts: Any) -> None:
    method, path = concrete(name)
    key, secret = parts.api_keys.create("rh", "tests", "")
    parts.api_keys.revoke(key.id)
    for value in ("", "Bearer", "Bearer sob_nothing", f"Bearer {secret}", "Basic x"):
        response = visitor.client.request(method, path, headers={"authorization": value}, json={})
        assert response.status_code == 401, value
        error = response.json()["error"]
        # Presidio's clients read a sentence, OpenAI's an object.
        assert error if path in PATHS else error["code"] == "invalid_api_key"


def test_a_session_does_not_open_the_api(alice: Any) -> None:
    assert alice.client.get("/v1/models").status_code == 401
