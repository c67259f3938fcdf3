"""``/v1/embeddings``: vectors by the configured embedder, on the quota of the key's service."""

from __future__ import annotations

import base64
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Depends
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from governance.messages import N_
from governance.stages.stage import ExchangeRefused
from server import callers
from server.api.chat_completions import check_model
from server.api.errors import bad_request, refusal_error
from server.identity.guards import ApiCaller, embeddings_caller
from server.state import assembly, locale_of

router = APIRouter()
MAX_TEXTS = 256
MAX_CHARACTERS = 32_000
HARMLESS = frozenset({"user"})


class EmbeddingRequest(BaseModel):
    """The body of the request. Lists of token numbers are not read: they are of another model."""

    model_config = ConfigDict(extra="allow")

    model: Annotated[str, Field(min_length=1, max_length=200)]
    input: str | Annotated[list[str], Field(min_length=1, max_length=MAX_TEXTS)]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = None


@router.post("/v1/embeddings")
async def embed(
    request: Request,
    asked: EmbeddingRequest,
    caller: Annotated[ApiCaller, Depends(embeddings_caller)],
) -> Response:
    """The vectors of one text or of several, in their order."""
    components = assembly(request)
    for name, value in (asked.model_extra or {}).items():
        if value is not None and name not in HARMLESS:
            raise bad_request(
                request, name, N_("«{param}» is not supported by Sobria."), param=name
            )
    check_model(request, asked.model, components.embedder.name)
    if asked.dimensions not in {None, components.embedder.dimension}:
        raise bad_request(
            request, "dimensions", N_("«{param}» is not supported by Sobria."), param="dimensions"
        )
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    if not all(0 < len(text) <= MAX_CHARACTERS for text in texts):
        raise bad_request(
            request,
            "input",
            N_("Each text has 1 to {limit} characters."),
            limit=MAX_CHARACTERS,
        )
    program = callers.program(components, caller.key, locale_of(request))
    try:
        done = await components.embed(program, texts)
    except ExchangeRefused as end:
        raise refusal_error(request, end.refusal, {}) from end
    encode = _base64 if asked.encoding_format == "base64" else _floats
    return JSONResponse(
        {
            "object": "list",
            "model": components.embedder.name,
            "data": [
                {"object": "embedding", "index": index, "embedding": encode(vector)}
                for index, vector in enumerate(done.vectors)
            ],
            "usage": {"prompt_tokens": done.tokens, "total_tokens": done.tokens},
            "sobria": {"exchange": done.exchange_id, "record": done.record},
        }
    )


def _floats(vector: NDArray[np.float32]) -> list[float]:
    return [float(value) for value in vector]


def _base64(vector: NDArray[np.float32]) -> str:
    """Little-endian 32-bit floats, as OpenAI's client decodes them."""
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()
