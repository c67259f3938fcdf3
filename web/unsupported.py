"""Marks the sentences of an answer that no source holds, in Markdown first, then in its tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from markdown_it.token import Token

# Both count as punctuation for CommonMark, so that emphasis beside them still opens and closes.
_BEGIN, _END = "\N{LEFT DOUBLE PARENTHESIS}", "\N{RIGHT DOUBLE PARENTHESIS}"
_CITATIONS = r"\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\]"
_BETWEEN_WORDS = rf"(?:\s|{_CITATIONS})*"
_TAIL = re.compile(rf"(?:[ \t]*{_CITATIONS})*")
_BLOCK_MARK = re.compile(r"(?:\s|[-*+>]\s|#{1,6}\s|\d{1,3}[.)]\s)*")


def _spans(text: str, sentences: Iterable[str]) -> list[tuple[int, int]]:
    """Where ``sentences`` are in ``text``, whatever their spaces and citations; runs are joined."""
    found: list[tuple[int, int]] = []
    for sentence in sentences:
        words = re.findall(r"\w+|[^\w\s]", re.sub(_CITATIONS, " ", sentence))
        if not words:
            continue
        match = re.search(_BETWEEN_WORDS.join(map(re.escape, words)), text)
        if match:
            mark = _BLOCK_MARK.match(text, match.start(), match.end())
            tail = _TAIL.match(text, match.end())
            found.append((mark.end() if mark else match.start(), tail.end() if tail else 0))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and not text[joined[-1][1] : start].strip(" \t"):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return [span for span in joined if span[0] < span[1]]


def without_marks(text: str) -> str:
    """``text`` with no mark in it, whoever put it there."""
    return text.replace(_BEGIN, "").replace(_END, "")


def mark_sentences(text: str, sentences: Iterable[str]) -> str:
    """``text`` with marks around ``sentences``; those that are not in it are passed over."""
    for start, end in reversed(_spans(text, sentences)):
        text = f"{text[:start]}{_BEGIN}{text[start:end]}{_END}{text[end:]}"
    return text


def _split(token: Token) -> Iterator[Token | str]:
    """A text token cut at the marks."""
    if token.type != "text":
        yield token
        return
    for part in re.split(f"([{_BEGIN}{_END}])", token.content):
        if part in (_BEGIN, _END):
            yield part
        elif part:
            yield token.copy(content=part)


def wrap_marked(blocks: Sequence[Token]) -> None:
    """Turn the marks into spans that never cross another element, and drop them elsewhere."""
    inside = False
    for block in blocks:
        if block.type != "inline" or block.children is None:
            block.content = without_marks(block.content)
            continue
        children: list[Token] = []
        opened = False

        for child in block.children:
            for piece in _split(child):
                if piece == _BEGIN:
                    inside = True
                elif piece == _END:
                    if opened:
                        children.append(Token("unsupported_close", "", -1))
                    children.append(Token("unsupported_note", "", 0))
                    inside = opened = False
                elif isinstance(piece, Token):
                    if piece.content:
                        piece.content = without_marks(piece.content)
                    if piece.nesting and opened:
                        children.append(Token("unsupported_close", "", -1))
                        opened = False
                    elif inside and not opened and not piece.nesting:
                        children.append(Token("unsupported_open", "", 1))
                        opened = True
                    children.append(piece)
        if opened:
            children.append(Token("unsupported_close", "", -1))
        block.children = children
