"""The tools of a request to ``/v1/chat/completions``, and the calls and results of its messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from starlette.requests import Request

from governance.messages import N_
from governance.pii.json_text import pieces
from governance.turns import Turn
from models.protocol import Tool, ToolCall
from models.tool_calls import dumped
from server.api.errors import ApiError, bad_request

MAX_TOOLS = 64
MAX_TOOLS_KB = 64
MAX_CALLS = 64
MAX_VALUES = 5_000
"""Values, numbers and keys in the calls and results of a conversation: each is analysed."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_ID = 200

UNSUPPORTED = N_("«{param}» is not supported by Sobria.")


def tools_of(request: Request, tools: Any, choice: Any) -> tuple[Tool, ...]:
    """The tools that the model is offered; none where the program forbids their use.

    A call cannot be forced: a model that must call makes arguments up. «required» and a named
    function are refused rather than promised. Raises ApiError, naming the field.
    """
    offered = _definitions(request, tools)
    if choice not in (None, "auto", "none"):
        raise bad_request(
            request,
            "tool_choice",
            N_("Only “auto” and “none” are supported: no model is forced to call a function."),
        )
    return () if choice == "none" else offered


def _definitions(request: Request, tools: Any) -> tuple[Tool, ...]:
    if tools is None:
        return ()
    if not isinstance(tools, list):
        raise _not(request, "tools", N_("«{param}» must be a list."))
    if len(tools) > MAX_TOOLS:
        raise bad_request(
            request, "tools", N_("{limit} tools at most can be given."), limit=MAX_TOOLS
        )
    if len(_json(request, "tools", tools).encode()) > MAX_TOOLS_KB * 1024:
        raise bad_request(
            request, "tools", N_("The tools may weigh {limit} kB at most."), limit=MAX_TOOLS_KB
        )
    found: dict[str, Tool] = {}
    for index, tool in enumerate(tools):
        made = _tool(request, tool, f"tools[{index}]")
        if made.name in found:
            raise _not(
                request,
                f"tools[{index}].function.name",
                N_("«{param}» names a function twice."),
            )
        found[made.name] = made
    return tuple(found.values())


def _tool(request: Request, tool: Any, where: str) -> Tool:
    if not isinstance(tool, dict) or tool.get("type") != "function":
        raise _not(request, f"{where}.type", N_("«{param}» must be “function”."))
    function = tool.get("function")
    if not isinstance(function, dict):
        raise _not(request, f"{where}.function", N_("«{param}» must be an object."))
    if function.get("strict"):
        # A promise about the arguments that only a constrained model could keep.
        raise _not(request, f"{where}.function.strict", UNSUPPORTED)
    description = function.get("description")
    if description is not None and not isinstance(description, str):
        raise _not(request, f"{where}.function.description", N_("«{param}» must be a text."))
    parameters = function.get("parameters")
    if parameters is None:
        parameters = {"type": "object", "properties": {}}
    if not isinstance(parameters, dict) or parameters.get("type", "object") != "object":
        raise _not(
            request,
            f"{where}.function.parameters",
            N_("«{param}» must be the JSON Schema of an object."),
        )
    _json(request, f"{where}.function.parameters", parameters)
    return Tool(
        _name(request, function, f"{where}.function"),
        description or "",
        parameters,
    )


def calls_of(request: Request, role: str, calls: Any, where: str) -> tuple[ToolCall, ...]:
    """The calls that an assistant's message asked for. Raises ApiError, naming the field."""
    if calls is None or calls == []:
        return ()
    if role != "assistant" or not isinstance(calls, list):
        raise _not(request, where, N_("«{param}» must be a list, in an assistant's message."))
    if len(calls) > MAX_CALLS:
        raise bad_request(
            request, where, N_("A message may hold {limit} calls at most."), limit=MAX_CALLS
        )
    made = [_call(request, call, f"{where}[{index}]") for index, call in enumerate(calls)]
    for index, call in enumerate(made):
        if any(call.id == other.id for other in made[:index]):
            raise _not(request, f"{where}[{index}].id", N_("«{param}» is used twice."))
    return tuple(made)


