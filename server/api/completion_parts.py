"""The parts of a completion, in OpenAI's objects."""

from __future__ import annotations

from typing import Any

from governance.events import Completed, ReviewAsked
from models.protocol import ToolCall, Usage
from rag.protocol import Grounding


def finish_of(event: Completed) -> str:
    """Why the model stopped, in OpenAI's words."""
    if event.review is not None and event.review.delivery == "hold":
        return "content_filter"
    if event.finish_reason == "length":
        return "length"
    return "tool_calls" if event.tool_calls else "stop"


def message_of(event: Completed) -> dict[str, Any]:
    """The assistant's message: its text, null beside calls where it is empty, and its calls."""
    message: dict[str, Any] = {"role": "assistant", "content": event.text, "refusal": None}
    if event.review is not None and event.review.delivery == "hold":
        message["content"] = None
    if event.tool_calls:
        message["content"] = event.text or None
        message["tool_calls"] = [call_of(call) for call in event.tool_calls]
    return message


def call_of(call: ToolCall) -> dict[str, Any]:
    """A call of one of the program's functions."""
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def usage_of(usage: Usage) -> dict[str, Any]:
    """Counts of tokens."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def sobria_of(event: Completed) -> dict[str, Any]:
    """The receipt, what documents asked of the assistant, the passages in their numbers' order.

    The caveats of a passage say that it is dated, or that what it stands on was amended since.
    """
    cited = frozenset(event.grounding.cited) if event.grounding is not None else frozenset()
    told = {part.number: part.caveats for part in event.receipt.sources}
    review = event.review
    return {
        **({"review": review_of(review)} if review is not None else {}),
        "receipt": event.receipt.model_dump(mode="json"),
        "grounding": _grounding(event.grounding),
        "injections": [part.model_dump(mode="json") for part in event.receipt.injections],
        "sources": [
            {
                "number": number,
                "id": passage.id,
                "title": passage.title,
                "section": list(passage.section_path),
                "reference": passage.reference,
                "url": passage.url,
                "date": passage.date,
                "licence": passage.licence,
                "digest": passage.digest,
                "text": passage.text,
                "cited": number in cited,
                "caveats": [each.model_dump(mode="json") for each in told.get(number, ())],
            }
            for number, passage in enumerate(event.passages, 1)
        ],
    }


def _grounding(grounding: Grounding | None) -> dict[str, Any] | None:
    """What the sources say of each sentence; null where nothing was searched."""
    if grounding is None:
        return None
    return {
        "score": grounding.score,
        "sentences": [
            {"text": each.text, "support": each.support, "citations": list(each.citations)}
            for each in grounding.sentences
        ],
    }


def review_of(review: ReviewAsked) -> dict[str, Any]:
    """That a person must validate the answer, and where to ask for it later."""
    return {
        "id": review.id,
        "state": "waiting",
        "delivery": review.delivery,
        "use": review.use_id,
        "role": review.role,
        "role_title": review.role_title,
        "url": f"/v1/sobria/reviews/{review.id}",
    }
