"""Sealed texts open with their key, in their place, unchanged; an erased key opens nothing."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from governance.audit.tables import person_keys
from governance.keys import InstanceKeys
from governance.sealing import PersonKeys, SealBroken, Sealer, TextErased

KEY = bytes(range(32))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(max_size=20))
def test_what_is_sealed_opens(text: str, place: str) -> None:
    sealer = Sealer(KEY)
    sealed = sealer.seal(text, place)
    assert sealer.open(sealed, place) == text
    assert sealer.seal(text, place) != sealed, "the nonce is random"
    assert len(sealed) == 29 + len(text.encode())


def test_no_byte_of_a_sealed_text_can_change_and_it_opens_nowhere_else() -> None:
    sealer = Sealer(KEY)
    sealed = sealer.seal("bonjour", "here")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealBroken):
            sealer.open(bytes(changed), "here")
    for wrong, place in ((sealed, "there"), (sealed[:-1], "here"), (b"", "here")):
        with pytest.raises(SealBroken):
            sealer.open(wrong, place)
    with pytest.raises(SealBroken):
        Sealer(bytes(32)).open(sealed, "here")
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(b"short")


def test_a_pseudonym_is_stable_and_is_not_the_name(persons: PersonKeys, tmp_path: Path) -> None:
    subject = persons.subject("alice")
    assert subject == persons.subject("alice") != persons.subject("bob")
    assert len(subject) == 33
    assert "alice" not in subject
    other = PersonKeys(persons._engine, InstanceKeys.load_or_create(tmp_path / "other"))
    assert other.subject("alice") != subject


def test_a_person_s_texts_open_for_that_person_only(persons: PersonKeys) -> None:
    sealed = persons.seal("alice", "secret", "here")
    assert persons.open("alice", sealed, "here") == "secret"
    persons.seal("bob", "other", "here")
    for subject, place in (("bob", "here"), ("alice", "there"), ("nobody", "here")):
        with pytest.raises(SealBroken):
            persons.open(subject, sealed, place)


def test_an_erased_key_opens_nothing_and_a_new_one_is_another(persons: PersonKeys) -> None:
    before = persons.seal("alice", "before", "here")
    assert persons.erase("alice") == 1
    assert persons.erase("alice") == 0
    with pytest.raises(TextErased):
        persons.open("alice", before, "here")
    after = persons.seal("alice", "after", "here")
    assert persons.open("alice", after, "here") == "after"
    with pytest.raises(TextErased):
        persons.open("alice", before, "here")


def test_an_erased_key_is_no_longer_in_the_files_of_the_database(
    persons: PersonKeys, database: Engine, tmp_path: Path
) -> None:
    for name in ("alice", "bob", "carol"):
        persons.seal(name, "text", "here")
    query = select(person_keys.c.wrapped).where(person_keys.c.subject == "bob")
    with database.connect() as connection:
        wrapped = connection.execute(query).scalar_one()
    files = [path for path in tmp_path.iterdir() if path.name.startswith("test.db")]
    assert any(wrapped in path.read_bytes() for path in files), "it was there before"
    persons.erase("bob")
    assert not any(wrapped in path.read_bytes() for path in files if path.exists())
    assert persons.open("alice", persons.seal("alice", "text", "here"), "here") == "text"


def test_threads_that_meet_a_person_together_make_one_key(persons: PersonKeys) -> None:
    sealed: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: sealed.append(persons.seal("alice", "text", "here")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [persons.open("alice", one, "here") for one in sealed] == ["text"] * 8
    assert persons.erase("alice") == 1
