"""Whether a sentence denies: «l'employeur ne peut pas», «il est interdit», but not «ne … que».

What a subordinate clause denies («le salarié qui n'a pas été déclaré a droit à…») is left aside.
"""

from __future__ import annotations

import re

from rag.text.words import fold

_NEGATION = re.compile(
    r"\b(?:ne|n)\b(?: (?!que\b|qu\b)\w+){0,8}? (?:pas|plus|jamais|aucune?|ni|rien|nul(?:le)?)\b|"
    r"\bne (?:peut|peuvent|pourra|pourront|saurait|sauraient|doit|doivent)\b(?! (?:\w+ ){0,4}qu)|"
    r"\b(?:interdite?s?|interdiction|impossible)\b|"
    r"\baucune? \w+ n\b|\b(?:not|never|cannot|forbidden|prohibited)\b|\bno \w+ (?:may|can|is)\b"
)
_CLAUSE = re.compile(r"[,;:()]")
_SUBORDINATE = re.compile(
    r"\b(?:qui|dont|si|s|lorsque|lorsqu|quand|who|which|if|when)\b(?: \w+){0,5} ?$"
)


def denies(sentence: str) -> bool:
    """Whether a main clause of ``sentence`` denies what it is about."""
    text = " ".join(re.sub(r"['’]", " ", fold(sentence)).split())
    return any(_denies(clause) for clause in _CLAUSE.split(text))


def _denies(clause: str) -> bool:
    found = _NEGATION.search(clause)
    return found is not None and _SUBORDINATE.search(clause[: found.start()]) is None
