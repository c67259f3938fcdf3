"""The log: what it takes, what it finds again, who reads it, and what erasure leaves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, delete, func, select, update

from governance.audit import merkle
from governance.audit.checkpoint import Verifier
from governance.audit.errors import (
    AuditConflict,
    AuditTampered,
    AuditUnavailable,
    NoSuchLeaf,
    ReasonTooShort,
    RecordRefused,
)
from governance.audit.leaf import AuditRecord
from governance.audit.live import verify_live
from governance.audit.log import AuditLog
from governance.audit.reading import AuditFilter
from governance.audit.recovery import close_interrupted
from governance.audit.tables import audit_head, audit_leaves, audit_sealed
from governance.sealing import PersonKeys, SealBroken

Converse = Callable[..., tuple[int, int]]
ORIGIN = "sobria.example.org/audit"
REASON = "Contrôle demandé par la CNIL"


def test_an_empty_log_has_a_signed_head(log: AuditLog) -> None:
    assert log.head().size == 0
    assert log.head().root == merkle.EMPTY_ROOT
    assert Verifier.parse(log.vkey).checkpoint(log.signed_head()) == log.head()
    assert log.page() == []


def test_an_exchange_leaves_two_leaves_whose_texts_are_sealed(
    log: AuditLog, persons: PersonKeys, database: Engine, converse: Converse
) -> None:
    assert converse(log, "x1", asked="une question secrète") == (0, 1)
    accepted, completed = log.entries_of("x1")
    assert (accepted.type, completed.type) == ("accepted", "completed")
    assert accepted.subject == persons.subject("alice")
    assert completed.data["receipt"] == {"wh": 0.42}
    assert accepted.has_text
    with database.connect() as connection:
        stored = connection.execute(select(audit_leaves.c.leaf)).scalars().all()
        blobs = connection.execute(select(audit_sealed.c.blob)).scalars().all()
    assert not any("secrète".encode() in content for content in [*stored, *blobs])


def test_the_head_follows_every_append_and_proofs_verify_against_it(
    log: AuditLog, converse: Converse
) -> None:
    heads = [log.head()]
    for number in range(6):
        converse(log, f"x{number}")
        heads.append(log.head())
    last = heads[-1]
    assert last.size == 12
    for head in heads:
        proof = log.consistency_proof(head.size, last.size)
        assert merkle.verify_consistency(head.size, last.size, proof, head.root, last.root)
    for index in range(last.size):
        proof = log.inclusion_proof(index, last.size)
        leaf = log.entry(index).hash
        assert merkle.verify_inclusion(index, last.size, leaf, proof, last.root)
    with pytest.raises(NoSuchLeaf):
        log.inclusion_proof(12, 12)
    with pytest.raises(NoSuchLeaf):
        log.inclusion_proof(2, 13)


def test_an_exchange_is_accepted_once_and_ends_once(log: AuditLog, converse: Converse) -> None:
    converse(log, "x1")
    log.append(AuditRecord("accepted", "x2"))
    wrong = [("accepted", "x1"), ("completed", "x1"), ("interrupted", "x1"), ("accepted", "x2")]
    for kind, exchange in [*wrong, ("completed", "never"), ("interrupted", "never")]:
        with pytest.raises(AuditConflict):
            log.append(AuditRecord(kind, exchange))  # type: ignore[arg-type]
    for kind in ("refused", "failed", "cancelled"):
        log.append(AuditRecord(kind, f"early-{kind}"))  # type: ignore[arg-type]
    with pytest.raises(RecordRefused):
        log.append(AuditRecord("accepted"))
    assert log.head().size == 6


def test_a_record_that_is_refused_leaves_the_log_as_it_was(log: AuditLog) -> None:
    log.append(AuditRecord("account"))
    for record, text in (
        (AuditRecord("account", data={"x": float("nan")}), None),
        (AuditRecord("account"), "a text without a person"),
        (AuditRecord("account", subject="p1"), "\ud800"),
        (AuditRecord("invented"), None),  # type: ignore[arg-type]
    ):
        with pytest.raises(RecordRefused):
            log.append(record, text)
    assert log.head().size == 1


def test_pages_are_filtered_and_go_back_in_time(
    log: AuditLog, persons: PersonKeys, converse: Converse
) -> None:
    converse(log, "x1")
    middle = datetime.now(UTC)
    converse(log, "x2", user="bob", service="compta", use="tri-cv")
    for wanted, expected in (
        (AuditFilter(), [3, 2, 1, 0]),
        (AuditFilter(service="rh"), [1, 0]),
        (AuditFilter(type="accepted"), [2, 0]),
        (AuditFilter(use="tri-cv"), [3, 2]),
        (AuditFilter(exchange_id="x1"), [1, 0]),
        (AuditFilter(subject=persons.subject("bob")), [3, 2]),
        (AuditFilter(since=middle), [3, 2]),
        (AuditFilter(until=middle), [1, 0]),
        (AuditFilter(since=middle, type="completed", service="rh"), []),
    ):
        assert [entry.index for entry in log.page(wanted)] == expected
    assert [entry.index for entry in log.page(limit=2)] == [3, 2]
    assert [entry.index for entry in log.page(limit=2, before=2)] == [1, 0]
    assert log.page(AuditFilter(use="tri-cv"))[0].use == "tri-cv"


def test_reading_a_text_needs_a_reason_and_is_logged_first(
    log: AuditLog, persons: PersonKeys, converse: Converse
) -> None:
    converse(log, "x1", asked="ma question")
    dpo = persons.subject("dpo")
    with pytest.raises(ReasonTooShort):
        log.read_sealed(0, dpo, "  court   ")
    with pytest.raises(NoSuchLeaf):
        log.read_sealed(99, dpo, REASON)
    assert log.head().size == 2
    assert log.read_sealed(0, dpo, REASON) == "ma question"
    consulted = log.page(limit=1)[0]
    assert (consulted.type, consulted.subject, consulted.data) == ("consulted", dpo, {"leaf": 0})
    assert consulted.exchange_id == "x1"
    assert log.reason(consulted.index) == REASON
    assert log.reason(0) is None, "the text of an exchange is no reason"


def test_a_sealed_text_that_was_moved_or_changed_is_not_shown(
    log: AuditLog, persons: PersonKeys, database: Engine, converse: Converse
) -> None:
    converse(log, "x1")
    blob = select(audit_sealed.c.blob).where(audit_sealed.c.leaf_index == 1).scalar_subquery()
    with database.begin() as connection:
        connection.execute(
            update(audit_sealed).where(audit_sealed.c.leaf_index == 0).values(blob=blob)
        )
    with pytest.raises(SealBroken):
        log.read_sealed(0, persons.subject("dpo"), REASON)
    assert log.page(limit=1)[0].type == "consulted", "the attempt is logged all the same"


def test_erasing_a_person_erases_their_texts_and_the_tree_verifies(
    log: AuditLog, persons: PersonKeys, database: Engine, converse: Converse
) -> None:
    converse(log, "x1", user="alice")
    converse(log, "x2", user="bob", asked="celle de Bob")
    conversation = persons.seal(persons.subject("alice"), "conversation", "elsewhere")
    dpo, alice = persons.subject("dpo"), persons.subject("alice")
    with pytest.raises(ReasonTooShort):
        log.erase_person(alice, dpo, "")
    erased = log.erase_person(alice, dpo, "Demande d’effacement du 12 novembre")
    assert log.entry(erased).data == {"person": alice}
    assert log.reason(erased) == "Demande d’effacement du 12 novembre"
    assert log.read_sealed(0, dpo, REASON) is None
    assert log.read_sealed(2, dpo, REASON) == "celle de Bob"
    with pytest.raises(SealBroken):
        persons.open(alice, conversation, "elsewhere")
    assert not log.entry(0).has_text
    assert verify_live(database, log.vkey).ok
    converse(log, "x3", user="alice", asked="je reviens")
    assert log.read_sealed(log.entries_of("x3")[0].index, dpo, REASON) == "je reviens"
    assert verify_live(database, log.vkey).ok


def test_texts_older_than_the_retention_go_and_the_leaves_stay(
    database: Engine, log: AuditLog, persons: PersonKeys, converse: Converse
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    clock = [start]
    signer = log._signer.key
    timed = AuditLog(database, signer, persons, ORIGIN, now=lambda: clock[0])
    converse(timed, "old")
    clock[0] = start + timedelta(days=300)
    converse(timed, "recent", asked="récente")
    clock[0] = start + timedelta(days=400)
    assert timed.expire_sealed(clock[0] - timedelta(days=365)) == 2
    assert timed.expire_sealed(clock[0] - timedelta(days=365)) == 0
    dpo = persons.subject("dpo")
    assert timed.read_sealed(0, dpo, REASON) is None
    assert timed.read_sealed(2, dpo, REASON) == "récente"
    assert timed.page(AuditFilter(type="erased"))[0].data["texts"] == 2
    assert verify_live(database, log.vkey).ok


def test_threads_append_one_after_the_other(
    log: AuditLog, persons: PersonKeys, database: Engine, converse: Converse
) -> None:
    # Two logs on one database: the second stands for another process, with a lock of its own.
    other = AuditLog(database, log._signer.key, persons, ORIGIN)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                target = log if (number + turn) % 2 else other
                converse(target, f"x{number}-{turn}", user=f"u{number % 3}")
        except BaseException as failure:
            failures.append(failure)
            raise

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert log.head().size == 80
    result = verify_live(database, log.vkey)
    assert (result.ok, result.shown) == (True, 80)


def test_threads_that_end_one_exchange_end_it_once(log: AuditLog) -> None:
    log.append(AuditRecord("accepted", "x1"))
    outcomes: list[str] = []

    def end() -> None:
        try:
            log.append(AuditRecord("completed", "x1"))
            outcomes.append("ended")
        except AuditConflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=end) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * 5 + ["ended"]


def test_start_up_closes_what_a_crash_left_open_and_frees_its_quota(
    log: AuditLog, database: Engine, converse: Converse
) -> None:
    converse(log, "ended")
    log.append(AuditRecord("refused", "refused"))
    log.append(AuditRecord("accepted", "open-1", "p1", "rh", "sha256:1"), "question")
    log.append(AuditRecord("accepted", "open-2"))
    assert [entry.exchange_id for entry in log.open_exchanges()] == ["open-1", "open-2"]
    released: list[str] = []
    assert close_interrupted(log, released.append) == ["open-1", "open-2"]
    assert released == ["open-1", "open-2"]
    assert log.open_exchanges() == []
    end = log.entries_of("open-1")[1]
    assert (end.type, end.subject, end.service) == ("interrupted", "p1", "rh")
    assert close_interrupted(log, released.append) == []
    assert verify_live(database, log.vkey).ok


def test_a_release_that_fails_leaves_the_exchange_open(log: AuditLog) -> None:
    log.append(AuditRecord("accepted", "x1"))

    def release(exchange: str) -> None:
        raise RuntimeError(exchange)

    with pytest.raises(RuntimeError):
        close_interrupted(log, release)
    assert len(log.open_exchanges()) == 1


def test_other_replicas_exchanges_are_left_to_them(log: AuditLog) -> None:
    log.append(AuditRecord("accepted", "mine", data={"instance": "a"}))
    log.append(AuditRecord("accepted", "theirs", data={"instance": "b"}))
    closed = close_interrupted(log, lambda _: None, lambda entry: entry.data["instance"] == "a")
    assert closed == ["mine"]


def test_a_log_signed_by_another_key_is_not_extended(
    log: AuditLog, persons: PersonKeys, database: Engine
) -> None:
    log.append(AuditRecord("account"))
    stranger = AuditLog(database, Ed25519PrivateKey.generate(), persons, ORIGIN)
    with pytest.raises(AuditTampered):
        stranger.append(AuditRecord("account"))
    with pytest.raises(AuditTampered):
        stranger.head()
    assert log.append(AuditRecord("account")) == 1


@pytest.mark.parametrize("values", [{"size": 7}, {"nodes": b"\0" * 32}, {"nodes": b"\0"}])
def test_a_head_that_was_changed_is_not_signed_over(
    log: AuditLog, database: Engine, values: dict[str, object]
) -> None:
    log.append(AuditRecord("account"))
    with database.begin() as connection:
        connection.execute(update(audit_head).values(**values))
    with pytest.raises(AuditTampered):
        log.append(AuditRecord("account"))


def test_a_log_whose_head_was_removed_does_not_start_again(log: AuditLog, database: Engine) -> None:
    log.append(AuditRecord("account"))
    with database.begin() as connection:
        connection.execute(delete(audit_head))
    with pytest.raises(AuditTampered):
        log.append(AuditRecord("account"))


def test_a_full_disk_leaves_nothing_half_written(
    log: AuditLog, database: Engine, converse: Converse
) -> None:
    converse(log, "x1")
    # One page of room: the append needs more for a sealed text of this size.
    with database.begin() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 1}")
    record = AuditRecord("accepted", "x2", subject="p1")
    with pytest.raises(AuditUnavailable, match="SQLITE_FULL") as caught:
        log.append(record, "é" * 100_000)
    assert "é" not in str(caught.value)
    assert caught.value.__cause__ is None, "the cause would quote the record"
    assert log.head().size == 2
    with database.begin() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1073741823")
        assert connection.execute(select(func.count()).select_from(audit_sealed)).scalar_one() == 2
    assert log.append(record, "é" * 100_000) == 2
    assert verify_live(database, log.vkey).ok


def test_a_database_that_is_gone_is_unavailable_to_readers_and_writers(
    log: AuditLog, database: Engine, tmp_path: Path
) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE audit_head")
    for call in (
        lambda: log.append(AuditRecord("account")),
        log.head,
        lambda: verify_live(database, log.vkey),
    ):
        with pytest.raises(AuditUnavailable):
            call()
