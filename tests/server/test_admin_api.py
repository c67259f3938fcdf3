"""The administration's JSON API: the console's actions, audited, with errors that name fields."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

API = "/api/admin"


class Admin:
    """A program with a key of the administration."""

    def __init__(self, client: Any, secret: str) -> None:
        self.client = client
        self.headers = {"authorization": f"Bearer {secret}", "accept-language": "en"}

    def __call__(self, method: str, path: str, **json: Any) -> Any:
        body = {"json": json} if method != "GET" else {"params": json}
        return self.client.request(method, API + path, headers=self.headers, **body)


@pytest.fixture
def admin(parts: Any, visitor: Any) -> Admin:
    _, secret = parts.api_keys.create("", "console", "", scopes=("admin",))
    return Admin(visitor.client, secret)


def written(parts: Any, kind: str) -> list[dict[str, Any]]:
    """The data of the log's records of a kind, the oldest first."""
    return [dict(entry.data) for entry in reversed(parts.audit.page()) if entry.type == kind]


def test_a_member_is_made_moved_closed_and_opened_and_each_change_is_logged(
    admin: Admin, parts: Any, visitor: Any
) -> None:
    made = admin("POST", "/members", name="lea", display_name="Léa", service="rh")
    assert made.status_code == 201
    account = made.json()
    assert account["last_sign_in"] == "" and account["role"] == "employee"
    assert visitor.sign_in("lea", account["password"]).status_code == 303
    assert admin("GET", "/members/lea").json()["last_sign_in"] == f"{datetime.now(UTC):%Y-%m-%d}"
    moved = admin("PATCH", f"/members/{account['id']}", service="compta", display_name="Léa M.")
    assert (moved.json()["service"], moved.json()["display_name"]) == ("compta", "Léa M.")
    listed = admin("GET", "/members", service="compta").json()["members"]
    assert [one["name"] for one in listed] == ["lea"]
    assert admin("POST", "/members/lea/disable").json()["disabled"] is True
    assert visitor.get("/chat").status_code == 303, "its sessions end at once"
    assert admin("POST", "/members/lea/enable").json()["disabled"] is False
    assert admin("POST", "/members/lea/password").json()["password"] != account["password"]
    actions = [one["action"] for one in written(parts, "account")]
    assert actions == ["created", "moved", "renamed", "disabled", "enabled", "password"]
    log = repr(parts.audit.page())
    assert "Léa" not in log and "lea" not in {one["account"] for one in written(parts, "account")}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "service": "ghost"}, "service"),
        ({"name": "x"}, "service"),
        ({"name": "x", "role": "boss"}, "role"),
        ({"name": "x", "role": "dpo"}, "role"),
        ({"name": "root", "service": "rh"}, "name"),
        ({"name": "x", "service": "rh", "locale": "de"}, "locale"),
        ({"service": "rh"}, "name"),
        ({"name": "x", "service": "rh", "password": "secret"}, "password"),
    ],
)
def test_an_account_that_cannot_be_made_says_which_field_is_wrong(
    admin: Admin, parts: Any, body: dict[str, str], field: str
) -> None:
    before = parts.users.all()
    refused = admin("POST", "/members", **body)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert [one["field"] for one in problem["errors"]] == [field]
    assert problem["errors"][0]["message"] and "secret" not in refused.text
    assert parts.users.all() == before and written(parts, "account") == []


def test_an_administrator_does_not_make_their_way_into_the_log(admin: Admin, parts: Any) -> None:
    """The officer's account is the operator's alone: no new password opens the log."""
    for path in ("disable", "enable", "password", "invite"):
        assert admin("POST", f"/members/dora/{path}").status_code == 422
    assert admin("PATCH", "/members/dora", service="compta").status_code == 422
    assert written(parts, "account") == []


def test_one_does_not_lock_oneself_out(root: Any) -> None:
    refused = root.fetch(f"{API}/members/root/disable", {})
    assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == "member"


def test_what_is_not_there_is_said(admin: Admin) -> None:
    for method, path in (
        ("GET", "/members/nobody"),
        ("POST", "/keys/nothing/revoke"),
        ("POST", "/keys/nothing/rotate"),
        ("POST", "/sources/none/sync"),
        ("GET", "/charter/revisions/00000000"),
        ("GET", "/nothing"),
    ):
        answer = admin(method, path)
        assert answer.status_code == 404 and answer.json()["status"] == 404, path


