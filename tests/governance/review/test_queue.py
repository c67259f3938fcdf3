"""The queue: nothing is released without an entitled other person's decision, and only once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine, select

from governance.audit.errors import AuditUnavailable
from governance.audit.log import AuditLog
from governance.audit.reading import AuditFilter
from governance.clock import utc_now
from governance.review.errors import AlreadyDecided, NoSuchEntry, OwnRequest, WordsMissing
from governance.review.queue import DECISIONS, Entry, Held, Reviewer, ReviewQueue
from governance.review.tables import review_entries
from governance.sealing import PersonKeys

Entries = Callable[..., Entry]
Reviewers = Callable[..., Reviewer]
SECRET = "L'agent Dupont sera suspendu trois jours."
HELD = Held("Rédige l'avertissement de Dupont.", SECRET, ("p1",), ("suspendu",))


def release(queue: ReviewQueue, entry: Entry) -> Held | None:
    return queue.standings(entry.subject, [entry.exchange_id])[entry.exchange_id].held


def test_a_text_waits_until_another_member_approves_it(
    queue: ReviewQueue, entry_of: Entries, reviewer_of: Reviewers
) -> None:
    entry, bob = entry_of("e1"), reviewer_of("bob")
    queue.put(entry, HELD)
    assert release(queue, entry) is None
    assert queue.waiting(bob) == (queue.read("e1", bob)[0],)
    assert queue.read("e1", bob)[1] == HELD
    assert queue.news(entry.subject) == 0
    decided = queue.decide("e1", bob, "approved", "Relu, conforme.")
    assert decided.state == "approved" and decided.decided_at is not None
    standing = queue.standings(entry.subject, ["e1"])["e1"]
    assert standing.held == HELD and standing.reason == "Relu, conforme."
    assert queue.waiting(bob) == ()
    assert queue.news(entry.subject) == 1
    queue.told(entry.subject, ["e1"])
    assert queue.news(entry.subject) == 0


@pytest.mark.parametrize("decision", ["rejected", "changes"])
def test_what_is_not_approved_is_never_released(
    queue: ReviewQueue, entry_of: Entries, reviewer_of: Reviewers, decision: Any
) -> None:
    entry = entry_of("e1")
    queue.put(entry, HELD)
    with pytest.raises(WordsMissing):
        queue.decide("e1", reviewer_of("bob"), decision, " ")
    queue.decide("e1", reviewer_of("bob"), decision, "Le ton ne va pas.")
    standing = queue.standings(entry.subject, ["e1"])["e1"]
    assert standing.held is None and standing.reason == "Le ton ne va pas."


def test_four_eyes(queue: ReviewQueue, entry_of: Entries, reviewer_of: Reviewers) -> None:
    queue.put(entry_of("e1", author="bob"), HELD)
    bob = reviewer_of("bob")
    assert queue.waiting(bob) == ()
    with pytest.raises(OwnRequest):
        queue.read("e1", bob)
    with pytest.raises(OwnRequest):
        queue.decide("e1", bob, "approved", "")


def test_only_a_member_of_the_role_in_its_services_decides(
    queue: ReviewQueue, entry_of: Entries, reviewer_of: Reviewers
) -> None:
    queue.put(entry_of("e1"), HELD)
    for stranger in (
        reviewer_of("bob", "communication"),
        reviewer_of("bob", "drh", services=frozenset({"compta"})),
        Reviewer("p0", {}),
    ):
        assert queue.waiting(stranger) == ()
        for attempt in (
            lambda who=stranger: queue.read("e1", who),
            lambda who=stranger: queue.decide("e1", who, "approved", ""),
        ):
            with pytest.raises(NoSuchEntry):
                attempt()


def test_of_two_decisions_at_once_the_first_stands(
    queue: ReviewQueue, entry_of: Entries, reviewer_of: Reviewers, log: AuditLog
) -> None:
    queue.put(entry_of("e1"), HELD)
    together = threading.Barrier(4)
    won: list[str] = []
    lost: list[str] = []

    def decide(name: str, decision: Any) -> None:
        together.wait()
        try:
            queue.decide("e1", reviewer_of(name), decision, f"Par {name}")
            won.append(name)
        except AlreadyDecided:
            lost.append(name)

    threads = [
        threading.Thread(target=decide, args=(f"r{n}", ("approved", "rejected")[n % 2]))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1 and len(lost) == 3
    assert len(log.page(AuditFilter(type="review"))) == 1


def test_a_decision_and_its_record_are_one(
    queue: ReviewQueue, entry_of: Entries, reviewer_of: Reviewers, database: Engine
) -> None:
    entry = entry_of("e1")
    queue.put(entry, HELD)
    with database.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER broken BEFORE INSERT ON audit_leaves "
            "BEGIN SELECT RAISE(ABORT, 'no space'); END"
        )
    with pytest.raises(AuditUnavailable):
        queue.decide("e1", reviewer_of("bob"), "approved", "Relu.")
    assert queue.standings(entry.subject, ["e1"])["e1"].entry.state == "waiting"


def test_the_log_says_who_decided_what_without_a_word_of_theirs(
    queue: ReviewQueue, entry_of: Entries, reviewer_of: Reviewers, log: AuditLog
) -> None:
    entry, bob = entry_of("e1"), reviewer_of("bob")
    queue.put(entry, HELD)
    queue.decide("e1", bob, "rejected", "Motif très reconnaissable.")
    record = log.page(AuditFilter(type="review"))[0]
    assert record.subject == bob.subject and record.exchange_id == "e1"
    assert record.data == {
        "action": "rejected",
        "use": "courrier",
        "role": "drh",
        "delivery": "hold",
        "author": entry.subject,
    }
    leaves = b"".join(leaf for _, leaf, _, _ in log.leaves(log.head().size))
    assert b"reconnaissable" not in leaves and b"Dupont" not in leaves
    assert log.read_sealed(record.index, "p-dpo", "contrôle de routine") == (
        "Motif très reconnaissable."
    )


def test_texts_are_sealed_at_rest_and_go_with_the_persons_key(
    queue: ReviewQueue,
    entry_of: Entries,
    reviewer_of: Reviewers,
    persons: PersonKeys,
    database: Engine,
    tmp_path: Path,
) -> None:
    entry, bob = entry_of("e1"), reviewer_of("bob")
    queue.put(entry, HELD)
    with database.connect() as connection:
        row = connection.execute(select(review_entries)).one()
    assert all(b"Dupont" not in value for value in row if isinstance(value, bytes))
    queue.decide("e1", bob, "approved", "Relu.")
    persons.erase(entry.subject)
    with pytest.raises(NoSuchEntry):
        queue.read("e1", bob)
    standing = queue.standings(entry.subject, ["e1"])["e1"]
    assert standing.held is None and standing.reason == ""


def test_entries_go_with_their_conversation_and_after_their_time(
    queue: ReviewQueue, entry_of: Entries, reviewer_of: Reviewers
) -> None:
    for name in ("e1", "e2", "e3"):
        queue.put(entry_of(name), HELD)
    queue.destroy("c-e1")
    queue.destroy("c-e2", keep={"e2"})
    queue.withdraw("e3")
    assert [e.exchange_id for e in queue.waiting(reviewer_of("bob"))] == ["e2"]
    assert queue.expire(utc_now() - timedelta(days=1)) == 0
    assert queue.expire(utc_now() + timedelta(days=1)) == 1
    assert queue.counts() == {}


PEOPLE = ("alice", "bob", "carole", "david")
ROLES = {
    "alice": (),
    "bob": ("drh",),
    "carole": ("drh", "communication"),
    "david": ("communication",),
}


def test_the_law_of_the_queue(
    queue: ReviewQueue, entry_of: Entries, reviewer_of: Reviewers, log: AuditLog
) -> None:
    """Whatever is tried, in whatever order: see the invariant."""
    numbers = iter(range(10**6))

    class Law(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.entries: dict[str, Entry] = {}
            self.authors: dict[str, str] = {}
            self.decided: dict[str, str] = {}

        @rule(author=st.sampled_from(PEOPLE), role=st.sampled_from(("drh", "communication")))
        def put(self, author: str, role: str) -> None:
            entry = entry_of(f"x{next(numbers)}", author, role)
            queue.put(entry, HELD)
            self.entries[entry.exchange_id], self.authors[entry.exchange_id] = entry, author

        @rule(
            pick=st.integers(0, 5),
            who=st.sampled_from(PEOPLE),
            decision=st.sampled_from(DECISIONS),
            words=st.sampled_from(("", "Relu.")),
        )
        def decide(self, pick: int, who: str, decision: Any, words: str) -> None:
            if not self.entries:
                return
            number = list(self.entries)[pick % len(self.entries)]
            entry = self.entries[number]
            entitled = entry.role in ROLES[who] and self.authors[number] != who
            worded = bool(words) or decision == "approved"
            person = reviewer_of(who, *(ROLES[who] or ("none",)))
            try:
                queue.decide(number, person, decision, words)
            except (NoSuchEntry, OwnRequest):
                assert worded and not entitled
            except WordsMissing:
                assert not worded
            except AlreadyDecided:
                assert number in self.decided
            else:
                assert entitled and number not in self.decided
                self.decided[number] = decision

        @rule(pick=st.integers(0, 5))
        def withdraw(self, pick: int) -> None:
            if self.entries:
                number = list(self.entries)[pick % len(self.entries)]
                queue.withdraw(number)
                del self.entries[number]
                self.decided.pop(number, None)

        @invariant()
        def released_by_a_decision_only(self) -> None:
            for number, entry in self.entries.items():
                approved = self.decided.get(number) == "approved"
                assert (release(queue, entry) is not None) is approved
                records = [r for r in log.entries_of(number) if r.type == "review"]
                assert len(records) == (number in self.decided)

    run_state_machine_as_test(
        Law,
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
