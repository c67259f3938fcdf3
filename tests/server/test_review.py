"""Review and contested refusals, as people meet them: pages, JSON, API and command line."""

from __future__ import annotations

import re
from typing import Any

import pytest
from typer.testing import CliRunner

from governance.audit.reading import AuditFilter
from governance.clock import utc_now
from governance.review.queue import Entry, Held
from tests.server.test_chat import ask

WORDS = "On acquiert 2,5 jours ouvrables par mois [1]. Le reste est incertain."
ASKED = "Rédige un avertissement pour Léa"
SECRETS = ("2,5 jours", "Le reste est incertain")


@pytest.fixture(autouse=True)
def held(parts: Any) -> None:
    """Every answer is held, as the road does it."""

    def put(request: Any) -> None:
        entry = Entry(
            exchange_id=request.id,
            subject=request.caller.subject,
            conversation_id=request.conversation_id,
            service=request.caller.service,
            use_id="courrier",
            role="contact",
            delivery="hold",
            layer="pattern",
            score=1.0,
            charter_revision="cd" * 32,
            state="waiting",
            created_at=utc_now(),
        )
        parts.reviews.put(entry, Held(request.turns[-1].content, WORDS, ("p1",)))

    parts.road.plan, parts.road.held = "held", put


def join(root: Any, name: str = "bob", role: str = "contact") -> None:
    root.get("/admin/review")
    answer = root.send("/admin/review/members", role=role, name=name, action="add")
    assert answer.status_code == 303, answer.text


def held_for(browser: Any) -> tuple[str, str]:
    """(conversation's address, exchange) of a new held answer."""
    told = ask(browser, ASKED)
    assert not any(secret in str(told) for secret in SECRETS)
    return dict(told)["conversation"]["url"], dict(told)["accepted"]["exchange"]


def test_a_held_answer_shows_no_word_until_another_person_validates_it(
    alice: Any, bob: Any, root: Any
) -> None:
    join(root)
    url, exchange = held_for(alice)
    page = alice.get(url).text
    assert "attend la validation de" in page and "Informatique" in page
    assert not any(secret in page for secret in SECRETS)
    assert "1<span" in bob.get("/chat").text and 'href="/review"' in bob.get("/chat").text
    assert exchange in bob.get("/review").text
    entry = bob.get(f"/review/{exchange}").text
    assert ASKED in entry and "2,5 jours" in entry
    sent = bob.send(f"/review/{exchange}", decision="approved", words="Relu, conforme.")
    assert sent.status_code == 303
    assert 'class="count"' in alice.get("/footprint").text
    page = alice.get(url).text
    assert "Réponse validée par" in page and "Relu, conforme." in page and "2,5 jours" in page
    assert 'class="count"' not in alice.get("/footprint").text
    assert exchange not in bob.get("/review").text


def test_a_rejected_answer_stays_unread_and_its_reason_is_told(
    alice: Any, bob: Any, root: Any
) -> None:
    join(root)
    url, exchange = held_for(alice)
    bob.get(f"/review/{exchange}")
    empty = bob.send(f"/review/{exchange}", decision="rejected", words="")
    assert empty.status_code == 409 and "Écrivez quelques mots" in empty.text
    bob.send(f"/review/{exchange}", decision="rejected", words="Le ton ne va pas.")
    page = alice.get(url).text
    assert "Réponse refusée par" in page and "Le ton ne va pas." in page
    assert not any(secret in page for secret in SECRETS)


def test_later_questions_do_not_carry_what_is_held(
    alice: Any, bob: Any, root: Any, parts: Any
) -> None:
    join(root)
    url, exchange = held_for(alice)
    conversation = url.rpartition("/")[2]
    ask(alice, "Et ensuite ?", conversation)
    assert [turn.content for turn in parts.road.requests[-1].turns] == ["Et ensuite ?"]
    bob.get(f"/review/{exchange}")
    bob.send(f"/review/{exchange}", decision="approved")
    ask(alice, "Et encore ?", conversation)
    assert WORDS in [turn.content for turn in parts.road.requests[-1].turns]


