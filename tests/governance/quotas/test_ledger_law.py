"""The law: whatever is reserved, settled and released, in any order, the books are true."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from governance.quotas.errors import QuotaExceeded
from governance.quotas.ledger import QuotaLedger
from governance.quotas.limits import METRICS, Amounts, Metric, QuotaLimit
from governance.quotas.tables import quota_counters, quota_reservations

amounts = st.builds(
    Amounts,
    requests=st.integers(0, 2),
    tokens=st.integers(0, 500),
    wh=st.integers(0, 300_000).map(lambda micro: micro / 1e6),
)
CEILINGS: dict[Metric, float] = {"requests": 5, "tokens": 1_500, "wh": 0.7}
LIMITS = [QuotaLimit(metric, "day", ceiling) for metric, ceiling in CEILINGS.items()]


@dataclass
class Books:
    """What the counters should say of one service, kept by hand. Wh in whole µWh."""

    used: Counter[Metric] = field(default_factory=Counter)
    held: Counter[Metric] = field(default_factory=Counter)


def units(metric: Metric, amount: Amounts) -> int:
    return round(amount.wh * 1e6) if metric == "wh" else int(getattr(amount, metric))


class QuotaLaw(RuleBasedStateMachine):
    """Interleaves the three operations on two services, and compares with books kept by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
        quota_counters.create(self.engine)
        quota_reservations.create(self.engine)
        self.ledger = QuotaLedger(self.engine)
        self.books = {"rh": Books(), "compta": Books()}
        self.open: dict[str, tuple[str, Amounts]] = {}
        self.ended: list[str] = []
        self.count = 0

    @rule(service=st.sampled_from(["rh", "compta"]), ask=amounts)
    def reserve(self, service: str, ask: Amounts) -> None:
        self.count += 1
        name = f"e{self.count}"
        books = self.books[service]
        fits = all(
            books.used[m] + books.held[m] + units(m, ask) <= (c * 1e6 if m == "wh" else c)
            for m, c in CEILINGS.items()
        )
        try:
            self.ledger.reserve(name, service, LIMITS, ask)
        except QuotaExceeded:
            assert not fits
        else:
            assert fits
            self.open[name] = (service, ask)
            for metric in METRICS:
                books.held[metric] += units(metric, ask)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), spent=amounts)
    def settle(self, data: st.DataObject, spent: Amounts) -> None:
        name = data.draw(st.sampled_from(sorted(self.open)))
        assert self.ledger.settle(name, spent).applied
        self._ended(name, spent)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.open)))
        assert self.ledger.release(name)
        self._ended(name, Amounts())

    @precondition(lambda self: self.ended)
    @rule(data=st.data(), spent=amounts)
    def end_again(self, data: st.DataObject, spent: Amounts) -> None:
        name = data.draw(st.sampled_from(self.ended))
        assert not self.ledger.settle(name, spent).applied
        assert not self.ledger.release(name)

    def _ended(self, name: str, spent: Amounts) -> None:
        service, asked = self.open.pop(name)
        for metric in METRICS:
            self.books[service].held[metric] -= units(metric, asked)
            self.books[service].used[metric] += units(metric, spent)
        self.ended.append(name)

    @invariant()
    def the_counters_are_true(self) -> None:
        for service, books in self.books.items():
            for state in self.ledger.states(service, LIMITS):
                scale = 1e6 if state.metric == "wh" else 1
                assert round(state.used * scale) == books.used[state.metric]
                assert round(state.held * scale) == books.held[state.metric] >= 0
        assert sorted(self.ledger.held()) == sorted(self.open)

    def teardown(self) -> None:
        self.engine.dispose()


QuotaLaw.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_the_books_are_true = QuotaLaw.TestCase
