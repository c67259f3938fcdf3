"""Reads the strings and numbers of a JSON text, and puts others in their place.

Only the pieces that change are written anew: the rest of the document, its blanks, the order of its
keys and the form of its numbers stay to the letter. What was JSON stays JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

DEEPEST: Final = 100
"""Levels of a document; one that goes deeper is not read as JSON."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|[{}\[\]]')
_COLON = re.compile(r"[ \t\r\n]*:")
_HALF_PAIR = re.compile(r"[\ud800-\udfff]")
_PARTS = re.compile(r"[\W_]+|(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Ý])")


@dataclass(frozen=True, slots=True)
class Piece:
    """A string, a number or a key, at ``start`` to ``end`` of its document.

    ``text`` is what it says, without quotes and escapes. ``name`` is the key under which it stands,
    through lists; a key has none.
    """

    start: int
    end: int
    text: str
    name: str
    kind: Literal["string", "number", "key"]


def parsed(document: str) -> Any:
    """The value of a JSON text. Raises ValueError where it is none, or goes too deep."""
    try:
        return json.loads(document, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("too deep") from None


def pieces(
    document: str, wanted: Callable[[Sequence[str]], bool] = lambda _path: True
) -> list[Piece] | None:
    """The pieces of ``document`` in its order, or None where it is no JSON object or list.

    ``wanted`` is asked of each piece by its path: the names of what it stands in, from the outside,
    then its own (for a key: that of its object).
    """
    if not document.lstrip(" \t\r\n").startswith(("{", "[")):
        return None
    try:
        parsed(document)
    except ValueError:
        return None
    found: list[Piece] = []
    path: list[str] = [""]
    for match in _TOKEN.finditer(document):
        token = match.group()
        if token in "{[":
            path.append(path[-1])
            if len(path) > DEEPEST:
                return None
        elif token in "}]":
            path.pop()
        else:
            is_string = token[0] == '"'
            text = _HALF_PAIR.sub(
                "\N{REPLACEMENT CHARACTER}", json.loads(token) if is_string else token
            )
            if is_string and _COLON.match(document, match.end()):
                path[-1] = path[-2]
                if wanted(path):
                    found.append(Piece(*match.span(), text, "", "key"))
                path[-1] = text
            elif wanted(path):
                kind: Literal["string", "number"] = "string" if is_string else "number"
                found.append(Piece(*match.span(), text, path[-1], kind))
    return found


def rebuilt(document: str, changed: Mapping[Piece, str]) -> str:
    """``document`` with other texts in place of some of its pieces; each becomes a string."""
    parts: list[str] = []
    position = 0
    for piece in sorted(changed, key=lambda each: each.start):
        parts += [document[position : piece.start], quoted(changed[piece])]
        position = piece.end
    return "".join([*parts, document[position:]])


def mapped(document: str, change: Callable[[Piece], str]) -> str:
    """``document`` with what ``change`` makes of each piece; itself where it is no JSON."""
    found = pieces(document) or ()
    changed = {piece: new for piece in found if (new := change(piece)) != piece.text}
    return rebuilt(document, changed)


def quoted(text: str) -> str:
    """``text`` as a JSON string, its letters as they are."""
    return json.dumps(_HALF_PAIR.sub("\N{REPLACEMENT CHARACTER}", text), ensure_ascii=False)


def words_of(name: str) -> str:
    """A key as people would write it: «dateNaissance» and «date_naissance» are «date naissance»."""
    return " ".join(part.lower() for part in _PARTS.split(name) if part)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
