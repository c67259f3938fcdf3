"""A road of real controls, for each test its own database."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from governance.pii.analyzer import PiiAnalyzer
from tests.governance.road.parts import Parts


@pytest.fixture(scope="session")
def analyzer() -> PiiAnalyzer:
    """It takes seconds to load: one for all."""
    return PiiAnalyzer()


@pytest.fixture
def parts(database: Engine, tmp_path: Path, analyzer: PiiAnalyzer) -> Parts:
    """The parts of a road, on an empty database."""
    return Parts(database, tmp_path, analyzer)