def test_who_is_no_member_reads_nothing_not_even_the_admin(
    alice: Any, bob: Any, root: Any, dora: Any
) -> None:
    _, exchange = held_for(alice)
    for browser in (alice, bob, root, dora):
        for path in ("/review", f"/review/{exchange}", "/api/review", f"/api/review/{exchange}"):
            answer = browser.get(path)
            assert answer.status_code == 403 and not any(s in answer.text for s in SECRETS)
        assert browser.send(f"/review/{exchange}", decision="approved").status_code == 403
    counts = root.get("/admin/review").text
    assert "1 réponse en attente" in counts and not any(s in counts for s in SECRETS)


def test_nobody_validates_their_own_request(alice: Any, root: Any, parts: Any) -> None:
    join(root, "alice")
    url, exchange = held_for(alice)
    assert "Rien ne vous attend" in alice.get("/review").text
    assert alice.get(f"/review/{exchange}").status_code == 404
    alice.get("/chat")
    refused = alice.send(f"/review/{exchange}", decision="approved")
    assert refused.status_code == 404 and "sa propre demande" in refused.text
    assert not any(secret in alice.get(url).text for secret in SECRETS)


def test_the_second_decision_gets_a_clear_error(alice: Any, bob: Any, root: Any, dora: Any) -> None:
    join(root), join(root, "dora")
    _, exchange = held_for(alice)
    bob.get(f"/review/{exchange}"), dora.get(f"/review/{exchange}")
    assert bob.send(f"/review/{exchange}", decision="approved").status_code == 303
    late = dora.send(f"/review/{exchange}", decision="rejected", words="Trop tard.")
    assert late.status_code == 409 and "déjà décidé" in late.text
    late = dora.fetch(f"/api/review/{exchange}", {"decision": "rejected", "words": "Trop tard."})
    assert late.status_code == 409 and "déjà décidé" in late.json()["detail"]


def test_the_queue_as_json(alice: Any, bob: Any, root: Any) -> None:
    assert root.fetch(
        "/api/admin/review/members", {"role": "contact", "name": "bob", "action": "add"}
    ).json() == {"changed": True}
    _, exchange = held_for(alice)
    listed = bob.get("/api/review").json()["entries"]
    assert [each["id"] for each in listed] == [exchange] and "answer" not in listed[0]
    assert bob.get(f"/api/review/{exchange}").json()["answer"] == WORDS
    decided = bob.fetch(f"/api/review/{exchange}", {"decision": "approved"})
    assert decided.json()["state"] == "approved"
    role = root.get("/api/admin/review").json()["roles"][0]
    assert (role["id"], role["decided"], role["waiting"]) == ("contact", 1, 0)


@pytest.mark.parametrize("stream", [False, True])
def test_a_program_gets_no_text_and_fetches_it_later(
    visitor: Any, bob: Any, root: Any, parts: Any, secret: str, stream: bool
) -> None:
    join(root)
    headers = {"authorization": f"Bearer {secret}"}
    body = {"model": "default", "messages": [{"role": "user", "content": ASKED}], "stream": stream}
    answer = visitor.client.post("/v1/chat/completions", json=body, headers=headers)
    assert answer.status_code == 200 and not any(s in answer.text for s in SECRETS)
    assert '"content_filter"' in answer.text
    exchange = re.search(r'"/v1/sobria/reviews/([0-9a-f]+)"', answer.text)[1]  # type: ignore[index]
    address = f"/v1/sobria/reviews/{exchange}"
    waiting = visitor.client.get(address, headers=headers).json()
    assert waiting["state"] == "waiting" and waiting["text"] is None
    bob.get("/review")
    bob.send(f"/review/{exchange}", decision="approved", words="Relu.")
    released = visitor.client.get(address, headers=headers).json()
    assert (released["state"], released["text"], released["reason"]) == ("approved", WORDS, "Relu.")
    other = parts.api_keys.create("rh", "another", "")[1]
    stranger = visitor.client.get(address, headers={"authorization": f"Bearer {other}"})
    assert stranger.status_code == 404


