"""Fixtures of the models room: where the small real model is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.errors import ModelMissing
from models.pull import locate

ROOT = Path(__file__).resolve().parents[2]
TEST_MODEL = "smollm2-135m-instruct-q4_1"


TOOL_MODEL = os.environ.get("SOBRIA_TEST_MODEL", "qwen2.5-coder-0.5b-instruct-q4_k_m")


@pytest.fixture(scope="session")
def test_models() -> Path:
    """The folder that holds SmolLM2, pulled by ``sobria models pull``; skips where it is absent."""
    folder = Path(os.environ.get("SOBRIA_TEST_MODELS", ROOT / "var" / "test-models"))
    try:
        locate(TEST_MODEL, folder)
    except ModelMissing:
        pytest.skip(f"{TEST_MODEL} is not in {folder}: run “sobria models pull {TEST_MODEL}”")
    return folder


@pytest.fixture(scope="session")
def test_model(test_models: Path) -> Path:
    """The GGUF file of SmolLM2."""
    return locate(TEST_MODEL, test_models)


@pytest.fixture(scope="session")
def tool_model() -> Path:
    """The GGUF file of the small Qwen, whose template knows tools; skips where it is absent."""
    folder = Path(os.environ.get("SOBRIA_TEST_MODELS", ROOT / "var" / "test" / "data" / "models"))
    try:
        return locate(TOOL_MODEL, folder)
    except ModelMissing:
        pytest.skip(f"{TOOL_MODEL} is not in {folder}: run “make setup-test”")
