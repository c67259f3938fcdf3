"""API keys: what each opens, until when, and how its secret is renewed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from server.database import alembic_config, open_database
from server.identity import scopes as scoping
from server.identity.api_keys import ApiKeys
from server.identity.scopes import SCOPES

NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
CALLS = {
    "chat": ("POST", "/v1/chat/completions"),
    "embeddings": ("POST", "/v1/embeddings"),
    "presidio": ("POST", "/analyze"),
    "admin-read": ("GET", "/api/admin/keys"),
    "admin": ("POST", "/api/admin/keys"),
}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(parts: Any, clock: Clock) -> ApiKeys:
    return ApiKeys(parts.database, clock)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_opens_its_scope_and_nothing_else(scope: Any, parts: Any, visitor: Any) -> None:
    _, secret = parts.api_keys.create("rh", "tests", "", scopes=(scope,))
    opened = {scope} | ({"admin-read"} if scope == "admin" else set())
    for name, (method, path) in CALLS.items():
        response = visitor.client.request(
            method, path, json={}, headers={"authorization": f"Bearer {secret}", "accept": "*/*"}
        )
        assert (response.status_code == 403) is (name not in opened), (name, response.text)


def test_what_lacks_a_scope_is_told_in_the_callers_own_shape(parts: Any, visitor: Any) -> None:
    _, secret = parts.api_keys.create("rh", "tests", "", scopes=("presidio",))
    headers = {"authorization": f"Bearer {secret}", "accept-language": "en"}
    error = visitor.client.post("/v1/embeddings", json={}, headers=headers).json()["error"]
    assert error["code"] == "insufficient_scope" and error["type"] == "invalid_request_error"
    assert "embeddings" in error["message"] and "presidio" in error["message"]
    _, secret = parts.api_keys.create("rh", "tests", "", scopes=("chat",))
    headers["authorization"] = f"Bearer {secret}"
    told = visitor.client.post("/analyze", json={}, headers=headers).json()["error"]
    assert "presidio" in told and "chat" in told
    problem = visitor.client.get("/api/admin/keys", headers=headers)
    assert problem.headers["content-type"] == "application/problem+json"
    assert "admin-read" in problem.json()["detail"]


def test_every_key_of_the_programs_reads_the_models(parts: Any, visitor: Any) -> None:
    for scope in ("chat", "embeddings", "presidio"):
        _, secret = parts.api_keys.create("rh", "tests", "", scopes=(scope,))
        headers = {"authorization": f"Bearer {secret}"}
        assert visitor.client.get("/v1/models", headers=headers).status_code == 200


def test_a_key_opens_until_its_date(keys: ApiKeys, clock: Clock, visitor: Any, parts: Any) -> None:
    _, secret = keys.create("rh", "tests", "", expires_at=NOW + timedelta(days=1))
    clock.now = NOW + timedelta(days=1, microseconds=-1)
    assert keys.authenticate(secret) is not None
    clock.now = NOW + timedelta(days=1)
    assert keys.authenticate(secret) is None and keys.expired(secret)
    _, secret = parts.api_keys.create(
        "rh", "tests", "", expires_at=datetime.now(UTC) - timedelta(seconds=1)
    )
    headers = {"authorization": f"Bearer {secret}", "accept-language": "en"}
    answer = visitor.client.get("/v1/models", headers=headers)
    assert answer.status_code == 401 and "expired" in answer.json()["error"]["message"]


def test_the_old_secret_opens_for_its_grace_and_then_no_more(keys: ApiKeys, clock: Clock) -> None:
    key, old = keys.create("rh", "tests", "")
    rotated = keys.rotate(key.id, timedelta(hours=24))
    assert rotated is not None
    after, new = rotated
    assert after.id == key.id and new != old and after.prefix != key.prefix
    for secret in (old, new):
        found = keys.authenticate(secret)
        assert found is not None and found.id == key.id
    clock.now = NOW + timedelta(hours=24)
    assert keys.authenticate(old) is None and not keys.expired(old)
    assert keys.authenticate(new) is not None


def test_without_grace_the_old_secret_stops_at_once(keys: ApiKeys) -> None:
    key, old = keys.create("rh", "tests", "")
    rotated = keys.rotate(key.id, timedelta(0))
    assert rotated is not None and keys.authenticate(old) is None
    assert keys.authenticate(rotated[1]) is not None


def test_a_key_never_has_three_secrets(keys: ApiKeys) -> None:
    key, first = keys.create("rh", "tests", "")
    second = keys.rotate(key.id)
    third = keys.rotate(key.id)
    assert second is not None and third is not None
    assert keys.authenticate(first) is None
    assert keys.authenticate(second[1]) is not None and keys.authenticate(third[1]) is not None


def test_what_is_revoked_or_expired_is_not_rotated_and_opens_by_no_secret(
    keys: ApiKeys, clock: Clock
) -> None:
    key, old = keys.create("rh", "tests", "")
    rotated = keys.rotate(key.id)
    assert rotated is not None and keys.revoke(key.id) is not None
    assert keys.authenticate(old) is None and keys.authenticate(rotated[1]) is None
    assert keys.rotate(key.id) is None and keys.rotate("nothing") is None
    late, _ = keys.create("rh", "tests", "", expires_at=NOW + timedelta(hours=1))
    clock.now = NOW + timedelta(hours=2)
    assert keys.rotate(late.id) is None


def test_no_secret_is_stored(keys: ApiKeys, parts: Any) -> None:
    key, old = keys.create("rh", "tests", "")
    rotated = keys.rotate(key.id)
    assert rotated is not None
    with parts.database.connect() as connection:
        kept = repr(connection.execute(text("SELECT * FROM api_keys")).all())
    assert old not in kept and rotated[1] not in kept


@given(st.lists(st.sampled_from(SCOPES)))
def test_scopes_are_read_as_they_were_written(chosen: list[Any]) -> None:
    assert set(scoping.read(scoping.written(chosen))) == set(chosen)


@given(st.text())
def test_what_is_no_scope_opens_nothing(stored: str) -> None:
    assert set(scoping.read(stored)) <= set(SCOPES)
    for scope in SCOPES:
        if scope not in stored:
            assert scope not in scoping.read(stored)


def test_keys_and_accounts_of_before_go_on_as_they_were(tmp_path: Any) -> None:
    """The migration changes nothing of what there was: keys open what they did, nobody is lost."""
    from alembic import command

    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    config = alembic_config()

    def to(revision: str, move: Any) -> None:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            move(config, revision)

    to("0005", command.upgrade)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO api_keys (id, label, service, prefix, digest, created_at, created_by)"
                " VALUES ('k1', 'Intranet', 'rh', 'sob_a', 'd', '2026-01-01T00:00:00.000000Z', '')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO users VALUES ('u1', 'lea', 'Léa', 'employee', 'rh', 'fr', 0, 'h',"
                " '2026-01-01T00:00:00.000000Z')"
            )
        )
        connection.execute(text("INSERT INTO sessions VALUES ('s1', 'u1', 1, 2)"))
    to("0006", command.upgrade)
    (key,) = ApiKeys(engine).all()
    assert key.scopes == ("chat", "embeddings", "presidio") and key.expires_at is None
    to("0005", command.downgrade)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM sessions")).scalar_one() == 1
    engine.dispose()
