"""What others have paid for: overruns under load, and holds that a crash strands for ever."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from governance.quotas.errors import QuotaExceeded
from governance.quotas.holders import DEAD_AFTER
from governance.quotas.ledger import QuotaLedger
from governance.quotas.limits import Amounts, Asker, QuotaLimit
from governance.quotas.tables import quota_reservations, quota_windows

ROOT = Path(__file__).resolve().parents[3]
LIMITS = (QuotaLimit("requests", "day", 300),)


def attempt(ledger: QuotaLedger, name: str) -> bool:
    try:
        ledger.reserve(name, "rh", LIMITS, Amounts(1, 100, 0.01))
    except QuotaExceeded:
        return False
    return True


def test_of_a_thousand_requests_at_once_exactly_the_limit_pass(database: Engine) -> None:
    ledger = QuotaLedger(database)
    with ThreadPoolExecutor(50) as pool:
        passed = list(pool.map(lambda n: attempt(ledger, f"e{n}"), range(1_000)))
    assert sum(passed) == 300
    assert ledger.states("rh", LIMITS)[0].held == 300
    assert len(ledger.held()) == 300


def test_two_ledgers_on_one_database_do_not_overrun_either(database: Engine) -> None:
    ledgers = [QuotaLedger(database) for _ in range(2)]
    limits = (QuotaLimit("requests", "day", 20),)

    def one(number: int) -> bool:
        try:
            ledgers[number % 2].reserve(f"e{number}", "rh", limits, Amounts(1))
        except QuotaExceeded:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(60))) == 20


HOLD_AND_WAIT = """
import sys, time
from sqlalchemy import create_engine
from governance.quotas.ledger import QuotaLedger
from governance.quotas.limits import Amounts, QuotaLimit
ledger = QuotaLedger(create_engine(sys.argv[1]))
ledger.reserve("doomed", "rh", (QuotaLimit("requests", "day", 1),), Amounts(1, 100, 0.1))
print("held", flush=True)
time.sleep(60)
"""


def test_a_killed_process_leaves_a_hold_that_start_up_finds_and_frees(database: Engine) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD_AND_WAIT, str(database.url)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=10)

    ledger = QuotaLedger(database)
    limits = (QuotaLimit("requests", "day", 1),)
    assert not attempt_one(ledger, "blocked", limits)
    assert ledger.held() == ["doomed"]
    assert ledger.release("doomed")
    assert ledger.held() == []
    assert attempt_one(ledger, "next", limits)


#: Reserves ``argv[3]`` places of one service, one after the other, and ends most of them; it is
#: killed at random. It says what it was given before it holds on.
WORK = """
import random, sys
from sqlalchemy import create_engine, event
from governance.quotas.errors import QuotaExceeded
from governance.quotas.ledger import QuotaLedger
from governance.quotas.limits import Amounts, QuotaLimit
url, worker, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
engine = create_engine(url, connect_args={"timeout": 60} if url.startswith("sqlite") else {})
if url.startswith("sqlite"):
    @event.listens_for(engine, "connect")
    def configure(connection, _record):
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout=60000")
        connection.execute("PRAGMA synchronous=OFF")
    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
ledger = QuotaLedger(engine)
chance = random.Random(worker)
limits = (QuotaLimit("requests", "month", 100), QuotaLimit("tokens", "month", 1_000_000))
print("ready", flush=True)
sys.stdin.readline()
for n in range(count):
    name = f"{worker}-{n}"
    try:
        ledger.reserve(name, "rh", limits, Amounts(1, 700, 0.01))
    except QuotaExceeded:
        print("refused", flush=True)
        continue
    print("held", name, flush=True)
    fate = chance.random()
    if fate < 0.6:
        ledger.settle(name, Amounts(1, 500, 0.008))
        print("settled", name, flush=True)
    elif fate < 0.8:
        ledger.release(name)
        print("released", name, flush=True)
