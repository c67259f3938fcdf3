"""The same law on this machine's own meter, with real work in real threads."""

from __future__ import annotations

import threading
import time

import pytest

from governance.energy.ledger import EnergyLedger
from governance.energy.meter import detect_meter


def spin(cpu_seconds: float) -> None:
    end = time.thread_time() + cpu_seconds
    while time.thread_time() < end:
        sum(range(500))


def test_real_work_is_shared_by_the_time_it_took() -> None:
    ledger = EnergyLedger(detect_meter(), interval=0.1)
    ledger.start()
    for name in ("short", "long"):
        ledger.account(name)

    def work(name: str, pieces: int) -> None:
        for _ in range(pieces):
            with ledger.measure(name, "decode"):
                spin(0.05)

    threads = [
        threading.Thread(target=work, args=arguments) for arguments in (("short", 4), ("long", 8))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger.stop()
    short, long = ledger.close("short"), ledger.close("long")
    totals = ledger.totals()
    assert short.joules is not None and long.joules is not None and totals.meter is not None
    assert short.joules > 0 and long.joules / short.joules == pytest.approx(2, rel=0.35)
    assert short.joules + long.joules == pytest.approx(totals.requests, rel=1e-6)
    assert totals.requests is not None and totals.idle is not None
    assert totals.unattributed is not None and totals.unattributed >= -1e-9
    assert totals.requests + totals.idle + totals.unattributed == pytest.approx(
        totals.meter, rel=1e-6
    )
