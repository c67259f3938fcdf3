"""Each connector reads what its publisher publishes, and survives what it does not."""

from __future__ import annotations

import io
import json
import stat
import tarfile
import zipfile
from pathlib import Path

import docx
import pytest
from odf.opendocument import OpenDocumentText
from odf.text import H, P

from rag.connectors import eurlex, fiches, folder, legi
from rag.connectors.npm import archive_name, ensure_package
from rag.documents import Document, Item, Known, Problem, Unchanged
from rag.errors import SourceUnavailable
from rag.sources import Source, load_sources

BY_ID = {source.id: source for source in load_sources()}
DOCUMENTS = BY_ID["documents"].model_copy(update={"url": "https://intranet.example.org/docs"})


def _package(path: Path, members: dict[str, object]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            data = json.dumps(content).encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def _document(item: Item) -> Document:
    assert isinstance(item, Document), str(item)
    return item


FICHE = {
    "date": "13/11/2025",
    "title": "La démission",
    "url": "https://travail-emploi.gouv.fr/la-demission",
    "intro": "<p>Le salarié peut rompre son contrat de travail.</p>",
    "sections": [
        {
            "title": "Le préavis",
            "anchor": "le-preavis",
            "html": "<p>Il est fixé par la loi ou la convention.</p><h3>Dispense</h3>"
            "<p>L'employeur peut en dispenser le salarié.</p>",
        },
        {"title": "À lire sur ce site", "anchor": "a", "html": "<p>Le licenciement, etc.</p>"},
    ],
}


def test_a_fiche_keeps_headings_anchors_and_its_date(tmp_path: Path) -> None:
    archive = _package(tmp_path / "f.tgz", {"package/data/fiches-travail.json": [FICHE, {}]})
    page, broken = list(fiches.read(BY_ID["fiches-travail"], archive))
    page = _document(page)
    assert (page.id, page.date) == ("fiches-travail/la-demission", "2025-11-13")
    assert [s.path for s in page.sections] == [(), ("Le préavis",), ("Le préavis", "Dispense")]
    assert page.sections[1].url.endswith("/la-demission#le-preavis")
    assert page.licence == "Licence Ouverte 2.0"
    assert isinstance(broken, Problem)


def _article(number: str, state: str, text: str) -> dict[str, object]:
    data = {
        "id": f"LEGIARTI-{number}",
        "cid": f"CID-{number}",
        "num": number,
        "etat": state,
        "dateDebut": 1209600000000,
        "texteHtml": text,
    }
    return {"type": "article", "data": data}


def test_a_code_gives_its_articles_in_force_with_their_sections(tmp_path: Path) -> None:
    section = {
        "type": "section",
        "data": {"title": "Titre IV : Congés payés\r\n"},
        "children": [
            _article("L3141-3", "VIGUEUR", "<p>Deux jours et demi.</p>"),
            _article("L3141-4", "ABROGE", "<p>Ancien.</p>"),
            _article("R.* 1", "ABROGE_DIFF", "<p>Encore en vigueur.</p>"),
        ],
    }
    tree = {"type": "code", "data": {"title": "Code du travail"}, "children": [section]}
    archive = _package(tmp_path / "l.tgz", {"package/data/LEGITEXT000006072050.json": tree})
    first, second = map(_document, legi.read(BY_ID["code-du-travail"], archive))
    assert first.title == "Code du travail, article L3141-3"
    assert first.url == "https://www.legifrance.gouv.fr/codes/article_lc/LEGIARTI-L3141-3"
    assert first.date == "2008-05-01"
    assert first.sections[0].path == ("Titre IV : Congés payés",)
    assert (first.sections[0].reference, second.sections[0].reference) == ("L3141-3", "R1")


def test_a_package_that_is_there_is_not_fetched_and_not_trusted_once_changed(
    tmp_path: Path,
) -> None:
    archive = _package(tmp_path / archive_name("@a/b", "1.0.0"), {"package/x.json": 1})
    never = ("/nonexistent/npm",)
    assert ensure_package("@a/b", "1.0.0", tmp_path, never) == archive
    _package(archive, {"package/x.json": 2})
    with pytest.raises(SourceUnavailable, match="was changed"):
        ensure_package("@a/b", "1.0.0", tmp_path, never)


def test_a_package_is_kept_only_with_the_integrity_npm_gives(tmp_path: Path) -> None:
    script = tmp_path / "npm"
    script.write_text(
        '#!/bin/sh\nfor last; do :; done\necho data > "$last/a-b-1.0.0.tgz"\n'
        'echo \'[{"integrity": "sha512-wrong"}]\'\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IEXEC)
    with pytest.raises(SourceUnavailable, match="could not be fetched"):
        ensure_package("@a/b", "1.0.0", tmp_path / "downloads", (str(script),))
    assert list((tmp_path / "downloads").iterdir()) == []
    with pytest.raises(SourceUnavailable, match="npm is not installed"):
        ensure_package("@a/b", "1.0.0", tmp_path / "downloads", ("/nonexistent/npm",))


def test_the_ai_act_is_read_from_eur_lex_s_page(shared_data: Path) -> None:
    source = BY_ID["reglement-ia"]
    items = list(map(_document, eurlex.read(source, shared_data / "texts" / "ai_act_fr.html")))
    by_part = {item.id.split("/")[1]: item for item in items}
    kinds = [part.split("_")[0] for part in by_part]
    assert (kinds.count("rct"), kinds.count("art"), kinds.count("anx")) == (180, 113, 13)
    article = by_part["art_6"].sections[0]
    assert article.path[-1].startswith("Règles relatives à")
    assert "CHAPITRE" in article.path[0] and article.reference == "6"
    assert article.text.count("n’est pas considéré comme étant à\u00a0haut risque") == 1
    assert by_part["anx_III"].url.endswith("#anx_III")
    annex = by_part["anx_III"].sections[0].text.replace("\u00a0", " ")
    assert annex.count("\na) systèmes d'identification biométrique à distance.") == 1


def test_another_page_is_not_taken_for_eur_lex_s(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>Bonjour</p>")
    with pytest.raises(SourceUnavailable):
        list(eurlex.read(BY_ID["reglement-ia"], page))


def _pdf(text: str) -> bytes:
    """A PDF of one page that shows ``text``, written by hand."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return (
        out
        + b"xref\n0 6\n0000000000 65535 f \n"
        + table
        + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(out)
    )


def _fill(base: Path) -> None:
    (base / "rh").mkdir(parents=True)
    (base / "rh" / "charte_teletravail.md").write_text(
        "# Télétravail\n\nDeux jours par semaine.\n\n## Matériel\n\n- un écran\n", encoding="utf-8"
    )
    (base / "note.txt").write_bytes("Les tickets sont distribués le 5.\n\nMerci.".encode("cp1252"))
    (base / "page.html").write_text("<h1>Accueil</h1><p>Badge à retirer au 2e étage.</p>")
    (base / "reglement.pdf").write_bytes(_pdf("Les horaires sont de 9 h à 17 h."))
    written = docx.Document()
    written.add_heading("Frais", level=1)
    written.add_paragraph("Le taux est de 0,50 euro par kilomètre.")
    written.save(str(base / "frais.docx"))
    open_document = OpenDocumentText()
    open_document.text.addElement(H(outlinelevel=1, text="Congés"))
    open_document.text.addElement(P(text="La demande se fait un mois avant."))
    open_document.save(str(base / "conges.odt"))


def _read(source: Source, path: Path, known: dict[str, str]) -> dict[str, Item]:
    return {
        item.where if isinstance(item, Problem) else item.id.partition("/")[2]: item
        for item in folder.read(source, path, Known(known))
    }


def test_the_organisation_s_documents_are_read_whatever_their_kind(tmp_path: Path) -> None:
    _fill(tmp_path)
    found = _read(DOCUMENTS, tmp_path, {})
    texts = {name: _document(item).sections for name, item in found.items()}
    assert texts["rh/charte_teletravail.md"][1].path == ("Télétravail", "Matériel")
    assert texts["rh/charte_teletravail.md"][1].text == "- un écran"
    assert texts["note.txt"][0].text == "Les tickets sont distribués le 5.\nMerci."
    assert texts["page.html"][0].path == ("Accueil",)
    assert texts["reglement.pdf"][0].text == "Les horaires sont de 9 h à 17 h."
    assert texts["reglement.pdf"][0].url.endswith("/docs/reglement.pdf#page=1")
    assert texts["frais.docx"][0].path == ("Frais",)
    assert "0,50 euro" in texts["frais.docx"][0].text
    assert texts["conges.odt"][0].path == ("Congés",)
    known = {_document(item).id: _document(item).digest for item in found.values()}
    again = _read(DOCUMENTS, tmp_path, known)
    assert all(isinstance(item, Unchanged) for item in again.values())


def test_hostile_and_broken_files_are_reported_and_stop_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "good.txt").write_text("Tout va bien ici.")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 garbage")
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "binary.txt").write_bytes(b"\x00\x01\x02" * 50)
    entity = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    with zipfile.ZipFile(tmp_path / "xxe.docx", "w") as archive:
        archive.writestr("word/document.xml", entity)
    with zipfile.ZipFile(tmp_path / "bomb.odt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", b" " * (201 * 1024 * 1024))
    (tmp_path / "large.txt").write_bytes(b"x" * 4096)
    monkeypatch.setattr(folder, "MAX_BYTES", 1024 * 1024)
    secret = tmp_path.parent / "secret.txt"
    secret.write_text("hors du dossier")
    (tmp_path / "link.txt").symlink_to(secret)
    found = _read(DOCUMENTS, tmp_path, {})
    assert isinstance(found["good.txt"], Document) and "link.txt" not in found
    problems = {name: str(item) for name, item in found.items() if isinstance(item, Problem)}
    assert set(problems) == {"broken.pdf", "empty.md", "binary.txt", "xxe.docx", "bomb.odt"}
    assert "entities" in problems["xxe.docx"] and "unpacked" in problems["bomb.odt"]
    monkeypatch.setattr(folder, "MAX_BYTES", 1024)
    assert isinstance(_read(DOCUMENTS, tmp_path, {})["large.txt"], Problem)


def test_an_absent_folder_is_empty_unless_it_held_documents(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    assert list(folder.read(DOCUMENTS, absent, Known({}))) == []
    with pytest.raises(SourceUnavailable):
        list(folder.read(DOCUMENTS, absent, Known({"documents/a.txt": "digest"})))
