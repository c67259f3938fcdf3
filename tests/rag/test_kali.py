"""Collective agreements: the articles in force of those that are declared, and no others."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from rag.connectors import kali
from rag.connectors.npm import archive_name
from rag.documents import Document, Item, Problem
from rag.errors import SourceUnavailable
from rag.sources import Source

VERSION = "3.449.0"
SYNTEC = "KALICONT000005635173"
OTHER = "KALICONT000005635091"


def _source(*agreements: str | int) -> Source:
    return Source.model_validate(
        {
            "id": "conventions",
            "title": "Conventions collectives",
            "kind": "npm-kali",
            "package": "@socialgouv/kali-data",
            "version": VERSION,
            "agreements": agreements,
            "owner": "Légifrance (DILA)",
            "licence": "Licence Ouverte 2.0",
        }
    )


def _link(kind: str, day: str | None, orientation: str = "cible") -> dict[str, Any]:
    return {"linkType": kind, "linkOrientation": orientation, "dateDebutCible": day}


def _article(number: str | None, state: str = "VIGUEUR", **said: Any) -> dict[str, Any]:
    said = {"content": "<p>Le préavis est de trois mois.</p>", "lstLienModification": []} | said
    identity = f"KALIARTI-{number}"
    data = {"id": identity, "cid": f"CID-{number}", "etat": state, **said}
    return {"type": "article", "data": data | ({"num": number} if number else {})}


def _section(title: str, state: str | None, *children: dict[str, Any]) -> dict[str, Any]:
    data = {"title": title} | ({"etat": state} if state else {})
    return {"type": "section", "data": data, "children": list(children)}


def _archive(path: Path, *base: dict[str, Any], title: str = "Convention du sport") -> Path:
    tree = {
        "type": "convention collective",
        "data": {"num": 1486, "title": title, "id": SYNTEC},
        "children": [
            _section("Textes Attachés", None, _article("A1")),
            _section("Texte de base : Convention du sport", "VIGUEUR_ETEN", *base),
            _section("Textes Salaires", None, _article("S1")),
        ],
    }
    members: dict[str, Any] = {
        "index.json": [{"num": "1486", "id": SYNTEC}, {"num": "2190", "id": OTHER}],
        f"{SYNTEC}.json": tree,
        f"{OTHER}.json": {"type": "convention collective", "data": {}, "children": []},
    }
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            data = json.dumps(content).encode()
            info = tarfile.TarInfo(f"package/data/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def _document(item: Item) -> Document:
    assert isinstance(item, Document), str(item)
    return item


def _read(tmp_path: Path, *base: dict[str, Any]) -> list[Document]:
    archive = _archive(tmp_path / "k.tgz", *base)
    return list(map(_document, kali.read(_source(SYNTEC), archive)))


def test_an_article_is_cited_by_its_agreement_and_number(tmp_path: Path) -> None:
    section = _section("Titre II : Préavis\r\n", None, _article("12", surtitre="Durée"))
    (article,) = _read(tmp_path, section)
    assert article.id == "conventions/CID-12"
    assert article.title == "Convention du sport (IDCC 1486), article 12"
    assert article.url == "https://www.legifrance.gouv.fr/conv_coll/id/KALIARTI-12"
    (part,) = article.sections
    assert part.path == ("Titre II : Préavis", "Durée (étendu)")
    assert (part.text, part.reference) == ("Le préavis est de trois mois.", "12")


@pytest.mark.parametrize("declared", [SYNTEC, "1486", "01486", 1486])
def test_an_agreement_is_found_by_its_id_or_its_idcc_number(
    tmp_path: Path, declared: str | int
) -> None:
    archive = _archive(tmp_path / "k.tgz", _article("1"))
    assert len(list(kali.read(_source(declared), archive))) == 1


@pytest.mark.parametrize("declared", ["2190", "9999", OTHER, "KALICONT000000000001"])
def test_an_agreement_without_text_in_the_package_is_an_error_not_an_empty_source(
    tmp_path: Path, declared: str
) -> None:
    archive = _archive(tmp_path / "k.tgz", _article("1"))
    with pytest.raises(SourceUnavailable):
        list(kali.read(_source(declared), archive))


def test_only_the_articles_of_the_base_text_that_are_in_force_are_read(tmp_path: Path) -> None:
    articles = _read(
        tmp_path,
        _article("1"),
        _article("2", "ABROGE"),
        _article("3", "VIGUEUR_DIFF"),
        _article("4", "REMPLACE"),
        _article("5", "VIGUEUR_NON_ETEN"),
        _article("6", content=""),
    )
    assert [a.sections[0].reference for a in articles] == ["1", "5"]


def test_what_is_extended_is_told_by_the_nearest_that_says_it(tmp_path: Path) -> None:
    articles = _read(
        tmp_path,
        _article("1"),
        _section("Annexe", "VIGUEUR_NON_ETEN", _article("2"), _article("3", "VIGUEUR_ETEN")),
        _section("Titre", "VIGUEUR", _article("4")),
    )
    assert [a.sections[0].path[-1] for a in articles] == [
        "Texte de base (étendu)",
        "Annexe (non étendu)",
        "Annexe (étendu)",
        "Titre (étendu)",
    ]


def test_the_date_is_when_the_last_amendment_came_into_force_or_none(tmp_path: Path) -> None:
    links = [
        _link("CREE", "2009-01-01"),
        _link("MODIFIE", "2023-05-01"),
        _link("MODIFIE", None),
        _link("ETEND", "2999-01-01"),
        _link("MODIFIE", "2999-01-01"),
        _link("ABROGE", "2024-01-01", "source"),
    ]
    amended, first = _read(tmp_path, _article("1", lstLienModification=links), _article("2"))
    assert (amended.date, first.date) == ("2023-05-01", "")


@pytest.mark.parametrize(
    ("written", "reference", "name", "heading"),
    [
        ("1er", "1er", "article 1er", "Texte de base (étendu)"),
        ("4.2.1", "4.2.1", "article 4.2.1", "Texte de base (étendu)"),
        ("12 bis (1)", "12 bis", "article 12 bis", "Texte de base (étendu)"),
        ("9 Objet", "9", "article 9", "Objet (étendu)"),
        ("M.3.1", "M.3.1", "article M.3.1", "Texte de base (étendu)"),
        ("17.4.f", "17.4.f", "article 17.4.f", "Texte de base (étendu)"),
        ("Annexe 1", "Annexe 1", "Annexe 1", "Texte de base (étendu)"),
    ],
)
def test_a_number_is_read_without_the_notes_and_headings_beside_it(
    tmp_path: Path, written: str, reference: str, name: str, heading: str
) -> None:
    (article,) = _read(tmp_path, _article(written))
    assert article.sections[0].reference == reference
    assert article.title == f"Convention du sport (IDCC 1486), {name}"
    assert article.sections[0].path == (heading,)


def test_a_part_without_number_goes_by_its_heading(tmp_path: Path) -> None:
    (part,) = _read(tmp_path, _section("Préambule", None, _article(None)))
    assert part.title == "Convention du sport (IDCC 1486), Préambule"
    assert part.sections[0].reference == ""


@pytest.mark.parametrize(
    "history",
    [
        " (Avenant n° 46 du 16 juillet 2021)",
        ". Etendue par arrêté du 10 janvier 1989 JORF 13 janvier 1989",
        " - Étendue par arrêté du 6 octobre 2021",
        " mise à jour par accord du 11 avril 2019",
        ".\n",
    ],
)
def test_a_title_does_not_tell_the_history_of_the_agreement(tmp_path: Path, history: str) -> None:
    archive = _archive(
        tmp_path / "k.tgz", _article("1"), title=f"Convention du sport du 7 juillet 2005{history}"
    )
    (article,) = kali.read(_source(SYNTEC), archive)
    title = _document(article).title
    assert title == "Convention du sport du 7 juillet 2005 (IDCC 1486), article 1"


def test_an_article_of_pictures_is_reported(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "k.tgz", _article("1", content='<img src="x.png"/>'))
    (problem,) = kali.read(_source(SYNTEC), archive)
    assert str(problem) == "KALIARTI-1: this article has no text"
    assert isinstance(problem, Problem)


def test_a_package_of_another_form_is_refused(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "k.tgz", {"type": "article"})
    with pytest.raises(SourceUnavailable, match="expected form"):
        list(kali.read(_source(SYNTEC), archive))


def test_the_real_package_holds_the_agreement_of_the_consultancies() -> None:
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("SOBRIA_TEST_DOWNLOADS", root / "var" / "downloads"))
    archive = folder / archive_name("@socialgouv/kali-data", VERSION)
    if not archive.is_file():
        pytest.skip(f"the collective agreements are not in {folder}")
    articles = list(map(_document, kali.read(_source(1486), archive)))
    assert len(articles) == 80
    by_number = {a.sections[0].reference: a for a in articles}
    trial = by_number["3.4"]
    assert "période d'essai" in trial.sections[0].text
    assert trial.sections[0].path[-1].endswith("(étendu)")
    assert "Bureaux d'études techniques".lower() in trial.title
