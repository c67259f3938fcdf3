"""What others have paid for: overruns under load, and holds that a crash strands for ever."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import Engine

from governance.quotas.errors import QuotaExceeded
from governance.quotas.ledger import QuotaLedger
from governance.quotas.limits import Amounts, QuotaLimit

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


def attempt_one(ledger: QuotaLedger, name: str, limits: tuple[QuotaLimit, ...]) -> bool:
    try:
        ledger.reserve(name, "rh", limits, Amounts(1))
    except QuotaExceeded:
        return False
    return True
