"""``/v1/chat/completions``: the road for programs, streamed or not, by the same events."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from governance.clock import utc_now
from governance.events import (
    Completed,
    Delta,
    Event,
    Failed,
    Reading,
    Refused,
    SourcesFound,
    ToolCalled,
    Waiting,
)
from governance.exchange import ExchangeRequest, ephemeral_conversation
from governance.messages import N_
from server import callers
from server.api import disclosure, quota_notice, tool_request
from server.api.answer_form import sampling_of
from server.api.chat_request import ChatRequest, check, turns_of
from server.api.completion_parts import call_of, finish_of, message_of, sobria_of, usage_of
from server.api.errors import ApiError, failed, refused
from server.exchanges import Journey
from server.identity.guards import ApiCaller, chat_caller
from server.state import assembly, exchanges, locale_of, say

router = APIRouter()
KEEP_ALIVE = 15.0
#: How often a client that waits for a whole answer is checked to be still there, in seconds.
PRESENCE = 1.0


@router.post("/v1/chat/completions")
async def complete(
    request: Request, asked: ChatRequest, caller: Annotated[ApiCaller, Depends(chat_caller)]
) -> Response:
    """Answer a conversation. A refusal is an error before the first byte, streamed or not."""
    check(request, asked)
    turns = turns_of(request, asked)
    tools = tool_request.tools_of(request, asked.tools, asked.tool_choice)
    components = assembly(request)
    model = components.engine.info
    check_model(request, asked.model, model.name)
    tool_request.check_model(request, tools, turns, model.name, able=model.calls_tools)
    remote = model.digest.startswith("remote:")
    sampling = sampling_of(request, asked, remote=remote)
    exchange_id = uuid.uuid4().hex
    asking = ExchangeRequest(
        id=exchange_id,
        caller=callers.program(components, caller.key, locale_of(request)),
        conversation_id=ephemeral_conversation(exchange_id),
        turns=turns,
        sampling=sampling,
        surface="api",
        ephemeral=True,
        tools=tools,
        parallel_calls=asked.parallel_tool_calls is not False,
        answer=asked.sobria.answer,
    )
    answer = Answer(request, asked, exchange_id)
    journey = exchanges(request).start(asking)
    if not asked.stream:
        return await answer.whole(journey)
    return await answer.streamed(journey)


def check_model(request: Request, asked: str, served: str) -> None:
    """Raises ApiError where ``asked`` is not the model that is served."""
    if asked not in {served, "default"}:
        raise ApiError(
            404,
            say(request, N_("The model «{model}» is not served here."), model=asked),
            code="model_not_found",
            param="model",
        )


class Answer:
    """The answer to one request, in OpenAI's objects."""

    def __init__(self, request: Request, asked: ChatRequest, exchange_id: str) -> None:
        components = assembly(request)
        _, charter = components.charter.get()
        self._request = request
        self._model = components.engine.info.name
        self._exchange_id = exchange_id
        self._created = int(time.time())
        self._include_usage = bool(asked.stream_options and asked.stream_options.include_usage)
        self._labelled = charter.labelling.header
        self._calls = 0

    async def whole(self, journey: Journey) -> Response:
        """One object, once the answer is complete; a client who left cancels the exchange."""
        events = journey.events(PRESENCE)
        try:
            async for event in events:
                match event:
                    case Completed():
                        return JSONResponse(self._completion(event), headers=self._headers(event))
                    case Refused():
                        raise refused(self._request, event)
                    case Failed():
                        raise failed(self._request, event)
                    case None if await self._request.is_disconnected():
                        break
        finally:
            await events.aclose()
        raise self._stopped()

    async def streamed(self, journey: Journey) -> Response:
        """Chunks, as they come. What ends the exchange before the model begins is an error."""
        events = journey.events(KEEP_ALIVE)
        first: list[Event] = []
        try:
            async for event in events:
                if isinstance(event, Refused):
                    raise refused(self._request, event)
                if isinstance(event, Failed):
                    raise failed(self._request, event)
                if event is not None:
                    first.append(event)
                if isinstance(event, Waiting | Reading | Delta | ToolCalled | Completed):
                    break
            else:
                raise self._stopped()
        except BaseException:
            await events.aclose()
            raise
        return StreamingResponse(
            self._chunks(first, events),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no", **self._headers(None)},
        )

    async def _chunks(
        self, first: list[Event], events: AsyncGenerator[Event | None, None]
    ) -> AsyncGenerator[bytes, None]:
        try:
            yield _data(self._chunk({"role": "assistant", "content": ""}))
            for event in first:
                for piece in self._pieces(event):
                    yield piece
            ended = isinstance(first[-1], Completed)
            async for later in events:
                if later is None:
                    yield b": keep-alive\n\n"
                    continue
                ended = isinstance(later, Completed | Refused | Failed)
                for piece in self._pieces(later):
                    yield piece
            if not ended:
                yield _data(self._stopped().body)
            yield b"data: [DONE]\n\n"
        finally:
            await events.aclose()

    def _pieces(self, event: Event) -> list[bytes]:
        match event:
            case SourcesFound() | Waiting() | Reading():
                return []
            case Delta(text=text) if text:
                return [_data(self._chunk({"content": text}))]
            case ToolCalled(call=call):
                called = {"index": self._calls, **call_of(call)}
                self._calls += 1
                return [_data(self._chunk({"tool_calls": [called]}))]
            case Completed():
                last = self._chunk({}, finish_reason=finish_of(event))
                last["sobria"] = {"text": event.text, **self._sobria(event)}
                pieces = [_data(last)]
                if self._include_usage:
                    usage = {**self._chunk({}), "choices": [], "usage": usage_of(event.usage)}
                    pieces.append(_data(usage))
                return pieces
            case Refused():
                return [_data(refused(self._request, event).body)]
            case Failed():
                return [_data(failed(self._request, event).body)]
            case _:
                return []

    def _completion(self, event: Completed) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{self._exchange_id}",
            "object": "chat.completion",
            "created": self._created,
            "model": self._model,
            "choices": [
                {
                    "index": 0,
                    "message": message_of(event),
                    "logprobs": None,
                    "finish_reason": finish_of(event),
                }
            ],
            "usage": usage_of(event.usage),
            "sobria": self._sobria(event),
        }

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{self._exchange_id}",
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
            "choices": [
                {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
            ],
        }

    def _headers(self, event: Completed | None) -> dict[str, str]:
        receipt = event.receipt if event is not None else None
        return {
            **disclosure.headers(receipt, self._model, utc_now(), on=self._labelled),
            **quota_notice.headers(receipt, utc_now()),
        }

    def _sobria(self, event: Completed) -> dict[str, Any]:
        notices = quota_notice.notices(self._request, event.receipt)
        return {**sobria_of(event), **({"quota_notices": notices} if notices else {})}

    def _stopped(self) -> ApiError:
        return ApiError(
            503,
            say(self._request, N_("The exchange was stopped.")),
            kind="server_error",
            code="cancelled",
            sobria={"exchange": self._exchange_id},
        )


def _data(value: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()