def _call(request: Request, call: Any, where: str) -> ToolCall:
    if not isinstance(call, dict) or call.get("type", "function") != "function":
        raise _not(request, f"{where}.type", N_("«{param}» must be “function”."))
    function = call.get("function")
    if not isinstance(function, dict):
        raise _not(request, f"{where}.function", N_("«{param}» must be an object."))
    arguments = function.get("arguments")
    if arguments == "":
        arguments = "{}"
    if (
        not isinstance(arguments, str)
        or not arguments.lstrip().startswith("{")
        or pieces(arguments) is None
    ):
        raise _not(
            request,
            f"{where}.function.arguments",
            N_("«{param}» must be the text of a JSON object."),
        )
    return ToolCall(
        identifier(request, call.get("id"), f"{where}.id"),
        _name(request, function, f"{where}.function"),
        arguments,
    )


def identifier(request: Request, value: Any, where: str) -> str:
    """The identifier of a call. Raises ApiError, naming the field."""
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_ID:
        raise _not(request, where, N_("«{param}» must be the identifier of a call."))
    return value


def check_results(request: Request, turns: Sequence[Turn]) -> None:
    """Each call has one result, after it and before anything else. Raises ApiError."""
    waiting: dict[str, str] = {}
    for index, turn in enumerate(turns):
        if turn.role == "tool":
            if turn.tool_call_id not in waiting:
                raise _not(
                    request,
                    f"messages[{index}].tool_call_id",
                    N_("«{param}» is that of no call that waits for its result."),
                )
            del waiting[turn.tool_call_id]
            continue
        _none_waits(request, waiting)
        waiting = {
            call.id: f"messages[{index}].tool_calls[{number}]"
            for number, call in enumerate(turn.tool_calls)
        }
    _none_waits(request, waiting)


def check_values(request: Request, turns: Sequence[Turn]) -> None:
    """Raises ApiError where calls and results hold more values than are analysed in good time."""
    documents = [call.arguments for turn in turns for call in turn.tool_calls]
    documents += [turn.content for turn in turns if turn.role == "tool"]
    if sum(len(pieces(document) or ()) for document in documents) > MAX_VALUES:
        raise bad_request(
            request,
            "messages",
            N_("The calls and results of «{param}» hold more than {limit} values and keys."),
            param="messages",
            limit=MAX_VALUES,
        )


def check_model(
    request: Request, tools: Sequence[Tool], turns: Sequence[Turn], model: str, *, able: bool
) -> None:
    """Raises ApiError where tools are at work and the model cannot call any."""
    if able:
        return
    param: Literal["tools", "messages"] | None = "tools" if tools else None
    if param is None and any(turn.role == "tool" or turn.tool_calls for turn in turns):
        param = "messages"
    if param is not None:
        raise bad_request(
            request,
            param,
            N_("The model «{model}» cannot call functions: «{param}» cannot be used with it."),
            model=model,
            param=param,
        )


def _none_waits(request: Request, waiting: Mapping[str, str]) -> None:
    for where in waiting.values():
        raise _not(request, where, N_("«{param}» has no result: give it in a “tool” message."))


def _name(request: Request, function: Mapping[str, Any], where: str) -> str:
    name = function.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _not(
            request,
            f"{where}.name",
            N_("«{param}» must be of 1 to 64 letters without accents, digits, “_” or “-”."),
        )
    return name


def _json(request: Request, where: str, value: Any) -> str:
    """``value`` as a text, once it is sure that it can be read back."""
    try:
        text = dumped(value)
        readable = pieces(text) is not None
    except (ValueError, RecursionError):
        readable = False
    if not readable:
        raise _not(request, where, N_("«{param}» is not JSON, or goes too deep."))
    return text


def _not(request: Request, where: str, message_id: str) -> ApiError:
    return bad_request(request, where, message_id, param=where)
