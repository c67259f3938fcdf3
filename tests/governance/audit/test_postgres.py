"""The same log on PostgreSQL: one appender at a time, whatever the process."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, update

from governance.audit.errors import AuditUnavailable
from governance.audit.leaf import AuditRecord
from governance.audit.live import verify_live
from governance.audit.log import AuditLog
from governance.audit.tables import audit_head
from governance.keys import InstanceKeys
from governance.sealing import PersonKeys, TextErased

ORIGIN = "sobria.example.org/audit"


def test_processes_append_one_after_the_other(postgres: Engine, keys: InstanceKeys) -> None:
    # Each log has a lock of its own, as each process would: only the row of the head is common.
    logs = [
        AuditLog(postgres, keys.signing_key, PersonKeys(postgres, keys), ORIGIN) for _ in range(6)
    ]
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(8):
                name = f"x{number}-{turn}"
                logs[number].append(AuditRecord("accepted", name, "p-one"), "question")
                logs[number].append(AuditRecord("completed", name, "p-one"), "answer")
        except BaseException as failure:
            failures.append(failure)
            raise

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    result = verify_live(postgres, logs[0].vkey)
    assert (result.problems, result.size) == ((), 96)


def test_reading_erasing_and_expiring(postgres: Engine, keys: InstanceKeys) -> None:
    persons = PersonKeys(postgres, keys)
    log = AuditLog(postgres, keys.signing_key, persons, ORIGIN)
    log.append(AuditRecord("accepted", "x1", "p-one"), "question")
    elsewhere = persons.seal("p-one", "conversation", "here")
    assert log.read_sealed(0, "p-dpo", "Contrôle demandé par la CNIL") == "question"
    log.erase_person("p-one", "p-dpo", "Demande d’effacement")
    with pytest.raises(TextErased):
        persons.open("p-one", elsewhere, "here")
    assert [entry.type for entry in log.page()] == ["erased", "consulted", "accepted"]
    assert [entry.exchange_id for entry in log.open_exchanges()] == ["x1"]
    result = verify_live(postgres, log.vkey)
    assert (result.problems, result.size) == ((), 3)


def test_a_lost_connection_is_unavailable_and_a_change_is_seen(
    postgres: Engine, keys: InstanceKeys
) -> None:
    log = AuditLog(postgres, keys.signing_key, PersonKeys(postgres, keys), ORIGIN)
    log.append(AuditRecord("account"))
    with postgres.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER cut BEFORE UPDATE ON audit_head FOR EACH ROW EXECUTE FUNCTION cut()"
        )
    with pytest.raises(AuditUnavailable):
        log.append(AuditRecord("account"))
    with postgres.begin() as connection:
        connection.exec_driver_sql("DROP FUNCTION cut CASCADE")
    assert log.append(AuditRecord("account")) == 1, "nothing was half-written"
    assert verify_live(postgres, log.vkey).ok
    with postgres.begin() as connection:
        connection.execute(update(audit_head).values(size=1))
    assert not verify_live(postgres, log.vkey).ok
