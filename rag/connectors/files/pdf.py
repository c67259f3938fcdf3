"""PDF: the text of each page, by its layer or by text recognition, and the pages without any."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.connectors.files import ocr
from rag.connectors.files.archive import PROTECTED
from rag.connectors.files.content import NESTED, NOT_READ, Found, Unread, Unreadable, place
from rag.text import html

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader
    from pypdf.generic import DictionaryObject

MAX_PAGES = 1_000
CPU_SECONDS = 45
"""Processor time for the text layers of one file; pages beyond are told as not read."""
MAX_DEPTH = 50
"""Branches from the root of the tree of pages to a page."""
MAX_RANGES = 20
SCANT_CHARACTERS = 400
"""A page of less text may be a scan with a stamp on it."""
SCAN_PIXELS = 700_000
"""An A4 page at 85 dots an inch."""

DAMAGED = "{count} p. not read ({pages}): damaged"
TOO_SLOW = "{count} p. not read ({pages}): this file takes too long to read"
_PAINTS = re.compile(rb"(?<![\w/])(?:Do|BI|sh|Tj|TJ|[fFSsbB]\*?)(?!\w)|['\"]")


def read(path: Path) -> Found:
    """The pages of a PDF in order, then those that were not read, by reason. Raises Unreadable."""
    from pypdf import PdfReader

    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable(PROTECTED)
    _check_pages(reader)
    recogniser = ocr.Recogniser(path)
    unread: dict[str, list[int]] = {}
    end = time.process_time() + CPU_SECONDS
    for number, page in enumerate(reader.pages, start=1):
        try:
            if time.process_time() > end:
                raise Unreadable(TOO_SLOW)
            text, reason = _page(page, number, recogniser)
        except Unreadable as error:
            text, reason = "", error.message_id
        except Exception:  # noqa: BLE001 - a hostile page raises anything; the others are read
            text, reason = "", DAMAGED
        if reason:
            unread.setdefault(reason, []).append(number)
        if text:
            yield (f"page {number}",), text
    for message, pages in unread.items():
        yield Unread("", message, (("count", len(pages)), ("pages", ranges(pages))))
    yield from (Unread(place(name), NOT_READ) for name in _attachments(reader))


def ranges(pages: Sequence[int]) -> str:
    """Ascending page numbers as «3–47, 60», with «…» for what comes after ``MAX_RANGES`` runs."""
    runs: list[tuple[int, int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], page)
        else:
            runs.append((page, page))
    told = [str(first) if first == last else f"{first}–{last}" for first, last in runs]
    return ", ".join(told if len(told) <= MAX_RANGES else [*told[:MAX_RANGES], "…"])


def _check_pages(reader: PdfReader) -> None:
    """Count the pages by walking their tree, which a hostile file ties into a knot."""
    from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

    waiting = [(reader.root_object.raw_get("/Pages"), 0)]
    branches: set[tuple[int, int]] = set()
    pages = 0
    while waiting:
        reference, depth = waiting.pop()
        node = reference.get_object()
        if not isinstance(node, DictionaryObject):
            continue
        if "/Kids" not in node:
            pages += 1
            continue
        if isinstance(reference, IndirectObject):
            key = (reference.idnum, reference.generation)
            if key in branches:
                raise Unreadable("the pages of this file contain one another, which is refused")
            branches.add(key)
        if depth > MAX_DEPTH:
            raise Unreadable(NESTED)
        kids = node["/Kids"]
        waiting += [(kid, depth + 1) for kid in kids] if isinstance(kids, ArrayObject) else []
    if pages > MAX_PAGES:
        raise Unreadable(
            "this file has {pages} pages, and at most {limit} are read",
            pages=pages,
            limit=MAX_PAGES,
        )


def _attachments(reader: PdfReader) -> list[str]:
    try:
        return list(reader.attachments)
    except Exception:  # noqa: BLE001 - the pages are read, whatever ties up the list of these
        return []


def _page(page: PageObject, number: int, recogniser: ocr.Recogniser) -> tuple[str, str]:
    """The text of a page, and why its images are not read, where they may hold more of it."""
    text = "\n".join(_paragraphs(page.extract_text() or ""))
    scanned = _shows_a_scan(page) if text else not _is_blank(page)
    if len(text) >= SCANT_CHARACTERS or not scanned:
        return text, ""
    try:
        return max(text, recogniser.text(number), key=len), ""
    except Unreadable as error:
        photograph = bool(text) and error.message_id == ocr.NOTHING_FOUND
        return text, "" if photograph else error.message_id


def _shows_a_scan(page: PageObject) -> bool:
    """Whether a page shows images as large as a sheet of paper that was scanned, perhaps in strips.

    A stamp («reçu en préfecture») or a page number over a scan is no text of the page.
    """
    drawn = _inner(_inner(page, "/Resources"), "/XObject")
    images = (_inner(drawn, name) for name in drawn)
    pixels = sum(
        int(image.get("/Width", 0)) * int(image.get("/Height", 0))
        for image in images
        if image.get("/Subtype") == "/Image"
    )
    return pixels >= SCAN_PIXELS


def _inner(parent: DictionaryObject, name: str) -> DictionaryObject:
    from pypdf.generic import DictionaryObject

    found = parent.get(name)
    value = None if found is None else found.get_object()
    return value if isinstance(value, DictionaryObject) else DictionaryObject()


def _is_blank(page: PageObject) -> bool:
    """Whether nothing is drawn on a page, so that nothing of it is left unread."""
    contents = page.get_contents()
    return contents is None or _PAINTS.search(contents.get_data()) is None


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
