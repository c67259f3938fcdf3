"""The console's pages: members, keys and invitations, as an administrator uses them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from governance.audit.errors import AuditUnavailable

SECRET = re.compile(r'id="secret">([^<]+)<')


def shown(page: Any) -> str:
    """What the page shows this once."""
    found = SECRET.search(page.text)
    assert found is not None, page.text[:2000]
    return found[1]


def actions(parts: Any, kind: str) -> list[str]:
    return [entry.data["action"] for entry in reversed(parts.audit.page()) if entry.type == kind]


@pytest.mark.parametrize("days", ["7", "30"])
def test_the_overview_shows_either_period(root: Any, days: str) -> None:
    page = root.get(f"/admin?days={days}")
    assert page.status_code == 200 and page.text.count('aria-current="true"') == 1
    assert page.text.count('<svg class="plot"') == 2
    assert root.get("/admin?days=8").status_code == 422


def test_the_overview_counts_a_refusal_by_use_and_by_service(root: Any, parts: Any) -> None:
    from governance.audit.leaf import AuditRecord

    data = {"cause": "use", "use": "tri-candidatures"}
    parts.audit.append(AuditRecord("refused", "e1", "s", "rh", "c", data))
    page = root.get("/admin").text
    assert "Trier des candidatures" in page and "engage la vie" in page
    found = root.client.get("/api/admin/refusals").json()
    assert [(one["id"], one["count"]) for one in found["by_use"]] == [("tri-candidatures", 1)]
    assert "s" not in {one["id"] for one in found["by_service"]}


def test_a_member_is_invited_and_chooses_a_password_that_nobody_else_knows(
    root: Any, visitor: Any, parts: Any
) -> None:
    page = root.send(
        "/admin/services/members", name="lea", display_name="Léa", role="employee", service="rh"
    )
    link = shown(page)
    assert link not in root.get("/admin/services").text
    path = link[link.index("/welcome/") :]
    assert "lea" in visitor.get(path).text
    short = visitor.send(path, password="court", again="court")
    assert short.status_code == 422 and "12" in short.text
    other = visitor.send(path, password="une phrase assez longue", again="une autre phrase longue")
    assert other.status_code == 422
    visitor.get(path)
    chosen = "une phrase assez longue"
    done = visitor.send(path, password=chosen, again=chosen)
    assert done.headers["location"] == "/sign-in?done=password-chosen"
    assert visitor.get(path).status_code == 410, "it opens once"
    assert visitor.sign_in("lea", chosen).status_code == 303
    assert actions(parts, "account") == ["created", "invited", "joined"]
    assert chosen not in repr(parts.audit.page())


def test_an_invitation_ends_with_its_days_with_another_one_and_with_the_account(
    root: Any, visitor: Any, parts: Any, monkeypatch: Any
) -> None:
    user = parts.users.find("alice")

    def path() -> str:
        link = shown(root.send(f"/admin/services/members/{user.id}/invite"))
        return link[link.index("/welcome/") :]

    first, second = path(), path()
    assert visitor.get(first).status_code == 410 and visitor.get(second).status_code == 200
    root.send(f"/admin/services/members/{user.id}/disable")
    assert visitor.get(second).status_code == 410
    root.send(f"/admin/services/members/{user.id}/enable")
    assert visitor.get(second).status_code == 410, "opening the account again opens no old link"
    third = path()
    later = parts.invitations._clock() + timedelta(days=7).total_seconds()
    monkeypatch.setattr(parts.invitations, "_clock", lambda: later)
    assert visitor.get(third).status_code == 410


def test_a_stranger_s_form_does_not_choose_a_password(root: Any, app: Any, parts: Any) -> None:
    from starlette.testclient import TestClient

    user = parts.users.find("alice")
    link = shown(root.send(f"/admin/services/members/{user.id}/invite"))
    client = TestClient(app, headers={"accept": "text/html"})
    path = link[link.index("/welcome/") :]
    form = {"password": "x" * 12, "again": "x" * 12}
    assert client.post(path, data=form).status_code == 403


def test_a_member_is_moved_closed_opened_and_given_a_password(
    root: Any, alice: Any, parts: Any, visitor: Any
) -> None:
    at = f"/admin/services/members/{parts.users.find('alice').id}"
    assert root.send(f"{at}/move", service="compta").status_code == 303
    assert parts.users.find("alice").service == "compta"
    assert root.send(f"{at}/move", service="ghost").status_code == 422
    password = shown(root.send(f"{at}/password"))
    assert alice.get("/chat").status_code == 303, "its sessions are ended"
    assert visitor.sign_in("alice", password).status_code == 303
    assert root.send(f"{at}/disable").status_code == 303
    assert visitor.get("/chat").status_code == 303
    assert root.send(f"{at}/enable").status_code == 303
    assert actions(parts, "account") == ["moved", "password", "disabled", "enabled"]


def test_a_form_that_is_refused_keeps_what_was_typed_and_says_what_is_wrong(root: Any) -> None:
    page = root.send(
        "/admin/services/members", name="root", display_name="Rémi", role="employee", service="rh"
    )
    assert page.status_code == 422
    assert 'value="Rémi"' in page.text and 'aria-describedby="name-error"' in page.text
    keys = root.send("/admin/keys", label="Intranet", service="rh", expires="2020-01-01")
    assert keys.status_code == 422 and 'value="Intranet"' in keys.text


def test_the_officer_s_account_has_no_button_and_no_back_door(root: Any, parts: Any) -> None:
    dora = parts.users.find("dora").id
    assert f"/members/{dora}/" not in root.get("/admin/services").text
    for action in ("password", "invite", "disable", "enable", "move"):
        assert root.send(f"/admin/services/members/{dora}/{action}").status_code == 422, action
    assert root.send("/admin/services/members", name="x", role="dpo").status_code == 422
    assert actions(parts, "account") == []


def test_a_key_has_its_scopes_its_day_and_a_new_secret(root: Any, parts: Any, visitor: Any) -> None:
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    page = root.send(
        "/admin/keys", label="Intranet", service="rh", scopes=["chat"], expires=day.isoformat()
    )
    old = shown(page)
    (key,) = parts.api_keys.all()
    assert key.scopes == ("chat",) and key.expires_at is not None
    assert key.expires_at.astimezone(UTC).date() in {day, day + timedelta(days=1)}
    new = shown(root.send(f"/admin/keys/{key.id}/rotate", hours="1"))

    def models(secret: str) -> int:
        headers = {"authorization": f"Bearer {secret}"}
        return int(visitor.client.get("/v1/models", headers=headers).status_code)

    assert models(old) == models(new) == 200
    assert root.send(f"/admin/keys/{key.id}/rotate", hours="-1").status_code == 422
    assert root.send("/admin/keys/nothing/rotate", hours="1").status_code == 404
    assert actions(parts, "key") == ["created", "rotated"]


def test_nothing_changes_that_cannot_be_logged(root: Any, parts: Any, monkeypatch: Any) -> None:
    """The log is asked before what cannot be undone; the answer says that a control is down."""

    def down(*_: Any) -> int:
        raise AuditUnavailable("The audit log is unavailable ({cause}).", cause="x")

    at = f"/admin/services/members/{parts.users.find('alice').id}"
    key, _ = parts.api_keys.create("rh", "x", "")
    before = parts.users.all(), parts.api_keys.all()
    monkeypatch.setattr(type(parts.audit), "append", down)
    monkeypatch.setattr(type(parts.audit), "head", down)
    for path, form in (
        ("/admin/services/members", {"name": "lea", "service": "rh"}),
        (f"{at}/move", {"service": "compta"}),
        (f"{at}/disable", {}),
        (f"{at}/password", {}),
        (f"{at}/invite", {}),
        ("/admin/keys", {"label": "x", "service": "rh", "scopes": "chat"}),
        (f"/admin/keys/{key.id}/rotate", {"hours": "1"}),
        (f"/admin/keys/{key.id}/revoke", {}),
    ):
        assert root.send(path, **form).status_code == 503, path
    assert (parts.users.all(), parts.api_keys.all()) == before


def test_the_log_that_the_officer_verifies_is_known_to_the_administrator(
    root: Any, dora: Any
) -> None:
    assert root.client.get("/api/admin/overview").json()["audit"]["verified_at"] is None
    assert dora.send("/audit/verify").status_code == 200
    audit = root.client.get("/api/admin/overview").json()["audit"]
    assert audit["verified_ok"] is True and audit["verified_at"] is not None


def test_a_long_list_is_read_by_pages_and_each_stays_under_100_kilobytes(
    root: Any, parts: Any
) -> None:
    from web.render import STATIC

    for number in range(120):
        parts.users.add(
            f"agent{number:03}",
            display_name=f"Agent {number:03} au nom assez long",
            role="employee",
            service="compta" if number % 2 else "rh",
        )
        key, _ = parts.api_keys.create("rh", f"clé {number:03}", "")
        if number % 2:
            parts.api_keys.revoke(key.id)
    drawn = sum((STATIC / name).stat().st_size for name in ("sobria.css", "forms.js", "page.js"))
    for path, each in (("/admin/services", r"agent\d{3}"), ("/admin/keys", r"clé \d{3}<br>")):
        seen: set[str] = set()
        address = path
        for _ in range(10):
            page = root.get(address)
            assert len(page.content) + drawn < 100_000, (address, len(page.content))
            seen |= set(re.findall(each, page.text))
            onward = re.search(rf'href="({path}\?from=\d+)">Suivant', page.text)
            if onward is None:
                break
            address = onward[1]
        assert len(seen) == 120, path
    filtered = root.get("/admin/services?service=compta&role=employee").text
    assert "agent001" in filtered and "agent002" not in filtered
    assert "service=compta" in filtered and root.get("/admin/services?from=x").status_code == 200


def test_reading_a_source_again_is_logged(root: Any, parts: Any) -> None:
    assert root.send("/admin/sources/fiches/sync").status_code == 303
    assert actions(parts, "source") == ["synchronised"]