def test_a_key_is_made_rotated_and_revoked_and_each_change_is_logged(
    admin: Admin, parts: Any, visitor: Any
) -> None:
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    made = admin(
        "POST", "/keys", label="Intranet", service="rh", scopes=["embeddings"], expires_at=until
    ).json()

    def models(secret: str) -> int:
        headers = {"authorization": f"Bearer {secret}"}
        return int(visitor.client.get("/v1/models", headers=headers).status_code)

    assert models(made["secret"]) == 200 and made["scopes"] == ["embeddings"]
    listed = admin("GET", "/keys")
    assert made["secret"] not in listed.text and listed.json()["keys"][0]["last_used_at"]
    rotated = admin("POST", f"/keys/{made['id']}/rotate").json()
    left = datetime.fromisoformat(rotated["previous_until"]) - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(hours=24), "24 hours unless one chooses"
    assert models(made["secret"]) == models(rotated["secret"]) == 200
    again = admin("POST", f"/keys/{made['id']}/rotate", grace_hours=0).json()
    assert [models(one["secret"]) for one in (made, rotated, again)] == [401, 401, 200]
    assert admin("POST", f"/keys/{made['id']}/revoke").json()["revoked_at"]
    assert models(again["secret"]) == 401
    changes = written(parts, "key")
    assert [one["action"] for one in changes] == ["created", "rotated", "rotated", "revoked"]
    assert changes[0]["scopes"] == ["embeddings"] and changes[0]["expires"].startswith("20")
    assert not any(one["secret"] in repr(changes) for one in (made, rotated, again))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"label": " ", "service": "rh"}, "label"),
        ({"label": "x", "service": "ghost"}, "service"),
        ({"label": "x"}, "service"),
        ({"label": "x", "service": "rh", "scopes": []}, "scopes"),
        ({"label": "x", "service": "rh", "scopes": ["root"]}, "scopes"),
        ({"label": "x", "service": "rh", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"label": "x", "service": "rh", "expires_at": "2031-01-01T00:00:00"}, "expires_at"),
    ],
)
def test_a_key_that_cannot_be_made_says_which_field_is_wrong(
    admin: Admin, parts: Any, body: dict[str, Any], field: str
) -> None:
    refused = admin("POST", "/keys", **body)
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert len(parts.api_keys.all()) == 1, "only the one that asks"


@pytest.mark.parametrize("hours", [-1, 721, 1e5])
def test_a_grace_has_its_bounds(admin: Admin, parts: Any, hours: float) -> None:
    key, _ = parts.api_keys.create("rh", "x", "")
    refused = admin("POST", f"/keys/{key.id}/rotate", grace_hours=hours)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "grace_hours"


def test_the_charter_is_read_published_and_restored(admin: Admin, parts: Any) -> None:
    current = admin("GET", "/charter/revisions/current").json()
    text = current["text"].replace("Commune d'Exemple", "Ville d'Exemple")
    new = {"text": text, "reason": "Elle a grandi.", "parent": current["revision"]}
    saved = admin("POST", "/charter/revisions", **new)
    assert saved.status_code == 201 and saved.json()["in_force"]
    assert parts.charter.get()[1].organisation.name == "Ville d'Exemple"
    assert admin("POST", "/charter/revisions", **new).status_code == 409, "somebody was first"
    back = {"reason": "Une erreur.", "parent": saved.json()["revision"]}
    path = f"/charter/revisions/{current['revision'][:12]}/restore"
    assert admin("POST", path, **back).status_code == 201
    assert parts.charter.get()[1].organisation.name == "Commune d'Exemple"
    numbers = [one["number"] for one in admin("GET", "/charter/revisions").json()["revisions"]]
    assert numbers == [3, 2, 1] and parts.judges.warmed == 2
    assert [one["action"] for one in written(parts, "charter")] == ["published", "restored"]


def test_a_charter_with_errors_says_them_by_line_and_changes_nothing(
    admin: Admin, parts: Any
) -> None:
    current = admin("GET", "/charter/revisions/current").json()
    for text, field in (
        (current["text"].replace("effect: forbid", "effect: never"), "uses[0].effect"),
        (current["text"] + "    sources: [ghost]\n", "text"),
        (current["text"].replace('"Comptabilité"', '"C"\n    sources: [ghost]'), "sources"),
    ):
        refused = admin(
            "POST", "/charter/revisions", text=text, reason="x", parent=current["revision"]
        )
        assert refused.status_code == 422
        problem = refused.json()["errors"][0]
        assert field in problem["field"] and problem["line"] > 1, problem
    blank = admin(
        "POST", "/charter/revisions", text=current["text"], reason=" ", parent=current["revision"]
    )
    assert blank.status_code == 422 and blank.json()["errors"][0]["field"] == "reason"
    assert parts.charter.get()[0] == current["revision"] and written(parts, "charter") == []


def test_a_source_is_read_again_and_that_is_logged(admin: Admin, parts: Any) -> None:
    assert [one["id"] for one in admin("GET", "/sources").json()["sources"]] == ["fiches"]
    assert admin("POST", "/sources/fiches/sync").status_code == 202
    assert parts.sources.synced == ["fiches"]
    assert written(parts, "source") == [{"action": "synchronised", "source": "fiches"}]


def test_services_have_their_rules_and_quotas(admin: Admin) -> None:
    rh, compta = admin("GET", "/services").json()["services"]
    assert rh["rules"]["forbidden"] == ["tri-candidatures"] and len(rh["quotas"]) == 2
    assert rh["members"] == 4 and compta["quotas"] == []


def test_a_session_of_the_console_does_the_same(root: Any, parts: Any) -> None:
    made = root.fetch(f"{API}/keys", {"label": "x", "service": "rh"})
    assert made.status_code == 201
    (entry,) = [one for one in parts.audit.page() if one.type == "key"]
    assert entry.subject == parts.person_keys.subject(parts.users.find("root").id)
