"""What is read of a file is found under its place; what is not is told, and hostile files are."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentText
from odf.text import P
from pypdf import PdfReader, PdfWriter

from rag.connectors import extract, folder
from rag.connectors.files import archive, ocr, pdf
from rag.connectors.files.content import Piece, Unread
from rag.connectors.files.spreadsheet import rows_in_words
from rag.documents import Document, Item, Known, Problem
from rag.sources import load_sources

SOURCE = next(source for source in load_sources() if source.id == "documents")
NO_OCR = pytest.mark.skipif(ocr.installed() is None, reason="pdftoppm or tesseract is not here")
Objects = list[bytes]


def read(base: Path) -> tuple[list[Document], dict[str, Problem]]:
    """The documents of a folder, and its problems by their place."""
    items: list[Item] = list(folder.read(SOURCE, base, Known({})))
    problems = [item for item in items if isinstance(item, Problem)]
    return (
        [item for item in items if isinstance(item, Document)],
        {problem.where: problem for problem in problems},
    )


def only(base: Path) -> Problem:
    """The one problem of a folder of which nothing is read."""
    documents, problems = read(base)
    assert documents == [] and len(problems) == 1, problems
    return next(iter(problems.values()))


# --- PDF -----------------------------------------------------------------------------------------


def stream(data: bytes, head: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), head, data)


def file_of(objects: Objects) -> bytes:
    """A PDF of these objects, numbered from 1: the first is the catalogue."""
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n"
        b"%%%%EOF" % (size, table, size, len(out))
    )


def says(text: str) -> bytes:
    """The content of a page that shows ``text``."""
    return stream(f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode("cp1252"))


IMAGE = stream(b"q 595 0 0 842 0 0 cm /Im1 Do Q")
DOT = stream(
    b"\x80",
    b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 "
    b"/ColorSpace /DeviceGray",
)


def pages(*contents: bytes, image: bytes = DOT) -> bytes:
    """A PDF whose pages have these contents, and show the same image as ``/Im1``."""
    numbers = range(5, 5 + len(contents))
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(contents)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        image,
    ]
    objects += [
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources "
        b"<< /Font << /F1 3 0 R >> /XObject << /Im1 4 0 R >> >> >>" % (number + len(contents))
        for number in numbers
    ]
    return file_of([*objects, *contents])


STAMPED = stream(
    b"q 595 0 0 842 0 0 cm /Im1 Do Q "
    b"BT /F1 9 Tf 400 820 Td (Recu en prefecture le 12/03/2024) Tj ET"
)
SHEET = stream(
    zlib.compress(b"\xff" * 1_000_000),
    b"/Type /XObject /Subtype /Image /Width 1000 /Height 1000 /BitsPerComponent 8 "
    b"/ColorSpace /DeviceGray /Filter /FlateDecode",
)


@pytest.fixture
def without_ocr(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A machine on which no command of text recognition is installed."""
    monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("bin")))


@pytest.mark.usefixtures("without_ocr")
def test_pages_that_are_images_are_told_by_their_numbers_and_the_others_are_read(
    tmp_path: Path,
) -> None:
    contents = [says("Premier point."), IMAGE, IMAGE, says("Second point."), stream(b""), IMAGE]
    (tmp_path / "rapport.pdf").write_bytes(pages(*contents))
    (document,), problems = read(tmp_path)
    assert [s.path for s in document.sections] == [("page 1",), ("page 4",)]
    assert set(problems) == {"rapport.pdf"}  # the fifth page is blank: nothing of it is left out
    assert str(problems["rapport.pdf"]) == (
        "rapport.pdf: 3 p. not read (2–3, 6): images, and no text recognition (OCR) is installed"
    )


