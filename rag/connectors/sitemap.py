"""Sitemaps: the list that a site publishes of its pages, and of its other sitemaps."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from rag.connectors.addresses import NotRead
from rag.connectors.fetch import inflated
from rag.connectors.markup import DeclaresEntities, xml_root

MAX_BYTES = 16 * 1024**2
_GZIP = b"\x1f\x8b"
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}(?:T[0-9:.]{4,18}(?:Z|[+-]\d{2}:?\d{2})?)?")


@dataclass(frozen=True, slots=True)
class Listed:
    """A page, as its site lists it. ``lastmod`` is ISO 8601, or «» where it is not said."""

    url: str
    lastmod: str


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What a sitemap lists, in order."""

    pages: tuple[Listed, ...]
    sitemaps: tuple[str, ...]


def parse(data: bytes) -> Sitemap:
    """The sitemap in ``data``, XML or gzipped XML.

    Raises:
        NotRead: it is none, it is too large, or it declares entities.
    """
    if data.startswith(_GZIP):
        data = inflated(data, MAX_BYTES)
    try:
        root = xml_root(data)
    except ValueError as error:
        raise NotRead("this is not a sitemap") from error
    except DeclaresEntities as error:
        raise NotRead("this file declares XML entities, which are refused") from error
    kind = _local(root)
    if kind not in ("urlset", "sitemapindex"):
        raise NotRead("this is not a sitemap")
    pages: list[Listed] = []
    sitemaps: list[str] = []
    for entry in root:
        said = {_local(field): "".join(field.itertext()).strip() for field in entry}
        address = said.get("loc", "")
        if not address:
            continue
        if kind == "sitemapindex":
            sitemaps.append(address)
        else:
            lastmod = said.get("lastmod", "")
            pages.append(Listed(address, lastmod if _INSTANT.fullmatch(lastmod) else ""))
    return Sitemap(tuple(pages), tuple(sitemaps))


def _local(element: etree._Element) -> str:
    """The name of an element without its namespace, which some sites write wrong."""
    return str(element.tag).rpartition("}")[2]
