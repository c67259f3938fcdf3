"""Contested refusals: once, with the text only if agreed, answered once, all of it in the log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from governance.audit.log import AuditLog
from governance.clock import utc_now
from governance.review import tables
from governance.review.contests import Contests, Refused
from governance.review.errors import AlreadyContested, AlreadyDecided, NoSuchEntry, WordsMissing
from governance.sealing import PersonKeys

TEXT = "Que dit la loi du tri de CV de Mme Dupont ?"


@pytest.fixture
def refused(persons: PersonKeys) -> Refused:
    return Refused(
        "e1", persons.subject("alice"), "c1", "rh", "tri", "Trier", "similarity", 0.1, "Trie", "r1"
    )


def test_the_text_is_kept_only_where_the_person_agrees(
    contests: Contests, refused: Refused, database: Engine
) -> None:
    contests.open(refused, "Je demandais la règle.", None)
    kept = contests.get("e1")
    assert (kept.state, kept.text, kept.comment) == ("open", None, "Je demandais la règle.")
    with database.connect() as connection:
        assert connection.execute(select(tables.contests.c.text)).scalar_one() is None


def test_texts_are_sealed_and_go_with_the_persons_key(
    contests: Contests, refused: Refused, database: Engine, persons: PersonKeys
) -> None:
    contests.open(refused, "Erreur !", TEXT)
    assert contests.get("e1").text == TEXT
    with database.connect() as connection:
        row = connection.execute(select(tables.contests)).one()
    assert all(b"Dupont" not in value for value in row if isinstance(value, bytes))
    persons.erase(refused.subject)
    assert contests.get("e1").text is None and contests.get("e1").comment == ""


def test_a_refusal_is_contested_once_and_answered_once(
    contests: Contests, refused: Refused
) -> None:
    with pytest.raises(NoSuchEntry):
        contests.answer("e1", "p-admin", "upheld", "La charte le dit.")
    contests.open(refused, "", None)
    with pytest.raises(AlreadyContested):
        contests.open(refused, "", None)
    with pytest.raises(WordsMissing):
        contests.answer("e1", "p-admin", "upheld", "")
    assert contests.waiting() == 1 and contests.news(refused.subject) == 0
    answered = contests.answer("e1", "p-admin", "accepted", "Vous avez raison.")
    assert (answered.state, answered.answer) == ("accepted", "Vous avez raison.")
    with pytest.raises(AlreadyDecided):
        contests.answer("e1", "p-dpo", "upheld", "Non, non.")
    assert contests.waiting() == 0 and contests.news(refused.subject) == 1
    contests.told(refused.subject, "c1")
    assert contests.news(refused.subject) == 0
    assert list(contests.of(refused.subject, "c1")) == ["e1"]
    assert contests.of("p-other", "c1") == {}


def test_the_log_tells_it_without_a_word(
    contests: Contests, refused: Refused, log: AuditLog
) -> None:
    contests.open(refused, "Commentaire", TEXT)
    contests.answer("e1", "p-admin", "upheld", "La réponse")
    opened, answered = log.entries_of("e1")
    assert opened.data == {"action": "opened", "use": "tri", "with_text": True}
    assert answered.data == {"action": "upheld", "use": "tri", "author": refused.subject}
    assert answered.subject == "p-admin"
    leaves = b"".join(leaf for _, leaf, _, _ in log.leaves(log.head().size))
    for word in ("Dupont", "Commentaire", "réponse"):
        assert word.encode() not in leaves


def test_contests_go_with_their_conversation_and_after_their_time(
    contests: Contests, refused: Refused
) -> None:
    contests.open(refused, "", None)
    contests.destroy("c2")
    assert contests.expire(utc_now() - timedelta(days=1)) == 0
    assert len(contests.all()) == 1
    contests.destroy("c1")
    assert contests.all() == ()
