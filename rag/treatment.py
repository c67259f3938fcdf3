"""Applies what a source declares of personal data to each document that is read of it.

All that a passage shows is cleaned: texts, headings, title, reference and address. In the database,
a document of the organisation's own goes by a sealed id and a sealed digest, so that neither the
name of a file nor a guess of its content can be read from them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import unquote

from rag.documents import Document, Problem, Section
from rag.errors import SourceUnavailable
from rag.personal_data import Cleaned, Cleaner, Cleaning, CleaningFailed
from rag.sources import Source

_PAGE = re.compile(r"page=\d+")


class Treatment:
    """What is done with the documents of one source.

    ``stamp`` is another one whenever the same documents would be treated otherwise; it is empty
    where nothing is done.

    Raises (when made):
        SourceUnavailable: the source declares a treatment, and nothing here can do it.
    """

    def __init__(self, source: Source, cleaner: Cleaner | None) -> None:
        self._source = source
        self._cleaner = None if source.personal_data == "public" else cleaner
        self.stamp = ""
        if source.personal_data == "public":
            return
        if cleaner is None:
            raise SourceUnavailable(
                "{source}: personal data cannot be looked for here, so nothing is read",
                source=source.id,
            )
        said = json.dumps([source.personal_data, cleaner.version])
        self.stamp = hashlib.sha256(said.encode()).hexdigest()

    def held_as(self, identity: str, digest: str) -> tuple[str, str]:
        """The id and the digest by which the database holds a document of the connector's."""
        if self._cleaner is None:
            return identity, digest
        return (
            f"{self._source.id}/{self._cleaner.seal(identity)}",
            self._cleaner.seal(json.dumps([self.stamp, digest])),
        )

    def take(self, document: Document) -> tuple[Document | None, Cleaning | None]:
        """The document as it may be indexed, if it may, and what was done with it."""
        identity, digest = self.held_as(document.id, document.digest)
        if self._cleaner is None:
            return document, None
        texts = _different(
            text for section in document.sections for text in (section.text, *section.path)
        )
        name = document.id.removeprefix(f"{self._source.id}/")
        urls = _different([document.url, *(section.url for section in document.sections)])
        parts = {url: self._parts(url) for url in urls}
        labels = _different(
            [
                name,
                document.title,
                *(section.reference for section in document.sections),
                *(part for url in urls for part in parts[url]),
            ]
        )
        try:
            cleaned = self._cleaner.clean(texts, labels)
        except CleaningFailed:
            called = self._called(document.id)
            return None, Cleaning(
                identity, self._source.id, "", "failed", called, document.date, {}
            )
        said = dict(zip(texts, cleaned.texts, strict=True))
        named = dict(zip(labels, cleaned.labels, strict=True))
        refused = self._source.personal_data == "refuse" and sum(cleaned.counts.values()) > 0
        cleaning = Cleaning(
            identity,
            self._source.id,
            digest,
            "refused" if refused else "cleaned",
            named[name],
            document.date,
            dict(cleaned.counts),
        )
        if refused:
            return None, cleaning

        def address(url: str) -> str:
            # One that leads to «CV Dupont Jean.pdf» tells the name: the source's own must do.
            return url if all(named[part] == part for part in parts[url]) else self._source.url

        indexed = replace(
            document,
            id=identity,
            digest=digest,
            title=named[document.title],
            url=address(document.url),
            sections=tuple(
                Section(
                    tuple(said[heading] for heading in section.path),
                    said[section.text],
                    named[section.reference],
                    address(section.url),
                )
                for section in document.sections
            ),
        )
        return indexed, cleaning

    def problem(self, problem: Problem) -> Problem:
        """The problem, without what the name of its file says of somebody."""
        if self._cleaner is None:
            return problem
        try:
            cleaned: Cleaned = self._cleaner.clean([], [problem.where])
        except CleaningFailed:
            return replace(problem, where=self._called(f"{self._source.id}/{problem.where}"))
        return replace(problem, where=cleaned.labels[0])

    def _called(self, identity: str) -> str:
        """What stands for a name that cannot be looked into."""
        return f"#{self.held_as(identity, '')[0].rpartition('/')[2][:12]}"

    def _parts(self, url: str) -> tuple[str, ...]:
        """What of an address can hold a name: all but the source's own, and a page's number."""
        start, _, anchor = url.partition("#")
        own = unquote(start.removeprefix(self._source.url.rstrip("/")).lstrip("/"))
        anchor = "" if _PAGE.fullmatch(anchor) else unquote(anchor)
        return tuple(part for part in (own, anchor) if part)


def _different(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
