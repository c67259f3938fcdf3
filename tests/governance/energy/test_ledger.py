"""Who pays for the joules of an interval: those who worked in it, by their CPU time."""

from __future__ import annotations

import threading
import time

import pytest

from governance.energy.carbon import CarbonIntensity, Embodied
from governance.energy.ledger import EnergyLedger, UnknownAccount
from governance.energy.meter import UnknownMeter
from models.protocol import Work
from tests.governance.energy.conftest import Machine


def test_one_interval_is_shared_by_work_done(machine: Machine) -> None:
    ledger = EnergyLedger(machine)
    ledger.account("a")
    ledger.account("b")
    machine.run(seconds=1, joules=22, busy=4)  # 2 J at rest, 20 J for 4 CPU seconds
    ledger.record("a", "prefill", Work(100, 101, 1))
    ledger.record("b", "decode", Work(100, 101, 2))
    ledger.tick()
    a, b = ledger.close("a"), ledger.close("b")
    assert a.steps == pytest.approx({"prefill": 5})
    assert b.steps == pytest.approx({"decode": 10})
    totals = ledger.totals()
    assert totals.meter == 22 and totals.idle == 2
    assert totals.requests == pytest.approx(15) and totals.unattributed == pytest.approx(5)


def test_work_reported_at_its_end_is_spread_over_the_intervals_it_spanned(
    machine: Machine,
) -> None:
    ledger = EnergyLedger(machine)
    ledger.account("a")
    for joules in (12, 22, 32):
        machine.run(seconds=1, joules=joules, busy=2)
        ledger.tick()
    # From 100.5 to 102.5: half of the first, all of the second, half of the third interval.
    ledger.record("a", "prefill", Work(100.5, 102.5, 2))
    bill = ledger.close("a")
    assert bill.joules == pytest.approx(0.25 * 10 + 0.5 * 20 + 0.25 * 30)


def test_the_last_interval_is_closed_on_demand(machine: Machine) -> None:
    ledger = EnergyLedger(machine)
    ledger.account("a")
    machine.run(seconds=1, joules=12, busy=1)
    ledger.tick()
    machine.run(seconds=0.25, joules=5.5, busy=0.5)
    ledger.record("a", "decode", Work(100.5, 101.25, 0.75))
    bill = ledger.close("a")
    # 0.5 of 1 CPU second of the first interval (10 J), 0.25 of 0.5 of the second (5 J).
    assert bill.joules == pytest.approx(5 + 2.5)


def test_overlapping_requests_do_not_take_each_others_energy(machine: Machine) -> None:
    alone, together = EnergyLedger(machine), EnergyLedger(machine)
    for ledger in (alone, together):
        ledger.account("a")
    together.account("b")
    machine.run(seconds=1, joules=22, busy=4)
    together.record("b", "decode", Work(100, 101, 3))
    for ledger in (alone, together):
        ledger.record("a", "decode", Work(100, 101, 1))
    assert alone.close("a").joules == pytest.approx(5)
    assert together.close("a").joules == pytest.approx(5)


def test_what_nobody_claims_is_unattributed(machine: Machine) -> None:
    ledger = EnergyLedger(machine)
    machine.run(seconds=10, joules=100, busy=20)
    ledger.tick()
    totals = ledger.totals()
    assert (totals.meter, totals.requests, totals.idle, totals.unattributed) == (100, 0, 20, 80)


def test_work_after_the_close_changes_no_bill(machine: Machine) -> None:
    ledger = EnergyLedger(machine)
    ledger.account("a")
    machine.run(seconds=1, joules=22, busy=2)
    ledger.record("a", "decode", Work(100, 101, 1))
    bill = ledger.close("a")
    assert ledger.record("a", "decode", Work(100, 101, 1)) is False
    assert ledger.totals().requests == bill.joules == pytest.approx(10)
    with pytest.raises(UnknownAccount):
        ledger.close("a")


def test_an_account_that_is_never_closed_keeps_what_it_took(machine: Machine) -> None:
    ledger = EnergyLedger(machine)
    ledger.account("crashed")
    machine.run(seconds=1, joules=22, busy=2)
    ledger.record("crashed", "decode", Work(100, 101, 1))
    ledger.tick()
    assert ledger.totals().requests == pytest.approx(10)
    assert ledger.accounts() == ["crashed"]


def test_the_clocks_of_the_counters_may_disagree(machine: Machine) -> None:
    ledger = EnergyLedger(machine)
    ledger.account("a")
    ledger.account("b")
    machine.run(seconds=1, joules=12, busy=0.99)
    for name in ("a", "b"):
        ledger.record(name, "decode", Work(100, 101, 1))
    ledger.tick()
    bills = [ledger.close(name).joules for name in ("a", "b")]
    assert sum(joules or 0 for joules in bills) == pytest.approx(10)
    assert ledger.totals().unattributed == pytest.approx(0)


