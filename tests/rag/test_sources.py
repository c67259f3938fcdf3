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


def test_only_what_anybody_may_read_elsewhere_is_open_to_all(tmp_path: Path) -> None:
    """A folder said to be public holds nothing personal: it is the organisation's all the same."""
    shipped = load_sources(SHIPPED, documents_dir=Path("/srv/documents"))
    assert "documents" not in {source.id for source in shipped if source.open_to_all}
    assert {"fiches-travail", "code-du-travail"} <= {s.id for s in shipped if s.open_to_all}
    path = tmp_path / "sources.yaml"
    public, private = "    personal_data: public\n", "    private_hosts: [intranet.example.org]\n"
    for text, expected in [
        (VALID + public, False),
        (SITE, False),
        (SITE + public, True),
        (SITE + public + private, False),
    ]:
        path.write_text(text, encoding="utf-8")
        assert load_sources(path)[0].open_to_all is expected


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


KALI = """\
sources:
  - id: syntec
    title: Bureaux d’études techniques
    kind: npm-kali
    package: "@socialgouv/kali-data"
    version: 3.449.0
    agreements: [KALICONT000005635173, 1486, "0044", 44]
    owner: Légifrance (DILA)
    licence: Licence Ouverte 2.0
"""
SITE = """\
sources:
  - id: site
    title: Le site de la ville
    kind: website
    url: https://www.example.org/
    owner: Ville
    licence: Usage interne
"""


def test_collective_agreements_are_named_by_their_ids_or_numbers(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(KALI, encoding="utf-8")
    (source,) = load_sources(path)
    assert source.agreements == ("KALICONT000005635173", "1486", "0044", "44")
    assert (source.personal_data, source.usable) == ("public", True)
    for wrong in ("KALITEXT000044253019", "0", "true", "12345"):
        error = _load(tmp_path, KALI.replace("1486", wrong))
        assert error.params["field"] == "sources.0.agreements.1"
        assert error.params["line"] == 7


def test_a_website_has_bounds_and_is_not_taken_for_public(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(SITE, encoding="utf-8")
    (source,) = load_sources(path)
    assert (source.personal_data, source.usable) == ("pseudonymise", True)
    assert (source.rate, source.max_pages, source.allow) == (1.0, 500, ())
    intranet = (
        "    allow: [http://intranet.example.org/]\n    private_hosts: [intranet.example.org]\n"
    )
    path.write_text(SITE + intranet, encoding="utf-8")
    assert load_sources(path)[0].allow == ("http://intranet.example.org/",)
    for field, wrong in [("rate", "0"), ("rate", "50"), ("max_pages", "0")]:
        error = _load(tmp_path, SITE + f"    {field}: {wrong}\n")
        assert error.params["field"] == f"sources.0.{field}"
    for wrong in ("HTTP://INTRANET", "10.0.0.0/8", "'*'", "intranet:8080"):
        error = _load(tmp_path, SITE + f"    private_hosts: ['{wrong.strip(chr(39))}']\n")
        assert error.params["field"] == "sources.0.private_hosts.0"


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://www.example.org/", "an https address is expected"),
        ("https:///aide/", "an https address is expected"),
        ("http://intranet.example.org.evil.org/", "an https address is expected"),
        ("https://user:secret@www.example.org/", "no user name, password or fragment"),
        ("https://www.example.org/#aide", "no user name, password or fragment"),
    ],
)
def test_a_website_is_read_over_tls_and_without_a_password(
    tmp_path: Path, address: str, problem: str
) -> None:
    hosts = "    private_hosts: [intranet.example.org]\n"
    for text in (
        SITE.replace("https://www.example.org/", address),
        SITE + f"    allow: ['{address}']\n",
    ):
        error = _load(tmp_path, text + hosts)
        assert problem in str(error) and "secret" not in str(error)


def test_a_zip_of_dila_needs_its_path_to_be_usable(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    text = VALID.replace("kind: folder", "kind: dila-zip")
    path.write_text(text.replace("    path: notes\n", ""), encoding="utf-8")
    (source,) = load_sources(path)
    assert (source.usable, source.personal_data) == (False, "public")
    path.write_text(text, encoding="utf-8")
    assert load_sources(path)[0].usable


def test_the_examples_in_the_shipped_file_are_right(tmp_path: Path) -> None:
    examples = SHIPPED.read_text(encoding="utf-8").partition("in an organisation's own file:")[2]
    lines = [line[4:] for line in examples.splitlines() if line.startswith(("  # - ", "  #   "))]
    path = tmp_path / "sources.yaml"
    path.write_text("sources:\n" + "\n".join(lines), encoding="utf-8")
    assert [s.kind for s in load_sources(path)] == ["npm-kali", "dila-zip", "website"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (KALI.replace("    version: 3.449.0\n", ""), "required for this kind: version"),
        (KALI.replace("    agreements", "    # agreements"), "required for this kind: agreements"),
        (KALI + "    path: dossier\n", "not for this kind: path"),
        (SITE.replace("    url: https://www.example.org/\n", ""), "required for this kind: url"),
        (SITE + "    path: site\n    version: 1.0.0\n", "not for this kind: version, path"),
        (VALID + "    rate: 2\n", "not for this kind: rate"),
        (VALID.replace("folder", "dila-zip") + "    allow: []\n", "not for this kind: allow"),
    ],
)
def test_each_kind_says_the_fields_it_needs_and_those_it_has_not(
    tmp_path: Path, text: str, problem: str
) -> None:
    assert _load(tmp_path, text).params["problem"] == problem


def test_what_is_not_yaml_is_said_with_its_line(tmp_path: Path) -> None:
    assert _load(tmp_path, "sources:\n  - id: [\n").params["line"] in (2, 3)
    assert _load(tmp_path, "").params["field"] == "sources"


def test_what_is_nested_too_deep_is_refused_as_no_yaml(tmp_path: Path) -> None:
    error = _load(tmp_path, "[" * 100_000)
    assert "not valid YAML" in str(error)
    assert error.params["line"] == 1
