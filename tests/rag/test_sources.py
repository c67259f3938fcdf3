"""The declarations of sources: what ships, and how a wrong file is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import SourceDeclarationError
from rag.sources import SHIPPED, load_sources

VALID = """\
sources:
  - id: notes
    title: Notes
    kind: folder
    path: notes
    owner: Mairie
    licence: Usage interne
"""


def _load(tmp_path: Path, text: str) -> SourceDeclarationError:
    path = tmp_path / "sources.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceDeclarationError) as caught:
        load_sources(path)
    return caught.value


def test_the_shipped_sources_begin_with_the_fiches() -> None:
    sources = load_sources(SHIPPED, documents_dir=Path("/srv/documents"))
    assert sources[0].id == "fiches-travail"
    assert {s.id for s in sources if s.usable} == {
        "fiches-travail",
        "documents",
        "code-du-travail",
        "crpa",
    }
    assert all(s.licence and s.owner for s in sources)


def test_own_documents_are_pseudonymised_and_publications_public_unless_said(
    tmp_path: Path,
) -> None:
    by_id = {s.id: s.personal_data for s in load_sources(SHIPPED)}
    assert by_id.pop("documents") == "pseudonymise"
    assert set(by_id.values()) == {"public"}
    path = tmp_path / "sources.yaml"
    for said, meant in [
        ("", "pseudonymise"),
        ("    personal_data: refuse\n", "refuse"),
        ("    personal_data: public\n", "public"),
    ]:
        path.write_text(VALID + said, encoding="utf-8")
        assert load_sources(path)[0].personal_data == meant


@pytest.mark.parametrize("wrong", ["anonymise", "", "[refuse]", "true"])
def test_a_wrong_treatment_of_personal_data_is_told_with_what_was_expected(
    tmp_path: Path, wrong: str
) -> None:
    error = _load(tmp_path, VALID + f"    personal_data: {wrong}\n")
    assert error.params == {
        "file": str(tmp_path / "sources.yaml"),
        "line": 8,
        "field": "sources.0.personal_data",
        "choices": "refuse, pseudonymise, public",
    }


def test_a_source_without_its_path_is_not_usable() -> None:
    by_id = {s.id: s for s in load_sources(SHIPPED)}
    assert not by_id["documents"].usable and not by_id["reglement-ia"].usable


def test_paths_are_read_from_the_folder_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(VALID, encoding="utf-8")
    assert load_sources(path)[0].path == tmp_path / "notes"


@pytest.mark.parametrize(
    ("wrong", "line", "field"),
    [
        (VALID.replace("kind: folder", "kind: web"), 4, "sources.0.kind"),
        (VALID.replace("owner:", "ownr:"), 2, "sources.0.owner"),
        (VALID + "    priority: zero\n", 8, "sources.0.priority"),
        (VALID.replace("kind: folder", "kind: npm-legi"), 2, "sources.0"),
        (VALID + VALID.partition("\n")[2], 1, "sources"),
    ],
)
def test_an_error_names_the_file_the_line_and_the_field(
    tmp_path: Path, wrong: str, line: int, field: str
) -> None:
    error = _load(tmp_path, wrong)
    assert error.params["file"] == str(tmp_path / "sources.yaml")
    assert (error.params["line"], error.params["field"]) == (line, field)


def test_what_is_not_yaml_is_said_with_its_line(tmp_path: Path) -> None:
    assert _load(tmp_path, "sources:\n  - id: [\n").params["line"] in (2, 3)
    assert _load(tmp_path, "").params["field"] == "sources"
