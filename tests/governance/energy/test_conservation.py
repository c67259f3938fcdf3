"""The law: Σ requests + idle + unattributed = meter, whatever overlaps, is cancelled or crashes."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.energy.ledger import KEEP_SECONDS, EnergyLedger
from models.protocol import Work
from tests.governance.energy.conftest import Machine

STEPS = st.sampled_from(["analysis", "retrieval", "prefill", "decode", "other"])
seconds = st.floats(0, 30, allow_nan=False)
names = st.integers(0, 5)

passing = st.tuples(
    st.just("pass"), st.floats(0.001, 3), st.floats(0, 200), st.floats(0, 12), st.booleans()
)
working = st.tuples(st.just("work"), names, STEPS, seconds, seconds, st.floats(0, 20))
closing = st.tuples(st.just("close"), names)


@dataclass
class Books:
    """The bills that were given, and a ledger to hold them against."""

    machine: Machine
    ledger: EnergyLedger
    started: float
    billed: list[float] = field(default_factory=list)

    def check(self) -> None:
        self.machine.failing = False
        self.ledger.tick()
        totals = self.ledger.totals()
        assert totals.meter is not None and totals.requests is not None
        assert totals.idle is not None and totals.unattributed is not None
        # Whoever did not close (a crash) has taken its share all the same.
        still_open = [self.ledger.close(name).joules for name in self.ledger.accounts()]
        shares = [*self.billed, *(joules or 0.0 for joules in still_open)]
        assert all(share >= 0 for share in shares)
        scale = max(1.0, totals.meter)
        assert totals.meter == pytest.approx(self.machine.joules - self.started, rel=1e-9)
        assert sum(shares) == pytest.approx(totals.requests, rel=1e-6, abs=1e-6)
        assert totals.idle >= 0 and totals.unattributed >= -1e-9 * scale
        assert sum(shares) + totals.idle + totals.unattributed == pytest.approx(
            totals.meter, rel=1e-6, abs=1e-9
        )


@settings(deadline=None, max_examples=150)
@given(st.lists(st.one_of(passing, passing, working, working, closing), max_size=60))
def test_the_figures_add_up_to_the_meter(story: list[tuple[object, ...]]) -> None:
    machine = Machine()
    books = Books(machine, EnergyLedger(machine), machine.joules)
    for event in story:
        match event:
            case ("pass", float(time), float(joules), float(busy), tick):
                machine.run(time, joules, busy)
                if tick:
                    books.ledger.tick()
            case ("work", int(name), str(step), float(ago), float(span), float(cpu)):
                if str(name) not in books.ledger.accounts():
                    books.ledger.account(str(name))
                start = machine.at - ago
                # Work may end after the last reading, and even, by a clock's error, after now.
                books.ledger.record(str(name), step, Work(start, start + span, cpu))
            case ("close", int(name)):
                if str(name) in books.ledger.accounts():
                    books.billed.append(books.ledger.close(str(name)).joules or 0.0)
    books.check()


@settings(deadline=None, max_examples=100)
@given(
    busy=st.floats(0.5, 8),
    active=st.floats(0.1, 500),
    parts=st.lists(st.floats(0.01, 1), min_size=2, max_size=6),
    who=st.integers(0, 5),
)
def test_one_who_works_twice_as_much_lowers_nobody_below_their_due(
    busy: float, active: float, parts: list[float], who: int
) -> None:
    """While the machine has room: the doubled work still fits in its CPU time."""
    who %= len(parts)
    room = busy / (sum(parts) + parts[who])
    cpu = [part * room for part in parts]

    def bills(works: list[float]) -> list[float]:
        machine = Machine()
        ledger = EnergyLedger(machine)
        machine.run(1, 2 + active, busy)
        for number, work in enumerate(works):
            ledger.account(str(number))
            ledger.record(str(number), "decode", Work(100, 101, work))
        return [ledger.close(str(number)).joules or 0.0 for number in range(len(works))]

    doubled = [work * 2 if number == who else work for number, work in enumerate(cpu)]
    before, after = bills(cpu), bills(doubled)
    for number, work in enumerate(cpu):
        due = active * work / busy
        assert before[number] == pytest.approx(due, rel=1e-6)
        assert after[number] >= due * (1 - 1e-6)
    assert after[who] == pytest.approx(2 * before[who], rel=1e-6)


def test_work_older_than_what_is_kept_takes_nothing() -> None:
    machine = Machine()
    ledger = EnergyLedger(machine)
    ledger.account("late")
    machine.run(1, 22, 4)
    ledger.tick()
    machine.run(KEEP_SECONDS + 10, 2_000, 4)
    ledger.tick()
    machine.run(1, 2, 0)
    ledger.tick()
    machine.run(KEEP_SECONDS + 10, 2_000, 4)
    ledger.tick()
    ledger.record("late", "prefill", Work(100, 101, 4))
    assert ledger.close("late").joules == 0
    totals = ledger.totals()
    assert (totals.requests or 0) + (totals.idle or 0) + (totals.unattributed or 0) == totals.meter


def test_the_law_holds_under_threads_that_work_cancel_and_die() -> None:
    machine = Machine()
    ledger = EnergyLedger(machine)
    books = Books(machine, ledger, machine.joules)
    moving = threading.Lock()
    done = threading.Event()

    def worker(number: int) -> None:
        dice = random.Random(number)
        for request in range(60):
            name = f"{number}-{request}"
            ledger.account(name)
            for _ in range(dice.randrange(6)):
                with moving:
                    span = dice.random() * 2
                    machine.run(dice.random() * 0.2, dice.random() * 30, dice.random())
                    work = Work(machine.at - span, machine.at, dice.random() * span)
                ledger.record(name, "decode", work)
            if dice.random() < 0.9:
                with moving:
                    bill = ledger.close(name)
                    books.billed.append(bill.joules or 0.0)

    def sampler() -> None:
        while not done.is_set():
            with moving:
                ledger.tick()
            done.wait(0.001)

    sampling = threading.Thread(target=sampler)
    sampling.start()
    workers = [threading.Thread(target=worker, args=(number,)) for number in range(8)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    done.set()
    sampling.join()
    assert len(books.billed) > 300
    assert len(ledger.accounts()) > 20
    books.check()
