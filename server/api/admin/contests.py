"""Contested refusals as JSON, for the admin and the DPO."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from governance.clock import iso
from governance.review.errors import ReviewError
from server import callers
from server.api.admin.review import NO_STORE, NotDecided
from server.identity.guards import admin_or_dpo
from server.identity.sessions import Session
from server.pages.contests import contest_views
from server.state import assembly
from web.review_views import ContestView

router = APIRouter()
AdminOrDpo = Annotated[Session, Depends(admin_or_dpo)]


class Answer(BaseModel):
    """Whether the refusal is maintained, and the words that the person reads."""

    model_config = ConfigDict(extra="forbid")

    answer: Literal["upheld", "accepted"]
    words: str = Field(max_length=4000)


@router.get("/api/admin/contests")
async def contests(request: Request, _session: AdminOrDpo) -> Response:
    """Every contest, the open ones first."""
    views = await to_thread.run_sync(contest_views, assembly(request))
    return JSONResponse({"contests": [_values(view) for view in views]}, headers=NO_STORE)


@router.post("/api/admin/contests/{exchange}")
async def answer(request: Request, exchange: str, session: AdminOrDpo, given: Answer) -> Response:
    """Answer a contest; the first answer stands."""
    components = assembly(request)
    subject = callers.subject_of(components, session.user.id)

    def run() -> str:
        try:
            return components.contests.answer(exchange, subject, given.answer, given.words).state
        except ReviewError as error:
            raise NotDecided(error.message_id, **error.params) from None

    return JSONResponse({"id": exchange, "state": await to_thread.run_sync(run)})


def _values(view: ContestView) -> dict[str, Any]:
    return {
        **asdict(view),
        "created_at": iso(view.created_at),
        "answered_at": iso(view.answered_at) if view.answered_at else None,
    }
