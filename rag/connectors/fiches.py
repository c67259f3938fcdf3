"""The Ministry of Labour's practical pages, from the Code du travail numérique's npm package."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.connectors.npm import read_json
from rag.documents import Document, Item, Problem, Section, document
from rag.sources import Source
from rag.text import html

_MEMBER = "package/data/fiches-travail.json"
_MIN_SECTION_CHARACTERS = 20
# Sections that lead elsewhere and answer nothing: lists of links, addresses, references.
_NAVIGATION = re.compile(
    r"^(?:services en ligne|textes? de référence|sources réglementaires|[àa] (?:lire|consulter|"
    r"voir|télécharger)\b|qui contacter|(?:pour )?en savoir plus|pour aller plus loin|articles "
    r"associés|(?:lire|à lire) en complément|modèles? de documents?|documents?(?: à télécharger)?$|"
    r"sur le même sujet|voir aussi|liens? utiles?)",
    re.IGNORECASE,
)


def read(source: Source, archive: Path) -> Iterator[Item]:
    """Each page as a document. Raises SourceUnavailable when the package cannot be read."""
    for page in read_json(archive, _MEMBER):
        try:
            yield _document(source, page)
        except (KeyError, TypeError, ValueError):
            where = page.get("url", "?") if isinstance(page, dict) else "?"
            yield Problem(str(where), "this page has not the expected form")


def _document(source: Source, page: dict[str, Any]) -> Document:
    url, title = str(page["url"]), html.squeeze(str(page["title"]))
    sections: list[Section] = []
    _add(sections, (), html.blocks(page.get("intro") or ""), url)
    for part in page["sections"]:
        heading = html.squeeze(str(part.get("title") or ""))
        if _NAVIGATION.match(heading):
            continue
        path = (heading,) if heading and heading != title else ()
        anchor = str(part.get("anchor") or "")
        _add(sections, path, html.blocks(part["html"]), f"{url}#{anchor}" if anchor else url)
    return document(
        id=f"{source.id}/{url.rstrip('/').rsplit('/', 1)[-1]}",
        source=source.id,
        title=title,
        url=url,
        date=_iso(str(page["date"])),
        licence=source.licence,
        sections=tuple(sections),
    )


def _add(
    sections: list[Section], path: tuple[str, ...], blocks: list[html.Block], url: str
) -> None:
    """Cut ``blocks`` at their own headings, and keep the pieces that say something."""
    for inner, text in html.cut_at_headings(blocks):
        if len(text) >= _MIN_SECTION_CHARACTERS and not any(map(_NAVIGATION.match, inner)):
            sections.append(Section(path + inner, text, "", url))


def _iso(date: str) -> str:
    day, month, year = date.split("/")
    return f"{year}-{month}-{day}"
