"""Signing in and out: sessions, cookies, proofs against forged forms, and guessing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from server.identity import passwords
from server.identity.sessions import Sessions
from server.identity.throttle import ACCOUNT_LIMIT, ADDRESS_LIMIT, WINDOW, Throttle
from server.identity.users import AccountError, Users
from server.tables import api_keys, sessions, users


def test_signing_in_begins_a_session_in_a_cookie_that_no_script_reads(visitor: Any) -> None:
    visitor.get("/sign-in")
    response = visitor.send("/sign-in", name=" Alice ", password="correct horse battery")
    assert response.status_code == 303
    assert response.headers["location"] == "/"
    cookie = next(c for c in response.headers.get_list("set-cookie") if "sobria_session=" in c)
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    assert "Secure" not in cookie  # the public address of tests is http


def test_each_role_arrives_on_its_own_page(alice: Any, root: Any, dora: Any) -> None:
    for browser, home in ((alice, "/chat"), (root, "/admin"), (dora, "/audit")):
        response = browser.get("/")
        assert (response.status_code, response.headers["location"]) == (303, home)


@pytest.mark.parametrize(
    ("name", "password"), [("alice", "wrong password"), ("nobody", "correct horse battery")]
)
def test_a_wrong_name_and_a_wrong_password_are_answered_alike(
    visitor: Any, name: str, password: str
) -> None:
    response = visitor.sign_in(name, password)
    assert response.status_code == 401
    assert "mot de passe" in response.text
    assert "sobria_session" not in "".join(response.headers.get_list("set-cookie"))


def test_a_closed_account_does_not_open_and_loses_its_sessions(parts: Any, alice: Any) -> None:
    parts.users.set_disabled(parts.users.find("alice").id, disabled=True)
    assert alice.get("/chat").status_code == 303
    assert alice.sign_in("alice").status_code == 401


def test_signing_out_ends_the_session_in_the_database_too(parts: Any, alice: Any) -> None:
    with parts.database.connect() as connection:
        assert len(connection.execute(select(sessions)).all()) == 1
    response = alice.send("/sign-out")
    assert response.headers["location"].startswith("/sign-in")
    with parts.database.connect() as connection:
        assert connection.execute(select(sessions)).all() == []


def test_signing_in_again_gives_a_new_token_and_ends_the_earlier_session(
    parts: Any, alice: Any
) -> None:
    first = alice.client.cookies["sobria_session"]
    page = alice.get("/chat")
    assert page.status_code == 200
    alice.send("/sign-in", name="alice", password="correct horse battery")
    assert alice.client.cookies["sobria_session"] != first
    assert parts.sessions.get(first) is None


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "chat", "/a\nb"]
)
def test_a_form_only_leads_to_paths_of_this_site(visitor: Any, target: str) -> None:
    visitor.get("/sign-in")
    response = visitor.send("/sign-in", name="alice", password="correct horse battery", next=target)
    assert response.headers["location"] == "/"


def test_the_sign_in_form_needs_the_proof_that_its_page_gave(visitor: Any) -> None:
    fields = {"name": "alice", "password": "correct horse battery"}
    assert visitor.client.post("/sign-in", data=fields).status_code == 403
    visitor.get("/sign-in")
    assert visitor.client.post("/sign-in", data={**fields, "csrf": "0" * 64}).status_code == 403


@pytest.mark.parametrize("path", ["/sign-out", "/language", "/chat/x/delete"])
def test_a_form_without_the_session_s_proof_is_refused(alice: Any, path: str) -> None:
    response = alice.client.post(path, data={"locale": "en", "csrf": "0" * 64})
    assert response.status_code == 403
    assert "formulaire" in response.text


def test_a_fetch_needs_the_proof_in_its_header(alice: Any) -> None:
    body = {"text": "Bonjour", "csrf": alice.csrf}
    assert alice.client.post("/chat/new/messages", json=body).status_code == 403


def test_a_form_that_another_site_sends_is_refused_whatever_it_holds(alice: Any) -> None:
    response = alice.client.post(
        "/sign-out", data={"csrf": alice.csrf}, headers={"sec-fetch-site": "cross-site"}
    )
    assert response.status_code == 403


def test_ten_wrong_passwords_close_the_account_for_a_while(visitor: Any) -> None:
    for _ in range(ACCOUNT_LIMIT):
        assert visitor.sign_in("alice", "wrong password").status_code == 401
    response = visitor.sign_in("alice")
    assert response.status_code == 429
    assert "15" in response.text


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_the_throttle_forgives_after_its_window_and_after_success(parts: Any) -> None:
    clock = Clock()
    throttle = Throttle(parts.database, b"k" * 32, clock)
    waits = [throttle.attempt("alice", "10.0.0.1") for _ in range(ACCOUNT_LIMIT + 1)]
    assert waits[:-1] == [0.0] * ACCOUNT_LIMIT
    assert waits[-1] == WINDOW
    clock.now += WINDOW
    assert throttle.attempt("ALICE ", "10.0.0.1") == 0.0
    throttle.succeeded("alice", "10.0.0.1")
    assert all(throttle.attempt("alice", "10.0.0.1") == 0.0 for _ in range(ACCOUNT_LIMIT))


def test_the_throttle_counts_an_address_over_many_accounts(parts: Any) -> None:
    throttle = Throttle(parts.database, b"k" * 32, Clock())
    waits = [throttle.attempt(f"user{n}", "10.0.0.1") for n in range(ADDRESS_LIMIT + 1)]
    assert waits[-2] == 0.0 < waits[-1]
    assert throttle.attempt("other", "10.0.0.2") == 0.0


def test_a_session_ends_when_it_is_idle_and_when_it_is_old(parts: Any) -> None:
    clock = Clock()
    store = Sessions(parts.database, parts.users, absolute=3600, idle=600, clock=clock)
    alice = parts.users.find("alice")
    idle, busy = store.open(alice), store.open(alice)
    for _ in range(5):
        clock.now += 500
        assert store.get(busy) is not None
    assert store.get(idle) is None
    clock.now += 1100
    assert store.get(busy) is None


def test_nothing_that_opens_a_door_is_stored_in_clear(parts: Any, secret: str, alice: Any) -> None:
    token = alice.client.cookies["sobria_session"]
    with parts.database.connect() as connection:
        kept = repr([connection.execute(select(t)).all() for t in (users, sessions, api_keys)])
    assert token not in kept and secret not in kept and "correct horse" not in kept
    assert "$argon2id$" in kept


def test_generated_passwords_are_four_groups_that_nobody_misreads() -> None:
    made = {passwords.generate() for _ in range(50)}
    assert len(made) == 50
    assert all([len(group) for group in one.split("-")] == [4, 4, 4, 4] for one in made)
    assert not set("0O1lI") & set("".join(made))


def test_a_password_is_the_same_however_the_keyboard_composes_it() -> None:
    stored = passwords.hash_password("caf\u00e9 cr\u00e8me du matin")
    assert passwords.verify(stored, "cafe\u0301 cre\u0300me du matin")


def test_accounts_have_one_name_each_and_a_long_enough_password(parts: Any) -> None:
    store: Users = parts.users
    with pytest.raises(AccountError, match="already"):
        store.add(" ALICE", display_name="", role="employee", service="rh")
    with pytest.raises(AccountError, match="12"):
        store.add("carol", display_name="", role="employee", service="rh", password="short")
    with pytest.raises(AccountError, match="role"):
        store.add("carol", display_name="", role="boss", service="rh")  # type: ignore[arg-type]
