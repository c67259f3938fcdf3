"""The chat: what an exchange tells, what it stores, and how it is stopped."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from governance.clock import iso, utc_now
from governance.pii.choices import AS_BEFORE, Choices
from governance.pii.errors import MappingUnavailable
from server.conversations import title_of
from server.expiry import expire_conversations
from server.pages import chat
from server.pages.questions import turns_of
from server.tables import conversations, messages
from tests.waiting import wait_for

QUESTION = "Léa veut savoir combien de jours de congés on acquiert"


def frames(response: Any) -> list[tuple[str, dict[str, Any]]]:
    """The server-sent events of a response."""
    found = []
    for block in response.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def ask(browser: Any, text: str = QUESTION, conversation: str = "new", **more: Any) -> Any:
    response = browser.fetch(f"/chat/{conversation}/messages", {"text": text, **more})
    assert response.status_code == 200, response.text
    return frames(response)


def test_an_exchange_is_told_step_by_step(alice: Any) -> None:
    told = ask(alice)
    assert [name for name, _ in told] == [
        "conversation",
        "accepted",
        "searching",
        "sources",
        "waiting",
        "reading",
        "delta",
        "delta",
        "completed",
        "quota",
    ]
    by_name = dict(told)
    assert by_name["conversation"]["url"] == f"/chat/{by_name['conversation']['id']}"
    assert by_name["accepted"]["masked"] == [[0, 3]]
    assert "<mark" in by_name["accepted"]["person_html"]
    assert by_name["searching"] == {"passages": 2219}
    assert "travail-emploi.gouv.fr" in by_name["sources"]["html"]
    assert by_name["reading"] == {"done": 60, "total": 120}
    answer = by_name["completed"]["html"]
    assert 'class="cite" href="/passages/p1?from=' in answer
    assert "unsupported" in answer and "test-model" in answer
    assert "400" in by_name["quota"]["html"]


def test_the_answer_is_a_stream_that_nothing_keeps(alice: Any) -> None:
    response = alice.fetch("/chat/new/messages", {"text": QUESTION})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"


def test_a_conversation_is_there_after_its_exchange(alice: Any) -> None:
    url = dict(ask(alice))["conversation"]["url"]
    page = alice.get(url).text
    assert "2,5 jours ouvrables" in page and "Léa" in page and "Ministère" in page
    assert alice.get("/chat").text.count(url) == 1


def test_what_was_said_is_sealed_in_the_database(alice: Any, parts: Any) -> None:
    ask(alice)
    with parts.database.connect() as connection:
        kept = repr(
            [connection.execute(select(table)).all() for table in (conversations, messages)]
        )
    for words in ("Léa", "congés on", "2,5 jours", "[PERSONNE_1]", "Le reste est incertain"):
        assert words not in kept


def test_the_caller_is_a_pseudonym_of_the_service(alice: Any, parts: Any) -> None:
    ask(alice)
    caller = parts.road.requests[0].caller
    user = parts.users.find("alice")
    assert caller.subject == parts.person_keys.subject(user.id) != user.id
    assert (caller.service, caller.locale) == ("rh", "fr")


def test_a_later_question_goes_with_what_was_answered_only(alice: Any, parts: Any) -> None:
    conversation = dict(ask(alice, "Première question"))["conversation"]["id"]
    parts.road.plan = "use"
    ask(alice, "Question refusée", conversation)
    parts.road.plan = "answer"
    ask(alice, "Deuxième question", conversation)
    turns = parts.road.requests[-1].turns
    assert [(turn.role, turn.content[:8]) for turn in turns] == [
        ("user", "Première"),
        ("assistant", "On acqui"),
        ("user", "Deuxième"),
    ]


def test_what_is_too_old_to_be_sent_is_said_under_the_answer(alice: Any, parts: Any) -> None:
    told = ask(alice, "Question 1")
    conversation = dict(told)["conversation"]["id"]
    for number in range(2, 8):
        told = ask(alice, f"Question {number}", conversation)
    assert "relu" not in dict(told)["completed"]["html"]
    assert len(parts.road.requests[-1].turns) == 2 * 6 + 1
    told = ask(alice, "Question 8", conversation)
    assert parts.road.requests[-1].turns[0].content == "Question 2"
    said = "Le premier échange de cette conversation n’a pas été relu"
    assert said in dict(told)["completed"]["html"]
    assert said in alice.get(f"/chat/{conversation}").text
    told = ask(alice, "Question 9", conversation)
    said = "Les 2 premiers échanges de cette conversation n’ont pas été relus"
    assert said in dict(told)["completed"]["html"]


def test_asking_again_replaces_the_last_answer(alice: Any, parts: Any) -> None:
    conversation = dict(ask(alice))["conversation"]["id"]
    ask(alice, "", conversation, regenerate=True)
    stored = parts.conversations.messages(conversation)
    assert [message.role for message in stored] == ["person", "machine"]
    assert stored[1].exchange_id == parts.road.requests[-1].id
    assert [turn.content for turn in parts.road.requests[-1].turns] == [QUESTION]


def test_what_a_person_chose_goes_with_the_question(alice: Any, parts: Any) -> None:
    chosen = {"kept": ["Léa"], "masked": ["Zorglub"]}
    conversation = dict(ask(alice, **chosen))["conversation"]["id"]
    assert parts.road.requests[-1].choices == Choices(("Léa",), ("Zorglub",))
    ask(alice, "", conversation, regenerate=True)
    assert parts.road.requests[-1].choices == AS_BEFORE
    ask(alice, QUESTION, conversation)
    assert parts.road.requests[-1].choices == Choices()


def test_a_choice_holds_for_another_answer_even_where_the_first_was_refused(
    alice: Any, parts: Any
) -> None:
    parts.road.plan = "quota"  # before anything was masked
    conversation = dict(ask(alice, kept=["Léa"], masked=["congés"]))["conversation"]["id"]
    decisions = parts.vault.load(conversation).decisions
    assert decisions.is_kept(QUESTION, "Léa") and decisions.names == ["congés"]
    ask(alice, "", conversation, regenerate=True)
    decisions = parts.vault.load(conversation).decisions
    assert decisions.is_kept(QUESTION, "Léa") and decisions.names == ["congés"]
    ask(alice, QUESTION, conversation)
    assert not parts.vault.load(conversation).decisions.is_kept(QUESTION, "Léa")


@pytest.mark.parametrize(
    "chosen",
    [
        {"kept": ["x"] * 51},
        {"masked": ["x" * 501]},
        {"kept": [""]},
        {"kept": "Léa"},
        {"masked": [{"text": "Léa"}]},
        {"kept": [None]},
        {"as_before": True},
    ],
)
def test_choices_are_bounded_and_nothing_else_is_taken(
    alice: Any, parts: Any, chosen: dict[str, Any]
) -> None:
    response = alice.fetch("/chat/new/messages", {"text": QUESTION, **chosen})
    assert response.status_code in (400, 422) and "Léa" not in response.text
    assert parts.road.requests == []


def test_nothing_is_sent_where_the_choices_cannot_be_kept(
    alice: Any, parts: Any, monkeypatch: Any
) -> None:
    def broken(*_: Any) -> None:
        raise MappingUnavailable("OSError")

    monkeypatch.setattr(parts.vault, "change", broken)
    response = alice.fetch("/chat/new/messages", {"text": QUESTION, "kept": ["Léa"]})
    assert response.status_code == 503
    assert "n’a pas été envoyé" in response.json()["message"]
    assert parts.road.requests == []


def test_a_refusal_gives_its_reason_and_stays_in_the_conversation(alice: Any, parts: Any) -> None:
    parts.road.plan = "use"
    told = ask(alice, "Classe ces trois candidats")
    assert [name for name, _ in told] == ["conversation", "refused", "quota"]
    for words in ("annexe III, point 4 a)", "dpo@exemple.fr", "engage la vie"):
        assert words in dict(told)["refused"]["html"]
        assert words in alice.get(dict(told)["conversation"]["url"]).text


def test_a_full_queue_is_a_503_that_says_when_to_come_back(alice: Any, parts: Any) -> None:
    """The events are told all the same: the page shows them, and the question can be asked again
    without being typed."""
    parts.road.plan = "busy"
    response = alice.fetch("/chat/new/messages", {"text": QUESTION})
    assert (response.status_code, response.headers["retry-after"]) == (503, "12")
    told = dict(frames(response))
    for html in (told["refused"]["html"], alice.get(told["conversation"]["url"]).text):
        assert "Trop de demandes en même temps" in html and "data-again" in html
        assert "Pour contester cette décision" not in html
    conversation = told["conversation"]["id"]
    parts.road.plan = "answer"
    assert "completed" in dict(ask(alice, "", conversation, regenerate=True))
    assert parts.road.requests[-1].turns[-1].content == QUESTION
    stored = parts.conversations.messages(conversation)
    assert [message.role for message in stored] == ["person", "machine"]


def test_nobody_waits_for_a_status_while_the_sources_are_searched(
    alice: Any, parts: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(chat, "FULL_SECONDS", 0.05)
    parts.road.plan, parts.road.slow = "busy", 0.3
    told = ask(alice)
    assert [name for name, _ in told][-2:] == ["refused", "quota"]


def test_a_place_in_the_queue_is_told_whenever_it_changes(alice: Any, parts: Any) -> None:
    parts.road.plan = "queue"
    told = ask(alice)
    assert [data["position"] for name, data in told if name == "waiting"] == [3, 1, 0]
    page = alice.get("/chat").text
    assert "Demandes avant la vôtre\N{NO-BREAK SPACE}: {position}" in page
    assert "Votre demande est la prochaine." in page


def test_a_rule_s_refusal_is_no_matter_of_time(alice: Any, parts: Any) -> None:
    parts.road.plan = "use"
    response = alice.fetch("/chat/new/messages", {"text": QUESTION})
    assert response.status_code == 200 and "retry-after" not in response.headers
    html = dict(frames(response))["refused"]["html"]
    assert "data-again" not in html and "Pour contester cette décision" in html


def test_a_quota_that_is_used_up_is_said_in_words(alice: Any, parts: Any) -> None:
    parts.road.plan = "quota"
    assert "quota" in dict(ask(alice))["refused"]["html"].lower()


@pytest.mark.parametrize("plan", ["fail", "break"])
def test_a_failure_is_told_without_what_it_holds(
    alice: Any, parts: Any, plan: str, capfd: Any
) -> None:
    parts.road.plan = plan
    told = ask(alice)
    assert told[-2][0] == "failed" and told[-2][1]["message"]
    assert "Dupont" not in json.dumps(told)
    captured = capfd.readouterr()
    assert "Dupont" not in captured.out + captured.err
    (machine,) = [
        message
        for message in parts.conversations.messages(dict(told)["conversation"]["id"])
        if message.role == "machine"
    ]
    assert (machine.state, machine.text) == ("failed", "On acquiert 2,5 jours ")


def test_a_stopped_exchange_keeps_what_was_written_and_its_receipt(alice: Any, parts: Any) -> None:
    parts.road.plan = "hang"
    told: list[Any] = []
    thread = threading.Thread(target=lambda: told.extend(ask(alice)), daemon=True)
    thread.start()
    wait_for(lambda: parts.road.requests)
    exchange = parts.road.requests[0].id
    time.sleep(0.3)
    assert alice.fetch(f"/chat/exchanges/{exchange}/stop", {}).status_code == 204
    thread.join(10)
    assert parts.road.cancelled == [exchange]
    assert [name for name, _ in told[-2:]] == ["completed", "quota"]
    stored = parts.conversations.messages(dict(told)["conversation"]["id"])[-1]
    assert (stored.state, stored.text) == ("cancelled", "On acquiert 2,5 jours ")
    assert stored.receipt is not None and stored.receipt["outcome"] == "cancelled"


def test_nobody_stops_the_exchange_of_another(alice: Any, bob: Any) -> None:
    assert bob.fetch("/chat/exchanges/abc/stop", {}).status_code == 404


def test_an_exchange_of_a_client_who_left_is_cancelled(app: Any, parts: Any) -> None:
    from governance.exchange import Caller, ExchangeRequest, Turn
    from models.protocol import Sampling
    from server.exchanges import Exchanges

    parts.road.plan = "hang"
    asked = ExchangeRequest(
        "e1", Caller("p1", "rh", "fr"), "c1", (Turn("user", "x"),), Sampling(), "api"
    )

    async def leave() -> None:
        under_way = Exchanges(parts.road, app.state.metrics)
        journey = under_way.start(asked)
        events = journey.events(15)
        assert await anext(events) is not None
        await events.aclose()
        await journey.wait()
        assert under_way.active == 0
        # One that is stopped before its first step never takes the road.
        early = under_way.start(asked)
        early.stop()
        await early.wait()

    asyncio.run(leave())
    assert parts.road.cancelled in (["e1"], [])
    assert len(parts.road.requests) == 1


def test_a_crash_leaves_the_question_and_an_interrupted_answer(alice: Any, parts: Any) -> None:
    user = parts.users.find("alice")
    begun = parts.conversations.begin(None, user.id, "rh", QUESTION, "e9")
    page = alice.get(f"/chat/{begun.conversation.id}").text
    assert "Léa" in page and "interromp" in page


def test_a_conversation_belongs_to_one_person(alice: Any, bob: Any, parts: Any) -> None:
    told = dict(ask(alice))
    url, exchange = told["conversation"]["url"], told["accepted"]["exchange"]
    message = parts.conversations.messages(told["conversation"]["id"])[-1].id
    bob.get("/chat")
    assert bob.get(url).status_code == 404
    assert bob.get(f"/chat/exchanges/{exchange}/seen").status_code == 404
    assert bob.fetch(f"{url}/messages", {"text": "x"}).status_code == 404
    opinion = {"value": "up", "comment": ""}
    assert bob.fetch(f"/chat/messages/{message}/feedback", opinion).status_code == 404
    assert bob.send(f"{url}/delete").status_code == 404
    assert alice.get(url).status_code == 200


def test_what_the_model_saw_can_be_read(alice: Any) -> None:
    exchange = dict(ask(alice))["accepted"]["exchange"]
    page = alice.get(f"/chat/exchanges/{exchange}/seen")
    assert page.status_code == 200
    assert "[PERSONNE_1] ?" in re.sub("<[^>]+>", "", page.text)
    assert "Léa" not in page.text


def test_an_opinion_is_logged_without_its_words(alice: Any, parts: Any) -> None:
    conversation = dict(ask(alice))["conversation"]["id"]
    message = parts.conversations.messages(conversation)[-1]
    opinion = {"value": "down", "comment": "Jean a tort"}
    assert alice.fetch(f"/chat/messages/{message.id}/feedback", opinion).status_code == 200
    (entry,) = [e for e in parts.audit.page() if e.type == "feedback"]
    assert entry.data == {"value": "down", "comment": True}
    assert parts.conversations.messages(conversation)[-1].feedback == "down"


def test_a_deleted_conversation_is_gone(alice: Any, parts: Any) -> None:
    told = dict(ask(alice))["conversation"]
    assert alice.send(f"{told['url']}/delete").status_code == 303
    assert alice.get(told["url"]).status_code == 404
    assert parts.conversations.messages(told["id"]) == ()
    (forgotten,) = parts.engine.forgotten
    assert forgotten.endswith(f"/{told['id']}") and not forgotten.startswith("/")


def test_a_conversation_that_nobody_uses_is_erased_after_the_retention(
    alice: Any, bob: Any, parts: Any
) -> None:
    old, used, kept = (dict(ask(who))["conversation"] for who in (alice, alice, bob))
    with parts.database.begin() as connection:
        connection.execute(
            update(conversations)
            .where(conversations.c.id.in_([old["id"], used["id"]]))
            .values(updated_at=iso(utc_now() - timedelta(days=366)))
        )
    before = utc_now() - timedelta(days=365)
    assert [one for one, _ in parts.conversations.unused_since(before)] == [old["id"], used["id"]]
    ask(alice, conversation=used["id"])
    owner = parts.users.find("alice").id
    assert not parts.conversations.delete(used["id"], owner, before), "it was used meanwhile"
    expire_conversations(parts, 365)
    assert alice.get(old["url"]).status_code == 404
    assert parts.conversations.messages(old["id"]) == ()
    assert [one.endswith(f"/{old['id']}") for one in parts.engine.forgotten] == [True]
    assert alice.get(used["url"]).status_code == bob.get(kept["url"]).status_code == 200


@pytest.mark.parametrize("text", ["", "   ", "x" * 8193])
def test_an_empty_or_endless_question_is_not_asked(alice: Any, parts: Any, text: str) -> None:
    response = alice.fetch("/chat/new/messages", {"text": text})
    assert response.status_code == 400 and response.json()["message"]
    assert parts.road.requests == []


def test_titles_are_cut_between_words() -> None:
    assert title_of("Bonjour\n  à tous") == "Bonjour à tous"
    assert title_of("mot " * 40) == "mot " * 14 + "mot…"


def test_a_conversation_without_a_question_has_no_turns() -> None:
    with pytest.raises(ValueError, match="question"):
        turns_of([])


def test_a_passage_and_the_footprint_have_their_pages(alice: Any) -> None:
    assert "deux jours et demi" in alice.get("/passages/p1").text
    assert alice.get("/passages/none").status_code == 404
    ask(alice)
    assert alice.get("/footprint").status_code == 200
