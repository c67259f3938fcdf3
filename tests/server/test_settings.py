"""Settings: read, checked, documented, and never quoted where they are secrets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from models.factory import build_engine
from models.remote import RemoteEngine
from models.reranker import RerankerError
from server.assembly import _engine_spec
from server.knowledge import configured_reranker, reranker_folder
from server.settings import ConfigurationError, Settings, load_settings, shown, variable

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def clean(monkeypatch: Any) -> None:
    import os

    for name in [n for n in os.environ if n.startswith("SOBRIA_") or n == "DATABASE_URL"]:
        monkeypatch.delenv(name)


def problems(folder: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(folder=folder)
    return [str(problem) for problem in caught.value.problems]


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    documented = set(re.findall(r"^\| `(SOBRIA_[A-Z_]+)` \|", DOCUMENT.read_text(), re.M))
    assert documented == {variable(name) for name in Settings.model_fields}


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = load_settings(folder=tmp_path)
    assert settings.database_url == "sqlite:///var/sobria.db"
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.secure_cookies is False
    assert settings.hosts == {"127.0.0.1", "localhost", "::1"}


def test_defaults_follow_what_is_set(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("SOBRIA_DATA_DIR", "/srv/sobria")
    monkeypatch.setenv("SOBRIA_HOST", "0.0.0.0")
    monkeypatch.setenv("SOBRIA_PORT", "9000")
    settings = load_settings(folder=tmp_path)
    assert settings.database_url == "sqlite:////srv/sobria/sobria.db"
    assert settings.public_url == "http://127.0.0.1:9000"
    monkeypatch.setenv("SOBRIA_PUBLIC_URL", "https://ia.exemple.fr/")
    secured = load_settings(folder=tmp_path)
    assert secured.secure_cookies and secured.public_url == "https://ia.exemple.fr"


def test_files_are_read_and_the_environment_goes_first(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / ".env").write_text("SOBRIA_PORT=1111\nSOBRIA_LOCALE=en\nOTHER=1\n")
    (tmp_path / "sobria.env").write_text("SOBRIA_PORT=2222\nSOBRIA_TIMEZONE=Indian/Reunion\n")
    monkeypatch.setenv("SOBRIA_TIMEZONE", "Europe/Brussels")
    settings = load_settings(folder=tmp_path)
    assert (settings.port, settings.locale) == (2222, "en")
    assert settings.timezone == "Europe/Brussels"


def test_the_usual_name_of_the_database_is_read_too(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@db/sobria")
    assert load_settings(folder=tmp_path).database_url == "postgres://u:p@db/sobria"
    monkeypatch.setenv("SOBRIA_DATABASE_URL", "sqlite:////tmp/x.db")
    assert load_settings(folder=tmp_path).database_url == "sqlite:////tmp/x.db"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SOBRIA_PORT", "eighty", "1 to 65535"),
        ("SOBRIA_PORT", "70000", "1 to 65535"),
        ("SOBRIA_TIMEZONE", "Paris", "Europe/Paris"),
        ("SOBRIA_LOCALE", "de", "fr or en"),
        ("SOBRIA_PUBLIC_URL", "ia.exemple.fr", "http"),
        ("SOBRIA_DOCUMENTS_DIR", "/nowhere/at/all", "folder"),
        ("SOBRIA_CHARTER_FILE", "/nowhere.yaml", "charter.yaml"),
        ("SOBRIA_GLOSSARY_FILE", "/nowhere.yaml", "glossary.yaml"),
        ("SOBRIA_RERANKED", "1", "2 to 100"),
        ("SOBRIA_CONTEXT_LENGTH", "10", "512"),
        ("SOBRIA_METRICS_TOKEN", "hunter2", "16 characters"),
        ("SOBRIA_MODEL_URL", "gpu-1:8000", "http"),
        ("SOBRIA_MODEL_URL", "http://gpu-1:8000/v1, ftp://hunter2@gpu-2/v1", "several"),
        ("SOBRIA_MODEL_URL", "http://gpu-1:8000/v1 file:///etc/passwd", "several"),
        ("SOBRIA_MODEL_URL", "http://gpu-1:8000/v1, http://", "several"),
        ("SOBRIA_MODEL_URL", "http://gpu-1:80000/v1", "several"),
        ("SOBRIA_MODEL_URL", "http://[gpu-1/v1", "several"),
        ("SOBRIA_MODEL_URL", ",", "several"),
        ("SOBRIA_ENGINE_MEMORY", "much", "2G"),
        ("SOBRIA_ENGINE_MEMORY", "999k", "2G"),
        ("SOBRIA_ENGINE_MEMORY", "-2G", "2G"),
        ("SOBRIA_ENGINE_MEMORY", "2 parsecs", "2G"),
        ("SOBRIA_ENGINE_MEMORY", "9" * 400, "2G"),
        ("SOBRIA_DATABASE_URL", "mysql://root:hunter2@db/x", "postgresql://"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected_and_not_quoted(
    tmp_path: Path, monkeypatch: Any, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(name, value)
    (text,) = problems(tmp_path)
    assert name in text and expected in text and "hunter2" not in text


@pytest.mark.parametrize(
    ("value", "size"),
    [("1500000000", 1_500_000_000), ("2G", 2 * 10**9), ("512MiB", 512 * 2**20), ("1.5 gb", 15e8)],
)
def test_the_engine_s_memory_is_a_size_in_bytes(
    tmp_path: Path, monkeypatch: Any, value: str, size: int
) -> None:
    assert load_settings(folder=tmp_path).engine_memory is None
    monkeypatch.setenv("SOBRIA_ENGINE_MEMORY", value)
    settings = load_settings(folder=tmp_path)
    assert _engine_spec(settings).memory == size
    assert ("SOBRIA_ENGINE_MEMORY", str(int(size))) in shown(settings)


@pytest.mark.parametrize("between", [",", " ", " ,\n", "/, "])
def test_several_servers_serve_one_model_each_with_its_own_address(
    tmp_path: Path, monkeypatch: Any, between: str
) -> None:
    urls = ["http://gpu-1:8000/v1", "https://gpu-2/v1"]
    monkeypatch.setenv("SOBRIA_MODEL_URL", between.join([*urls, urls[0]]))
    engine = build_engine(_engine_spec(load_settings(folder=tmp_path)), tmp_path)
    assert isinstance(engine, RemoteEngine)
    assert [upstream.url for upstream in engine._pool.upstreams] == urls


def test_an_unknown_name_is_an_error_with_a_suggestion(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("SOBRIA_PROT", "80")
    (tmp_path / "sobria.env").write_text("SOBRIA_XYZZY_PLUGH_QUUX=1\n")
    first, second = problems(tmp_path)
    assert "SOBRIA_PROT" in first and "SOBRIA_PORT" in first
    assert "SOBRIA_XYZZY_PLUGH_QUUX" in second and "docs/settings.md" in second


def test_all_the_problems_are_told_at_once(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("SOBRIA_PORT", "x")
    monkeypatch.setenv("SOBRIA_LOG_FORMAT", "xml")
    assert len(problems(tmp_path)) == 2


def test_secrets_are_shown_nowhere(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("SOBRIA_MODEL_API_KEY", "hunter2-model")
    monkeypatch.setenv("SOBRIA_METRICS_TOKEN", "hunter2-metrics-long")
    monkeypatch.setenv("DATABASE_URL", "postgresql://sobria:hunter2@db/x")
    settings = load_settings(folder=tmp_path)
    printed = repr(settings) + str(settings) + str(shown(settings))
    assert "hunter2" not in printed
    assert settings.model_api_key is not None
    assert settings.model_api_key.get_secret_value() == "hunter2-model"


def test_a_reranker_is_a_folder_or_a_name_among_the_weights(tmp_path: Path) -> None:
    among = tmp_path / "models" / "mine"
    among.mkdir(parents=True)

    def folder(named: str | None) -> Path | None:
        return reranker_folder(Settings(data_dir=tmp_path, reranker=named))

    assert folder(None) is None
    assert folder("mine") == among
    assert folder("/srv/reranker") == Path("/srv/reranker")
    assert folder("../models/mine") == Path("../models/mine")
    assert configured_reranker(Settings(data_dir=tmp_path, reranker=None)) is None
    with pytest.raises(RerankerError, match="holds no reranker"):
        configured_reranker(Settings(data_dir=tmp_path, reranker="mine"))
    with pytest.raises(RerankerError, match="no such folder"):
        configured_reranker(Settings(data_dir=tmp_path, reranker="other"))
