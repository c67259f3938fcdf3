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
    admin_caller,
    admin_or_dpo,
    anyone,
    api_caller,
    chat_caller,
    dpo,
    embeddings_caller,
    employee,
    presidio_caller,
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
    "GET /search": employee,
    "POST /search": employee,
    "GET /footprint": employee,
    "GET /admin": admin,
    "GET /admin/charter": admin,
    "POST /admin/charter": admin,
    "POST /admin/charter/check": admin,
    "POST /admin/charter/edit": admin,
    "POST /admin/charter/test": admin,
    "POST /admin/charter/restore": admin,
    "GET /admin/charter/diff": admin,
    "POST /admin/charter/diff": admin,
    "GET /admin/charter/simulate": admin,
    "POST /admin/charter/simulate": admin,
    "POST /admin/charter/simulate/draft": admin,
    "POST /admin/charter/simulate/stop": admin,
    "GET /charter/schema.json": anyone,
    "GET /admin/services": admin,
    "POST /admin/services/members": admin,
    "POST /admin/services/members/{member}/move": admin,
    "POST /admin/services/members/{member}/disable": admin,
    "POST /admin/services/members/{member}/enable": admin,
    "POST /admin/services/members/{member}/password": admin,
    "POST /admin/services/members/{member}/invite": admin,
    "GET /admin/keys": admin,
    "POST /admin/keys": admin,
    "POST /admin/keys/{key_id}/rotate": admin,
    "POST /admin/keys/{key_id}/revoke": admin,
    "GET /welcome/{token}": anyone,
    "POST /welcome/{token}": anyone,
    "GET /admin/quotas": admin,
    "POST /admin/quotas": admin,
    "POST /admin/quotas/{grant_id}/revoke": admin,
    "GET /api/admin/quotas": admin_caller,
    "POST /api/admin/quotas/grants": admin_caller,
    "POST /api/admin/quotas/grants/{grant_id}/revoke": admin_caller,
    "GET /admin/sources": admin,
    "POST /admin/sources/{source_id}/sync": admin,
    "GET /admin/sources/{source_id}/changes": admin,
    "GET /admin/sources/{source_id}/changes/{change_id}": admin,
    "GET /admin/text": admin,
    "POST /admin/text": admin,
    "GET /audit": dpo,
    "GET /audit/{index}": dpo,
    "POST /audit/{index}/open": dpo,
    "POST /audit/export": dpo,
    "POST /audit/verify": dpo,
    "GET /api/admin/overview": admin_caller,
    "GET /api/admin/refusals": admin_caller,
    "GET /api/admin/energy": admin_caller,
    "GET /api/admin/services": admin_caller,
    "GET /api/admin/members": admin_caller,
    "POST /api/admin/members": admin_caller,
    "GET /api/admin/members/{member}": admin_caller,
    "PATCH /api/admin/members/{member}": admin_caller,
    "POST /api/admin/members/{member}/disable": admin_caller,
    "POST /api/admin/members/{member}/enable": admin_caller,
    "POST /api/admin/members/{member}/password": admin_caller,
    "POST /api/admin/members/{member}/invite": admin_caller,
    "GET /api/admin/keys": admin_caller,
    "POST /api/admin/keys": admin_caller,
    "POST /api/admin/keys/{key_id}/rotate": admin_caller,
    "POST /api/admin/keys/{key_id}/revoke": admin_caller,
    "GET /api/admin/charter/revisions": admin_caller,
    "POST /api/admin/charter/revisions": admin_caller,
    "GET /api/admin/charter/revisions/{revision}": admin_caller,
    "POST /api/admin/charter/revisions/{revision}/restore": admin_caller,
    "GET /api/admin/sources": admin_caller,
    "POST /api/admin/sources/{source_id}/sync": admin_caller,
    "GET /review": signed_in,
    "GET /review/{exchange}": signed_in,
    "POST /review/{exchange}": signed_in,
    "GET /admin/review": admin,
    "POST /admin/review/members": admin,
    "POST /chat/exchanges/{exchange}/contest": employee,
    "GET /admin/contests": admin,
    "POST /admin/contests/{exchange}": admin,
    "GET /admin/feedback": admin,
    "POST /admin/feedback/{exchange}/test": admin,
    "POST /admin/feedback/{exchange}/dismiss": admin,
    "GET /api/admin/feedback": admin,
    "GET /contests": dpo,
    "POST /contests/{exchange}": dpo,
    "GET /api/review": signed_in,
    "GET /api/review/{exchange}": signed_in,
    "POST /api/review/{exchange}": signed_in,
    "GET /api/admin/review": admin_caller,
    "POST /api/admin/review/members": admin_caller,
    "GET /api/admin/contests": admin_or_dpo,
    "POST /api/admin/contests/{exchange}": admin_or_dpo,
    "GET /v1/sobria/reviews/{exchange}": api_caller,
    "GET /v1/models": api_caller,
    "GET /v1/models/{model:path}": api_caller,
    "POST /v1/chat/completions": chat_caller,
    "POST /v1/embeddings": embeddings_caller,
    "POST /analyze": presidio_caller,
    "GET /recognizers": presidio_caller,
    "GET /supportedentities": presidio_caller,
    "POST /anonymize": presidio_caller,
    "GET /anonymizers": presidio_caller,
    "POST /deanonymize": presidio_caller,
    "GET /deanonymizers": presidio_caller,
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
    for parameter in (
        "conversation_id",
        "exchange",
        "message_id",
        "passage_id",
        "key_id",
        "member",
        "revision",
    ):
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


