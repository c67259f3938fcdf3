"""What needs an administrator first: each trouble has its sentence, and none hides another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from governance.audit.errors import AuditUnavailable
from governance.clock import utc_now
from governance.review.contests import Refused
from governance.review.entry import Entry, Held
from models.remote import RemoteEngine
from server.assembly import Assembly
from server.console.attention import Notice, attention
from server.console.checks import Check, note_check
from server.console.providers import PROVIDERS
from server.console.situation import Situation, of_server
from server.evaluation.feedback import Opinion, Shared, feedback_of
from server.evaluation.keeping import dismiss


@pytest.fixture
def calm(parts: Any) -> Situation:
    """Nothing is wrong."""
    note_check(parts.database, ok=True, size=0)
    return of_server(parts, 7)


def codes(situation: Situation) -> list[str]:
    return [notice.code for notice in attention(situation, PROVIDERS)]


def test_when_all_is_in_order_nothing_is_said(calm: Situation) -> None:
    assert codes(calm) == []


def test_a_model_that_does_not_answer_comes_first(calm: Situation) -> None:
    troubled = replace(
        calm,
        ready={"model": False, "database": True},
        sources=(replace(calm.sources[0], health="never"),),
    )
    found = attention(troubled, PROVIDERS)
    assert [(one.code, one.level) for one in found] == [("model", "now"), ("source_never", "soon")]
    assert found[0].params == {"model": "test-model"}


def test_a_model_whose_servers_all_rest_does_not_answer(parts: Any) -> None:
    engine = RemoteEngine(["http://a/v1", "http://b/v1"], None, "tiny", 512)
    running = SimpleNamespace(
        _database_answers=lambda: True,
        _audit_answers=lambda: True,
        charter=parts.charter,
        retriever=parts.retriever,
        engine=engine,
    )
    for upstream, answers in zip(engine._pool.upstreams, (True, False), strict=True):
        for _ in range(3):
            engine._pool.failed(upstream)
        assert Assembly.ready(running)["model"] is answers  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "share", "said"),
    [(81.0, 0.79, []), (80.0, 0.8, ["soon"]), (1.0, 0.99, ["soon"]), (0.0, 1.0, ["now"])],
)
def test_a_quota_is_told_at_80_percent_and_once_it_is_used_up(
    calm: Situation, left: float, share: float, said: list[str]
) -> None:
    service = calm.services[0]
    full = replace(
        service, quotas=(replace(service.quotas[0], left=left, share=share), service.quotas[1])
    )
    found = attention(replace(calm, services=(full,)), PROVIDERS)
    assert [one.level for one in found] == said


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"health": "failed"}, ["source_failed"]),
        ({"health": "never"}, ["source_never"]),
        ({"health": "stale"}, ["source_old"]),
        ({"health": "syncing"}, []),
        ({"health": "disabled"}, []),
        ({"health": "ready", "fresh_days": None}, []),
    ],
)
def test_a_source_that_failed_or_is_older_than_it_may_be_is_told(
    calm: Situation, change: dict[str, Any], code: list[str]
) -> None:
    old = {"complete_at": calm.now - timedelta(days=100), "fresh_days": 30}
    changed = replace(calm.sources[0], **{**old, **change})
    found = attention(replace(calm, sources=(changed,)), PROVIDERS)
    assert [one.code for one in found] == code
    if code == ["source_old"]:
        assert (found[0].params["days"], found[0].params["limit"]) == (100, 30)


def test_the_log_is_to_answer_and_to_be_verified(calm: Situation) -> None:
    now = calm.now
    assert codes(replace(calm, audit_size=None)) == ["audit"]
    assert codes(replace(calm, audit_check=None)) == []
    assert codes(replace(calm, audit_check=None, audit_size=3)) == ["audit_unverified"]
    old = Check(now - timedelta(days=40), True, 3)
    assert codes(replace(calm, audit_check=old)) == ["audit_unverified"]
    assert codes(replace(calm, audit_check=Check(now, False, 3))) == ["audit_broken"]


@pytest.mark.parametrize(
    ("before", "count", "told"), [(0, 4, False), (0, 5, True), (20, 25, False), (20, 30, True)]
)
def test_refusals_that_rise_are_told(calm: Situation, before: int, count: int, told: bool) -> None:
    counted = calm.refusals.model_copy(update={"total": count, "before": before})
    assert (codes(replace(calm, refusals=counted)) == ["refusals"]) is told


def test_a_key_that_ends_soon_or_is_not_used_is_told(parts: Any, calm: Situation) -> None:
    parts.api_keys.create("rh", "bientôt", "", expires_at=calm.now + timedelta(days=3))
    parts.api_keys.create("rh", "plus tard", "", expires_at=calm.now + timedelta(days=60))
    assert codes(calm) == ["key_expires"]
    later = replace(calm, now=calm.now + timedelta(days=200), audit_check=None)
    assert "key_unused" not in codes(replace(later, sources=())), "what has expired is not told"
    parts.api_keys.create("rh", "oubliée", "")
    assert "key_unused" in codes(replace(later, sources=()))


def test_a_charter_that_is_published_and_not_applied_is_told(parts: Any, calm: Situation) -> None:
    current = parts.charter_store.current()
    parts.charter_store.save(current.text + "# relue\n", "op", "relue", current.revision)
    assert codes(calm) == ["charter_stale"]


def test_requests_that_failed_since_yesterday_are_told(parts: Any, calm: Situation) -> None:
    from governance.audit.leaf import AuditRecord

    parts.audit.append(AuditRecord("failed", "e1", "s", "rh", "c", {}))
    assert codes(replace(calm, now=utc_now())) == ["failures"]
    assert codes(replace(calm, now=utc_now() + timedelta(hours=25))) == []


def test_answers_that_wait_are_told_above_all_where_nobody_can_read_them(
    parts: Any, calm: Situation
) -> None:
    entry = Entry(
        exchange_id="e1",
        subject=parts.person_keys.subject("alice"),
        conversation_id="c1",
        service="rh",
        use_id="courrier",
        role="contact",
        delivery="hold",
        layer="pattern",
        score=1.0,
        charter_revision="cd" * 32,
        state="waiting",
        created_at=utc_now(),
    )
    parts.reviews.put(entry, Held("question", "réponse"))
    (alone,) = attention(calm, PROVIDERS)
    assert (alone.code, alone.level, alone.params["count"]) == ("reviews", "now", 1)
    assert alone.params["role"] == calm.charter.organisation.contact.name
    parts.members.add("contact", "u1", "op")
    (waiting,) = attention(calm, PROVIDERS)
    assert (waiting.code, waiting.level) == ("reviews", "soon")


def test_a_contested_refusal_is_told_until_it_is_answered(parts: Any, calm: Situation) -> None:
    subject = parts.person_keys.subject("alice")
    refused = Refused("e1", subject, "c1", "rh", "tri", "Trier", "similarity", 0.1, "Trie", "r1")
    parts.contests.open(refused, "Je demandais la règle.", None)
    assert codes(calm) == ["contests"]
    parts.contests.answer("e1", "op", "upheld", "La règle est publiée.")
    assert codes(calm) == []


def test_opinions_that_are_shared_are_told_until_they_are_reviewed_or_erased(
    parts: Any, calm: Situation
) -> None:
    alice = parts.users.find("alice").id
    conversation = parts.conversations.begin(None, alice, "rh", "Combien ?", "e0").conversation.id
    subject = parts.person_keys.subject(alice)
    opinions = feedback_of(parts)
    for number in range(3):
        opinion = Opinion(f"e{number}", conversation, subject, "rh", "down", "inexact")
        opinions.put(opinion, Shared(question="Combien ?", answer="Deux.") if number else None)
    (waiting,) = attention(calm, PROVIDERS)
    assert (waiting.code, waiting.level, waiting.params["count"]) == ("opinions", "soon", 2)
    assert waiting.link == "/admin/feedback"
    dismiss(parts, "e1", "op")
    assert attention(calm, PROVIDERS)[0].params["count"] == 1
    parts.audit.erase_person(subject, "op", "demande de la personne")
    assert codes(calm) == []


def test_another_room_adds_its_own_and_one_that_fails_hides_nothing(calm: Situation) -> None:
    def reviews(_: Situation) -> Iterable[Notice]:
        yield Notice("now", "reviews", "{n} answers wait.", "/review", {"n": 3})

    def broken(_: Situation) -> Iterable[Notice]:
        raise AuditUnavailable("The audit log is unavailable ({cause}).", cause="x")

    found = attention(calm, (broken, *PROVIDERS, reviews))
    assert [one.code for one in found] == ["unknown", "reviews"]


def test_the_application_asks_the_providers_that_it_was_given(app: Any, root: Any) -> None:
    def reviews(_: Situation) -> Iterable[Notice]:
        yield Notice("now", "reviews", "3 answers wait.", "/review")

    app.state.attention = (*PROVIDERS, reviews)
    page = root.get("/admin")
    assert "3 answers wait." in page.text and 'href="/review"' in page.text
    listed = root.client.get("/api/admin/overview").json()["attention"]
    assert {"level": "now", "code": "reviews", "message": "3 answers wait.", "link": "/review"} in (
        listed
    )
