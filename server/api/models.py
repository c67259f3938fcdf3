"""``/v1/models``: the model that answers, and the one that embeds."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from governance.messages import N_
from server.api.errors import ApiError
from server.identity.guards import ApiCaller, api_caller
from server.state import assembly, say

router = APIRouter()
Caller = Annotated[ApiCaller, Depends(api_caller)]


@router.get("/v1/models")
async def models(request: Request, _caller: Caller) -> Response:
    """Both models."""
    return JSONResponse({"object": "list", "data": _models(request)})


@router.get("/v1/models/{model:path}")
async def model(request: Request, model: str, _caller: Caller) -> Response:
    """One model."""
    for found in _models(request):
        if found["id"] == model:
            return JSONResponse(found)
    raise ApiError(
        404,
        say(request, N_("The model «{model}» is not served here."), model=model),
        code="model_not_found",
        param="model",
    )


def _models(request: Request) -> list[dict[str, Any]]:
    components = assembly(request)
    info, embedder = components.engine.info, components.embedder
    return [
        {
            "id": info.name,
            "object": "model",
            "created": 0,
            "owned_by": "sobria",
            "sobria": {
                "role": "llm",
                "digest": info.digest,
                "licence": info.licence,
                "context_length": info.context_length,
            },
        },
        {
            "id": embedder.name,
            "object": "model",
            "created": 0,
            "owned_by": "sobria",
            "sobria": {
                "role": "embedder",
                "digest": embedder.digest,
                "dimension": embedder.dimension,
            },
        },
    ]
