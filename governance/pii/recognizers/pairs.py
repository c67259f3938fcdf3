"""Labels with their values: in JSON, XML and query strings, and in forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from governance.pii.recognizers.labels import Label, label_of

__all__ = ["Pair", "pairs"]


@dataclass(frozen=True, slots=True)
class Pair:
    """``text[start:end]`` stands under ``label``. ``quoted``: its end is known for certain."""

    label: Label
    start: int
    end: int
    quoted: bool = False


_STRING: Final = r"\"(?:[^\"\\\n]|\\.){0,400}\"|'(?:[^'\\\n]|\\.){0,400}'"
_KEY: Final = re.compile(
    r"(?P<quote>[\"'])(?P<key>[^\"'\n:{}\[\],]{1,50})(?P=quote)[ \t]{0,8}(?::|=>)\s{0,8}"
    rf"(?:(?P<one>{_STRING}|[\w+.@-]{{2,40}})|"
    rf"\[\s{{0,8}}(?P<list>(?:{_STRING})(?:\s{{0,8}},\s{{0,8}}(?:{_STRING})){{0,30}}))"
)
_STRINGS: Final = re.compile(_STRING)
_ELEMENT: Final = re.compile(
    r"<(?:\w{1,20}:)?(?P<key>[\w-]{1,40})(?:[ \t][^<>\n]{0,80})?>\s{0,8}(?P<value>[^<>\n]{1,200})</"
)
_SETTING: Final = re.compile(
    r"(?<![\w-])(?P<key>[A-Za-zÀ-ÿ_][\w-]{0,39})=(?P<value>\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|"
    r"[^\s&;,\"'<>|]{1,100})"
)
_OPENING: Final = re.compile(r"[\"'](?P<key>[^\"'\n:{}\[\],]{1,50})[\"']\s{0,4}:\s{0,4}\{|[{}]")
_OF_PARENT: Final = frozenset({"numero", "numéro", "number", "num", "value", "valeur"})
"""Keys that say nothing without the key of the object that they belong to."""
_THINGS: Final = frozenset(
    """entreprise societe organisation organisme produit projet service fichier structure
    fournisseur site document package module company product project file organization
    establishment etablissement database base server serveur commune ville association
    application app repository repo equipe team event evenement formation lieu salle room""".split()
)


def pairs(text: str) -> Iterator[Pair]:
    """Each label that is known with its value; the same value may come more than once."""
    if '"' in text or "'" in text:
        yield from _keys(text)
    if "</" in text:
        yield from _of(text, _ELEMENT)
    if "=" in text:
        yield from _of(text, _SETTING)
    yield from _forms(text)


def _keys(text: str) -> Iterator[Pair]:
    parents = _parents(text) if "{" in text else []
    at = 0
    for match in _KEY.finditer(text):
        key = match["key"]
        while at < len(parents) and parents[at][0] <= match.start():
            at += 1
        parent = parents[at - 1][1] if at else ""
        if parent.strip("s").lower() in _THINGS or parent.lower() in _THINGS:
            continue
        label = label_of(key)
        if parent and key.lower() in _OF_PARENT:
            label = label_of(f"{parent} {key}")
        if not label:
            continue
        if match["list"]:
            for each in _STRINGS.finditer(text, *match.span("list")):
                yield Pair(label, each.start() + 1, each.end() - 1, quoted=True)
        else:
            yield Pair(label, *_unquoted(text, *match.span("one")), quoted=True)


def _parents(text: str) -> list[tuple[int, str]]:
    """(from where, the key of the object that holds what follows), in order."""
    stack: list[str] = []
    found: list[tuple[int, str]] = []
    for match in _OPENING.finditer(text):
        if match.group() == "}":
            if stack:
                stack.pop()
        else:
            stack.append(match["key"] or "")
        found.append((match.end(), stack[-1] if stack else ""))
    return found


def _of(text: str, pattern: re.Pattern[str]) -> Iterator[Pair]:
    for match in pattern.finditer(text):
        if label := label_of(match["key"]):
            yield Pair(label, *_unquoted(text, *match.span("value")), quoted=True)


def _unquoted(text: str, start: int, end: int) -> tuple[int, int]:
    if end - start > 1 and text[start] in "\"'" and text[end - 1] == text[start]:
        return start + 1, end - 1
    return start, end


_SPACES: Final = r"[ \t\u00a0\u202f]"
_SIGN: Final = re.compile(
    rf"{_SPACES}{{0,12}}(?:\.{{3,}}+(?:{_SPACES}?:)?|…{{1,}}+(?:{_SPACES}?:)?|_{{3,}}+|"
    rf"[:=→](?![/\w]?/)|\t)[ \u00a0\u202f]{{0,20}}+"
)
_BOUNDARY: Final = re.compile(
    r"[ \u00a0]{2,}|\t|\n|[;|•·☐☒{}\[\]:=]|[ \u00a0][–—/-][ \u00a0]|(?:,|\((?!(?:e|s|es|ne|rice|"
    r"trice)\)))[ \u00a0]?|[.!?][ \u00a0]|^[-*>•–]{1,3}[ ]?",
    re.MULTILINE,
)
_STOP: Final = re.compile(
    r"[ \u00a0]{2,}|\t|\n|[;|•·☐☒]|[ \u00a0](?:[–—/]|-)[ \u00a0]|\.[ \u00a0](?=[A-ZÀ-Þ])|\.(?=\n|$)"
)
_LONGEST_LABEL: Final = 50
_LONGEST_VALUE: Final = 160


def _forms(text: str) -> Iterator[Pair]:
    """«Label : value», «Label ..... value»; label and value on two lines."""
    for sign in _SIGN.finditer(text):
        start = max(0, sign.start() - _LONGEST_LABEL)
        if text[sign.start() - 1 : sign.start()] in {'"', "'"}:
            continue  # a key: it is read with the object that holds it
        for bound in _BOUNDARY.finditer(text, start, sign.start()):
            start = bound.end()
        label = label_of(_less_brackets(text[start : sign.start()]))
        if label is None and text[sign.start() - 1 : sign.start()] == ")":
            label = _before_brackets(text, sign.start())
        if label is None:
            continue
        begin = sign.end()
        if text[begin : begin + 1] == "\n":
            begin = _next_line(text, begin)
        yield Pair(label, begin, _value_end(text, begin))
    lines = text.split("\n")
    at = 0
    for number, line in enumerate(lines):
        known = label_of(line.strip(), whole=True) if len(line) < _LONGEST_LABEL else None
        at += len(line) + 1
        if known and number + 1 < len(lines) and known.entity not in {"LOCATION", "SECRET"}:
            begin = _next_line(text, at - 1)
            yield Pair(known, begin, _value_end(text, begin))


def _before_brackets(text: str, end: int) -> Label | None:
    """The label in «Mot de passe (provisoire) : value», whose brackets ended the search."""
    opening = text.rfind("(", max(0, end - 45), end)
    if opening < 0:
        return None
    start = max(0, opening - _LONGEST_LABEL)
    for bound in _BOUNDARY.finditer(text, start, opening - 1):
        start = bound.end()
    return label_of(text[start:opening].strip())


def _less_brackets(label: str) -> str:
    return label.strip(" \t\u00a0\u202f\"'*«»[]")


def _next_line(text: str, at: int) -> int:
    """Where the line after the line break at ``at`` begins, one empty line left out."""
    for _ in range(2):
        if text[at : at + 1] == "\n":
            at += 1
    while text[at : at + 1] in {" ", "\t", "\u00a0"}:
        at += 1
    return at


def _value_end(text: str, start: int) -> int:
    limit = min(len(text), start + _LONGEST_VALUE)
    stop = _STOP.search(text, start, limit)
    return stop.start() if stop else limit
