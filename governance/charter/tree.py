"""Reads YAML into nodes that remember their place.

Only what a charter needs of YAML 1.2: mappings, lists and plain values. Anchors and aliases, with
which a small file can unfold into a huge one, and tags, which can build objects, are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from governance.charter.problems import CharterInvalid, CharterProblem, Mark, at, dotted
from governance.charter.yaml_faults import not_yaml, unreadable

MAX_BYTES = 1_000_000
MAX_DEPTH = 12
MAX_EVENTS = 60_000

Scalar = str | int | float | bool | None

_NULL = re.compile(r"null|Null|NULL|~|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True)
class Node:
    """A value of the file with its place. ``keys`` gives the place of each key of a mapping."""

    value: Scalar | tuple[Node, ...] | dict[str, Node]
    mark: Mark
    keys: dict[str, Mark] = field(default_factory=dict)

    @property
    def mapping(self) -> dict[str, Node]:
        """The entries of a mapping; nothing where the value is of another kind."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> tuple[Node, ...]:
        """The elements of a list; nothing where the value is of another kind."""
        return self.value if isinstance(self.value, tuple) else ()

    def get(self, key: str) -> Node | None:
        """The entry ``key`` of a mapping."""
        return self.mapping.get(key)

    def plain(self) -> Any:
        """The value as JSON knows it."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.plain() for node in self.value]
        return self.value

    def locate(self, path: tuple[str | int, ...]) -> Mark:
        """The place of ``path``, or of the nearest thing around it that stands in the file."""
        if not path:
            return self.mark
        head, rest = path[0], path[1:]
        if isinstance(self.value, tuple) and isinstance(head, int) and head < len(self.value):
            return self.value[head].locate(rest)
        if isinstance(self.value, dict) and isinstance(head, str) and head in self.value:
            node = self.value[head]
            return (
                node.locate(rest) if rest and node.items + tuple(node.mapping) else self.keys[head]
            )
        return self.locate(rest) if isinstance(head, str) and rest else self.mark


def parse(text: str, file: str) -> Node:
    """The tree of a YAML text.

    Raises:
        CharterInvalid: the text is too large, is not YAML, or uses what a charter must not.
    """
    start = Mark(file, 1, 1)
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise CharterInvalid(
            [at(start, "", "The file is larger than {limit} bytes.", limit=MAX_BYTES)]
        )
    builder = _Builder(file)
    try:
        root = builder.document(iter(YAML(typ="safe", pure=True).parse(text)))
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = "The file holds a character that a text file cannot hold."
        raise CharterInvalid([at(Mark(file, line, 1), "", message)]) from None
    except MarkedYAMLError as error:
        raise CharterInvalid([unreadable(error, text, file)]) from None
    except (YAMLError, RecursionError, ValueError):
        raise CharterInvalid([not_yaml(file)]) from None
    if root is None:
        raise CharterInvalid([at(start, "", "The file is empty: a charter was expected.")])
    if builder.problems:
        raise CharterInvalid(builder.problems)
    if not isinstance(root.value, dict):
        message = "A charter is a list of «name: value» entries; something else was found."
        raise CharterInvalid([at(root.mark, "", message)])
    return root


class _Builder:
    """Builds nodes from YAML events, within bounds, and notes what is refused."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[CharterProblem] = []
        self.count = 0

    def document(self, events: Iterator[Any]) -> Node | None:
        root: Node | None = None
        for event in self._bounded(events):
            if isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent | AliasEvent):
                if root is not None:
                    message = "The file holds several YAML documents: one charter was expected."
                    raise CharterInvalid([at(self._mark(event), "", message)])
                root = self._node(event, events, ())
        if root is not None and root.value is None and not self.problems:
            return None
        return root

    def _bounded(self, events: Iterator[Any]) -> Iterator[Any]:
        for event in events:
            self._tick(event)
            yield event

    def _tick(self, event: Any) -> None:
        self.count += 1
        if self.count > MAX_EVENTS:
            message = "The file holds more than {limit} elements."
            raise CharterInvalid([at(self._mark(event), "", message, limit=MAX_EVENTS)])

    def _mark(self, event: Any) -> Mark:
        return Mark(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _node(self, event: Any, events: Iterator[Any], path: tuple[str | int, ...]) -> Node:
        mark = self._mark(event)
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            message = (
                "Anchors (&) and aliases (*) are not allowed in a charter: write the value out."
            )
            self.problems.append(at(mark, dotted(path), message))
        if isinstance(event, AliasEvent):
            return Node(None, mark)
        tag = str(event.tag) if event.tag else ""
        if tag and tag not in {"tag:yaml.org,2002:str", "!"}:
            message = "Tags («{tag}») are not allowed in a charter."
            self.problems.append(at(mark, dotted(path), message, tag=tag))
        if isinstance(event, ScalarEvent):
            return Node(_scalar(event), mark)
        if len(path) >= MAX_DEPTH:
            message = "The values are nested more than {limit} deep."
            raise CharterInvalid([at(mark, dotted(path), message, limit=MAX_DEPTH)])
        if isinstance(event, SequenceStartEvent):
            return Node(self._sequence(events, path), mark)
        return self._mapping(mark, events, path)

    def _sequence(self, events: Iterator[Any], path: tuple[str | int, ...]) -> tuple[Node, ...]:
        nodes: list[Node] = []
        for event in self._bounded(events):
            if isinstance(event, SequenceEndEvent):
                break
            nodes.append(self._node(event, events, (*path, len(nodes))))
        return tuple(nodes)

    def _mapping(self, mark: Mark, events: Iterator[Any], path: tuple[str | int, ...]) -> Node:
        entries: dict[str, Node] = {}
        keys: dict[str, Mark] = {}
        for event in self._bounded(events):
            if isinstance(event, MappingEndEvent):
                break
            place = self._mark(event)
            key_node = self._node(event, events, (*path, "?"))
            key = key_node.value
            value_event = next(self._bounded(events))
            name = key if isinstance(key, str) else str(key_node.plain())[:40]
            value = self._node(value_event, events, (*path, name))
            if not isinstance(key, str):
                message = "The name of an entry must be a word; «{key}» was found."
                self.problems.append(at(place, dotted(path), message, key=name))
            elif key in entries:
                message = "«{key}» stands twice here; it stands first on line {line}."
                line = keys[key].line
                self.problems.append(at(place, dotted((*path, key)), message, key=key, line=line))
            else:
                entries[key] = value
                keys[key] = place
        return Node(entries, mark, keys)


def _scalar(event: Any) -> Scalar:
    """The value of a scalar under YAML 1.2's core schema: «yes» and dates stay texts."""
    text = str(event.value)
    if event.style is not None or event.tag:
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