print("done", flush=True)
"""
WORKERS, EACH = 10, 100


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_thousand_requests_of_processes_that_die_never_pass_a_limit_of_a_hundred(
    kind: str, request: pytest.FixtureRequest
) -> None:
    engine: Engine = request.getfixturevalue("database" if kind == "sqlite" else "quota_postgres")
    url = engine.url.render_as_string(hide_password=False)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORK, url, str(number), str(EACH)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(WORKERS)
    ]  # fmt: skip
    chance = random.Random(7)
    killed: list[subprocess.Popen[str]] = []
    for worker in workers:
        assert worker.stdout is not None and worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    told: list[str] = []
    threads = [
        threading.Thread(target=lambda w=worker: told.extend(w.stdout or ())) for worker in workers
    ]
    for thread in threads:
        thread.start()
    # While they are at it, nobody ever sees more than a hundred places taken.
    highest = 0
    while any(worker.poll() is None for worker in workers):
        highest = max(highest, taken(engine))
        alive = [each for each in workers if each.poll() is None and each not in killed]
        if alive and len(killed) < 4 and len(told) > 60 * (1 + len(killed)):
            killed.append(chance.choice(alive))
            killed[-1].kill()
        time.sleep(0.005)
    for thread in threads:
        thread.join()
    assert 0 < highest <= 100
    said = [line.split() for line in told if line.endswith("\n")]
    settled = [words[1] for words in said if words[0] == "settled"]
    released = [words[1] for words in said if words[0] == "released"]
    held = [words[1] for words in said if words[0] == "held"]
    # One may have ended by itself a moment before.
    assert sum(worker.returncode == -signal.SIGKILL for worker in workers) >= 2
    assert len(settled) <= 100 and ["refused"] in said

    seconds = 0.0
    ledger = QuotaLedger(engine, monotonic=lambda: seconds)
    stranded = ledger.held()
    assert set(held) - set(settled) - set(released) <= set(stranded) | set(ended(engine))
    assert stranded and ledger.sweep() == (), "none is dead before it has been watched"
    used = ledger.usage("rh", "month").requests
    assert used + len(stranded) <= 100
    seconds = DEAD_AFTER
    assert sorted(ledger.sweep()) == sorted(stranded)
    # The places are free again, and the books balance.
    limits = (QuotaLimit("requests", "month", 100),)
    (state,) = ledger.states("rh", limits)
    assert (state.used, state.held, state.left) == (used, 0, 100 - used)
    assert used == ended(engine, "settled") and len(settled) <= used <= len(settled) + 4
    passed = [attempt_one(ledger, f"late{n}", limits) for n in range(101)]
    assert sum(passed) == 100 - used
    # One that was only slow settles late: what it spent is counted, nothing else moves.
    for n, name in enumerate(stranded[:3]):
        settlement = ledger.settle(name, Amounts(1, 500))
        assert settlement.applied and settlement.late
        assert ledger.usage("rh", "month").requests == used + n + 1


def taken(engine: Engine) -> int:
    with engine.connect() as connection:
        row = connection.execute(
            select(quota_windows.c.used_requests, quota_windows.c.held_requests).where(
                func.length(quota_windows.c.window_key) == 7
            )
        ).one_or_none()
    return row[0] + row[1] if row is not None else 0


def ended(engine: Engine, state: str | None = None) -> Any:
    """How many reservations ended as ``state``; without it, the names of all that ended."""
    query = select(quota_reservations.c.exchange_id).where(
        quota_reservations.c.state == state
        if state is not None
        else quota_reservations.c.state != "held"
    )
    with engine.connect() as connection:
        names = list(connection.execute(query).scalars())
    return len(names) if state is not None else names


def test_on_postgresql_threads_of_two_replicas_neither_overrun_nor_deadlock(
    quota_postgres: Engine,
) -> None:
    replicas = [QuotaLedger(quota_postgres) for _ in range(2)]
    limits = (QuotaLimit("requests", "day", 100), QuotaLimit("requests", "hour", 30, "user"))

    def one(number: int) -> bool:
        asker = Asker("user", f"p{number % 5}")
        try:
            replicas[number % 2].reserve(f"e{number}", "rh", limits, Amounts(1, 50), asker)
        except QuotaExceeded:
            return False
        replicas[1 - number % 2].settle(f"e{number}", Amounts(1, 40))
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(one, range(1_000))) == 100
    assert replicas[0].usage("rh", "day") == Amounts(100, 4_000)
    mine = [replicas[0].usage("rh", "hour", None, Asker("user", f"p{n}")) for n in range(5)]
    assert sum(each.requests for each in mine) == 100
    assert all(each.requests <= 30 for each in mine)


def attempt_one(ledger: QuotaLedger, name: str, limits: tuple[QuotaLimit, ...]) -> bool:
    try:
        ledger.reserve(name, "rh", limits, Amounts(1))
    except QuotaExceeded:
        return False
    return True
