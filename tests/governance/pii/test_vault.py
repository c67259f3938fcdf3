"""Mappings at rest: sealed, atomic, destroyed for good."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select, update

from governance.pii.errors import MappingUnavailable
from governance.pii.mapping import Mapping
from governance.pii.placeholders import Reference
from governance.pii.tables import pii_mappings
from governance.pii.vault import MappingVault
from governance.sealing import Sealer


def add(name: str, mapping: Mapping) -> str:
    return mapping.placeholder("EMAIL_ADDRESS", name)


def test_nothing_is_stored_in_clear(database: Engine, vault: MappingVault) -> None:
    vault.change("c", lambda mapping: add("jeanne@exemple.fr", mapping))
    with database.connect() as connection:
        sealed = connection.execute(select(pii_mappings.c.sealed)).scalar_one()
    assert b"jeanne" not in sealed
    assert vault.load("c").value(Reference("COURRIEL", 1, "")) == "jeanne@exemple.fr"


def test_thirty_requests_at_once_never_share_a_number(vault: MappingVault) -> None:
    values = [f"p{index}@exemple.fr" for index in range(30)]
    with ThreadPoolExecutor(10) as pool:
        given = list(pool.map(lambda v: vault.change("c", lambda mapping: add(v, mapping)), values))
    assert len(set(given)) == 30
    mapping = vault.load("c")
    for value, placeholder in zip(values, given, strict=True):
        number = int(placeholder.strip("[]").split("_")[1])
        assert mapping.value(Reference("COURRIEL", number, "")) == value


def test_an_unchanged_mapping_is_not_written(database: Engine, vault: MappingVault) -> None:
    for _ in range(3):
        vault.change("c", lambda mapping: add("jeanne@exemple.fr", mapping))
    with database.connect() as connection:
        assert connection.execute(select(pii_mappings.c.version)).scalar_one() == 1


def test_destroyed_with_the_conversation(vault: MappingVault) -> None:
    vault.change("c", lambda mapping: add("jeanne@exemple.fr", mapping))
    assert vault.destroy("c")
    assert not vault.destroy("c")
    assert len(vault.load("c")) == 0


def test_a_mapping_of_another_conversation_or_key_does_not_open(
    database: Engine, vault: MappingVault
) -> None:
    vault.change("c", lambda mapping: add("jeanne@exemple.fr", mapping))
    with pytest.raises(MappingUnavailable) as failure:
        MappingVault(database, Sealer(secrets.token_bytes(32))).load("c")
    assert failure.value.__context__ is None
    with database.begin() as connection:
        connection.execute(update(pii_mappings).values(conversation_id="d"))
    with pytest.raises(MappingUnavailable):
        vault.load("d")
