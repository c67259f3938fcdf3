"""Text, Markdown and HTML."""

from __future__ import annotations

from pathlib import Path

from rag.connectors.files.content import Found, Unreadable
from rag.text import html


def read_text(path: Path) -> Found:
    """The paragraphs of a text, one a line. Raises Unreadable."""
    paragraphs = _decoded(path).replace("\r\n", "\n").split("\n\n")
    lines = [html.squeeze(paragraph.replace("\n", " ")) for paragraph in paragraphs]
    yield (), "\n".join(line for line in lines if line)


def read_markdown(path: Path) -> Found:
    """The pieces of a Markdown file, in which HTML is text. Raises Unreadable."""
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    yield from html.cut_at_headings(html.blocks(markdown.render(_decoded(path))))


def read_html(path: Path) -> Found:
    """The pieces of a page. Raises Unreadable; ValueError where there is no HTML."""
    yield from html.cut_at_headings(html.blocks(_decoded(path)))


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    if b"\x00" in data[:4096]:
        raise Unreadable("this is not a text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
