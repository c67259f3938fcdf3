"""What is remembered is given again until it is too old, and only if it is worth it."""

from __future__ import annotations

from itertools import count

import pytest
from sqlalchemy import Engine

from rag import store as store_module
from rag.remembered import Remembered
from rag.store import Store
from tests.rag.conftest import make_document


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_given_again_until_it_is_too_old() -> None:
    clock, numbers = Clock(), count(1)
    remembered = Remembered[int](60, worth=lambda _: True, clock=clock)
    assert remembered.get("a", lambda: next(numbers)) == 1
    clock.now += 59
    assert remembered.get("a", lambda: next(numbers)) == 1
    assert remembered.get("b", lambda: next(numbers)) == 2
    clock.now += 1
    assert remembered.get("a", lambda: next(numbers)) == 3
    clock.now += 59
    assert remembered.get("a", lambda: next(numbers)) == 3


def test_what_is_not_worth_it_is_found_out_each_time() -> None:
    numbers = iter([1, 2, 50, 3, 4])
    clock = Clock()
    remembered = Remembered[int](60, worth=lambda value: value >= 50, clock=clock)
    assert [remembered.get("a", lambda: next(numbers)) for _ in range(4)] == [1, 2, 50, 50]
    clock.now += 60
    assert [remembered.get("a", lambda: next(numbers)) for _ in range(2)] == [3, 4]


def test_passages_are_counted_at_each_search_unless_there_are_very_many(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_MANY", 3)
    store = Store(engine)
    for number in (1, 2, 3):
        store.write([make_document(str(number), "Le préavis dure un mois.")], [], 1)
        assert store.counts() == {"demo": (number, number)}
    store.write([make_document("4", "Le préavis dure deux mois.")], [], 1)
    assert store.counts() == {"demo": (3, 3)}
    assert Store(engine).counts() == {"demo": (4, 4)}