@pytest.mark.usefixtures("without_ocr")
def test_a_scan_of_which_nothing_is_read_is_a_problem_and_no_document(tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(pages(*[IMAGE] * 3))
    assert only(tmp_path) == Problem("scan.pdf", ocr.NO_OCR, (("count", 3), ("pages", "1–3")))


@pytest.mark.usefixtures("without_ocr")
def test_a_stamp_on_a_scan_is_not_taken_for_its_text(tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(pages(STAMPED, says("Un vrai texte."), image=DOT))
    assert read(tmp_path)[1] == {}
    (tmp_path / "scan.pdf").write_bytes(pages(STAMPED, image=SHEET))
    (document,), problems = read(tmp_path)
    assert document.sections[0].text == "Recu en prefecture le 12/03/2024"
    assert dict(problems["scan.pdf"].params)["pages"] == "1"


@NO_OCR
def test_a_scanned_page_is_read_by_text_recognition(tmp_path: Path) -> None:
    printed = tmp_path / "printed.pdf"
    printed.write_bytes(pages(says("Les horaires du parc municipal")))
    command = ["pdftoppm", "-jpeg", "-singlefile", "-scale-to", "1600", str(printed)]
    jpeg = subprocess.run(command, capture_output=True, check=True).stdout
    width, height = _jpeg_size(jpeg)
    image = stream(
        jpeg,
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace "
        b"/DeviceRGB /Filter /DCTDecode" % (width, height),
    )
    base = tmp_path / "documents"
    base.mkdir()
    (base / "scan.pdf").write_bytes(pages(IMAGE, STAMPED, image=image))
    (document,), problems = read(base)
    assert problems == {}
    assert [s.path for s in document.sections] == [("page 1",), ("page 2",)]
    assert all("horaires du parc municipal" in s.text for s in document.sections)


@NO_OCR
def test_an_image_without_words_is_told(tmp_path: Path) -> None:
    (tmp_path / "photo.pdf").write_bytes(pages(IMAGE))
    assert only(tmp_path).message_id == ocr.NOTHING_FOUND


@NO_OCR
def test_a_pdf_is_read_again_once_its_images_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "note.pdf").write_bytes(pages(says("Bonjour.")))
    (tmp_path / "note.txt").write_text("Bonjour.")
    with_ocr = {document.id: document.digest for document in read(tmp_path)[0]}
    monkeypatch.setattr(ocr, "installed", lambda: None)
    without = {document.id: document.digest for document in read(tmp_path)[0]}
    changed = [key for key in with_ocr if with_ocr[key] != without[key]]
    assert changed == ["documents/note.pdf"]


def _jpeg_size(data: bytes) -> tuple[int, int]:
    start = re.search(rb"\xff\xc0..\x08", data, re.DOTALL)
    assert start is not None
    height, width = struct.unpack(">HH", data[start.end() : start.end() + 4])
    return width, height


@given(st.sets(st.integers(1, 60)).map(sorted))
def test_runs_of_pages_are_told_by_their_ends(numbers: list[int]) -> None:
    told = pdf.ranges(numbers)
    shown: list[int] = []
    for run in told.removesuffix(", …").split(", ") if told else []:
        first, _, last = run.partition("–")
        shown += range(int(first), int(last or first) + 1)
    assert shown == numbers[: len(shown)]
    assert (len(shown) < len(numbers)) == told.endswith("…")
    assert told.count(",") <= pdf.MAX_RANGES


@pytest.mark.usefixtures("without_ocr")
def test_many_unread_pages_make_one_short_problem(tmp_path: Path) -> None:
    (tmp_path / "long.pdf").write_bytes(pages(*[IMAGE, says("Texte.")] * 400))
    documents, problems = read(tmp_path)
    assert len(documents[0].sections) == 400
    assert dict(problems["long.pdf"].params)["count"] == 400
    assert len(str(problems["long.pdf"])) < 250


def test_a_pdf_of_too_many_pages_is_refused_with_its_count_and_the_limit(tmp_path: Path) -> None:
    (tmp_path / "long.pdf").write_bytes(pages(*[stream(b"")] * 2000))
    problem = only(tmp_path)
    assert str(problem).endswith("this file has 2000 pages, and at most 1000 are read")
    assert problem.params == (("pages", 2000), ("limit", pdf.MAX_PAGES))


def test_pages_that_contain_one_another_are_refused(tmp_path: Path) -> None:
    knot = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R 3 0 R] /Count 4 >>",
        b"<< /Type /Pages /Kids [2 0 R] /Count 2 >>",
    ]
    (tmp_path / "knot.pdf").write_bytes(file_of(knot))
    assert "contain one another" in str(only(tmp_path))


