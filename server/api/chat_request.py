"""What a program asks of ``/v1/chat/completions``: the fields that are served, and those refused.

A field that would change the meaning of the answer and is not served is an error that names it:
a program must not believe that its format was held to, or that it got two answers.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from governance.messages import N_
from governance.turns import Turn
from models.protocol import Role
from server.api.answer_form import check_logprobs
from server.api.errors import bad_request
from server.api.tool_request import (
    UNSUPPORTED,
    calls_of,
    check_results,
    check_values,
    identifier,
)

MAX_MESSAGES = 200
#: Fields that change nothing of the answer's meaning, and are not acted upon.
HARMLESS = frozenset(
    {"user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key"}
)
#: Values that ask for what is done anyway.
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "functions": ([],),
    "modalities": (["text"],),
}


Stop = Annotated[str, Field(max_length=500)]


class Part(BaseModel):
    """A part of a message; only text is read."""

    model_config = ConfigDict(extra="allow")

    type: str
    text: str | None = None


class ApiMessage(BaseModel):
    """A turn."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None
    tool_calls: Any = None
    tool_call_id: Any = None


class StreamOptions(BaseModel):
    """Options of a stream."""

    model_config = ConfigDict(extra="ignore")

    include_usage: bool = False


class SobriaOptions(BaseModel):
    """What Sobria alone understands. ``answer``: «text» has the model write, «auto» leaves it to
    the charter whether a passage of the sources is enough."""

    model_config = ConfigDict(extra="forbid")

    answer: Literal["text", "auto"] = "text"


class ChatRequest(BaseModel):
    """The body of the request."""

    model_config = ConfigDict(extra="allow")

    model: Annotated[str, Field(min_length=1, max_length=200)]
    messages: Annotated[list[ApiMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=-1, le=100_000)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    repeat_penalty: Annotated[float, Field(gt=0, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: Stop | Annotated[list[Stop], Field(max_length=4)] | None = None
    logit_bias: Any = None
    response_format: Any = None
    grammar: Any = None
    tools: Any = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    sobria: SobriaOptions = SobriaOptions()


def check(request: Request, asked: ChatRequest) -> None:
    """Raises ApiError for a field that is not served, naming it."""
    check_logprobs(request, asked)
    for name, value in (asked.model_extra or {}).items():
        if value is None or name in HARMLESS or value in NEUTRAL.get(name, ()):
            continue
        raise bad_request(request, name, UNSUPPORTED, param=name)


def turns_of(request: Request, asked: ChatRequest) -> tuple[Turn, ...]:
    """The conversation as turns; the last is the person's, or a tool's result. Raises ApiError."""
    turns: list[Turn] = []
    for index, message in enumerate(asked.messages):
        where = f"messages[{index}]"
        role = _role(message.role)
        calls = calls_of(request, role, message.tool_calls, f"{where}.tool_calls")
        answered = (
            identifier(request, message.tool_call_id, f"{where}.tool_call_id")
            if role == "tool"
            else ""
        )
        turns.append(Turn(role, _text(request, index, message), calls, answered))
    check_results(request, turns)
    check_values(request, turns)
    last = turns[-1]
    if last.role not in ("user", "tool") or not (last.content.strip() or last.role == "tool"):
        raise bad_request(
            request,
            "messages",
            N_("The last message must be the user's, and hold text, or a tool's result."),
        )
    return tuple(turns)


def _role(role: str) -> Role:
    match role:
        case "user":
            return "user"
        case "assistant":
            return "assistant"
        case "tool":
            return "tool"
        case _:
            return "system"


def _text(request: Request, index: int, message: ApiMessage) -> str:
    if message.content is None or isinstance(message.content, str):
        return message.content or ""
    for number, part in enumerate(message.content):
        if part.type != "text" or part.text is None:
            param = f"messages[{index}].content[{number}]"
            raise bad_request(
                request, param, N_("Only text is read: «{param}» is not text."), param=param
            )
    return "\n".join(part.text or "" for part in message.content)
