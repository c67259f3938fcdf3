"""Finds the calls of tools in what a model writes, while it writes.

Qwen's chat template asks for ``<tool_call>{"name": …, "arguments": {…}}</tool_call>``. Its small
models often write the same object in a ``json`` fence, between ``<tools>`` marks or at the start of
a line instead; all of these are read.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Collection
from typing import Any, Final

from models.protocol import ToolCall

MARK: Final = "<tool_call>"
"""What a chat template holds when its model writes calls that are understood here."""

_FENCE = "```"
_OPENERS: Final = (MARK, "<tools>", _FENCE, "{")
_CLOSERS: Final = ("</tool_call>", "</tools>")
# Of a run of backticks the last three open: the first three could be told only by where it is cut.
_OPENER = re.compile("|".join(map(re.escape, _OPENERS)).replace(_FENCE, f"{_FENCE}(?!`)"))
_TO_OBJECT = re.compile(r"(?:json)?\s{0,8}", re.IGNORECASE)
_FIRST_KEYS: Final = frozenset({"name", "arguments", "parameters"})
_OUTSIDE_STRINGS: Final = frozenset(" \t\r\n{}[],:0123456789+-.eEtruefalsn")


class CallStream:
    """Splits a stream into text and calls; the result does not depend on how the stream was cut.

    ``names`` are the tools that were offered. Only what may be a call is held back. What turns out
    to be none is given as text, markup included: a broken object, a function that was not offered,
    a call that the end of the answer cut. The time is linear in the text.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)
        self._held = ""
        self._blank_line = True  # nothing but blanks since the line began
        self._object: _ObjectScan | None = None
        self._after_call = False
        self._fence_may_close = False
        self._text: list[str] = []
        self._calls: list[ToolCall] = []

    def feed(self, text: str) -> tuple[str, tuple[ToolCall, ...]]:
        """What is sure now that ``text`` has come: text to show, and calls that are whole."""
        self._held += text
        while self._step(last=False):
            pass
        return self._taken()

    def flush(self) -> tuple[str, tuple[ToolCall, ...]]:
        """The rest. The stream is over."""
        while self._step(last=True):
            pass
        self._object = None
        self._release(len(self._held))
        return self._taken()

    def _taken(self) -> tuple[str, tuple[ToolCall, ...]]:
        text, calls = "".join(self._text), tuple(self._calls)
        self._text.clear()
        self._calls.clear()
        return text, calls

    def _step(self, *, last: bool) -> bool:
        """Advance as far as what is held allows; whether there may be more to do."""
        if self._object is not None:
            return self._read_object(self._object)
        if self._after_call:
            return self._drop_closers(last)
        return self._find_opener()

    def _release(self, end: int) -> None:
        """Give what is held up to ``end`` as text."""
        given, self._held = self._held[:end], self._held[end:]
        line = given.rpartition("\n")
        self._blank_line = not line[2].strip() and (bool(line[1]) or self._blank_line)
        self._text.append(given)

    def _find_opener(self) -> bool:
        """Release the text before a call, and begin to read its object."""
        for match in _OPENER.finditer(self._held):
            start = match.start()
            if match.group() == "{":
                line = self._held[:start].rpartition("\n")
                if line[2].strip() or not (line[1] or self._blank_line):
                    continue
            else:
                rest = self._held[match.end() :]
                gap = _TO_OBJECT.match(rest)
                begins = gap.end() if gap else 0
                if begins == len(rest) or "json".startswith(rest.lower()):
                    self._release(start)
                    return False  # what follows the mark will tell
                if rest[begins] != "{":
                    continue
                start = match.end() + begins
            self._release(match.start())
            self._object = _ObjectScan(start - match.start())
            return True
        self._release(len(self._held) - _unfinished(self._held))
        return False

    def _read_object(self, scan: _ObjectScan) -> bool:
        scan.advance(self._held)
        if not (scan.broken or scan.whole):
            return False
        call = self._call(self._held[scan.start : scan.at]) if scan.whole else None
        self._object = None
        if call is None:
            self._release(scan.at)
            return True
        self._calls.append(call)
        self._held = self._held[scan.at :]
        self._after_call = self._fence_may_close = self._blank_line = True
        return True

    def _drop_closers(self, last: bool) -> bool:
        """Drop the marks that end a call, and the blanks around them."""
        self._held = held = self._held.lstrip()
        if not held:
            return False
        for closer in _CLOSERS:
            if held.startswith(closer):
                self._held = held[len(closer) :]
                return True
            if closer.startswith(held):
                self._held = "" if last else held
                return False
        if self._fence_may_close and (_FENCE.startswith(held) or held.startswith(_FENCE)):
            rest = held[len(_FENCE) :].lower()
            if not last and "json".startswith(rest):
                return False
            if not rest.startswith("json"):
                self._held = held[len(_FENCE) :]
                self._fence_may_close = False
                return True
        self._after_call = False
        return True

    def _call(self, text: str) -> ToolCall | None:
        """The call that ``text`` is, if it is one."""
        try:
            # Small models leave line breaks as they are inside a string: understood all the same.
            asked = json.loads(text, strict=False, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            return None
        name = asked.get("name")
        if not isinstance(name, str) or name not in self._names:
            return None
        arguments = asked.get("arguments", asked.get("parameters"))
        if isinstance(arguments, str):
            return made_call(None, name, arguments)
        return ToolCall(new_id(), name, dumped(arguments)) if isinstance(arguments, dict) else None


class _ObjectScan:
    """Finds where the JSON object that begins at ``start`` ends, a character once."""

    def __init__(self, start: int) -> None:
        self.start = self.at = start
        self.whole = self.broken = False
        self._depth = 0
        self._in_string = self._escaped = self._first_key_seen = False
        self._string_start = 0

    def advance(self, text: str) -> None:
        """Read on to the end of the object, of ``text``, or to where it is no call."""
        while self.at < len(text) and not (self.whole or self.broken):
            self._read(text, text[self.at])
            self.at += 1

    def _read(self, text: str, char: str) -> None:
        if self._in_string:
            if self._escaped:
                self._escaped = False
            elif char == "\\":
                self._escaped = True
            elif char == '"':
                self._in_string = False
                if not self._first_key_seen:
                    self._first_key_seen = True
                    self.broken = text[self._string_start : self.at] not in _FIRST_KEYS
        elif char == '"':
            self._in_string, self._string_start = True, self.at + 1
        elif char not in _OUTSIDE_STRINGS:
            self.broken = True
        elif char in "{[":
            self._depth += 1
        elif char in "}]":
            self._depth -= 1
            self.whole = not self._depth


def made_call(identifier: str | None, name: str, arguments: str) -> ToolCall | None:
    """The call of ``name`` with arguments as a text; None where this is no JSON object."""
    try:
        value = json.loads(arguments or "{}", strict=False, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    return ToolCall(identifier or new_id(), name, dumped(value))


def markup(name: str, arguments: str) -> str:
    """How a call that could not be read is given as text."""
    return f"{MARK}{dumped({'name': name, 'arguments': arguments})}</tool_call>"


def new_id() -> str:
    """An identifier for a call, as OpenAI's look."""
    return f"call_{secrets.token_hex(12)}"


def dumped(value: Any) -> str:
    """``value`` in JSON, its letters as they are; escaped where they could not be encoded."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(value)
    return text


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _unfinished(text: str) -> int:
    """Characters at the end of ``text`` that may begin an opener."""
    for length in range(min(len(text), max(map(len, _OPENERS)) - 1), 0, -1):
        if any(opener.startswith(text[-length:]) for opener in _OPENERS):
            return length
    return 0
