"""A document as a connector reads it, before it is cut into passages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rag.errors import ParameterValue


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document under one heading.

    ``text`` is plain text, one block (paragraph, list item, table row) a line; ``reference`` is how
    people cite this part («L3141-3»), ``url`` leads to it, with its anchor where there is one.
    """

    path: tuple[str, ...]
    text: str
    reference: str
    url: str


@dataclass(frozen=True, slots=True)
class Document:
    """A published document. ``date`` is ISO 8601; ``digest`` changes when anything in it does."""

    id: str
    source: str
    title: str
    url: str
    date: str
    licence: str
    sections: tuple[Section, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A document that the connector did not need to read again: its digest is the known one."""

    id: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A document that could not be read. ``where`` names it; the message is a translation key."""

    where: str
    message_id: str
    params: tuple[tuple[str, ParameterValue], ...] = ()

    def __str__(self) -> str:
        return self.where + ": " + self.message_id.format(**dict(self.params))


Item = Document | Unchanged | Problem


def _as_it_is(identity: str, digest: str) -> tuple[str, str]:
    return identity, digest


@dataclass(frozen=True, slots=True)
class Known:
    """The documents that are held of a source, asked for by the ids and digests of a connector.

    ``digests`` are as they are held, by id; ``held_as`` says under which id and digest that is.
    """

    digests: Mapping[str, str]
    held_as: Callable[[str, str], tuple[str, str]] = _as_it_is

    def __bool__(self) -> bool:
        return bool(self.digests)

    def holds(self, identity: str, digest: str) -> bool:
        """Whether this very state of a document is held."""
        held_id, held_digest = self.held_as(identity, digest)
        return self.digests.get(held_id) == held_digest


def document(
    *,
    id: str,
    source: str,
    title: str,
    url: str,
    date: str,
    licence: str,
    sections: tuple[Section, ...],
) -> Document:
    """A document with the sha256 of its content as its digest."""
    content = [id, title, url, date, licence]
    content += [json.dumps([s.path, s.text, s.reference, s.url]) for s in sections]
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    return Document(id, source, title, url, date, licence, sections, digest)
