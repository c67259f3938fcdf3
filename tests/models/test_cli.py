"""``sobria models``: what people type and read."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from models.catalogue import load_catalogue
from models.cli import build_cli
from web.i18n import translate


def call(folder: Path, *arguments: str, locale: str = "en") -> Result:
    """Run the sub-application."""
    app = build_cli(lambda: folder, lambda text, **params: translate(locale, text, **params))
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "160"})


def add(folder: Path, source: Path, *more: str) -> Result:
    """Add the file ``source`` as an LLM called mine."""
    arguments = ["add", "mine", "--role", "llm", "--licence", "MIT", "--context-length", "64"]
    arguments += ["--licence-url", "https://example.org/licence", "--file", str(source)]
    return call(folder, *arguments, *more)


def test_list_shows_names_licences_and_what_is_here(tmp_path: Path) -> None:
    result = call(tmp_path, "list", locale="fr")
    assert result.exit_code == 0
    assert "qwen2.5-coder-1.5b-instruct-q4_k_m" in result.output
    assert "absent" in result.output
    assert "présent" in result.output  # the embedder came with its package


def test_a_file_is_added_pulled_and_verified(tmp_path: Path) -> None:
    source = tmp_path / "weights.gguf"
    source.write_bytes(b"weights")
    folder = tmp_path / "models"
    assert add(folder, source).exit_code == 0
    assert load_catalogue(folder)["mine"].file == "weights.gguf"
    pulled = call(folder, "pull", "mine")
    assert pulled.exit_code == 0, pulled.output
    assert "verified" in pulled.output
    assert "LICENSE.txt" in pulled.output.replace("\n", "")
    assert call(folder, "verify", "mine").exit_code == 0
    (folder / "weights.gguf").unlink()
    (folder / "weights.gguf").write_bytes(b"WEIGHTS")
    broken = call(folder, "verify", locale="fr")
    assert broken.exit_code == 1
    assert "le sha256 est" in broken.output


def test_an_unknown_name_or_field_is_told_without_a_traceback(tmp_path: Path) -> None:
    unknown = call(tmp_path, "pull", "absent", locale="fr")
    assert unknown.exit_code == 1
    assert "Aucun modèle ne s’appelle" in unknown.output
    source = tmp_path / "weights.gguf"
    source.write_bytes(b"weights")
    wrong = add(tmp_path, source, "--sha256", "abc")
    assert wrong.exit_code == 2
    assert "sha256" in wrong.output


@pytest.mark.parametrize("command", ["list", "pull", "verify", "add"])
def test_help_is_in_french(tmp_path: Path, command: str) -> None:
    result = call(tmp_path, command, "--help", locale="fr")
    assert result.exit_code == 0
    assert "modèle" in result.output or "poids" in result.output or "catalogue" in result.output
