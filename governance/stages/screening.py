"""Keeps what documents ask of the assistant away from the model: they are data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, Literal

from governance.pii.json_text import Piece, mapped, pieces
from governance.receipt import InjectionPart
from governance.turns import Turn
from governance.uses.injection import instructions_in, without_instructions
from rag.protocol import Passage

CUT: Final[dict[Literal["fr", "en"], str]] = {
    "fr": "[instruction trouvée dans le document, non transmise]",
    "en": "[instruction found in the document, not passed on]",
}
PASTED_LEAST: Final = 80
"""Characters of a quotation that may be a document; shorter ones are the person's own words."""
_QUOTED: Final = re.compile(
    rf"«[^»]{{{PASTED_LEAST},20000}}»|“[^”]{{{PASTED_LEAST},20000}}”|"
    rf"\"[^\"]{{{PASTED_LEAST},20000}}\"|(?<!\w)'.{{{PASTED_LEAST},20000}}'(?!\w)|"
    r"```.{1,20000}?(?:```|$)|<([a-z]{1,20})[^>]{0,200}>.{1,20000}</\1>",
    re.DOTALL,
)
# A forwarded mail, or a rule of signs: the rest of the message is somebody else's.
_FORWARDED: Final = re.compile(
    r"^\s*(?:[-_=*]{3,}.{0,60}|(?:de|from|von)\s?: .{1,200}|>.*|"
    r".{0,80}\b(?:a écrit|wrote|schrieb|escribió)\s?:)\s*$",
    re.MULTILINE | re.IGNORECASE,
)


def screened_passages(
    passages: Sequence[Passage], locale: Literal["fr", "en"]
) -> tuple[tuple[Passage, ...], tuple[InjectionPart, ...]]:
    """The passages as the model may read them, and the instructions that were cut from each."""
    kept: list[Passage] = []
    found: list[InjectionPart] = []
    for passage in passages:
        text, count = without_instructions(passage.text, CUT[locale])
        title, in_title = without_instructions(passage.title, CUT[locale])
        path = [without_instructions(part, CUT[locale]) for part in passage.section_path]
        total = count + in_title + sum(number for _, number in path)
        if not total:
            kept.append(passage)
            continue
        found.append(InjectionPart(origin="passage", count=total, digest=passage.digest))
        section_path = tuple(part for part, _ in path)
        kept.append(replace(passage, text=text, title=title, section_path=section_path))
    return tuple(kept), tuple(found)


def screened_turns(
    turns: Sequence[Turn], locale: Literal["fr", "en"]
) -> tuple[tuple[Turn, ...], int]:
    """The turns, results of tools without their instructions, and how many were cut.

    What was JSON stays JSON: each of its strings is read by itself.
    """
    cut = 0

    def screened(text: str) -> str:
        nonlocal cut
        kept, count = without_instructions(text, CUT[locale])
        cut += count
        return kept

    def piece(each: Piece) -> str:
        return screened(each.text) if each.kind == "string" else each.text

    def turn(each: Turn) -> Turn:
        if each.role != "tool":
            return each
        is_json = pieces(each.content) is not None
        content = mapped(each.content, piece) if is_json else screened(each.content)
        return each if content == each.content else replace(each, content=content)

    return tuple(map(turn, turns)), cut


def pasted_instructions(message: str) -> int:
    """How many instructions stand in what a person pasted in their message.

    The person's words are theirs: nothing is cut from them.
    """
    return sum(len(instructions_in(message[start:end])) for start, end in _pasted(message))


def _pasted(message: str) -> Iterator[tuple[int, int]]:
    """Where others speak: quotations, blocks, and all that follows the head of a forwarded mail."""
    forwarded = _FORWARDED.search(message)
    own = forwarded.start() if forwarded else len(message)
    for quoted in _QUOTED.finditer(message, 0, own):
        yield quoted.span()
    if forwarded:
        yield forwarded.start(), len(message)