def test_a_tree_of_pages_that_is_too_deep_is_refused(tmp_path: Path) -> None:
    depth = 5_000
    tree = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    tree += [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (n + 3) for n in range(depth)]
    tree.append(b"<< /Type /Page /MediaBox [0 0 9 9] >>")
    (tmp_path / "deep.pdf").write_bytes(file_of(tree))
    assert "nested too deeply" in str(only(tmp_path))


@pytest.mark.usefixtures("without_ocr")
def test_a_drawing_that_shows_itself_stops_neither_its_file_nor_the_others(tmp_path: Path) -> None:
    itself = stream(
        b"/Im1 Do",
        b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /Im1 4 0 R >> >>",
    )
    (tmp_path / "a.pdf").write_bytes(pages(IMAGE, says("La suite."), image=itself))
    (document,), problems = read(tmp_path)
    assert [s.text for s in document.sections] == ["La suite."]
    assert dict(problems["a.pdf"].params)["pages"] == "1"


def test_a_page_that_unpacks_without_end_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    bomb = stream(zlib.compress(b" " * 100_000_000, 9), b"/Filter /FlateDecode")
    (tmp_path / "bomb.pdf").write_bytes(pages(says("Avant."), bomb, says("Après.")))
    (document,), problems = read(tmp_path)
    assert [s.path for s in document.sections] == [("page 1",), ("page 3",)]
    assert problems["bomb.pdf"] == Problem("bomb.pdf", pdf.DAMAGED, (("count", 1), ("pages", "2")))


def test_a_pdf_under_a_password_is_refused(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pages(says("Secret.")))))
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(tmp_path / "locked.pdf")
    assert only(tmp_path).message_id == archive.PROTECTED


def test_what_is_attached_to_a_pdf_is_told(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pages(says("Voir la pièce jointe.")))))
    writer.add_attachment("budget.xlsx", b"...")
    writer.write(tmp_path / "note.pdf")
    documents, problems = read(tmp_path)
    assert len(documents) == 1 and set(problems) == {"note.pdf › budget.xlsx"}


# --- Spreadsheets --------------------------------------------------------------------------------


def test_each_row_of_a_sheet_is_read_in_words_by_its_header(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Tarifs 2025"
    sheet.append(["Tarifs votés par le conseil"])
    sheet.append(["Prestation", "Tarif", "Hausse", "Depuis"])
    sheet.append(["Cantine", 3.35, 0.021, date(2025, 1, 1)])
    sheet.append(["Piscine", 0.1 + 0.2, None, "à fixer"])
    sheet["C3"].number_format = "0.0%"
    book.create_sheet("Vide")
    hidden = book.create_sheet("Calculs")
    hidden.append(["interne"])
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "tarifs.xlsx")
    (document,), problems = read(tmp_path)
    assert [(s.path, s.text.splitlines()) for s in document.sections] == [
        (
            ("Tarifs 2025",),
            [
                "Tarifs votés par le conseil",
                "Prestation | Tarif | Hausse | Depuis",
                "- Cantine — Tarif : 3.35 ; Hausse : 2.1\u00a0% ; Depuis : 2025-01-01",
                "- Piscine — Tarif : 0.3 ; Depuis : à fixer",
            ],
        )
    ]
    assert {where: problem.message_id for where, problem in problems.items()} == {
        "tarifs.xlsx › Vide": "this sheet is empty",
        "tarifs.xlsx › Calculs": "this sheet is hidden, and not read",
    }