def test_unknown_energy_is_none_and_never_zero() -> None:
    ledger = EnergyLedger(UnknownMeter())
    ledger.account("a")
    with ledger.measure("a", "analysis"):
        sum(range(1_000))
    bill = ledger.close("a")
    assert (bill.method, bill.joules, bill.wh, bill.steps) == ("unknown", None, None, None)
    assert bill.carbon_grams is None
    assert ledger.totals().meter is None


def test_a_remote_engine_makes_a_bill_unknown_and_keeps_the_law(machine: Machine) -> None:
    ledger = EnergyLedger(machine)
    ledger.account("a")
    machine.run(seconds=1, joules=22, busy=2)
    ledger.record("a", "analysis", Work(100, 101, 1))
    ledger.mark_unknown("a")
    assert ledger.close("a").joules is None
    assert ledger.totals().requests == pytest.approx(10)


def test_a_meter_that_fails_at_the_end_gives_an_unknown_bill_and_loses_nothing(
    machine: Machine,
) -> None:
    ledger = EnergyLedger(machine)
    ledger.account("a")
    machine.run(seconds=1, joules=22, busy=2)
    ledger.record("a", "decode", Work(100, 101, 1))
    machine.failing = True
    assert ledger.close("a").method == "unknown"
    machine.failing = False
    ledger.tick()
    assert ledger.totals().meter == 22


def test_a_counter_that_goes_back_gives_no_negative_energy(machine: Machine) -> None:
    ledger = EnergyLedger(machine)
    machine.run(seconds=1, joules=-500, busy=-3)
    ledger.tick()
    assert ledger.totals() == EnergyLedger(machine).totals()


def test_the_bill_carries_its_carbon_with_source_and_date(machine: Machine) -> None:
    carbon = CarbonIntensity("FRA", 56.0, "2023", "a table")
    ledger = EnergyLedger(machine, carbon=carbon, embodied=Embodied(1_000, 50_000))
    ledger.account("a")
    machine.run(seconds=3_600, joules=7_200 + 3_600_000, busy=3_600)
    ledger.record("a", "decode", Work(3_600, 3_700, 3_600))
    bill = ledger.close("a")
    assert bill.wh == pytest.approx(1_000)
    assert bill.carbon_grams == pytest.approx(56)
    assert (bill.carbon_intensity, bill.carbon_source_date) == (56.0, "2023")
    # One CPU hour of a machine of 4 cores is a quarter of its hour: 1,000 kg / 50,000 h / 4.
    assert bill.embodied_grams == pytest.approx(5)


@pytest.mark.parametrize(
    "work", [Work(2, 1, 0.1), Work(1, 2, -0.1)], ids=["backwards", "negative time"]
)
def test_work_that_makes_no_sense_is_refused(machine: Machine, work: Work) -> None:
    ledger = EnergyLedger(machine)
    ledger.account("a")
    with pytest.raises(ValueError, match="work"):
        ledger.record("a", "decode", work)
    with pytest.raises(ValueError, match="step"):
        ledger.record("a", "sleep", Work(1, 2, 0.1))
    with pytest.raises(ValueError, match="open"):
        ledger.account("a")


def test_measure_records_failed_work_too(machine: Machine) -> None:
    ledger = EnergyLedger(machine)
    ledger.account("a")
    with pytest.raises(KeyError), ledger.measure("a", "analysis"):
        sum(range(100_000))
        raise KeyError
    assert ledger.close("a").cpu_seconds > 0


def test_measure_counts_the_threads_of_a_library_where_it_is_told(machine: Machine) -> None:
    ledger = EnergyLedger(machine)
    for name, threads in (("one", 1), ("two", 2)):
        ledger.account(name)
        with ledger.measure(name, "retrieval", threads=threads):
            end = time.thread_time() + 0.02
            while time.thread_time() < end:
                sum(range(100))
    one, two = ledger.close("one").cpu_seconds, ledger.close("two").cpu_seconds
    assert two / one == pytest.approx(2, rel=0.2)
    ledger.account("waiting")
    with ledger.measure("waiting", "retrieval", cpu="span"):
        time.sleep(0.02)
    assert ledger.close("waiting").cpu_seconds >= 0.02


def test_the_sampler_starts_once_and_stops(machine: Machine) -> None:
    before = threading.active_count()
    ledger = EnergyLedger(machine, interval=0.01)
    ledger.start()
    ledger.start()
    assert threading.active_count() == before + 1
    machine.failing = True
    time.sleep(0.05)
    machine.failing = False
    machine.run(seconds=1, joules=22, busy=2)
    deadline = time.monotonic() + 5
    while ledger.totals().meter == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    ledger.stop()
    assert ledger.totals().meter == 22
    assert threading.active_count() == before
