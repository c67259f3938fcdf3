"""Texts with their personal data marked: ``[[PERSON|Nadia Cherfaoui]]``, a head before each text.

A file holds texts one after the other. A head, ``=== name | kind``, says what each is («mail»,
«table»); what stands between two heads is the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MARK: Final = re.compile(r"\[\[([A-Z_]+)\|([^\[\]|]+)\]\]")
_HEAD: Final = re.compile(r"^=== (\S+) \| (\w+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mark:
    """``text[start:end]`` is an ``entity``."""

    start: int
    end: int
    entity: str


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text without its marks, and the marks in their order."""

    name: str
    kind: str
    text: str
    marks: tuple[Mark, ...]


def read(file: Path) -> list[MarkedText]:
    """The texts of ``file``.

    Raises:
        OSError: it cannot be read.
    """
    content = file.read_text(encoding="utf-8")
    heads = list(_HEAD.finditer(content))
    ends = [head.start() for head in heads[1:]] + [len(content)]
    return [
        _marked(head.group(1), head.group(2), content[head.end() : end].strip("\n"))
        for head, end in zip(heads, ends, strict=True)
    ]


def _marked(name: str, kind: str, source: str) -> MarkedText:
    parts: list[str] = []
    marks: list[Mark] = []
    length = position = 0
    for mark in _MARK.finditer(source):
        before = source[position : mark.start()]
        length += len(before)
        marks.append(Mark(length, length + len(mark.group(2)), mark.group(1)))
        parts += [before, mark.group(2)]
        length += len(mark.group(2))
        position = mark.end()
    return MarkedText(name, kind, "".join([*parts, source[position:]]), tuple(marks))