def test_formulas_that_no_program_computed_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Total", "=1+1", "=2+2"])
    book.save(tmp_path / "calcul.xlsx")
    (document,), problems = read(tmp_path)
    assert document.sections[0].text == "Total"
    assert problems["calcul.xlsx"].params == (("count", 2),)


def test_a_second_table_of_a_sheet_has_its_own_header() -> None:
    rows = [
        ["Service", "Agents"],
        ["Voirie", "12"],
        [],
        ["Écoles", "31"],
        [],
        ["Salle", "Places", "Adresse"],
        ["Jaurès", "80", "rue Haute"],
        ["à rénover"],
    ]
    assert list(rows_in_words(rows)) == [
        "Service | Agents",
        "- Voirie — Agents : 12",
        "- Écoles — Agents : 31",
        "Salle | Places | Adresse",
        "- Jaurès — Places : 80 ; Adresse : rue Haute",
        "à rénover",
    ]


@given(st.lists(st.lists(st.sampled_from(["", "mot", "nom", "1", "25"]), max_size=4), max_size=8))
def test_no_cell_of_a_sheet_is_lost(rows: list[list[str]]) -> None:
    numbered = [
        [f"{cell}#{y}.{x}" if cell else "" for x, cell in enumerate(row)]
        for y, row in enumerate(rows)
    ]
    text = "\n".join(rows_in_words(numbered))
    assert all(cell in text for row in numbered for cell in row)


