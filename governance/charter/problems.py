"""What can be wrong in a charter, said so that its author can mend it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process

Param = str | int | float
MAX_SHOWN = 160
"""Of a line that is quoted, the characters that are shown."""
_ALIKE = 60.0
"""How alike, of 100, a word must be to one that it may be a misspelling of."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; line and column are counted from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, as it is written there."""

    file: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class CharterProblem:
    """One thing to mend: where it stands, and an English template with ``{named}`` params.

    ``field`` is the path in the charter, as ``uses[2].effect``; empty for the file as a whole.
    """

    file: str
    line: int
    column: int
    field: str
    message_id: str
    params: Mapping[str, Param] = dataclasses.field(default_factory=dict)

    @property
    def message(self) -> str:
        """The problem in English."""
        return self.message_id.format(**self.params)

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return (
            f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"
        )


class CharterInvalid(Exception):
    """A charter cannot be used. ``problems`` holds all of them, in the order of the file.

    ``sources`` are the texts that were read, by file name, so that a problem can be shown in them.
    """

    sources: Mapping[str, str]

    def __init__(self, problems: Iterable[CharterProblem]) -> None:
        distinct = dict.fromkeys(
            (p.file, p.line, p.column, p.field, p.message_id, tuple(sorted(p.params.items())))
            for p in problems
        )
        self.problems: tuple[CharterProblem, ...] = tuple(
            CharterProblem(*key[:5], params=dict(key[5]))
            for key in sorted(distinct, key=lambda key: (key[0], key[1], key[2], key[3], key[4]))
        )
        self.sources = {}
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def lines(self, problem: CharterProblem) -> tuple[Line, ...]:
        """The line of ``problem``, and the parent's that it loosens, as far as they are known."""
        places = [(problem.file, problem.line)]
        file, line = problem.params.get("parent_file"), problem.params.get("parent_line")
        if isinstance(file, str) and isinstance(line, int):
            places.append((file, line))
        found = []
        for name, number in places:
            written = self.sources.get(name, "").splitlines()
            if 0 < number <= len(written):
                found.append(Line(name, number, written[number - 1].rstrip()[:MAX_SHOWN]))
        return tuple(found)


def at(mark: Mark, path: str, message_id: str, **params: Param) -> CharterProblem:
    """The problem ``message_id`` at ``mark``."""
    return CharterProblem(mark.file, mark.line, mark.column, path, message_id, params)


def dotted(path: Iterable[str | int]) -> str:
    """A path as people write it: ``uses[2].detect.patterns[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` is most likely a misspelling of, if any."""
    found = process.extractOne(
        word, list(known), scorer=fuzz.ratio, processor=str.casefold, score_cutoff=_ALIKE
    )
    return str(found[0]) if found else None
