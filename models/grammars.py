"""The forms that a program may hold a model to: GBNF grammars and JSON Schemas, within bounds.

They are read here, in plain Python, before an engine compiles them: a grammar that llama.cpp would
refuse is refused with a reason, and one that would exhaust it never reaches it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llama_cpp.llama_grammar import json_schema_to_gbnf

MOST_CHARACTERS: Final = 8_000
"""Of a grammar, and of a schema as compact JSON."""
DEEPEST: Final = 32
"""Levels of brackets in a grammar, and of objects and lists in a schema."""
MOST_REPEATS: Final = 1_000
MOST_OPTIONAL: Final = 8
"""Parts in a row that may be left out: llama.cpp tries their combinations for each token (25 took
0.6 s for one token, 50 more than a minute)."""
MOST_ELEMENTS: Final = 20_000
"""Characters, classes and rules of a grammar, once its repetitions are written out."""

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<newline>[\r\n]+)
    |(?P<blank>[ \t]+)
    |(?P<literal>"(?:[^"\\]|\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[trn\\"\[\]]))*")
    |(?P<class>\[(?:[^\]\\]|\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[trn\\"\[\]]))*\])
    |(?P<is>::=)
    |(?P<repeat>[*+?]|\{[ ]*[0-9]{1,9}[ ]*(?:,[ ]*(?:[0-9]{1,9})?[ ]*)?\})
    |(?P<other>[|().])
    |(?P<name>[A-Za-z0-9-]+)""",
    re.VERBOSE,
)
_BOUNDS = re.compile(r"\{[ ]*([0-9]+)[ ]*(,?)[ ]*([0-9]*)")
_COUNTS: Final = ("minItems", "maxItems", "minLength", "maxLength")
_QUANTIFIER = re.compile(r"\{([^}]*)\}")
_DIGITS = re.compile(r"[0-9]+")
_MOST_CONVERTED: Final = 100_000  # characters

#: What a converted schema holds the model to, and what changes nothing of what is valid.
HELD: Final = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "prefixItems", "enum"}
    | {"const", "anyOf", "oneOf", "$ref", "$defs", "definitions", "pattern", "format", "minItems"}
    | {"maxItems", "minLength", "maxLength", "description", "title", "default", "examples"}
    | {"$comment", "$schema", "$id", "deprecated", "readOnly", "writeOnly"}
)
_FORMATS: Final = frozenset({"date", "time", "date-time", "uuid"})
_NAMED: Final = frozenset({"properties", "$defs", "definitions"})
_DATA: Final = frozenset({"enum", "const", "default", "examples", "required"})


class FormError(ValueError):
    """A form that cannot be used. The message never holds text of it."""


@dataclass(slots=True)
class _Item:
    """What stands at a place of a rule: a rule's name, or characters; ``size`` when written out."""

    name: str
    size: int
    empty: bool = False


def check_grammar(grammar: str) -> None:
    """Raises FormError where ``grammar`` is no GBNF, is left-recursive or passes the bounds."""
    if len(grammar) > MOST_CHARACTERS:
        raise FormError("too long")
    rules = _Reader(grammar).rules()
    if "root" not in rules:
        raise FormError("no rule “root”")
    for rule in rules.values():
        for item in (item for branch in rule for item in branch):
            if item.name and item.name not in rules:
                raise FormError("a rule that is not defined")
    _check_optional(rules, *_check_recursion(rules))


def literals(grammar: str) -> list[str]:
    """The texts between quotes of ``grammar``, as they are written in it."""
    return [found.group()[1:-1] for found in _tokens(grammar) if found.lastgroup == "literal"]


def with_literals(grammar: str, texts: Sequence[str]) -> str:
    """``grammar`` with other texts between its quotes, and without its comments."""
    left = iter(texts)
    return "".join(
        f'"{next(left)}"' if found.lastgroup == "literal" else found.group()
        for found in _tokens(grammar)
        if found.lastgroup != "comment"
    )


