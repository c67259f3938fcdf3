"""XML from elsewhere, read without a network, a document type or entities."""

from __future__ import annotations

from typing import Any

from lxml import etree


class DeclaresEntities(Exception):
    """The file has a document type: what could declare entities."""


def xml_root(data: bytes, parser: type[etree.XMLParser] = etree.XMLParser) -> Any:
    """The root element of ``data``. With lxml's ``XHTMLParser``, its elements are those of HTML.

    Raises:
        ValueError: it is no XML.
        DeclaresEntities: it has a document type.
    """
    reader = parser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser=reader)
    except etree.XMLSyntaxError as error:
        raise ValueError("no XML here") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise DeclaresEntities
    return root
