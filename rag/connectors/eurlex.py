"""A regulation or directive in French as EUR-Lex publishes it in HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import html as lxml_html

from rag.documents import Document, Item, Section, document
from rag.errors import SourceUnavailable
from rag.sources import Source
from rag.text import html

MAX_BYTES = 64 * 1024 * 1024
_PARTS = re.compile(r"^(art|rct|anx)_([0-9IVXLC]+[a-z]?)$")
_ANCESTOR = re.compile(r"^(?:cpt|tis|prt)_[^.]+(?:\.sct_[^.]+)?$")


def read(source: Source, path: Path) -> Iterator[Item]:
    """Each recital, article and annex as a document, whose URL is anchored at it.

    Raises:
        SourceUnavailable: the file is absent, too large, or is not EUR-Lex's HTML.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise OSError("too large")
        tree = html.parse(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SourceUnavailable(
            "{source}: the file {file} cannot be read", source=source.id, file=path.name
        ) from error
    found = 0
    for part in tree.iter("div"):
        match = _PARTS.match(part.get("id") or "")
        if match:
            found += 1
            yield _document(source, part, match.group(1), match.group(2))
    if not found:
        raise SourceUnavailable(
            "{source}: {file} holds no article as EUR-Lex marks them",
            source=source.id,
            file=path.name,
        )


def _document(source: Source, part: lxml_html.HtmlElement, kind: str, number: str) -> Document:
    lines = [block.text for block in html.element_blocks(part)]
    anchor = f"{source.url}#{kind}_{number}" if source.url else ""
    if kind == "rct":
        title, reference, heading = f"considérant {number}", "", ""
    else:
        word = "article" if kind == "art" else "annexe"
        title, lines = f"{word} {number}", lines[1:]
        reference = number if kind == "art" else f"annexe {number}"
        heading = lines.pop(0) if len(lines) > 1 else ""
    path = (*_headings(part), *((heading,) if heading else ()))
    return document(
        id=f"{source.id}/{kind}_{number}",
        source=source.id,
        title=f"{source.title}, {title}",
        url=anchor,
        date=source.date,
        licence=source.licence,
        sections=(Section(path, "\n".join(lines), reference, anchor),),
    )


def _headings(part: lxml_html.HtmlElement) -> tuple[str, ...]:
    """The chapter and section above ``part``, outermost first."""
    found: list[str] = []
    for ancestor in part.iterancestors("div"):
        if _ANCESTOR.match(ancestor.get("id") or ""):
            lines = []
            for child in ancestor:
                if _PARTS.match(child.get("id") or "") or _ANCESTOR.match(child.get("id") or ""):
                    break
                lines.append(html.squeeze(child.text_content()))
            found.append(" : ".join(line for line in lines if line)[:200])
    return tuple(reversed([heading for heading in found if heading]))