def check_schema(schema: Mapping[str, Any], *, strict: bool, convert: bool) -> str:
    """The text of ``schema`` for an engine.

    ``strict`` refuses what the local engine would not hold the model to; ``convert`` makes sure
    that it can make a grammar of it.

    Raises:
        FormError: it is no JSON, passes the bounds, or cannot be used.
    """
    try:
        text = json.dumps(schema, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()
    except (ValueError, RecursionError):
        raise FormError("not JSON, or too deep") from None
    if len(text) > MOST_CHARACTERS:
        raise FormError("too long")
    _check_node(schema, 1, strict=strict)
    if convert:
        try:
            grammar = json_schema_to_gbnf(text)
        except Exception:  # noqa: BLE001 - it raises whatever it meets, quoting the schema
            raise FormError("nothing that the model can be held to") from None
        _check_converted(grammar)
    return text


def _check_converted(grammar: str) -> None:
    if len(grammar) > _MOST_CONVERTED:
        raise FormError("too large, once its repetitions are written out")
    _check_recursion(_Reader(grammar, deepest=2 * MOST_REPEATS).rules())


def _check_node(node: Any, depth: int, *, strict: bool) -> None:
    """Raises FormError where a schema goes too deep, repeats too much, or asks for what is not
    held to."""
    if depth > DEEPEST:
        raise FormError("too deep")
    if isinstance(node, list):
        for each in node:
            _check_node(each, depth + 1, strict=strict)
    if not isinstance(node, dict):
        return
    for name in _COUNTS:
        count = node.get(name, 0)
        if isinstance(count, int | float) and count > MOST_REPEATS:
            raise FormError("too many repetitions")
    if isinstance(pattern := node.get("pattern"), str):
        _check_pattern(pattern)
    if strict:
        _check_strict(node)
    for name, value in node.items():
        if name in _NAMED and isinstance(value, dict):
            for each in value.values():
                _check_node(each, depth + 2, strict=strict)
        elif name in _DATA:
            _check_depth(value, depth + 1)
        else:
            _check_node(value, depth + 1, strict=strict)


def _check_strict(node: dict[str, Any]) -> None:
    unheld = [name for name in node if name not in HELD]
    if isinstance(node.get("type"), list) and set(node) & {"enum", "const", "items", "properties"}:
        unheld.append("type")
    if node.get("format") not in (None, *_FORMATS):
        unheld.append("format")
    if unheld:
        raise FormError("what no model can be held to under “strict”")


def _check_pattern(pattern: str) -> None:
    if sum(map(pattern.count, "?*{")) > MOST_OPTIONAL:
        raise FormError("too many parts that may be left out, in a row")
    most = 1
    for inside in _QUANTIFIER.findall(pattern):
        for digits in _DIGITS.findall(inside):
            most *= max(1, int(digits)) if len(digits) < 6 else MOST_REPEATS + 1
            if most > MOST_REPEATS:
                raise FormError("too many repetitions")


def _check_depth(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise FormError("too deep")
    inner: Iterable[Any] = ()
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, list):
        inner = value
    for each in inner:
        _check_depth(each, depth + 1)


def _tokens(grammar: str) -> list[re.Match[str]]:
    found: list[re.Match[str]] = []
    position = 0
    while position < len(grammar):
        match = _TOKEN.match(grammar, position)
        if match is None:
            raise FormError("a sign that GBNF has not")
        found.append(match)
        position = match.end()
    return found


class _Reader:
    """Reads GBNF into rules of branches of items; brackets and repetitions are rules of their own,
    as llama.cpp makes them."""

    def __init__(self, grammar: str, deepest: int = DEEPEST) -> None:
        self._tokens = [
            (str(token.lastgroup), token.group())
            for token in _tokens(grammar)
            if token.lastgroup not in ("blank", "comment")
        ]
        self._place = 0
        self._deepest = deepest
        self._rules: dict[str, list[list[_Item]]] = {}
        self._size = 0

    def rules(self) -> dict[str, list[list[_Item]]]:
        """All rules by name."""
        while self._skip_newlines():
            kind, name = self._next()
            if kind != "name" or self._next()[0] != "is":
                raise FormError("a rule without “name ::=”")
            self._rules[name] = self._branches()
            if self._peek()[0] not in ("newline", ""):
                raise FormError("a rule that does not end")
        return self._rules

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._place += 1
        return token

    def _skip_newlines(self) -> bool:
        while self._peek()[0] == "newline":
            self._place += 1
        return self._place < len(self._tokens)

    def _branches(self) -> list[list[_Item]]:
        """The branches up to the end of a rule, or to the bracket that closes them.

        Brackets are followed without recursion: none that is too deep is met half-way.
        """
        outer: list[list[list[_Item]]] = []
        branches: list[list[_Item]] = [[]]
        self._skip_newlines()
        while True:
            kind, text = self._peek()
            if kind in ("newline", "") and not (outer and kind):
                break
            self._place += 1
            if kind == "newline":
                continue
            if text == "|" and kind == "other":
                branches.append([])
                self._skip_newlines()
            elif text == "(" and kind == "other":
                outer.append(branches)
                branches = [[]]
                if len(outer) > self._deepest:
                    raise FormError("too deep")
            elif text == ")" and kind == "other":
                if not outer:
                    raise FormError("a bracket that nothing opens")
                item = self._named(branches)
                branches = outer.pop()
                branches[-1].append(item)
            elif kind == "repeat":
                self._repeat(branches[-1], text)
            else:
                branches[-1].append(self._item(kind, text))
        if outer:
            raise FormError("a bracket that is not closed")
        return branches

    def _item(self, kind: str, text: str) -> _Item:
        if kind == "name":
            return self._sized(_Item(text, 1))
        if kind == "literal":
            return self._sized(_Item("", len(text) - 2, empty=len(text) == 2))
        if kind == "class" or text == ".":
            return self._sized(_Item("", 1))
        raise FormError("a sign out of its place")

    def _repeat(self, branch: list[_Item], sign: str) -> None:
        if not branch:
            raise FormError("a repetition of nothing")
        least, most = _bounds(sign)
        if max(least, most or 0) > MOST_REPEATS or (most is not None and most < least):
            raise FormError("too many repetitions")
        item = branch.pop()
        self._sized(_Item("", item.size * max(least, most or 0)))
        again = self._named([[item], []])
        if most != 1:  # of what may be empty, it could go on for ever, or in too many ways
            self._rules[again.name] = [[item, again], []]
        branch += [item, again] if least else [again]

    def _named(self, branches: list[list[_Item]]) -> _Item:
        name = f"({len(self._rules)}"  # no name of a grammar has a bracket
        self._rules[name] = branches
        return _Item(name, 1)

    def _sized(self, item: _Item) -> _Item:
        self._size += item.size
        if self._size > MOST_ELEMENTS:
            raise FormError("too large, once its repetitions are written out")
        return item


def _bounds(sign: str) -> tuple[int, int | None]:
    """How often at least and at most; None is without end."""
    match sign:
        case "*":
            return 0, None
        case "+":
            return 1, None
        case "?":
            return 0, 1
    found = _BOUNDS.match(sign)
    assert found is not None
    least = int(found[1])
    if not found[2]:
        return least, least
    return least, int(found[3]) if found[3] else None


def _check_recursion(
    rules: Mapping[str, list[list[_Item]]],
) -> tuple[list[str], Callable[[_Item], bool]]:
    """The rules, each after those with which it begins, and whether an item may be empty.

    Raises FormError where a rule can begin with itself: llama.cpp would never end.
    """
    empty: set[str] = set()

    def may_be_empty(item: _Item) -> bool:
        return item.empty or item.name in empty

    grown = True
    while grown:
        before = len(empty)
        for name, branches in rules.items():  # inner brackets come first: few rounds are needed
            if any(all(map(may_be_empty, branch)) for branch in branches):
                empty.add(name)
        grown = len(empty) > before
    before_which: dict[str, list[str]] = {name: [] for name in rules}
    waiting = dict.fromkeys(rules, 0)
    for name, branches in rules.items():
        for begun in {item.name for branch in branches for item in _begin(branch, may_be_empty)}:
            before_which[begun].append(name)
            waiting[name] += 1
    # Rules that begin with no other are taken away; what stays goes in circles.
    done = [name for name, count in waiting.items() if not count]
    for name in done:
        for other in before_which[name]:
            waiting[other] -= 1
            if not waiting[other]:
                done.append(other)
    if len(done) < len(rules):
        raise FormError("a rule that begins with itself")
    return done, may_be_empty


def _check_optional(
    rules: Mapping[str, list[list[_Item]]],
    order: Sequence[str],
    may_be_empty: Callable[[_Item], bool],
) -> None:
    """Raises FormError where too many parts in a row may be left out."""
    optional: dict[str, int] = {}
    for name in order:
        most = 1
        for branch in rules[name]:
            run, leading = 0, True
            for item in branch:
                run = run + optional.get(item.name, 1) if may_be_empty(item) else 0
                leading = leading and may_be_empty(item)
                if leading:
                    most = max(most, run)
                if run > MOST_OPTIONAL:
                    raise FormError("too many parts that may be left out, in a row")
        optional[name] = most


def _begin(branch: Sequence[_Item], may_be_empty: Callable[[_Item], bool]) -> Iterator[_Item]:
    """The rules with which a branch can begin."""
    for item in branch:
        if item.name:
            yield item
        if not may_be_empty(item):
            return
