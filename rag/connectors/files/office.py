"""Text documents of word processors: DOCX and ODT."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rag.connectors.files import archive
from rag.connectors.files.content import Found
from rag.text import html


def read_docx(path: Path) -> Found:
    """The pieces of a DOCX, and what it embeds. Raises Unreadable, or what its parsers raise."""
    yield from archive.check(path)
    yield from html.cut_at_headings(list(_docx(path)))


def read_odt(path: Path) -> Found:
    """The pieces of an ODT, and what it embeds. Raises Unreadable, or what its parsers raise."""
    yield from archive.check(path)
    yield from html.cut_at_headings(list(_odt(path)))


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
