"""The judge of the shipped charter, with the real embedder, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.uses_parts.embedder import default_embedder
from governance.charter.charter import Charter
from governance.charter.load import EXAMPLES, load_file
from governance.uses.judge import UseJudge
from models.protocol import Embedder


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return default_embedder()


@pytest.fixture(scope="session")
def commune() -> Charter:
    return load_file(EXAMPLES / "commune.yaml")


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uses-cache")


@pytest.fixture(scope="session")
def judge(commune: Charter, embedder: Embedder, cache_dir: Path) -> UseJudge:
    return UseJudge(commune.rules, embedder, cache_dir)
