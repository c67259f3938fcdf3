"""The proper names and acronyms of a sentence: «Urssaf», «Pôle emploi», «CSE»."""

from __future__ import annotations

import re

from rag.text.words import fold, listed

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_BEGINS = re.compile(r"(?:^|[.!?…:;«“\"(\n\[*•–-]|\d[.)])[\s*_]*$")
_ELIDED = re.compile(r"^(?:[dDlLnNsScCmMtTjJ]|[qQ]u)['’]")
_MIN_LETTERS = 2

# Capitals of respect and of custom, that name nobody.
_CUSTOM = listed(
    """article articles code loi decret etat madame monsieur mme mr mlle maitre vous votre vos je
    oui non euro euros"""
)


def proper(sentence: str) -> frozenset[str]:
    """The names in ``sentence``, folded; a word that begins a sentence counts only in capitals."""
    found = set()
    for match in _WORD.finditer(sentence):
        word = _ELIDED.sub("", match.group())
        if len(word) < _MIN_LETTERS or not word[0].isupper():
            continue
        if not word.isupper() and _BEGINS.search(
            sentence[max(0, match.start() - 8) : match.start()]
        ):
            continue
        folded = fold(word)
        if folded not in _CUSTOM:
            found.add(folded)
    return frozenset(found)


def said(text: str) -> frozenset[str]:
    """All the words of ``text``, folded, among which a name is looked for."""
    return frozenset(fold(_ELIDED.sub("", word)) for word in _WORD.findall(text))
