"""Compares two texts of a charter by line."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

CONTEXT = 3
Kind = Literal["same", "changed", "removed", "added", "gap"]


@dataclass(frozen=True, slots=True)
class DiffRow:
    """A line of both texts, or of one; numbers count from 1. A «gap» stands for lines left out."""

    kind: Kind
    old_number: int | None = None
    old: str = ""
    new_number: int | None = None
    new: str = ""


def unified(old: str, new: str, old_name: str, new_name: str) -> str:
    """The unified diff of two texts; empty where they are the same."""
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), old_name, new_name, lineterm="", n=CONTEXT
    )
    return "".join(f"{line}\n" for line in lines)


def side_by_side(old: str, new: str) -> tuple[DiffRow, ...]:
    """The lines of both texts facing one another, those far from a change left out."""
    before, after = old.splitlines(), new.splitlines()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    rows: list[DiffRow] = []
    end = (0, 0)
    for group in matcher.get_grouped_opcodes(CONTEXT):
        if (group[0][1], group[0][3]) != end:
            rows.append(DiffRow("gap"))
        for tag, i1, i2, j1, j2 in group:
            rows.extend(_rows(tag, before[i1:i2], after[j1:j2], i1, j1))
        end = (group[-1][2], group[-1][4])
    if rows and end != (len(before), len(after)):
        rows.append(DiffRow("gap"))
    return tuple(rows)


def _rows(tag: str, old: Sequence[str], new: Sequence[str], i: int, j: int) -> list[DiffRow]:
    if tag == "equal":
        return [
            DiffRow("same", i + n + 1, line, j + n + 1, line)
            for n, line in enumerate(old)
        ]  # fmt: skip
    paired = min(len(old), len(new))
    rows = [DiffRow("changed", i + n + 1, old[n], j + n + 1, new[n]) for n in range(paired)]
    rows += [DiffRow("removed", i + n + 1, old[n]) for n in range(paired, len(old))]
    rows += [
        DiffRow("added", new_number=j + n + 1, new=new[n]) for n in range(paired, len(new))
    ]  # fmt: skip
    return rows
