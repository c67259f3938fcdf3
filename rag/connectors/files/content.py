"""What is read of a file, piece by piece, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rag.errors import ParameterValue
from rag.text import html

MAX_PLACE = 120
"""Characters of a place that are shown: a file names its parts as it likes."""

NESTED = "this file is nested too deeply, or in itself, which is refused"
NOT_READ = "this attachment is not read"

Piece = tuple[tuple[str, ...], str]
"""The headings above a piece of text, and the text."""
Params = tuple[tuple[str, ParameterValue], ...]


class Unreadable(Exception):
    """The file cannot be used. ``message_id`` is a translation key, ``params`` are its values."""

    def __init__(self, message_id: str, **params: ParameterValue) -> None:
        super().__init__(message_id)
        self.message_id = message_id
        self.params: Params = tuple(params.items())


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a file that was not read, or the whole of it.

    ``place`` is how the file names the part (a sheet, an attachment), empty for the file itself.
    Only ``place`` ever holds words of the file, so that they are cleaned with its name; ``params``
    are figures and page numbers.
    """

    place: str
    message_id: str
    params: Params = ()


Found = Iterator[Piece | Unread]


def place(name: str) -> str:
    """The name that a file gives to one of its parts, on one line and of a bounded length."""
    line = html.squeeze("".join(c if c.isprintable() else " " for c in name))
    return line if len(line) <= MAX_PLACE else line[: MAX_PLACE - 1] + "…"
