"""Opinions: counted always, read by the administrator only where shared, and made into tests."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from governance.clock import iso, utc_now
from governance.pii.choices import Choices
from server.evaluation.feedback import Opinion, Shared, feedback_of
from server.evaluation.file import case_file, load_cases
from server.expiry import expire
from server.tables import feedback_reviews
from tests.server.test_chat import QUESTION, ask

COMMENT = "Jean Dupont (06 12 34 56 78) dit que c’est trois jours"
PERSONAL = ("Léa", "Jean", "Dupont", "06 12 34", "56 78")


def answered(browser: Any, parts: Any, text: str = QUESTION, **more: Any) -> Any:
    """The stored answer to a question."""
    conversation = dict(ask(browser, text, **more))["conversation"]["id"]
    return parts.conversations.messages(conversation)[-1]


def opine(browser: Any, message: Any, value: str = "down", **more: Any) -> Any:
    response = browser.fetch(f"/chat/messages/{message.id}/feedback", {"value": value, **more})
    assert response.status_code == 200, response.text
    return response.json()


def rows(parts: Any) -> list[Any]:
    with parts.database.connect() as connection:
        return list(connection.execute(select(feedback_reviews)).all())


def test_without_consent_the_thumb_and_the_reason_are_all_that_is_kept(
    alice: Any, root: Any, parts: Any
) -> None:
    message = answered(alice, parts)
    told = opine(alice, message, comment=COMMENT, reason="wrong_source", source=1)
    assert told == {"value": "down", "shared": False}
    (row,) = rows(parts)
    assert (row.value, row.reason, row.service, row.sealed) == ("down", "wrong_source", "rh", None)
    page = root.get("/admin/feedback").text
    assert "mauvaise source (1)" in page and "Rien ici." in page
    assert not any(words in page for words in (*PERSONAL, "congés on acquiert", "2,5 jours"))


def test_what_is_shared_is_read_without_personal_data(alice: Any, root: Any, parts: Any) -> None:
    message = answered(alice, parts, "Camille Roux veut savoir combien de jours de congés on a")
    told = opine(alice, message, comment=COMMENT, reason="inexact", source=1, share=True)
    assert told == {"value": "down", "shared": True}
    page = root.get("/admin/feedback").text
    assert "[PERSONNE_1] veut savoir combien de jours" in page and "2,5 jours ouvrables" in page
    assert "trois jours" in page and "[TELEPHONE_1]" in page
    assert "Les congés payés" in page and "la bonne, selon la personne" in page
    assert not any(words in page for words in ("Camille", "Roux", *PERSONAL))
    shared = feedback_of(parts).get(message.exchange_id).shared
    assert shared.right_source == "L3141-3"
    assert not any(words in shared.model_dump_json() for words in ("Camille", *PERSONAL))


def test_the_table_holds_no_word_in_clear(alice: Any, parts: Any, settings: Any) -> None:
    opine(alice, answered(alice, parts), comment=COMMENT, share=True)
    assert rows(parts)[0].sealed
    parts.database.dispose()
    with sqlite3.connect(settings.data_dir / "sobria.db") as connection:
        kept = repr(connection.execute("SELECT * FROM feedback_reviews").fetchall())
    for words in (*PERSONAL[:3], "congés", "ouvrables", "PERSONNE", "trois jours", "alice"):
        assert words not in kept


def test_names_that_the_person_masked_or_kept_in_clear_are_masked(alice: Any, parts: Any) -> None:
    text = "Camille Roux et Zorglub veulent savoir combien de jours de congés on acquiert"
    message = answered(alice, parts, text, kept=["Camille Roux"], masked=["Zorglub"])
    assert parts.road.requests[-1].choices == Choices(("Camille Roux",), ("Zorglub",))
    opine(alice, message, share=True)
    question = feedback_of(parts).get(message.exchange_id).shared.question
    assert "Camille" not in question and "Zorglub" not in question
    assert question.endswith("combien de jours de congés on acquiert")


def test_health_goes_no_further_than_the_model(alice: Any, parts: Any) -> None:
    message = answered(alice, parts, "Mon collègue a un cancer, combien de jours de congés ?")
    opine(alice, message, share=True)
    question = feedback_of(parts).get(message.exchange_id).shared.question
    assert "cancer" not in question and "congés" in question


def test_nothing_is_shared_where_it_cannot_be_masked(alice: Any, parts: Any) -> None:
    message = answered(alice, parts)
    parts.analyzer.broken = True
    told = opine(alice, message, comment=COMMENT, reason="inexact", share=True)
    assert told == {"value": "down", "shared": False}
    (row,) = rows(parts)
    assert (row.reason, row.sealed) == ("inexact", None)


def test_the_log_holds_that_an_opinion_was_given_not_what_it_says(alice: Any, parts: Any) -> None:
    opine(alice, answered(alice, parts), comment=COMMENT, reason="outdated", share=True)
    (entry,) = [e for e in parts.audit.page() if e.type == "feedback"]
    assert entry.data == {"value": "down", "comment": True, "reason": "outdated", "shared": True}


def test_a_new_opinion_replaces_the_last_and_its_consent(alice: Any, parts: Any) -> None:
    message = answered(alice, parts)
    opine(alice, message, share=True)
    opine(alice, message, "up")
    (row,) = rows(parts)
    assert (row.value, row.sealed) == ("up", None)
    opine(alice, message, "")
    assert rows(parts) == []


def test_what_was_shared_goes_with_the_conversation(alice: Any, parts: Any) -> None:
    message = answered(alice, parts)
    opine(alice, message, share=True)
    assert alice.send(f"/chat/{message.conversation_id}/delete").status_code == 303
    assert rows(parts) == []


def test_what_was_shared_is_erased_with_its_author(alice: Any, root: Any, parts: Any) -> None:
    message = answered(alice, parts)
    opine(alice, message, share=True)
    subject = parts.person_keys.subject(parts.users.find("alice").id)
    assert rows(parts)[0].subject == subject
    parts.audit.erase_person(subject, "p-dpo", "demande de la personne")
    page = root.get("/admin/feedback").text
    assert "2,5 jours" not in page and "Rien ici." in page
    refused = root.send(f"/admin/feedback/{message.exchange_id}/dismiss")
    assert refused.status_code == 409 and "ne le transmet plus" in refused.text


def test_what_is_older_than_the_retention_is_gone(alice: Any, root: Any, parts: Any) -> None:
    opine(alice, answered(alice, parts), share=True)
    with parts.database.begin() as connection:
        long_ago = iso(utc_now() - timedelta(days=10_000))
        connection.execute(update(feedback_reviews).values(created_at=long_ago))
    assert "2,5 jours" not in root.get("/admin/feedback").text
    assert rows(parts) == []


def test_what_is_older_than_the_retention_is_gone_with_nobody_looking(
    alice: Any, parts: Any
) -> None:
    kept, old = answered(alice, parts), answered(alice, parts)
    for message in (kept, old):
        opine(alice, message, share=True)
    with parts.database.begin() as connection:
        connection.execute(
            update(feedback_reviews)
            .where(feedback_reviews.c.exchange_id == old.exchange_id)
            .values(created_at=iso(utc_now() - timedelta(days=366)))
        )
    expire(parts, 365)
    assert [row.exchange_id for row in rows(parts)] == [kept.exchange_id]


def test_the_api_tells_what_the_page_does(alice: Any, root: Any, parts: Any) -> None:
    message = answered(alice, parts)
    opine(alice, message, comment=COMMENT, reason="inexact", source=1, share=True)
    opine(alice, answered(alice, parts), "up")
    told = root.client.get("/api/admin/feedback").json()
    assert told["states"] == {"new": 1, "kept": 0, "dismissed": 0}
    assert {"service": "rh", "value": "up", "reason": "", "count": 1} in told["counts"]
    (opinion,) = told["opinions"]
    assert (opinion["id"], opinion["value"], opinion["reason"]) == (
        message.exchange_id,
        "down",
        "inexact",
    )
    assert opinion["right"] == 1 and "[TELEPHONE_1]" in opinion["comment"]
    assert not any(words in str(told) for words in PERSONAL)
    assert root.client.get("/api/admin/feedback?state=kept").json()["opinions"] == []
    assert root.client.get("/api/admin/feedback?state=gone").status_code == 422


def test_no_key_reads_what_people_share(visitor: Any, parts: Any) -> None:
    _, secret = parts.api_keys.create("rh", "Supervision", "", scopes=("admin",))
    headers = {"Authorization": f"Bearer {secret}", "accept": "application/json"}
    assert visitor.client.get("/api/admin/overview", headers=headers).status_code == 200
    assert visitor.client.get("/api/admin/feedback", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [{"reason": "boring"}, {"source": -1}, {"share": "perhaps"}, {"comment": "x" * 1001}],
)
def test_an_opinion_that_makes_no_sense_is_refused(alice: Any, parts: Any, wrong: Any) -> None:
    message = answered(alice, parts)
    body = {"value": "down", **wrong}
    assert alice.fetch(f"/chat/messages/{message.id}/feedback", body).status_code in (400, 422)
    assert rows(parts) == []


def test_half_a_character_is_refused(alice: Any, parts: Any) -> None:
    message = answered(alice, parts)
    headers = {"X-CSRF-Token": alice.csrf, "content-type": "application/json"}
    body = b'{"value": "down", "comment": "\\ud800", "share": true}'
    address = f"/chat/messages/{message.id}/feedback"
    assert alice.client.post(address, content=body, headers=headers).status_code in (400, 422)
    assert rows(parts) == []


def test_nobody_shares_the_answer_of_another(alice: Any, bob: Any, parts: Any) -> None:
    message = answered(alice, parts)
    bob.get("/chat")
    body = {"value": "down", "share": True}
    assert bob.fetch(f"/chat/messages/{message.id}/feedback", body).status_code == 404
    assert rows(parts) == []


def test_one_click_makes_a_test_that_keeps_the_file_s_notes(
    alice: Any, root: Any, parts: Any, settings: Any
) -> None:
    path: Path = case_file(settings.data_dir)
    path.write_text(
        "# À nous.\ntests:\n  - {id: smic, question: Le SMIC ?, service: rh, words: [x]}  # mars\n",
        encoding="utf-8",
    )
    message = answered(alice, parts)
    opine(alice, message, reason="wrong_source", source=1, share=True)
    page = root.get("/admin/feedback").text
    assert ">L3141-3</textarea>" in page, "the right source is filled in"
    sent = root.send(
        f"/admin/feedback/{message.exchange_id}/test",
        question="Combien de jours de congés acquiert-on par mois ?",
        sources="L3141-3\r\n\r\nhttps://travail-emploi.gouv.fr/les-conges-payes",
        words="2,5|deux jours et demi",
    )
    assert sent.status_code == 303
    first, case = load_cases(path)
    assert first.id == "smic" and "# À nous." in path.read_text() and "# mars" in path.read_text()
    assert case.service == "rh" and case.origin == message.exchange_id
    assert case.sources == ("L3141-3", "https://travail-emploi.gouv.fr/les-conges-payes")
    assert case.words == ("2,5|deux jours et demi",)
    assert case.id in root.get("/admin/feedback?state=kept").text
    (entry,) = [e for e in parts.audit.page() if e.data.get("action") == "kept"]
    assert entry.type == "feedback" and entry.exchange_id == message.exchange_id
    again = root.send(f"/admin/feedback/{message.exchange_id}/dismiss")
    assert again.status_code == 409 and "déjà traité" in again.text


def test_a_test_that_tests_nothing_is_refused_and_the_opinion_stays(
    alice: Any, root: Any, parts: Any, settings: Any
) -> None:
    message = answered(alice, parts)
    opine(alice, message, share=True)
    root.get("/admin/feedback")
    address = f"/admin/feedback/{message.exchange_id}/test"
    for fields in (
        {"question": "Combien ?"},
        {"question": "Combien ?", "words": "x", "unanswerable": "yes"},
        {"question": "Combien ?", "words": "x" * 501},
    ):
        refused = root.send(address, **fields)
        assert refused.status_code == 409 and 'role="alert"' in refused.text
    assert load_cases(case_file(settings.data_dir)) == ()
    assert feedback_of(parts).get(message.exchange_id).state == "new"


def test_an_opinion_filed_without_consequence_leaves_the_list(
    alice: Any, root: Any, parts: Any
) -> None:
    message = answered(alice, parts)
    opine(alice, message, share=True)
    root.get("/admin/feedback")
    sent = root.send(f"/admin/feedback/{message.exchange_id}/dismiss")
    assert sent.headers["location"] == "/admin/feedback?done=feedback-dismissed"
    assert "2,5 jours" not in root.get("/admin/feedback").text
    assert "2,5 jours" in root.get("/admin/feedback?state=dismissed").text


def test_a_file_that_cannot_be_read_is_said_on_the_page(root: Any, settings: Any) -> None:
    case_file(settings.data_dir).write_text("tests: [")
    assert "evaluation.yaml ne se lit pas" in root.get("/admin/feedback").text


def test_an_answer_is_shown_as_its_reader_saw_it_and_acts_on_nothing(
    alice: Any, root: Any, parts: Any
) -> None:
    message = answered(alice, parts)
    subject = parts.person_keys.subject(parts.users.find("alice").id)
    opinion = Opinion(
        message.exchange_id, message.conversation_id, subject, "rh", "down", "inexact"
    )
    written = "**Deux jours** [1] <script>alert(1)</script>"
    feedback_of(parts).put(opinion, Shared(question="<b>Combien ?</b>", answer=written))
    page = root.get("/admin/feedback").text
    assert "<strong>Deux jours</strong> [1]" in page
    assert "<script>alert" not in page and "<b>Combien" not in page
    assert "Il n’y a pas encore de test" in page
