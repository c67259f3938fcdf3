"""A process that is killed in the middle of its appends leaves a log that verifies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from governance.audit.leaf import AuditRecord
from governance.audit.live import verify_live
from governance.audit.log import AuditLog
from governance.audit.recovery import close_interrupted
from governance.keys import InstanceKeys
from governance.sealing import PersonKeys

ROOT = Path(__file__).resolve().parents[3]
APPENDS = """
import sys, threading
from pathlib import Path
from sqlalchemy import create_engine, event
from governance.audit.leaf import AuditRecord
from governance.audit.log import AuditLog
from governance.keys import InstanceKeys
from governance.sealing import PersonKeys

folder = Path(sys.argv[1])
keys = InstanceKeys.load_or_create(folder / "keys")
engine = create_engine(f"sqlite:///{folder / 'test.db'}", connect_args={"timeout": 30})

@event.listens_for(engine, "connect")
def configure(connection, _):
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")

@event.listens_for(engine, "begin")
def begin(connection):
    connection.exec_driver_sql("BEGIN IMMEDIATE")

log = AuditLog(engine, keys.signing_key, PersonKeys(engine, keys), "sobria.example.org/audit")

def work(name):
    for turn in range(100000):
        record = AuditRecord("accepted", f"{name}-{turn}-{sys.argv[2]}", f"p{name}")
        sys.stdout.write(f"{log.append(record, 'question ' * 50)}\\n")
        sys.stdout.flush()

for name in "ab":
    threading.Thread(target=work, args=(name,)).start()
"""


@pytest.mark.parametrize("printed_before_death", [1, 25])
def test_killed_in_the_middle_of_appends(
    database: Engine,
    keys: InstanceKeys,
    persons: PersonKeys,
    log: AuditLog,
    tmp_path: Path,
    printed_before_death: int,
) -> None:
    for generation in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", APPENDS, str(tmp_path), str(generation)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        promised = [int(process.stdout.readline()) for _ in range(printed_before_death)]
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read().splitlines(keepends=True)
        process.wait(timeout=30)
        promised += [int(line) for line in rest if line.endswith("\n")]
        result = verify_live(database, log.vkey)
        assert result.problems == ()
        assert result.size > max(promised), "what append returned is there"
    still_open = len(log.open_exchanges())
    assert still_open == result.size
    assert len(close_interrupted(log, lambda _: None)) == still_open
    log.append(AuditRecord("account"))
    assert verify_live(database, log.vkey).ok
