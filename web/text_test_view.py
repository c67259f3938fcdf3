"""What the page «Try a text» needs, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["masked", "kept", "blocked"]


@dataclass(frozen=True, slots=True)
class PieceView:
    """A stretch of the text. ``number`` is that of its finding; None where nothing was found."""

    text: str
    number: int | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class FoundView:
    """One finding: what it is, what the charter does with it, and why it was found.

    ``score`` is from 0 to 1, and ``sureness`` says what it rests on.
    """

    number: int
    text: str
    entity: str
    label: str
    state: State
    handling: str
    recognizer: str
    rule: str
    why: str
    score: float
    sureness: str


@dataclass(frozen=True, slots=True)
class TextTestView:
    """The page (``text_test.html``). ``tested`` tells whether ``text`` was analysed.

    ``services`` are (id, title); ``limit`` is in characters. ``seen`` is the text that the model
    would read, and ``blocked`` the kinds for which the charter would refuse the request.
    """

    services: tuple[tuple[str, str], ...]
    limit: int
    service: str = ""
    text: str = ""
    tested: bool = False
    pieces: tuple[PieceView, ...] = ()
    found: tuple[FoundView, ...] = ()
    seen: str = ""
    blocked: tuple[str, ...] = ()
