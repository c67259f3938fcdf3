"""Codes of law from the npm package that mirrors Légifrance: the articles in force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.connectors.npm import read_json
from rag.documents import Document, Item, Problem, Section, document
from rag.sources import Source
from rag.text import html
from rag.text.references import normalise

ARTICLE_URL = "https://www.legifrance.gouv.fr/codes/article_lc/"
# In force today: ABROGE_DIFF is repealed at a later date, and is the law until then.
IN_FORCE = frozenset({"VIGUEUR", "ABROGE_DIFF", "VIGUEUR_ETEN"})


def read(source: Source, archive: Path) -> Iterator[Item]:
    """Each article in force as a document. Raises SourceUnavailable on an unreadable package."""
    for code in source.codes:
        tree = read_json(archive, f"package/data/{code}.json")
        code_title = html.squeeze(str(tree["data"]["title"]))
        yield from _walk(source, code_title, tree, ())


def _walk(source: Source, code: str, node: dict[str, Any], path: tuple[str, ...]) -> Iterator[Item]:
    for child in node.get("children") or ():
        data = child["data"]
        if child["type"] == "article":
            if data.get("etat") in IN_FORCE:
                yield _article(source, code, data, path)
        else:
            yield from _walk(source, code, child, (*path, html.squeeze(str(data["title"]))))


def _article(source: Source, code: str, data: dict[str, Any], path: tuple[str, ...]) -> Item:
    number = html.squeeze(str(data.get("num") or ""))
    identity = str(data["id"])
    text = html.text_of(str(data.get("texteHtml") or "")) or html.squeeze(str(data.get("texte")))
    if not number or not text:
        return Problem(identity, "this article has no number or no text")
    return _document(source, code, data, path, number, text)


def _document(
    source: Source, code: str, data: dict[str, Any], path: tuple[str, ...], number: str, text: str
) -> Document:
    identity = str(data["id"])
    url = ARTICLE_URL + identity
    short = normalise(number) if number[:1] in "LRD" else number
    return document(
        id=f"{source.id}/{data.get('cid') or identity}",
        source=source.id,
        title=f"{code}, article {short}" if number[:1] in "LRD" else f"{code}, {number}",
        url=url,
        date=_iso(data["dateDebut"]),
        licence=source.licence,
        sections=(Section(path, text, short, url),),
    )


def _iso(milliseconds: int) -> str:
    """The day of an instant in epoch milliseconds; Légifrance's days begin at midnight UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()
