"""The law: whatever is reserved, settled, released, swept, granted, whatever dies, whatever the
clock says and whatever the charter becomes, no reservation passes a quota, no balance is negative,
no hold is lost, and what was spent is counted.

On a real SQLite file, against books kept by hand.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import create_engine, event, select

from governance.metadata import metadata
from governance.quotas.errors import QuotaExceeded
from governance.quotas.grants import QuotaGrants
from governance.quotas.holders import DEAD_AFTER
from governance.quotas.ledger import LONGEST_HOLD, QuotaLedger
from governance.quotas.limits import METRICS, PERS, Amounts, Asker, Metric, QuotaLimit
from governance.quotas.tables import quota_windows
from governance.quotas.windows import PERIODS, Period, window_keys

amounts = st.builds(
    Amounts,
    requests=st.integers(0, 2),
    tokens=st.integers(0, 500),
    wh=st.integers(0, 300_000).map(lambda micro: micro / 1e6),
    euros=st.integers(0, 90_000).map(lambda micro: micro / 1e6),
)
limits = st.lists(
    st.builds(
        QuotaLimit,
        metric=st.sampled_from(METRICS),
        period=st.sampled_from(PERIODS),
        limit=st.sampled_from([0.3, 1.0, 3.0, 900.0]),
        per=st.sampled_from(PERS),
    ),
    max_size=4,
)
askers = st.sampled_from([None, Asker("user", "p1"), Asker("user", "p2"), Asker("key", "k1")])
# The clock is set anywhere around the night on which Paris shows the hour from 2 to 3 twice.
instants = st.integers(-40_000, 40_000).map(
    lambda seconds: datetime(2026, 10, 25, 1, 0, tzinfo=UTC) + timedelta(seconds=seconds)
)

WindowName = tuple[str, str, str, str]


@dataclass
class Level:
    """What one window should say, in stored units."""

    used: Counter[Metric] = field(default_factory=Counter)
    held: Counter[Metric] = field(default_factory=Counter)


@dataclass
class Open:
    """A reservation that has not been settled or released."""

    windows: list[WindowName]
    asked: Amounts
    holder: int
    since: float
    swept: bool = False


class QuotaLaw(RuleBasedStateMachine):
    """Interleaves everything that can happen, and compares with books kept by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.engine = create_engine(f"sqlite:///{Path(self.folder.name) / 'q.db'}")

        @event.listens_for(self.engine, "connect")
        def configure(connection, _record) -> None:  # type: ignore[no-untyped-def]
            connection.isolation_level = None
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")

        @event.listens_for(self.engine, "begin")
        def begin(connection) -> None:  # type: ignore[no-untyped-def]
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        metadata.create_all(
            self.engine, [t for t in metadata.sorted_tables if t.name.startswith("quota_")]
        )
        self.now = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
        self.seconds = 0.0
        self.process = 0
        self.ledger = self.fresh()
        self.limits: list[QuotaLimit] = [QuotaLimit("requests", "day", 5)]
        self.books: defaultdict[WindowName, Level] = defaultdict(Level)
        self.open: dict[str, Open] = {}
        self.ended: list[str] = []
        self.grants: dict[str, tuple[WindowName, Metric, int]] = {}
        self.watched: dict[int, float] = {}
        self.count = 0

    def fresh(self) -> QuotaLedger:
        return QuotaLedger(self.engine, "Europe/Paris", lambda: self.now, lambda: self.seconds)

    def ceiling(self, window: WindowName, metric: Metric, period: Period) -> int | None:
        found = [
            Amounts(**{metric: limit.limit if metric in ("wh", "euros") else int(limit.limit)})
            for limit in self.limits
            if (limit.metric, limit.period, limit.per) == (metric, period, window[1])
        ]
        if not found:
            return None
        granted = sum(
            n for where, what, n in self.grants.values() if (where, what) == (window, metric)
        )
        return min(limit.units[metric] for limit in found) + granted

    @rule(service=st.sampled_from(["rh", "compta"]), ask=amounts, asker=askers)
    def reserve(self, service: str, ask: Amounts, asker: Asker | None) -> None:
        self.count += 1
        name = f"e{self.count}"
        keys = window_keys(self.now, self.ledger.timezone)
        scopes = [("service", "")]
        if asker and any(limit.per == asker.kind for limit in self.limits):
            scopes.append((asker.kind, asker.subject))
        windows = [(service, per, who, keys[p]) for per, who in scopes for p in PERIODS]
        fits = True
        for window, period in zip(windows, PERIODS * len(scopes), strict=True):
            level = self.books[window]
            for metric, units in ask.units.items():
                ceiling = self.ceiling(window, metric, period)
                if (
                    ceiling is not None
                    and level.used[metric] + level.held[metric] + units > ceiling
                ):
                    fits = False
        try:
            self.ledger.reserve(name, service, self.limits, ask, asker)
        except QuotaExceeded:
            assert not fits
        else:
            assert fits
            self.open[name] = Open(windows, ask, self.process, self.seconds)
            for window in windows:
                self.books[window].held.update(ask.units)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), spent=amounts)
    def settle(self, data: st.DataObject, spent: Amounts) -> None:
        name = data.draw(st.sampled_from(sorted(self.open)))
        settlement = self.ledger.settle(name, spent)
        assert settlement.applied and settlement.late == self.open[name].swept
        self._ended(name, spent)

    @precondition(lambda self: any(not each.swept for each in self.open.values()))
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        holding = sorted(name for name, each in self.open.items() if not each.swept)
        name = data.draw(st.sampled_from(holding))
        assert self.ledger.release(name)
        self._ended(name, Amounts())

    @precondition(lambda self: self.ended)
    @rule(data=st.data(), spent=amounts)
    def end_again(self, data: st.DataObject, spent: Amounts) -> None:
        name = data.draw(st.sampled_from(self.ended))
        assert not self.ledger.settle(name, spent).applied
        assert not self.ledger.release(name)

    @rule()
    def sweep(self) -> None:
        expected = set()
        holding = {each.holder for each in self.open.values() if not each.swept}
        self.watched = {
            process: self.watched.get(process, self.seconds) for process in holding - {self.process}
        }
        for name, each in self.open.items():
            forgotten = each.holder == self.process and self.seconds - each.since >= LONGEST_HOLD
            since = self.watched.get(each.holder, self.seconds)
            if not each.swept and (forgotten or self.seconds - since >= DEAD_AFTER):
                expected.add(name)
        assert set(self.ledger.sweep()) == expected
        for name in expected:
            self.open[name].swept = True
            for window in self.open[name].windows:
                self.books[window].held.subtract(self.open[name].asked.units)

    @rule()
    def crash_and_restart(self) -> None:
        """Nothing of the memory is left; the holds are, until they are settled or swept."""
        self.process += 1
        self.watched = {}
        self.ledger = self.fresh()

    @rule(seconds=st.sampled_from([1.0, 59.0, 61.0, 181.0, 3601.0]))
    def time_passes(self, seconds: float) -> None:
        self.seconds += seconds
        self.now += timedelta(seconds=seconds)

    @rule(instant=instants)
    def the_clock_is_set(self, instant: datetime) -> None:
        """Backwards or forwards; no second passes."""
        self.now = instant

    @rule(limits=limits)
    def the_charter_changes(self, limits: list[QuotaLimit]) -> None:
        self.limits = limits

    @rule(
        metric=st.sampled_from(METRICS),
        period=st.sampled_from(PERIODS),
        asker=askers,
        amount=st.integers(1, 3),
    )
    def grant(self, metric: Metric, period: Period, asker: Asker | None, amount: int) -> None:
        grants = QuotaGrants(self.ledger)
        given = grants.prepare(
            "rh", metric, period, amount, reason="a busy day", by="admin", asker=asker
        )
        grants.add(given)
        window = ("rh", given.per, given.subject, given.key)
        units = amount * (1_000_000 if metric in ("wh", "euros") else 1)
        self.grants[given.id] = (window, metric, units)

    @precondition(lambda self: self.grants)
    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.grants)))
        assert QuotaGrants(self.ledger).revoke(name, "admin")
        assert not QuotaGrants(self.ledger).revoke(name, "admin")
        del self.grants[name]

    def _ended(self, name: str, spent: Amounts) -> None:
        ended = self.open.pop(name)
        for window in ended.windows:
            if not ended.swept:
                self.books[window].held.subtract(ended.asked.units)
            self.books[window].used.update(spent.units)
        self.ended.append(name)

    @invariant()
    def the_windows_are_true(self) -> None:
        with self.engine.connect() as connection:
            rows = connection.execute(select(quota_windows)).mappings().all()
        found = {}
        for row in rows:
            name = (row["service"], row["per"], row["subject"], row["window_key"])
            for metric in METRICS:
                assert row[f"used_{metric}"] >= 0 and row[f"held_{metric}"] >= 0
                found[name, metric] = (row[f"used_{metric}"], row[f"held_{metric}"])
        for name, level in self.books.items():
            for metric in METRICS:
                expected = (level.used[metric], level.held[metric])
                assert found.get((name, metric), (0, 0)) == expected

    @invariant()
    def no_hold_is_lost(self) -> None:
        holding = sorted(name for name, each in self.open.items() if not each.swept)
        assert sorted(self.ledger.held()) == holding

    def teardown(self) -> None:
        self.engine.dispose()
        self.folder.cleanup()


QuotaLaw.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_the_books_are_true = QuotaLaw.TestCase
