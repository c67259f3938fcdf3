"""HTML as plain blocks of text: paragraphs, list items as «- » lines, table rows in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from lxml import html as lxml_html

from rag.text.words import listed

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}

_SKIPPED = listed("script style template noscript svg img iframe head nav footer")
_BLOCKS = listed(
    "p div section article main blockquote figure figcaption ul ol li table caption header pre "
    "dl dt dd center body html aside details summary"
)
MAX_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a list item or a table row; ``level`` is 1 to 6 for a heading, else 0."""

    text: str
    level: int = 0


def parse(markup: str | bytes) -> lxml_html.HtmlElement:
    """The tree of ``markup``, without network, entities or huge depth. Raises ValueError."""
    parser = lxml_html.HTMLParser(
        no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, encoding="utf-8"
    )
    data = markup.encode() if isinstance(markup, str) else markup
    try:
        return lxml_html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise ValueError("no HTML here") from error


def blocks(markup: str | bytes) -> list[Block]:
    """The blocks of a piece of HTML, in order; an empty piece has none."""
    if not markup.strip():
        return []
    return list(element_blocks(parse(markup)))


def text_of(markup: str) -> str:
    """A piece of HTML as plain text, one block a line."""
    return "\n".join(block.text for block in blocks(markup))


def cut_at_headings(blocks: list[Block]) -> Iterator[tuple[tuple[str, ...], str]]:
    """``blocks`` as (headings above, text) pieces, in order."""
    stack: list[Block] = []
    lines: list[str] = []
    for block in blocks:
        if block.level:
            if lines:
                yield tuple(b.text for b in stack), "\n".join(lines)
                lines = []
            while stack and stack[-1].level >= block.level:
                stack.pop()
            stack.append(block)
        else:
            lines.append(block.text)
    if lines:
        yield tuple(b.text for b in stack), "\n".join(lines)


def element_blocks(root: lxml_html.HtmlElement) -> Iterator[Block]:
    """The blocks under ``root``, itself included."""
    buffer: list[str] = []

    def flush(prefix: str) -> Iterator[Block]:
        text = squeeze("".join(buffer))
        buffer.clear()
        if text:
            yield Block(prefix + text)

    def walk(node: lxml_html.HtmlElement, prefix: str, depth: int) -> Iterator[Block]:
        tag = node.tag if isinstance(node.tag, str) else ""
        if tag in _SKIPPED or not tag:
            return
        if depth > MAX_DEPTH:
            buffer.append(" ".join(node.itertext()))
            return
        if tag == "br":
            yield from flush(prefix)
        elif tag in _HEADINGS:
            yield from flush(prefix)
            heading = squeeze(node.text_content())
            if heading:
                yield Block(heading, _HEADINGS[tag])
        elif tag == "table":
            yield from flush(prefix)
            yield from _table_blocks(node, prefix)
        else:
            inner = "- " if tag == "li" else prefix
            if tag in _BLOCKS:
                yield from flush(prefix)
            buffer.append(node.text or "")
            for child in node:
                yield from walk(child, inner, depth + 1)
                buffer.append(child.tail or "")
            if tag in _BLOCKS:
                yield from flush(inner)

    yield from walk(root, "", 0)
    yield from flush("")


def _table_blocks(table: lxml_html.HtmlElement, prefix: str) -> Iterator[Block]:
    for caption in table.iterchildren("caption"):
        if text := squeeze(caption.text_content()):
            yield Block(prefix + text)
    header: list[str] = []
    for row in table.xpath("./tr|./thead/tr|./tbody/tr|./tfoot/tr"):
        columns = list(row.iterchildren("td", "th"))
        # Read once: a table may hold tables, and twice at each level would double the work.
        inside = [list(element_blocks(column)) for column in columns]
        cells = [" ".join(block.text for block in held) for held in inside]
        filled = [cell for cell in cells if cell]
        if not filled:
            continue
        if len(cells) > 1 and all(column.tag == "th" for column in columns):
            header = cells
        elif len(filled) > 1 and _is_marker(cells[0]):  # EUR-Lex lays its lists out as tables
            marker = cells[0] + " "
            for held in inside[1:]:
                for block in held:
                    yield Block(marker + block.text, block.level)
                    marker = ""
        elif len(header) == len(cells) > 1:
            pairs = [f"{h} : {c}" if h else c for h, c in zip(header[1:], cells[1:], strict=True)]
            yield Block("- " + cells[0] + " — " + " ; ".join(pairs))
        else:
            yield Block(prefix + " | ".join(filled))


def _is_marker(cell: str) -> bool:
    return re.fullmatch(r"(?:\(?[a-z0-9]{1,4}[).°]|[—–•-]|[ivxIVX]+\))", cell) is not None


def squeeze(text: str) -> str:
    """``text`` on one line, with single spaces and none before a comma or a full stop."""
    single = re.sub(r"[ \t\r\n\u00ad\u200b]+", " ", text).strip()
    single = re.sub(r"\u00a0[\u00a0 ]+", "\u00a0", single)
    return re.sub(r" ([,.)])(?!\d)", r"\1", single)
