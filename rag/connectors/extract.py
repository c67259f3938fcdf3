"""Text out of office files, in a process of its own with bounds on time and memory.

A PDF or a zipped document may be damaged or made to harm its reader: what it breaks is this
process, which the folder connector starts for one file and reads the answer of (JSON on stdout).
"""

from __future__ import annotations

import json
import resource
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from rag.text import html

MAX_CHARACTERS = 5_000_000
MAX_PAGES = 3_000
MAX_UNZIPPED_BYTES = 200 * 1024 * 1024
MAX_MEMBERS = 5_000
CPU_SECONDS = 60
MEMORY_BYTES = 3 * 1024**3

Piece = tuple[tuple[str, ...], str]


class Unreadable(Exception):
    """The file cannot be used; the argument is the message, a translation key."""


def pieces(path: Path) -> Iterator[Piece]:
    """The (heading path, text) pieces of a file, by its suffix. Raises Unreadable."""
    suffix = path.suffix.lower()
    if suffix == ".pdf":
        yield from _pdf(path)
    elif suffix in (".docx", ".odt"):
        _check_archive(path)
        yield from html.cut_at_headings(list(_docx(path) if suffix == ".docx" else _odt(path)))
    elif suffix in (".html", ".htm"):
        yield from html.cut_at_headings(html.blocks(path.read_bytes()))
    elif suffix in (".md", ".markdown"):
        from markdown_it import MarkdownIt

        markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
        yield from html.cut_at_headings(html.blocks(markdown.render(_decoded(path))))
    else:
        paragraphs = _decoded(path).replace("\r\n", "\n").split("\n\n")
        lines = [html.squeeze(p.replace("\n", " ")) for p in paragraphs]
        yield (), "\n".join(line for line in lines if line)


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    if b"\x00" in data[:4096]:
        raise Unreadable("this is not a text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _pdf(path: Path) -> Iterator[Piece]:
    from pypdf import PdfReader

    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("this file is protected by a password")
    if len(reader.pages) > MAX_PAGES:
        raise Unreadable("this file has too many pages")
    for number, page in enumerate(reader.pages, start=1):
        text = "\n".join(_paragraphs(page.extract_text() or ""))
        if text:
            yield (f"page {number}",), text


def _paragraphs(page: str) -> Iterator[str]:
    """The paragraphs of a page, whose lines a PDF breaks where the paper ended."""
    paragraph = ""
    for raw in page.splitlines():
        line = html.squeeze(raw)
        if not line:
            continue
        starts = line[:1] in "-•–▪◦*" or (paragraph.endswith((".", ":", ";", "!", "?")))
        if paragraph and starts:
            yield paragraph
            paragraph = ""
        if paragraph.endswith("-") and line[:1].islower():
            paragraph = paragraph[:-1] + line
        else:
            paragraph = f"{paragraph} {line}".strip()
    if paragraph:
        yield paragraph


def _check_archive(path: Path) -> None:
    """Refuse zip bombs, and any XML that declares a document type or entities."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_UNZIPPED_BYTES:
            raise Unreadable("this file is too large once unpacked")
        for member in members:
            if member.filename.lower().endswith((".xml", ".rels")):
                data = archive.read(member)
                if b"<!DOCTYPE" in data or b"<!ENTITY" in data or b"\x00" in data[:200]:
                    raise Unreadable("this file declares XML entities, which are refused")


def _docx(path: Path) -> Iterator[html.Block]:
    from docx import Document
    from docx.table import Table

    for item in Document(str(path)).iter_inner_content():
        if isinstance(item, Table):
            for row in item.rows:
                cells = dict.fromkeys(html.squeeze(cell.text) for cell in row.cells)
                yield html.Block(" | ".join(cell for cell in cells if cell))
            continue
        text = html.squeeze(item.text)
        style = (item.style.style_id if item.style else "") or ""
        if not text:
            continue
        if style.startswith(("Heading", "Titre")) and style[-1:].isdigit():
            yield html.Block(text, int(style[-1]))
        elif style == "Title":
            yield html.Block(text, 1)
        else:
            yield html.Block(("- " if style.startswith("List") else "") + text)


def _odt(path: Path) -> Iterator[html.Block]:
    from odf.element import Element
    from odf.opendocument import load
    from odf.teletype import extractText

    def walk(node: Element, prefix: str) -> Iterator[html.Block]:
        name = node.qname[1] if getattr(node, "qname", None) else ""
        if name == "h":
            level = int(node.getAttribute("outlinelevel") or 1)
            yield html.Block(html.squeeze(extractText(node)), min(level, 6))
        elif name == "p":
            text = html.squeeze(extractText(node))
            if text:
                yield html.Block(prefix + text)
        elif name == "table-row":
            cells = [html.squeeze(extractText(cell)) for cell in node.childNodes]
            yield html.Block(" | ".join(cell for cell in cells if cell))
        elif name != "tracked-changes":
            for child in node.childNodes:
                yield from walk(child, "- " if name == "list-item" else prefix)

    yield from walk(load(str(path)).text, "")


def attempt(path: Path) -> tuple[str, list[Piece]]:
    """The message of what is wrong with a file («» if nothing), and its pieces."""
    found: list[Piece] = []
    size = 0
    try:
        for piece in pieces(path):
            size += len(piece[1])
            if size > MAX_CHARACTERS:
                raise Unreadable("this file holds too much text")
            found.append(piece)
    except Unreadable as error:
        return str(error), []
    except Exception:  # noqa: BLE001 - parsers of hostile files raise anything; it is reported
        return "this file is damaged or not of its kind", []
    return "", found


def main(path: str) -> None:
    """Write the pieces of one file as JSON, or what is wrong with it."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    problem, found = attempt(Path(path))
    json.dump({"problem": problem, "pieces": found}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
