"""A conversation with its tools, taken apart into texts to mask, then put together again.

What is masked: each turn's text; in the arguments of past calls and in results that are JSON,
each string, each number long enough to tell of somebody, and the keys; in the definitions of tools,
their descriptions and the values that they give (default, enum, const, examples). What is left as
it is: the names of functions and of their parameters, which the program must get back to the
letter, and which the model could not call by a placeholder.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from governance.pii.json_text import Piece, pieces, rebuilt, words_of
from governance.pii.pseudonymise import Masked
from governance.turns import Turn
from models.protocol import Tool

_TELLING_DIGITS: Final = 4
_TEXTS: Final = frozenset({"description", "title", "$comment", "const"})
_VALUES: Final = frozenset({"default", "enum", "const", "example", "examples"})
_NAMED: Final = frozenset({"properties", "patternProperties", "$defs", "definitions"})

Mask = Callable[[Sequence[str]], Masked]


@dataclass(frozen=True, slots=True)
class Drafted:
    """What the model may read of a conversation: its turns, its tools, and what was masked."""

    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...]
    masked: Masked


def masked_conversation(turns: Sequence[Turn], tools: Sequence[Tool], mask: Mask) -> Drafted:
    """Mask a conversation with one call of ``mask``, or two where an announcement got caught.

    The texts of ``masked`` are those of the turns, one each; its counts are of everything, where
    the same value under the same key of documents counts once.

    Raises:
        PiiError: as ``mask`` does; nothing may be sent.
    """
    sheet = _Sheet()
    parameters = frozenset(name for tool in tools for name in _parameter_names(tool))
    put_tools = [_tool(sheet, tool) for tool in tools]
    put_turns = [_turn(sheet, turn, parameters) for turn in turns]
    sheet.fill(mask)
    said = tuple(put() for put in put_turns)
    places = [sheet.places.get(number) for number in range(len(turns))]
    whole = sheet.whole
    return Drafted(
        said,
        tuple(put() for put in put_tools),
        replace(
            whole,
            texts=tuple(turn.content for turn in said),
            spans=tuple(() if place is None else whole.spans[place] for place in places),
            findings=tuple(() if place is None else whole.findings[place] for place in places),
        ),
    )


class _Sheet:
    """The texts to mask, in order, each behind the words that announce it; then masked."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._leads: list[int] = []
        self._results: list[str] = []
        self._pieces: dict[tuple[str, str], int] = {}
        self.places: dict[int, int] = {}
        """Where the plain text of a turn stands, by the turn's number."""
        self.turns = 0

    def add(self, text: str, lead: str = "") -> int:
        """Put a text on the sheet; returns its place."""
        self._texts.append(lead + text)
        self._leads.append(len(lead))
        return len(self._texts) - 1

    def add_piece(self, text: str, lead: str) -> int:
        """As :meth:`add`, for what a document may repeat under each of its rows: read once."""
        if (text, lead) not in self._pieces:
            self._pieces[text, lead] = self.add(text, lead)
        return self._pieces[text, lead]

    def result(self, place: int) -> str:
        """The masked text at ``place``, without what announced it."""
        return self._results[place]

    def fill(self, mask: Mask) -> None:
        """Mask all texts with the words that announce them: a date of birth is told by its key."""
        self.whole = mask(self._texts)
        self._results = [
            result[lead:] if result.startswith(text[:lead]) else ""
            for text, lead, result in zip(self._texts, self._leads, self.whole.texts, strict=True)
        ]
        caught = [
            place
            for place, (text, lead) in enumerate(zip(self._texts, self._leads, strict=True))
            if not self.whole.texts[place].startswith(text[:lead])
        ]
        if not caught:
            return
        # The announcement was taken for a part of the value: the value alone then.
        bare = [self._texts[place][self._leads[place] :] for place in caught]
        again = mask([*bare, self._texts[-1]])
        for place, text, result in zip(caught, bare, again.texts, strict=False):
            self._results[place] = result if result != text else self.whole.texts[place]
        self.whole = replace(
            self.whole,
            blocked=tuple(sorted({*self.whole.blocked, *again.blocked})),
            never_restored=self.whole.never_restored | again.never_restored,
        )


def _turn(sheet: _Sheet, turn: Turn, parameters: frozenset[str]) -> Callable[[], Turn]:
    number, sheet.turns = sheet.turns, sheet.turns + 1
    calls = [_document(sheet, call.arguments, parameters) for call in turn.tool_calls]
    found = pieces(turn.content) if turn.role == "tool" else None
    if found is None:
        place = sheet.places[number] = sheet.add(turn.content)

        def content() -> str:
            return sheet.result(place)
    else:
        content = _document(sheet, turn.content, parameters)

    def put() -> Turn:
        return replace(
            turn,
            content=content(),
            tool_calls=tuple(
                replace(call, arguments=arguments())
                for call, arguments in zip(turn.tool_calls, calls, strict=True)
            ),
        )

    return put


def _tool(sheet: _Sheet, tool: Tool) -> Callable[[], Tool]:
    description = sheet.add(tool.description)
    schema = json.dumps(dict(tool.parameters), ensure_ascii=False)
    parameters = _document(sheet, schema, frozenset(), of_schema=True)
    return lambda: Tool(tool.name, sheet.result(description), json.loads(parameters()))


def _document(
    sheet: _Sheet, document: str, parameters: frozenset[str], *, of_schema: bool = False
) -> Callable[[], str]:
    """Put the pieces of a JSON text on the sheet. Raises ValueError where it is none."""
    found = pieces(document, _in_schema) if of_schema else pieces(document)
    if found is None:
        raise ValueError("this is no JSON object")
    places = {
        piece: sheet.add_piece(piece.text, _lead(piece, of_schema))
        for piece in found
        if _tells(piece) and not (piece.kind == "key" and (of_schema or piece.text in parameters))
    }

    def put() -> str:
        return rebuilt(
            document,
            {
                piece: sheet.result(place)
                for piece, place in places.items()
                if sheet.result(place) != piece.text
            },
        )

    return put


def _lead(piece: Piece, of_schema: bool) -> str:
    return "" if of_schema or not (name := words_of(piece.name)) else f"{name} : "


def _tells(piece: Piece) -> bool:
    """Whether a piece may tell of somebody: no short number, no single letter."""
    if piece.kind == "number":
        return sum(char.isdigit() for char in piece.text) >= _TELLING_DIGITS
    return sum(char.isalnum() for char in piece.text) > 1


def _in_schema(path: Sequence[str]) -> bool:
    """Whether a piece of a JSON Schema is a text or a value, and not a rule.

    A parameter may be called «default»: what stands under «properties» is a name.
    """
    if path[-1] in _TEXTS and path[-2] not in _NAMED:
        return True
    return any(name in _VALUES and path[level] not in _NAMED for level, name in enumerate(path[1:]))


def _parameter_names(tool: Tool) -> list[str]:
    """The names that a schema gives to parameters, at any depth."""
    names: list[str] = []
    waiting: list[object] = [tool.parameters]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, Mapping):
            properties = value.get("properties")
            names += properties if isinstance(properties, Mapping) else ()
            waiting += value.values()
    return names
