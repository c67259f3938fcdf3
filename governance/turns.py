"""The turns of a conversation, as a surface hands them to the road."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.protocol import Message, Role, ToolCall


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the conversation, as it was written: in clear, before pseudonymisation.

    ``tool_calls`` are those that an assistant's turn asked for, each with a JSON object's text;
    ``tool_call_id`` is the call whose result a tool's turn gives.
    """

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


def messages_of(turns: Sequence[Turn]) -> list[Message]:
    """The turns as an engine reads them."""
    return [Message(turn.role, turn.content, turn.tool_calls, turn.tool_call_id) for turn in turns]
