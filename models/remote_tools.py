"""Tools and their calls as OpenAI's chat completions write them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from models.protocol import Message, Tool, ToolCall
from models.tool_calls import made_call, markup


def asked_for(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    """The ``tools`` of a request's body."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": dict(tool.parameters),
            },
        }
        for tool in tools
    ]


def message_body(message: Message) -> dict[str, Any]:
    """A message of a request's body, with the calls that it asked for or answers."""
    body: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        body["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id:
        body["tool_call_id"] = message.tool_call_id
    return body


@dataclass(slots=True)
class _Fragment:
    id: str = ""
    name: str = ""
    arguments: str = ""


class CallFragments:
    """Puts the calls of a stream together; ``names`` are the tools that were offered."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)
        self._calls: list[_Fragment] = []
        self._by_index: dict[int, _Fragment] = {}

    def add(self, fragments: Any) -> bool:
        """Take the ``tool_calls`` of a delta; whether there were any.

        Raises:
            ValueError: they are not what the protocol says.
        """
        if not fragments:
            return False
        if not isinstance(fragments, list):
            raise ValueError("tool_calls is not a list")
        for fragment in fragments:
            function = fragment.get("function") if isinstance(fragment, dict) else None
            if not isinstance(function, dict):
                raise ValueError("a tool call without its function")
            call = self._call(fragment.get("index"), fragment.get("id"))
            call.name += str(function.get("name") or "")
            call.arguments += str(function.get("arguments") or "")
        return True

    def _call(self, index: Any, identifier: Any) -> _Fragment:
        """The call that a fragment goes on with, or begins: some servers give all the index 0."""
        index = index if isinstance(index, int) else len(self._calls) - (not identifier)
        known = self._by_index.get(index)
        if known is None or (identifier and known.id and identifier != known.id):
            known = self._by_index[index] = _Fragment()
            self._calls.append(known)
        known.id = known.id or str(identifier or "")
        return known

    def whole(self) -> Iterator[ToolCall | str]:
        """The calls; as text, those of no known tool or whose arguments are no JSON object."""
        for call in self._calls:
            made = made_call(call.id or None, call.name, call.arguments)
            if made is None or made.name not in self._names:
                yield markup(call.name, call.arguments)
            else:
                yield made
