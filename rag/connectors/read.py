"""Which connector reads a source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rag.connectors import dila, eurlex, fiches, folder, kali, legi, website
from rag.connectors.npm import ensure_package
from rag.documents import Item, Known
from rag.errors import SourceUnavailable
from rag.sources import Source


def read(source: Source, downloads: Path, known: Known) -> Iterator[Item]:
    """The documents of ``source``, and the problems met.

    ``downloads`` keeps npm packages; ``known`` tells which documents are held already, so that a
    connector may leave out the reading of what did not change.

    Raises:
        SourceUnavailable: the source as a whole cannot be read.
    """
    if source.kind == "npm-fiches":
        yield from fiches.read(source, _package(source, downloads))
    elif source.kind == "npm-legi":
        yield from legi.read(source, _package(source, downloads))
    elif source.kind == "npm-kali":
        yield from kali.read(source, _package(source, downloads))
    elif source.kind == "website":
        yield from website.read(source, known)
    elif source.path is None:
        raise SourceUnavailable("{source}: no path is set for this source", source=source.id)
    elif source.kind == "folder":
        yield from folder.read(source, source.path, known)
    elif source.kind == "dila-zip":
        yield from dila.read(source, source.path)
    else:
        yield from eurlex.read(source, source.path)


def _package(source: Source, downloads: Path) -> Path:
    assert source.package is not None and source.version is not None  # checked by Source
    return ensure_package(source.package, source.version, downloads)
