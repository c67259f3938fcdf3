"""The book keeps what the footprint page shows."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from governance.energy.bill import EnergyBill, Totals, make_bill
from governance.energy.book import EnergyBook
from governance.energy.carbon import CarbonIntensity

CARBON = CarbonIntensity("FRA", 50.0, "2023", "a table")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATE_MONDAY = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # already Tuesday in Paris


def bill(joules: float | None) -> EnergyBill:
    steps = None if joules is None else {"decode": joules}
    return make_bill(steps, "modelled", 2.0, 2, CARBON, None)


@pytest.fixture
def book(database: Engine) -> EnergyBook:
    book = EnergyBook(database)
    book.save("e1", "rh", "anne", bill(3_600), MONDAY)
    book.save("e2", "rh", "bob", bill(7_200), MONDAY)
    book.save("e3", "compta", "anne", bill(None), MONDAY)
    book.save("e4", "rh", "anne", bill(1_800), LATE_MONDAY)
    return book


def test_days_sum_what_is_known_and_count_what_is_not(book: EnergyBook) -> None:
    monday, tuesday = book.by_day()
    assert (monday.day, monday.requests, monday.unknown) == ("2026-11-23", 3, 1)
    assert monday.wh == pytest.approx(3) and monday.carbon_grams == pytest.approx(0.15)
    assert (monday.methods, monday.embodied_grams) == (("modelled",), None)
    assert (tuesday.day, tuesday.requests, tuesday.wh) == ("2026-11-24", 1, 0.5)


def test_a_person_and_a_service_see_their_own(book: EnergyBook) -> None:
    assert [day.wh for day in book.by_day(subject="anne")] == [1, 0.5]
    assert [day.wh for day in book.by_day(subject="anne", since=date(2026, 11, 24))] == [0.5]
    assert [day.requests for day in book.by_day(service="rh")] == [2, 1]


def test_a_day_of_unknown_energy_is_none_and_not_zero(book: EnergyBook) -> None:
    (day,) = book.by_day(service="compta")
    assert (day.wh, day.carbon_grams, day.unknown) == (None, None, 1)


def test_an_exchange_has_one_bill(book: EnergyBook) -> None:
    with pytest.raises(IntegrityError):
        book.save("e1", "rh", "anne", bill(1), MONDAY)


def test_erasing_a_person_keeps_the_sums(book: EnergyBook) -> None:
    assert book.forget("anne") == 3
    assert book.by_day(subject="anne") == ()
    assert book.by_day()[0].requests == 3


def test_the_machine_s_day_adds_up_over_restarts_and_replicas(database: Engine) -> None:
    first = EnergyBook(database, machine="one")
    first.record_totals(Totals(3_600, 1_800, 1_080, 720), MONDAY)
    first.record_totals(Totals(7_200, 3_600, 2_160, 1_440), MONDAY)
    first.record_totals(Totals(None, None, None, None), MONDAY)
    EnergyBook(database, machine="one").record_totals(Totals(3_600, 3_600, 0, 0), MONDAY)
    EnergyBook(database, machine="two").record_totals(Totals(3_600, 0, 3_600, 0), MONDAY)
    (day,) = first.machine_days()
    assert day.meter_wh == pytest.approx(4)
    assert day.requests_wh + day.idle_wh + day.unattributed_wh == pytest.approx(day.meter_wh)
    assert first.machine_days(since=date(2026, 11, 24)) == ()
