"""The store of the answers that are given again: sealed, bounded, one an answer, gone in time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update

from governance.keys import InstanceKeys
from governance.repetition.store import KeptAnswer, KeptAnswers
from governance.repetition.tables import kept_answers
from rag.protocol import CheckedSentence, Grounding

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
SAID = CheckedSentence("Deux jours et demi.", "supported", (1,), 1.0)


def answer(text: str = "Deux jours et demi [1].", *, at: datetime = NOW) -> KeptAnswer:
    return KeptAnswer(
        text, text, Grounding(text, (SAID,), (1,), 1.0), (("p1", "a"), ("p2", "b")), at
    )


@pytest.fixture
def keys(tmp_path: Path) -> InstanceKeys:
    return InstanceKeys.load_or_create(tmp_path / "keys")


@pytest.fixture
def store(database: Engine, keys: InstanceKeys) -> KeptAnswers:
    return KeptAnswers(database, keys, now=lambda: NOW, most=3)


def keep(store: KeptAnswers, *names: str, service: str = "rh", revision: str = "r1") -> None:
    """Keep an answer under each of these names, each a minute older than the one before."""
    for age, name in enumerate(names):
        at = NOW - timedelta(minutes=age)
        store.keep(store.key(name), service, revision, answer(name, at=at))


def kept(store: KeptAnswers, *names: str) -> list[str]:
    """Those of these names that are still kept."""
    return [name for name in names if store.find(store.key(name), 7)]


def test_an_answer_comes_back_whole(store: KeptAnswers) -> None:
    key = store.key("rh", ["p1", "p2"], "combien de jours")
    store.keep(key, "rh", "r1", answer())
    assert store.find(key, 7) == answer()


def test_the_key_depends_on_every_part_and_on_the_instance(
    store: KeptAnswers, database: Engine, tmp_path: Path
) -> None:
    keys = {store.key("a", "bc"), store.key("ab", "c"), store.key("a", ["bc"]), store.key("abc")}
    elsewhere = KeptAnswers(database, InstanceKeys.load_or_create(tmp_path / "others"))
    assert len(keys | {elsewhere.key("abc")}) == 5
    assert store.key("a", "bc") in keys


def test_an_answer_that_was_moved_does_not_open(store: KeptAnswers, database: Engine) -> None:
    """Whoever can write in the table cannot give somebody the answer to another question."""
    keep(store, "un")
    with database.begin() as connection:
        connection.execute(update(kept_answers).values(key=store.key("deux")))
    assert kept(store, "un", "deux") == []
    with database.connect() as connection:
        assert connection.execute(select(func.count()).select_from(kept_answers)).scalar() == 0


def test_its_age_is_the_one_that_was_sealed(store: KeptAnswers, database: Engine) -> None:
    key = store.key("vieux")
    store.keep(key, "rh", "r1", answer(at=NOW - timedelta(days=8)))
    with database.begin() as connection:
        connection.execute(update(kept_answers).values(written_at="2026-11-24T09:00:00.000000Z"))
    assert store.find(key, 7) is None


def test_the_oldest_make_room(store: KeptAnswers) -> None:
    keep(store, "quatre", "trois", "deux", "un")
    assert kept(store, "un", "deux", "trois", "quatre") == ["deux", "trois", "quatre"]


def test_what_is_too_old_or_of_another_charter_is_deleted(store: KeptAnswers) -> None:
    keep(store, "neuf", "vieux")
    keep(store, "autre", revision="r0")
    assert store.expire(NOW - timedelta(seconds=30), "r1") == 2
    assert kept(store, "neuf", "vieux", "autre") == ["neuf"]


def test_a_service_is_cleared_alone_or_all_are(store: KeptAnswers) -> None:
    keep(store, "un", service="rh")
    keep(store, "deux", service="compta")
    assert store.clear("rh") == 1
    assert kept(store, "un", "deux") == ["deux"]
    assert store.clear() == 1
    assert kept(store, "deux") == []


@pytest.mark.parametrize("where", ["sqlite", "postgresql"])
def test_several_write_at_once_and_one_answer_stays(
    store: KeptAnswers, keys: InstanceKeys, where: str, request: pytest.FixtureRequest
) -> None:
    if where == "postgresql":
        from sqlalchemy import create_engine

        engine = create_engine(request.getfixturevalue("postgres_url"))
        kept_answers.create(engine, checkfirst=True)
        store = KeptAnswers(engine, keys, now=lambda: NOW)
        store.clear()
    key, failures = store.key("ensemble"), []
    ready = threading.Barrier(6)

    def write(number: int) -> None:
        try:
            ready.wait()
            for _ in range(5):
                store.keep(key, "rh", "r1", answer(f"réponse {number}"))
        except Exception as failure:  # noqa: BLE001 - told below
            failures.append(failure)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = store.find(key, 7)
    assert found is not None and found.text.startswith("réponse")
    assert store.clear() == 1
