"""Cutting French prose into sentences, where «art. L. 3141-3» does not end one."""

from __future__ import annotations

import re

from rag.text.words import listed

_ABBREVIATIONS = listed(
    """art al cf ex p pp n no nos m mm mme mmes mlle dr pr me st ste etc env min max tél tel
    chap sect par fig éd ed vol av bd ch cons const trav soc civ crim cass ass plén cc j.o jo
    l r d c.-à-d i.e e.g"""
)
_END = re.compile(r"[.!?…]+[»\"”’)\]]*(?:\s*\[\d{1,3}\])*(?=\s|$)")
_WORD_BEFORE = re.compile(r"([^\s(«\"'’]+)$")


def spans(text: str) -> list[tuple[int, int]]:
    """The bounds of each sentence of ``text``. Each line is apart; blank ones are left out.

    Citations «[1]» that follow the final point belong to the sentence.
    """
    found: list[tuple[int, int]] = []
    position = 0
    for line in text.splitlines(keepends=True):
        found.extend(_line_spans(text, position, position + len(line)))
        position += len(line)
    return found


def split(text: str) -> list[str]:
    """The sentences of ``text``, without the spaces around them."""
    return [text[start:end] for start, end in spans(text)]


def _line_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    begin = start
    for match in _END.finditer(text, start, end):
        if match.end() < end and not _ends_sentence(text, begin, match, end):
            continue
        found.append((begin, match.end()))
        begin = match.end()
    found.append((begin, end))
    return [trimmed for span in found if (trimmed := _trim(text, *span))]


def _ends_sentence(text: str, begin: int, match: re.Match[str], end: int) -> bool:
    following = text[match.end() : min(match.end() + 20, end)].lstrip()
    if not following:
        return True
    if match.group(0).startswith("."):
        before = _WORD_BEFORE.search(text, max(begin, match.start() - 24), match.start())
        word = before.group(1).lower() if before else ""
        if word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()):
            return False
        if before and before.start() == begin + _indent(text, begin) and word.isdigit():
            return False  # «1. Premier point»: the number of a list item
    return not following[0].islower()


def _indent(text: str, begin: int) -> int:
    stripped = text[begin:].lstrip(" -*•–\t")
    return len(text) - begin - len(stripped)


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