OF_THE_API = [name for name in EXPECTED if name.split()[1].startswith("/api/")]


@pytest.mark.parametrize(
    "name", [*(n for n in PAGES if n not in OF_THE_API), "POST /sign-out", "GET /"]
)
def test_a_visitor_is_sent_to_sign_in(name: str, visitor: Any) -> None:
    method, path = concrete(name)
    response = visitor.client.request(method, path)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/sign-in")
    fetched = visitor.client.request(method, path, headers={"accept": "*/*"})
    assert fetched.status_code == 401 and fetched.json()["message"]


@pytest.mark.parametrize("name", [n for n in PAGES if n in OF_THE_API])
def test_a_visitor_of_the_api_is_told_to_sign_in(name: str, visitor: Any) -> None:
    method, path = concrete(name)
    assert visitor.client.request(method, path).status_code == 401


KEYED = (api_caller, chat_caller, embeddings_caller, presidio_caller)


@pytest.mark.parametrize("name", [n for n, guard in EXPECTED.items() if guard in KEYED])
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


ADMINISTRATION = [name for name, guard in EXPECTED.items() if guard is admin_caller]


@pytest.mark.parametrize("name", ADMINISTRATION)
def test_the_administration_is_for_administrators_and_their_keys(
    name: str, parts: Any, visitor: Any, alice: Any, dora: Any, root: Any
) -> None:
    method, path = concrete(name)

    def asked(browser: Any, **headers: str) -> int:
        return int(browser.client.request(method, path, headers=headers, json={}).status_code)

    assert asked(visitor) == 401
    for browser in (alice, dora):
        assert asked(browser, **{"X-CSRF-Token": browser.csrf}) == 403
    assert asked(root, **{"X-CSRF-Token": root.csrf}) not in {401, 403}
    if method != "GET":
        assert asked(root) == 403, "a session must prove that the request is its own"
    for scopes, opens in (
        (("chat", "embeddings", "presidio"), False),
        (("admin-read",), method == "GET"),
        (("admin",), True),
    ):
        _, secret = parts.api_keys.create("", "tests", "", scopes=scopes)
        status = asked(visitor, authorization=f"Bearer {secret}")
        assert (status == 403) is not opens and status != 401, (scopes, status)


def test_a_session_does_not_help_a_key_that_opens_nothing(root: Any) -> None:
    """What names a key is judged by the key, whoever is signed in beside it."""
    headers = {"authorization": "Bearer sob_nothing"}
    assert root.client.get("/api/admin/keys", headers=headers).status_code == 401