def test_what_is_deleted_or_asked_again_is_withdrawn(
    alice: Any, bob: Any, root: Any, parts: Any
) -> None:
    join(root)
    url, exchange = held_for(alice)
    conversation = url.rpartition("/")[2]
    alice.fetch(f"/chat/{conversation}/messages", {"regenerate": True})
    assert bob.get(f"/review/{exchange}").status_code == 404
    assert sum(parts.reviews.counts().values()) == 1
    alice.send(f"/chat/{conversation}/delete")
    assert parts.reviews.counts() == {}


def refuse(browser: Any, parts: Any) -> tuple[str, str]:
    parts.road.plan = "use"
    told = dict(ask(browser, "Trie ces CV de Léa"))
    return told["conversation"]["url"], parts.road.requests[-1].id


@pytest.mark.parametrize("agreed", [False, True])
def test_a_refusal_is_contested_with_the_text_only_if_agreed(
    alice: Any, root: Any, dora: Any, parts: Any, agreed: bool
) -> None:
    url, exchange = refuse(alice, parts)
    page = alice.get(url).text
    form = page[page.index("Contester ce refus") :]
    assert 'name="with_text" value="yes">' in form, "the box is off"
    fields = {"comment": "Je demandais la règle.", **({"with_text": "yes"} if agreed else {})}
    sent = alice.send(f"/chat/exchanges/{exchange}/contest", **fields)
    assert sent.status_code == 303 and sent.headers["location"].startswith(url)
    assert "Vous avez contesté ce refus" in alice.get(url).text
    assert alice.send(f"/chat/exchanges/{exchange}/contest").status_code == 409
    for browser, path in ((root, "/admin/contests"), (dora, "/contests")):
        seen = browser.get(path).text
        assert "Je demandais la règle." in seen
        assert ("Trie ces CV de Léa" in seen) is agreed
        assert ("- &#34;Trie ces CV de Léa&#34;" in seen) is agreed
    answered = dora.send(f"/contests/{exchange}", answer="accepted", words="Vous avez raison.")
    assert answered.status_code == 303
    assert 'class="count"' in alice.get("/footprint").text
    assert "Refus levé" in (told := alice.get(url).text) and "Vous avez raison." in told
    late = root.send(f"/admin/contests/{exchange}", answer="upheld", words="Non, non.")
    assert late.status_code == 409 and "déjà décidé" in late.text
    records = parts.audit.page(AuditFilter(type="contest"))
    assert [record.data["action"] for record in records] == ["accepted", "opened"]


def test_only_ones_own_refusals_can_be_contested(alice: Any, bob: Any, parts: Any) -> None:
    _, exchange = refuse(alice, parts)
    bob.get("/chat")
    assert bob.send(f"/chat/exchanges/{exchange}/contest").status_code == 404
    parts.road.plan = "quota"
    ask(alice)
    quota = parts.road.requests[-1].id
    assert alice.send(f"/chat/exchanges/{quota}/contest").status_code == 404


def test_the_command_line_does_the_same(
    alice: Any, parts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.cli import app
    from server.commands import reviews as commands

    monkeypatch.setattr(commands, "books", lambda: parts.books)
    monkeypatch.setenv("SOBRIA_LOCALE", "fr")

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, list(arguments))

    _, exchange = held_for(alice)
    decide = ("review", "decide", exchange, "approved")
    assert run("review", "members", "add", "nobody", "bob").exit_code == 1
    assert run(*decide, "--as", "bob").exit_code == 1
    assert run("review", "members", "add", "contact", "bob").exit_code == 0
    assert "bob" in run("review", "members", "list").stdout
    assert exchange in run("review", "list", "--as", "bob").stdout
    assert run(*decide, "--as", "alice").exit_code == 1
    assert run(*decide, "--as", "bob").exit_code == 0
    assert "contact\tapproved\t1" in run("review", "list").stdout
    assert run("review", "members", "remove", "contact", "bob").exit_code == 0
    _, refused = refuse(alice, parts)
    alice.send(f"/chat/exchanges/{refused}/contest", comment="Erreur")
    assert refused in run("contests", "list").stdout
    answer = ("contests", "answer", refused, "upheld", "--words", "La charte le dit.")
    assert run(*answer, "--as", "bob").exit_code == 1
    assert run(*answer, "--as", "root").exit_code == 0
