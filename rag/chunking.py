"""Cutting documents into passages along their own structure.

A passage is small (a prompt takes a few of them), never crosses a heading that has its own anchor,
and ends where a sentence ends. An article of law stays whole up to ``ARTICLE_BOUND``. All bounds
are in tokens, as :func:`rag.text.length.tokens` counts them.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from rag.documents import Document, Section
from rag.text import sentences
from rag.text.length import tokens

TARGET = 200
BOUND = 260
ARTICLE_BOUND = 450
_HEADING = 20
"""What a heading that is written into a joined passage may take."""
# Part of each document's state: passages are cut again where it has changed.
VERSION = "2"


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
            size = tokens(section.text)
            if sum(tokens(s.text) + _HEADING for s in waiting) + size > bound:
                yield from _joined(waiting)
                waiting = []
            if size > bound:
                for text in _split(section.text):
                    yield replace(section, text=text)
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
    """``text`` in even pieces under TARGET or so, never over BOUND: at lines, sentences, words.

    A line that announces others («Il faut :») goes with them, and a table's rows stay whole lines.
    """
    piece: list[str] = []
    total, size = tokens(text), 0
    even = total / math.ceil(total / TARGET)
    for line in _fitting_lines(text):
        length = tokens(line)
        item = line.startswith("- ")
        if piece and (size + length > BOUND or (size + length / 2 > even and not item)):
            carried = [piece.pop()] if len(piece) > 1 and piece[-1].endswith(":") else []
            yield "\n".join(piece)
            piece = carried if sum(map(tokens, carried)) + length < BOUND else []
            if carried and not piece:
                yield "\n".join(carried)
            size = sum(map(tokens, piece))
        piece.append(line)
        size += length
    if piece:
        yield "\n".join(piece)


def _fitting_lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if tokens(line) <= BOUND:
            yield line
            continue
        part, size = "", 0
        for sentence in sentences.split(line):
            for fitting in _fitting_words(sentence):
                length = tokens(fitting)
                if part and size + length > TARGET:
                    yield part
                    part, size = fitting, length
                else:
                    part, size = f"{part} {fitting}".strip(), size + length
        if part:
            yield part


def _fitting_words(sentence: str) -> Iterator[str]:
    """``sentence`` in pieces within BOUND, at words where it has any."""
    part: list[str] = []
    size = 0
    for word in sentence.split(" "):
        for fitting in _fitting_letters(word):
            length = tokens(fitting)
            if part and size + length > BOUND:
                yield " ".join(part)
                part, size = [], 0
            part.append(fitting)
            size += length
    if part:
        yield " ".join(part)


def _fitting_letters(word: str) -> Iterator[str]:
    # A character is never more than a token.
    for start in range(0, max(1, len(word)), BOUND):
        yield word[start : start + BOUND]
