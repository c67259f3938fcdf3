"""Which code of law each reference of a text belongs to: «L. 3141-3 du Code du travail».

The same numbers stand in several codes, so that a reference counts only with the name of its code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from rag.text import references

_NEAR = 160
"""Characters behind a reference in which its code is named."""
MOST = 300
"""References of one text that are looked up: no page of the shipped sources has as many."""
_WORDS = 12
# Names overlap («code du travail et code rural»), so that only the first word is taken up.
_NAME = re.compile(rf"\b[Cc]ode(?=((?:[ \u00a0\u202f]+[\w'’-]+){{1,{_WORDS}}}))")
# The end of a sentence, and not the point of «art. L. 3141-3».
_STOP = re.compile(r"\n|[.;!?]\s+(?=[A-ZÀ-Ý])(?![LRD](?:[.\s]|\d))")

Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cited:
    """A reference («L3141-3») and the titles that its article may go by, the likeliest first.

    Where its code ends among the words that follow it is not known here: each beginning of these
    words is a title, and only the right one is that of an article.
    """

    reference: str
    titles: tuple[str, ...]


def usual(text: str) -> Name:
    """How the names of the codes in ``text`` (a document) all begin: its code, where it has one."""
    names = _names(text)
    if not names:
        return ()
    first, last = min(names), max(names)  # what these two share, all share
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return tuple(word for word, _ in shared)


def cited(text: str, of: Name) -> list[Cited]:
    """The articles of codes that ``text`` cites, in order and without repeats.

    A reference is of the code that is named next in its sentence, or else ``of`` its document's.
    Of a text that does little else than cite, the first ``MOST`` references are read.
    """
    found: dict[Cited, None] = {}
    for reference, end in islice(references.located(text), MOST):
        stop = _STOP.search(text, end, end + _NEAR)
        following = _names(text[end : stop.start() if stop else end + _NEAR])
        titles = _titles(reference, following[0] if following else of)
        if titles:
            found[Cited(reference, titles)] = None
    return list(found)


def _names(text: str) -> list[Name]:
    """What follows the word «code» each time, in small letters."""
    said = (match.group(1) for match in _NAME.finditer(text))
    return [tuple(words.lower().replace("’", "'").split()) for words in said]


def _titles(reference: str, name: Sequence[str]) -> tuple[str, ...]:
    """As the connector of codes words them: «Code du travail, article L3141-3»."""
    return tuple(
        f"Code {' '.join(name[:length])}, article {reference}" for length in range(len(name), 0, -1)
    )
