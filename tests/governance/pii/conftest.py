"""One analyser for all tests of pseudonymisation: it takes seconds to load."""

from __future__ import annotations

import secrets

import pytest
from sqlalchemy import Engine

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.pseudonymise import Pseudonymiser
from governance.pii.vault import MappingVault
from governance.sealing import Sealer


@pytest.fixture(scope="session")
def analyzer() -> PiiAnalyzer:
    return PiiAnalyzer()


@pytest.fixture
def vault(database: Engine) -> MappingVault:
    return MappingVault(database, Sealer(secrets.token_bytes(32)))


@pytest.fixture
def pseudonymiser(analyzer: PiiAnalyzer, vault: MappingVault) -> Pseudonymiser:
    return Pseudonymiser(analyzer, vault)
