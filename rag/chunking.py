"""Cutting documents into passages along their own structure.

A passage is small (a prompt takes five of them), never crosses a heading that has its own anchor,
and ends where a sentence ends. An article of law stays whole up to ``ARTICLE_BOUND``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from rag.documents import Document, Section
from rag.text import sentences

# All in characters. French runs at about 3.5 characters a token.
TARGET = 700
BOUND = 900
ARTICLE_BOUND = 1200
# Part of each document's state: passages are cut again where it has changed.
VERSION = "1"


@dataclass(frozen=True, slots=True)
class Cut:
    """A passage before it is stored. ``id`` hangs on all of its content, so it never changes."""

    id: str
    position: int
    section_path: tuple[str, ...]
    reference: str
    text: str
    url: str
    digest: str


def cut(document: Document) -> list[Cut]:
    """The passages of ``document``, in reading order."""
    passages: list[Cut] = []
    seen: dict[str, int] = {}
    for section in _pieces(document):
        content = [document.id, document.title, *section.path, section.reference, section.text]
        key = json.dumps(content)
        seen[key] = repeat = seen.get(key, 0) + 1
        identity = hashlib.sha256(json.dumps([key, repeat]).encode()).hexdigest()[:24]
        digest = hashlib.sha256(section.text.encode()).hexdigest()
        passages.append(
            Cut(
                identity,
                len(passages),
                section.path,
                section.reference,
                section.text,
                section.url,
                digest,
            )
        )
    return passages


def _pieces(document: Document) -> Iterator[Section]:
    """Sections cut to size; small neighbours under one anchor and heading are joined."""
    for _, same in groupby(document.sections, lambda s: (s.url, s.path[:1], s.reference)):
        group = list(same)
        waiting: list[Section] = []
        for section in group:
            bound = ARTICLE_BOUND if section.reference else TARGET
            if sum(len(s.text) + 60 for s in waiting) + len(section.text) > bound:
                yield from _joined(waiting)
                waiting = []
            if len(section.text) > bound:
                for text in _split(section.text):
                    yield Section(section.path, text, section.reference, section.url)
            else:
                waiting.append(section)
        yield from _joined(waiting)


def _joined(sections: list[Section]) -> Iterator[Section]:
    if not sections:
        return
    first = sections[0]
    if len(sections) == 1:
        yield first
        return
    shared = 0
    while (
        all(len(s.path) > shared for s in sections) and len({s.path[shared] for s in sections}) == 1
    ):
        shared += 1
    lines: list[str] = []
    heading: tuple[str, ...] = ()
    for section in sections:
        own = section.path[shared:]
        if own and own != heading:
            lines.append(" – ".join(own).rstrip(" :") + " :")
        heading = own
        lines.append(section.text)
    yield Section(first.path[:shared], "\n".join(lines), first.reference, first.url)


def _split(text: str) -> Iterator[str]:
    """``text`` in pieces near TARGET and never over BOUND, at lines, then sentences, then words."""
    piece: list[str] = []
    size = 0
    for line in _fitting_lines(text):
        if piece and size + len(line) > (BOUND if line.startswith("- ") else TARGET):
            carried = [piece.pop()] if len(piece) > 1 and piece[-1].endswith(":") else []
            yield "\n".join(piece)
            piece = carried if sum(map(len, carried)) + len(line) < BOUND else []
            if carried and not piece:
                yield "\n".join(carried)
            size = sum(len(kept) + 1 for kept in piece)
        piece.append(line)
        size += len(line) + 1
    if piece:
        yield "\n".join(piece)


def _fitting_lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if len(line) <= BOUND:
            yield line
            continue
        part = ""
        for sentence in sentences.split(line):
            for fitting in _fitting_words(sentence):
                if part and len(part) + 1 + len(fitting) > TARGET:
                    yield part
                    part = fitting
                else:
                    part = f"{part} {fitting}".strip()
        if part:
            yield part


def _fitting_words(sentence: str) -> Iterator[str]:
    while len(sentence) > BOUND:
        space = sentence.rfind(" ", TARGET // 2, TARGET)
        end = space if space > 0 else TARGET
        yield sentence[:end].strip()
        sentence = sentence[end:].strip()
    if sentence:
        yield sentence
