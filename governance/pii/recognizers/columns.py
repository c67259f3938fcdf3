"""Tables in a text: rows of cells between separators or runs of spaces, under a row of labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from governance.pii.recognizers.labels import label_of

__all__ = ["Table", "tables"]

Cell = tuple[int, int]
"""Start and end in the text, less the spaces and the quotes around."""


@dataclass(frozen=True, slots=True)
class Table:
    """``labels`` are the cells of its first row; ``columns`` the others, a list under each."""

    labels: list[str]
    columns: list[list[Cell]]


_DELIMITERS: Final = "|;\t,"
_GAP: Final = re.compile(r"[ \u00a0]{2,}|\t")
_RULE: Final = re.compile(r"[\s|:+=─━┼|-]+")
_MARK: Final = {delimiter: re.compile(rf'["{re.escape(delimiter)}]') for delimiter in _DELIMITERS}
_HEADING: Final = re.compile(r"[^\W\d][^:=!?\n]{0,39}|n[°º][^:=!?\n]{0,38}|#|id", re.IGNORECASE)
_MOST_CELLS: Final = 60

_Split = Callable[[str, int, int], list[Cell]]


def tables(text: str) -> Iterator[Table]:
    """Each table of ``text`` whose first row holds a known label."""
    lines = _lines(text)
    index = 0
    while index < len(lines):
        for split in _splits(text, *lines[index]):
            end = _end(text, lines, index, split)
            if end > index + 1:
                yield _table(text, lines, index, end, split)
                index = end - 1
                break
        index += 1


def _lines(text: str) -> list[tuple[int, int]]:
    lines = []
    start = 0
    for line in text.split("\n"):
        lines.append((start, start + len(line.rstrip("\r"))))
        start += len(line) + 1
    return lines


def _splits(text: str, start: int, end: int) -> Iterator[_Split]:
    """Ways to cut the line into cells that make it a row of labels."""
    if end - start > 1_500:
        return
    for delimiter in _DELIMITERS:
        if text.find(delimiter, start, end) >= 0:
            split = partial(_delimited, delimiter)
            if _is_head(text, split(text, start, end), least=3 if delimiter == "," else 2):
                yield split
    if _is_head(text, _aligned(text, start, end), least=2):
        yield _aligned


def _is_head(text: str, cells: list[Cell], least: int) -> bool:
    if not least <= len(cells) <= _MOST_CELLS:
        return False
    written = [text[start:end] for start, end in cells if start < end]
    if len(written) < 2 or not all(_HEADING.fullmatch(each) for each in written):
        return False
    return any(label_of(each) for each in written)


def _end(text: str, lines: list[tuple[int, int]], first: int, split: _Split) -> int:
    """The line after the last row of the table that ``first`` begins."""
    width = len(split(text, *lines[first]))
    index = first + 1
    while index < len(lines):
        start, end = lines[index]
        if not text[start:end].strip():
            # One empty line may part the labels from the rows, or, in a file, two rows.
            if split is _aligned or index + 1 >= len(lines) or index > first + 1:
                break
        elif not _is_rule(text, start, end):
            cells = split(text, start, end)
            if abs(len(cells) - width) > (1 if split is not _aligned else width - 2):
                break
        index += 1
    return index


def _is_rule(text: str, start: int, end: int) -> bool:
    return _RULE.fullmatch(text, start, end) is not None


def _table(text: str, lines: list[tuple[int, int]], first: int, end: int, split: _Split) -> Table:
    head = split(text, *lines[first])
    columns: list[list[Cell]] = [[] for _ in head]
    offsets = [start - lines[first][0] for start, _ in head]
    for line in lines[first + 1 : end]:
        if _is_rule(text, *line):
            continue
        cells = split(text, *line)
        moved = split is _aligned and len(cells) != len(head)
        for number, cell in enumerate(cells):
            place = _nearest(offsets, cell[0] - line[0]) if moved else number
            if cell[0] < cell[1] and place < len(columns):
                columns[place].append(cell)
    return Table([text[first_:last] for first_, last in head], columns)


def _nearest(offsets: list[int], at: int) -> int:
    return min(range(len(offsets)), key=lambda place: abs(offsets[place] - at))


def _aligned(text: str, start: int, end: int) -> list[Cell]:
    while start < end and text[start].isspace():
        start += 1
    cells = []
    for gap in _GAP.finditer(text, start, end):
        cells.append(_trimmed(text, start, gap.start()))
        start = gap.end()
    if start < end:
        cells.append(_trimmed(text, start, end))
    return cells


def _delimited(delimiter: str, text: str, start: int, end: int) -> list[Cell]:
    """The cells of a line, where a delimiter in quotes parts nothing (RFC 4180)."""
    if delimiter == "|":
        start, end = _trimmed(text, start, end)
        if start < end and text[start] == "|":
            start += 1
        if start < end and text[end - 1] == "|":
            end -= 1
    cells = []
    quoted = False
    begin = start
    balanced = text.count('"', start, end) % 2 == 0
    for mark in _MARK[delimiter].finditer(text, start, end):
        if mark.group() == '"':
            quoted = balanced and not quoted
        elif not quoted:
            cells.append(_trimmed(text, begin, mark.start()))
            begin = mark.end()
    cells.append(_trimmed(text, begin, end))
    return cells


def _trimmed(text: str, start: int, end: int) -> Cell:
    while start < end and (text[start].isspace() or text[start] in "\"'*"):
        start += 1
    while start < end and (text[end - 1].isspace() or text[end - 1] in "\"'*"):
        end -= 1
    return start, end
