"""XLSX: each sheet under its name, each row in words by the header of its table."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any

from rag.connectors.files import archive
from rag.connectors.files.content import Found, Unread, place
from rag.text import html

_UNCALCULATED = re.compile(rb"<f[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")


def read(path: Path) -> Found:
    """The sheets of a workbook, as values, and those that are not read.

    Raises Unreadable, or what the parser raises.
    """
    from openpyxl import load_workbook

    yield from archive.check(path)
    workbook = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    for sheet in workbook.worksheets:
        if sheet.sheet_state != "visible":
            yield Unread(place(sheet.title), "this sheet is hidden, and not read")
            continue
        sheet.reset_dimensions()  # what a file says of its size is not to be believed
        text = "\n".join(rows_in_words([_text(cell) for cell in row] for row in sheet.iter_rows()))
        if text:
            yield (html.squeeze(sheet.title),), text
        else:
            yield Unread(place(sheet.title), "this sheet is empty")
    for chart in workbook.chartsheets:
        yield Unread(place(chart.title), "this chart is not read")
    workbook.close()
    if count := _uncalculated(path):
        yield Unread(
            "", "formulas without a computed value are not read ({count})", (("count", count),)
        )


def rows_in_words(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The rows of a sheet as lines: «- cell — header : cell ; …» below a header, else «a | b».

    A header is a row of words above others, and a line as well. A table that comes after an empty
    row has its own where it is of another width, or where words stand above figures.
    """
    header: list[str] = []
    for table in _tables(rows):
        at = _header_at(table, header)
        for number, row in enumerate(table):
            yield _in_words(header if at is None or number > at else [], row)
            header = row if number == at else header


def _tables(rows: Iterable[Sequence[str]]) -> Iterator[list[list[str]]]:
    """The rows between empty rows, each without the empty cells at its end."""
    table: list[list[str]] = []
    for cells in rows:
        row = list(cells)
        while row and not row[-1]:
            row.pop()
        if row:
            table.append(row)
        elif table:
            yield table
            table = []
    if table:
        yield table


def _header_at(table: list[list[str]], known: list[str]) -> int | None:
    """The index of the row that heads a table, if it is not one more part of the last one."""
    at = next((i for i, row in enumerate(table[:-1]) if _are_words(row)), None)
    if at is None or not known:
        return at
    header, below = table[at], table[at + 1 :]
    figures = any(
        title and column < len(row) and row[column] and not _is_word(row[column])
        for row in below
        for column, title in enumerate(header)
    )
    return at if figures or len(header) != len(known) else None


def _are_words(row: list[str]) -> bool:
    filled = [cell for cell in row if cell]
    return len(filled) > 1 and all(map(_is_word, filled))


def _is_word(cell: str) -> bool:
    letters = sum(map(str.isalpha, cell))
    return letters > 0 and letters >= sum(map(str.isdigit, cell)) and "@" not in cell


def _in_words(header: list[str], row: list[str]) -> str:
    filled = [cell for cell in row if cell]
    if not header or len(filled) == 1:
        return " | ".join(filled)
    titles = [*header, *[""] * (len(row) - len(header))]
    pairs = list(zip(titles, row, strict=False))
    first = [] if not row[0] else [row[0]]
    others = [f"{title} : {cell}" if title else cell for title, cell in pairs[1:] if cell]
    return "- " + " — ".join([*first, " ; ".join(others)])


def _text(cell: Any) -> str:
    """The value of a cell as it is written, without the noise of binary fractions."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, (int, float)):
        percent = str(cell.number_format).endswith("%")
        shown = value * 100 if percent else value
        number = str(shown) if isinstance(shown, int) else f"{shown:.12g}"
        return f"{number}\u00a0%" if percent else number
    return html.squeeze(str(value))


def _uncalculated(path: Path) -> int:
    """How many formulas a program wrote that never computed them, so that their cells are empty."""
    with zipfile.ZipFile(path) as workbook:
        return sum(
            len(_UNCALCULATED.findall(workbook.read(name)))
            for name in workbook.namelist()
            if name.startswith("xl/worksheets/") and name.endswith(".xml")
        )