def test_a_sheet_that_claims_to_be_immense_is_read_as_it_is(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Seul"])
    book.save(tmp_path / "plain.xlsx")
    _rewrite(
        tmp_path / "plain.xlsx",
        tmp_path / "immense.xlsx",
        {"xl/worksheets/sheet1.xml": lambda data: data.replace(b'"A1:A1"', b'"A1:XFD1048576"')},
    )
    assert b"XFD1048576" in zipfile.ZipFile(tmp_path / "immense.xlsx").read(
        "xl/worksheets/sheet1.xml"
    )
    documents, problems = read(tmp_path)
    assert [d.sections[0].text for d in documents] == ["Seul", "Seul"] and problems == {}


# --- E-mail --------------------------------------------------------------------------------------


def message(text: str = "Bonjour,\n\nLa réunion est\nà dix heures.\n") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = "Réunion du 12"
    mail["From"] = "Jeanne Martin <jeanne@example.org>"
    mail["Date"] = "Tue, 12 Mar 2024 10:30:00 +0100"
    mail.set_content(text)
    return mail


def test_a_message_is_read_under_its_subject_and_its_attachments_are_told(tmp_path: Path) -> None:
    mail = message()
    mail.add_attachment(b"...", maintype="application", subtype="acad", filename="plan.dwg")
    mail.add_attachment(message("Le message transmis."))
    (tmp_path / "courrier.eml").write_bytes(bytes(mail))
    (document,), problems = read(tmp_path)
    (section,) = document.sections
    assert section.path == ("Réunion du 12",)
    assert section.text == "2024-03-12 10:30\nBonjour,\nLa réunion est à dix heures."
    assert set(problems) == {"courrier.eml › plan.dwg", "courrier.eml › .eml"}


def test_a_message_in_html_is_read_and_fetches_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/pixel.png"
        mail = message("Votre messagerie n'affiche pas le HTML.")
        rows = "<tr><th>Jour</th><th>Heure</th></tr>" + "<tr><td>Lundi</td><td>9 h</td></tr>" * 9
        mail.add_alternative(
            f"<p>Horaires</p><img src='{address}'><link rel=stylesheet href='{address}'>"
            f"<table>{rows}</table>",
            subtype="html",
        )
        (tmp_path / "courrier.eml").write_bytes(bytes(mail))
        (document,), problems = read(tmp_path)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert document.sections[0].text.endswith("Horaires" + "\n- Lundi — Heure : 9 h" * 9)
    assert problems == {}


def test_a_text_is_taken_before_the_html_that_says_the_same(tmp_path: Path) -> None:
    mail = message("Bonjour à tous.")
    mail.add_alternative("<p>Bonjour à <b>tous</b> !</p>", subtype="html")
    (tmp_path / "courrier.eml").write_bytes(bytes(mail))
    assert read(tmp_path)[0][0].sections[0].text.endswith("\nBonjour à tous.")


def test_a_message_in_an_unknown_encoding_is_read(tmp_path: Path) -> None:
    raw = b"Subject: Note\r\nContent-Type: text/plain; charset=klingon\r\n\r\nD\xe9part \xe0 midi."
    (tmp_path / "note.eml").write_bytes(raw)
    assert read(tmp_path)[0][0].sections[0].text == "Départ à midi."


def test_a_message_without_text_is_a_problem_with_its_attachments(tmp_path: Path) -> None:
    name = "filename*=utf-8''a%0Ab" + "c" * 900
    raw = f"Subject: x\r\nContent-Type: image/png\r\nContent-Disposition: attachment; {name}\r\n"
    (tmp_path / "vide.eml").write_text(raw + "\r\n...")
    documents, problems = read(tmp_path)
    assert documents == []
    whole, attachment = problems.values()
    assert str(whole) == "vide.eml: this file holds no text"
    assert "\n" not in attachment.where and len(attachment.where) < 150


def test_the_parts_that_are_named_are_few_and_the_others_are_counted(tmp_path: Path) -> None:
    mail = message()
    for number in range(50):
        mail.add_attachment(b".", maintype="image", subtype="png", filename=f"{number}.png")
    (tmp_path / "courrier.eml").write_bytes(bytes(mail))
    problems = read(tmp_path)[1]
    assert len(problems) == extract.MAX_TOLD + 1
    assert problems["courrier.eml"].params == (("count", 30),)


# --- Hostile files -------------------------------------------------------------------------------


def _rewrite(
    path: Path,
    to: Path,
    changes: dict[str, Callable[[bytes], bytes]],
    more: dict[str, bytes] | None = None,
) -> None:
    """``path`` as another zip, some members of which are changed or added."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, lambda data: data)(old.read(name)))
        for name, data in (more or {}).items():
            new.writestr(name, data)


def _docx(to: Path, more: dict[str, bytes], changes: dict[str, Callable[[bytes], bytes]]) -> None:
    written = docx.Document()
    written.add_paragraph("Le texte.")
    whole = io.BytesIO()
    written.save(whole)
    plain = to.parent.parent / f"{to.parent.name}-plain.docx"
    plain.write_bytes(whole.getvalue())
    _rewrite(plain, to, changes, more)


def _with(**more: bytes) -> Callable[[Path], None]:
    members = {name.replace("__", "/").replace("_DOT_", "."): data for name, data in more.items()}
    return lambda base: _docx(base / "a.docx", members, {})


def _changed(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda base: _docx(base / "a.docx", {}, {name: change})


def _written(name: str, data: bytes) -> Callable[[Path], None]:
    def write(base: Path) -> None:
        (base / name).write_bytes(data)

    return write


def _zipped(name: str, members: dict[str, bytes]) -> Callable[[Path], None]:
    def write(base: Path) -> None:
        with zipfile.ZipFile(base / name, "w", zipfile.ZIP_DEFLATED) as new:
            for member, data in members.items():
                new.writestr(member, data)

    return write


def _false_size(base: Path) -> None:
    """A member that says it holds ten bytes, and unpacks to eight million."""
    _zipped("a.odt", {"content.xml": b" " * 8_000_000})(base)
    data = (base / "a.odt").read_bytes()
    (base / "a.odt").write_bytes(data.replace(struct.pack("<L", 8_000_000), struct.pack("<L", 10)))


def _locked_zip(base: Path) -> None:
    _docx(base / "a.docx", {}, {})
    data = bytearray((base / "a.docx").read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 8] |= 1
    (base / "a.docx").write_bytes(data)


def _locked_odt(base: Path) -> None:
    text = OpenDocumentText()
    text.text.addElement(P(text="Secret."))
    plain = base.parent / f"{base.name}-plain.odt"
    text.save(str(plain))
    mark = b'<manifest:encryption-data manifest:checksum="x"/></manifest:manifest>'
    change = {"META-INF/manifest.xml": lambda d: d.replace(b"</manifest:manifest>", mark)}
    _rewrite(plain, base / "a.odt", change)


def _inner_zip() -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as new:
        new.writestr("x", "y")
    return inner.getvalue()


def _nested_message(depth: int) -> bytes:
    head = b"Subject: x\r\n"
    for level in range(depth):
        head += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
    return head + b"\r\ntexte"


DTD = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000
MANY = (
    b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 2000
)
SMIME = b"Subject: x\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nAAAA"


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        pytest.param(_written("a.doc", OLE), "save it as DOCX or XLSX", id="old Word"),
        pytest.param(_written("a.xls", OLE), "save it as DOCX or XLSX", id="old Excel"),
        pytest.param(_written("a.docx", OLE), "old format", id="old Word under a new name"),
        pytest.param(
            _written("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le")),
            "password",
            id="locked",
        ),
        pytest.param(_locked_zip, "password", id="locked zip"),
        pytest.param(_locked_odt, "password", id="locked ODT"),
        pytest.param(_written("a.xlsm", _inner_zip()), "macros", id="XLSM"),
        pytest.param(_written("a.docm", _inner_zip()), "macros", id="DOCM"),
        pytest.param(_with(word__vbaProject_DOT_bin=b"x"), "macros", id="macros in a DOCX"),
        pytest.param(_with(Basic__Standard__x_DOT_xml=b"<x/>"), "macros", id="macros in an ODT"),
        pytest.param(
            _changed("[Content_Types].xml", lambda d: d.replace(b"main+xml", b"macroEnabled")),
            "macros",
            id="macros by type",
        ),
        pytest.param(_with(word__more_DOT_zip=b"x"), "another archive", id="archive by its name"),
        pytest.param(_with(word__a_DOT_png=_inner_zip()), "another archive", id="hidden archive"),
        pytest.param(_with(word__b_DOT_xml=DTD), "XML entities", id="entities"),
        pytest.param(_with(word__b_DOT_dat=b"\n" + DTD), "XML entities", id="entities elsewhere"),
        pytest.param(
            _with(word__b_DOT_xml=b"<a>" + b" " * (2**20 - 9) + DTD), "XML entities", id="far in"
        ),
        pytest.param(_zipped("a.xlsx", {"xl/workbook.xml": DTD}), "XML entities", id="in XLSX"),
        pytest.param(
            _with(word__b_DOT_xml=DTD.decode().encode("utf-16")), "not of its kind", id="UTF-16"
        ),
        pytest.param(
            _with(word__b_DOT_xml=b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x>'),
            "not of its kind",
            id="UTF-7",
        ),
        pytest.param(
            _zipped("a.xlsx", {"x.xml": b" " * 20_000_000}), "200 times its size", id="bomb"
        ),
        pytest.param(
            _zipped("a.odt", {"content.xml": b" " * (201 * 1024**2)}), "at most 200 MB", id="huge"
        ),
        pytest.param(
            _zipped("a.odt", {f"{n}.xml": b"" for n in range(5_001)}), "at most 200 MB", id="many"
        ),
        pytest.param(_false_size, "not of its kind", id="false size"),
        pytest.param(_written("a.xlsx", b"PK\x03\x04garbage"), "not of its kind", id="garbage"),
        pytest.param(_written("a.xlsx", b""), "not of its kind", id="empty"),
        pytest.param(_written("a.eml", b"no header at all"), "not of its kind", id="no message"),
        pytest.param(_written("a.eml", _nested_message(60)), "nested too deeply", id="deep mail"),
        pytest.param(_written("a.eml", _nested_message(3_000)), "nested", id="endless mail"),
        pytest.param(_written("a.eml", MANY), "more than 1000 parts", id="many parts"),
        pytest.param(_written("a.eml", SMIME), "encrypted", id="encrypted mail"),
        pytest.param(_written("a.txt", b"x " * 3_000_000), "5000000 characters", id="long text"),
    ],
)
def test_a_hostile_file_is_refused_with_its_reason(
    tmp_path: Path, write: Callable[[Path], None], reason: str
) -> None:
    base = tmp_path / "documents"
    base.mkdir()
    write(base)
    assert reason in str(only(base))


def test_sizes_are_counted_while_unpacking_whatever_is_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _zipped("a.odt", {"image.bin": os.urandom(300_000)})(tmp_path)
    monkeypatch.setattr(archive, "_check_declared", lambda members: None)
    monkeypatch.setattr(archive, "MAX_UNZIPPED_BYTES", 200_000)
    with pytest.raises(archive.Unreadable, match="too large once unpacked"):
        archive.check(tmp_path / "a.odt")
    _zipped("b.odt", {"content.xml": b" " * 8_000_000})(tmp_path)
    monkeypatch.setattr(archive, "MAX_UNZIPPED_BYTES", 10**9)
    with pytest.raises(archive.Unreadable, match="times its size"):
        archive.check(tmp_path / "b.odt")


def test_the_sheet_of_a_chart_is_told_and_its_document_is_read(tmp_path: Path) -> None:
    base = tmp_path / "documents"
    base.mkdir()
    _docx(base / "a.docx", {"word/embeddings/Feuille1.xlsx": _inner_zip()}, {})
    (document,), problems = read(base)
    assert document.sections[0].text == "Le texte."
    assert set(problems) == {"a.docx › Feuille1.xlsx"}


def test_a_file_that_takes_too_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("Bonjour.")
    monkeypatch.setattr(folder, "SECONDS", 0.001)
    assert only(tmp_path).message_id == folder.TOO_SLOW


def test_files_of_other_kinds_are_counted_kind_by_kind(tmp_path: Path) -> None:
    for name in ("a.png", "b.PNG", "c.pptx", "Lettre de M. Jean Dupont", ".hidden.png"):
        (tmp_path / name).write_bytes(b"x")
    documents, problems = read(tmp_path)
    assert documents == []
    assert {where: dict(p.params)["count"] for where, p in problems.items()} == {
        "*.png": 2,
        "*.pptx": 1,
        "*": 1,
    }


# --- Whatever the bytes --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, bytes]]:
    base = tmp_path_factory.mktemp("samples")
    book = openpyxl.Workbook()
    book.active.append(["Nom", "Prix"])
    book.save(base / "a.xlsx")
    (base / "documents").mkdir()
    _docx(base / "documents" / "a.docx", {}, {})
    mail = message()
    mail.add_attachment(b"...", maintype="image", subtype="png", filename="a.png")
    yield {
        ".xlsx": (base / "a.xlsx").read_bytes(),
        ".docx": (base / "documents" / "a.docx").read_bytes(),
        ".eml": bytes(mail),
        ".pdf": pages(says("Bonjour."), IMAGE),
        ".html": b"<h1>Titre</h1><table><tr><td>a</td></tr></table>",
    }
    shutil.rmtree(base)


@pytest.mark.usefixtures("without_ocr")
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_damaged_file_gives_pieces_or_a_reason_and_can_be_told(
    samples: dict[str, bytes], tmp_path: Path, data: st.DataObject
) -> None:
    suffix = data.draw(st.sampled_from(sorted(samples)))
    whole = bytearray(samples[suffix])
    for position in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=30)):
        whole[position] = data.draw(st.integers(0, 255))
    path = tmp_path / f"a{suffix}"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    unread, found = extract.attempt(path)
    assert all(isinstance(part, Unread) for part in unread)
    texts: list[Piece] = found
    for heading, text in texts:
        json.dumps([heading, text], ensure_ascii=False).encode()
    for part in unread:
        assert part.message_id.format(**dict(part.params))
        assert len(part.place) <= 120 and part.place.isprintable()
