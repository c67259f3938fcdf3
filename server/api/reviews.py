"""``/v1/sobria/reviews/{id}``: what became of an answer that a person had to validate."""

from __future__ import annotations

from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from governance.clock import iso
from governance.messages import N_
from governance.review.queue import Standing
from server import callers
from server.api.errors import ApiError
from server.identity.guards import ApiCaller, api_caller
from server.state import assembly, locale_of, say

router = APIRouter()


@router.get("/v1/sobria/reviews/{exchange}")
async def review(
    request: Request, exchange: str, caller: Annotated[ApiCaller, Depends(api_caller)]
) -> Response:
    """The review of an exchange of this key; its text once it is approved, and not before."""
    components = assembly(request)
    subject = callers.program(components, caller.key, locale_of(request)).subject
    found = await to_thread.run_sync(components.reviews.standings, subject, (exchange,))
    if exchange not in found:
        raise ApiError(
            404, say(request, N_("No answer of this key waits, or waited, for review here."))
        )
    return JSONResponse(_values(found[exchange]), headers={"Cache-Control": "no-store"})


def _values(standing: Standing) -> dict[str, Any]:
    entry, held = standing.entry, standing.held
    return {
        "id": entry.exchange_id,
        "object": "sobria.review",
        "state": entry.state,
        "delivery": entry.delivery,
        "use": entry.use_id,
        "role": entry.role,
        "created_at": iso(entry.created_at),
        "decided_at": iso(entry.decided_at) if entry.decided_at else None,
        "reason": standing.reason or None,
        "text": held.answer if held is not None else None,
        "tool_calls": [dict(call) for call in held.calls] if held is not None else None,
    }
