"""Revisions are kept for ever, by content; a bad or stale one changes nothing."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from governance.charter.problems import CharterInvalid
from governance.charter.revisions import (
    CharterInForce,
    CharterStore,
    NoCharter,
    ReasonRequired,
    StaleParent,
    UnknownRevision,
)
from tests.governance.charter.conftest import SMALL

OTHER = SMALL.replace("Mairie d'Essai", "Mairie d'Ailleurs")


@pytest.fixture
def store(database: Engine) -> CharterStore:
    return CharterStore(database, lambda: datetime(2026, 11, 23, 15, tzinfo=UTC))


def test_a_revision_is_the_hash_of_its_text(store: CharterStore) -> None:
    assert store.current() is None
    saved = store.save(SMALL, "admin", "première", None)
    assert saved.revision == hashlib.sha256(SMALL.encode()).hexdigest()
    assert saved.short == saved.revision[:12]
    assert store.current() == saved
    assert saved.time == "2026-11-23T15:00:00.000000Z"
    windows = store.save(SMALL.replace("\n", "\r\n"), "admin", "le même", saved.revision)
    assert windows.revision == saved.revision


def test_the_history_keeps_who_why_and_when(store: CharterStore) -> None:
    first = store.save(SMALL, "ada", "première", None)
    second = store.save(OTHER, "bob", "nouveau nom", first.revision)
    third = store.restore(first.short, "ada", "retour", second.revision)
    assert [(r.number, r.author, r.reason) for r in store.list()] == [
        (3, "ada", "retour"),
        (2, "bob", "nouveau nom"),
        (1, "ada", "première"),
    ]
    assert third.revision == first.revision
    assert store.get(second.short).text == OTHER


def test_two_admins_do_not_overwrite_each_other(store: CharterStore) -> None:
    first = store.save(SMALL, "ada", "première", None)
    store.save(OTHER, "bob", "nouveau nom", first.revision)
    with pytest.raises(StaleParent):
        store.save(SMALL + "# ada\n", "ada", "autre", first.revision)
    with pytest.raises(StaleParent):
        store.save(SMALL, "ada", "autre", None)
    current = store.current()
    assert current is not None
    assert current.author == "bob"


def test_of_many_that_save_at_once_one_passes(store: CharterStore) -> None:
    first = store.save(SMALL, "ada", "première", None)
    outcomes: list[str] = []

    def save(number: int) -> None:
        try:
            store.save(f"{SMALL}# {number}\n", f"admin {number}", "course", first.revision)
            outcomes.append("saved")
        except StaleParent:
            outcomes.append("stale")

    threads = [threading.Thread(target=save, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["saved"] + ["stale"] * 5
    assert len(store.list()) == 2


def test_a_reason_is_required_and_a_bad_text_is_never_saved(store: CharterStore) -> None:
    for reason in ("", "  ", "x" * 3000):
        with pytest.raises(ReasonRequired):
            store.save(SMALL, "ada", reason, None)
    with pytest.raises(CharterInvalid):
        store.save("charter: 2\n", "ada", "essai", None)
    assert store.current() is None


def test_unknown_and_ambiguous_revisions_are_told(store: CharterStore) -> None:
    saved = store.save(SMALL, "ada", "première", None)
    for name in ("", saved.revision[:3], "f" * 64, "%", "zz%zzzzzz"):
        with pytest.raises(UnknownRevision):
            store.get(name)


def test_a_revision_keeps_the_texts_that_it_extends(database: Engine) -> None:
    parents = {"base.yaml": SMALL}
    store = CharterStore(database, parents=parents.__getitem__)
    heir = "charter: 1\nextends: base.yaml\n"
    first = store.save(heir, "ada", "première", None)
    parents["base.yaml"] = OTHER
    assert first.load().organisation.name == "Mairie d'Essai"
    second = store.save(heir, "ada", "la base a changé", first.revision)
    assert second.revision != first.revision
    assert second.load().organisation.name == "Mairie d'Ailleurs"
    assert store.restore(first.short, "a", "retour", second.revision).load().organisation.name == (
        "Mairie d'Essai"
    )


def test_what_is_in_force_changes_on_reload_only_and_never_for_worse(
    store: CharterStore, database: Engine
) -> None:
    with pytest.raises(NoCharter):
        CharterInForce(store)
    first = store.save(SMALL, "ada", "première", None)
    in_force = CharterInForce(store)
    second = store.save(OTHER, "ada", "nouveau nom", first.revision)
    assert in_force.get()[0] == first.revision
    assert in_force.reload()[0] == second.revision
    assert in_force.get()[1].organisation.name == "Mairie d'Ailleurs"
    with database.begin() as connection:
        connection.execute(text("INSERT INTO charter_revisions VALUES ('bad', 'charter: 9', '{}')"))
        connection.execute(
            text("INSERT INTO charter_history VALUES (3, 'bad', 'x', 'y', '2026', NULL)")
        )
    with pytest.raises(CharterInvalid):
        in_force.reload()
    assert in_force.get()[0] == second.revision
