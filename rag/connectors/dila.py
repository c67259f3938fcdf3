"""The practical pages of service-public from DILA's open data: a ZIP of XML files, kept locally."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from lxml import html as lxml_html

from rag.connectors.markup import DeclaresEntities, xml_root
from rag.documents import Document, Item, Problem, Section, document
from rag.errors import SourceUnavailable
from rag.sources import Source
from rag.text import html

MAX_MEMBERS = 50_000
MAX_MEMBER_BYTES = 8 * 1024**2
MAX_UNZIPPED_BYTES = 2 * 1024**3
# Of XML; what deflate makes of a file of spaces is a thousand times smaller.
MAX_RATIO = 200
# «F» pages say what the law is; «N» lead to them, «R» are forms, online services and definitions.
_PAGE = re.compile(r"(?:^|/)(F\d{1,9})\.xml$")
_ADDRESS = re.compile(
    r"https://[a-z]+\.service-public\.(?:gouv\.)?fr/(?:([a-z-]+)/)?vosdroits/F\d+$"
)
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_READ = ("Avertissement", "Introduction", "Texte", "ListeSituations")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HEADED = _set("Avertissement Situation Chapitre SousChapitre Cas")
_WRAPPERS = _set(
    "Introduction Texte ListeSituations BlocCas FragmentConditionne ContenuIllustre Contenu"
)
_NOTES = _set("ANoter ASavoir Attention Rappel")
# What leads elsewhere, what only the site's own programs use, and pictures.
_SKIPPED = _set(
    "ServiceEnLigne OuSAdresser Reference PourEnSavoirPlus VoirAussi Condition TitreAlternatif "
    "Image Illustration Colonne Resume"
)
_MARKUP = {"Paragraphe": "p", "Liste": "ul", "Item": "li", "Tableau": "table", "Rangée": "tr"}
MAX_DEPTH = 60

Piece = tuple[tuple[str, ...], list[str]]


def read(source: Source, path: Path) -> Iterator[Item]:
    """Each practical page as a document, or as a problem. Nothing is unpacked on the disk.

    Raises:
        SourceUnavailable: the file is absent, no ZIP, out of bounds, or holds none of these pages.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            total = sum(member.file_size for member in members)
            if len(members) > MAX_MEMBERS or total > MAX_UNZIPPED_BYTES:
                raise SourceUnavailable(
                    "{source}: {file} is too large once unpacked",
                    source=source.id,
                    file=path.name,
                )
            pages = [member for member in members if _PAGE.search(member.filename)]
            if not pages:
                raise SourceUnavailable(
                    "{source}: {file} holds no page as DILA publishes them",
                    source=source.id,
                    file=path.name,
                )
            for member in pages:
                yield from _page(source, archive, member)
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceUnavailable(
            "{source}: the file {file} cannot be read", source=source.id, file=path.name
        ) from error


def _page(source: Source, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[Item]:
    match = _PAGE.search(member.filename)
    assert match is not None  # the caller's choice
    identity = match.group(1)
    bound = min(MAX_MEMBER_BYTES, MAX_RATIO * max(member.compress_size, 1))
    if member.file_size > bound:
        yield Problem(identity, "this file is too large once unpacked")
        return
    try:
        publication = _parse(archive.read(member))
        found = _document(source, identity, publication)
    except DeclaresEntities:
        yield Problem(identity, "this file declares XML entities, which are refused")
    except (ValueError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError):
        # RuntimeError: a member that is encrypted, or compressed in a way that is not known here.
        yield Problem(identity, "this page has not the expected form")
    else:
        if found is not None:
            yield found


def _parse(data: bytes) -> lxml_html.HtmlElement:
    """The publication in ``data``, as elements that the reading of HTML understands.

    Raises:
        ValueError: it is no XML, or no publication.
        DeclaresEntities: it has a document type.
    """
    root: lxml_html.HtmlElement = xml_root(data, lxml_html.XHTMLParser)
    if root.tag != "Publication":
        raise ValueError("no publication here")
    return root


def _document(source: Source, identity: str, publication: lxml_html.HtmlElement) -> Document | None:
    """The page, or nothing where it has no text of its own: one that only leads elsewhere."""
    title = _said(publication, "title")
    if publication.get("ID") != identity or not title:
        raise ValueError("a page goes by its own name")
    sections: list[Section] = []
    url = _url(publication, identity)
    for part in publication:
        if part.tag in _READ:
            for path, lines in _joined(_pieces(part, (), 0)):
                sections.append(Section(path, "\n".join(lines), "", url))
    if not sections:
        return None
    day = _DAY.search(_said(publication, "date"))
    return document(
        id=f"{source.id}/{identity}",
        source=source.id,
        title=title,
        url=url,
        date=day.group() if day else "",
        licence=source.licence,
        sections=tuple(sections),
    )


def _said(publication: lxml_html.HtmlElement, name: str) -> str:
    """What the Dublin Core element ``name`` of a publication says."""
    found = publication.find(f"{{http://purl.org/dc/elements/1.1/}}{name}")
    return html.squeeze("".join(found.itertext())) if found is not None else ""


def _url(publication: lxml_html.HtmlElement, identity: str) -> str:
    """Where the page is read today: of what the file says, only the audience is kept."""
    match = _ADDRESS.match(publication.get("spUrl") or "")
    folder = match.group(1) if match else "particuliers"
    if folder in (None, "professionnels-entreprises"):
        return f"https://entreprendre.service-public.gouv.fr/vosdroits/{identity}"
    return f"https://www.service-public.gouv.fr/{folder}/vosdroits/{identity}"


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Pieces that follow each other under the same headings as one."""
    current: Piece | None = None
    for path, lines in pieces:
        if current is not None and current[0] == path:
            current[1].extend(lines)
            continue
        if current is not None:
            yield current
        current = (path, list(lines))
    if current is not None:
        yield current


def _pieces(node: lxml_html.HtmlElement, path: tuple[str, ...], depth: int) -> Iterator[Piece]:
    """The text under ``node``, with the chapters and cases above it. Raises ValueError."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep")
    if node.tag in _HEADED:
        heading = _heading(node)
        path = (*path, heading) if heading else path
    elif node.tag == "BlocCas" and (heading := _heading(node)):
        yield path, [heading]
    for child in node:
        if child.tag in _HEADED or child.tag in _WRAPPERS:
            yield from _pieces(child, path, depth + 1)
        elif child.tag in _NOTES:
            heading = _heading(child)
            lines = [line for _, inner in _pieces(child, (), depth + 1) for line in inner]
            if lines and heading:
                lines[0] = f"{heading} : {lines[0]}"
            if lines:
                yield path, lines
        elif child.tag != "Titre" and child.tag not in _SKIPPED:
            lines = [block.text for block in html.element_blocks(_as_html(child))]
            if lines:
                yield path, lines


def _heading(node: lxml_html.HtmlElement) -> str:
    title = node.find("Titre")
    return html.squeeze(title.text_content()) if title is not None else ""


def _as_html(node: lxml_html.HtmlElement) -> lxml_html.HtmlElement:
    """``node`` with the tags of HTML in the place of DILA's, for paragraphs, lists and tables."""
    for element in list(node.iter()):
        if element.tag in _SKIPPED:
            if element is not node:
                element.drop_tree()
        elif element.tag == "Titre":
            element.tag = "caption" if element.getparent().tag == "table" else "p"
        elif element.tag == "Cellule":
            header = element.getparent().get("type") == "header"
            element.tag = "th" if header else "td"
        else:
            element.tag = _MARKUP.get(element.tag, element.tag)
    return node
