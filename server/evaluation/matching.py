"""Whether what was found and written is what a test expects."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.protocol import Passage
from rag.text import references, words

ALTERNATIVE = "|"


def rank_of(expected: Sequence[str], passages: Sequence[Passage]) -> int | None:
    """The place (from 1) of the first passage that one of ``expected`` names; None without one."""
    for rank, passage in enumerate(passages, 1):
        if any(names(each, passage) for each in expected):
            return rank
    return None


def names(expected: str, passage: Passage) -> bool:
    """Whether ``expected`` is the passage's address, document or article.

    An address without «#» is the whole page; one that has it is that part alone.
    """
    if expected in (passage.document_id, passage.id):
        return True
    if expected.startswith(("https://", "http://")):
        url = passage.url if "#" in expected else passage.url.partition("#")[0]
        return expected.rstrip("/") == url.rstrip("/")
    reference = references.normalise(passage.reference)
    return bool(reference) and reference == references.normalise(expected)


def missing(expected: Sequence[str], answer: str) -> tuple[str, ...]:
    """The ``expected`` that ``answer`` holds in none of their spellings."""
    told = _plain(answer)
    return tuple(
        each
        for each in expected
        if not any(_holds(told, _plain(way)) for way in each.split(ALTERNATIVE) if _plain(way))
    )


def _holds(text: str, word: str) -> bool:
    """Whether ``word`` stands there as a whole: «5» is neither in «25» nor in «2,5»."""
    before, after = r"(?<!\w)(?<!\d[.,])", r"(?!\w)(?![.,]\d)"
    return re.search(f"{before}{re.escape(word)}{after}", text) is not None


def _plain(text: str) -> str:
    return " ".join(words.fold(text).replace("’", "'").split())
