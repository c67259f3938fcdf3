"""The sources that answers draw on: their state, and reading one again."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from server.console.synchronising import record_sync
from server.errors import NotHere
from server.identity.guards import actor_of, admin
from server.identity.sessions import Session
from server.responses import redirect, show
from server.state import assembly
from web.views import SourcesView

router = APIRouter()
Admin = Annotated[Session, Depends(admin)]


@router.get("/admin/sources")
async def sources(request: Request, _session: Admin) -> Response:
    """The page."""
    statuses = await to_thread.run_sync(assembly(request).sources.statuses)
    return show(request, "sources.html", SourcesView(tuple(statuses)))


@router.post("/admin/sources/{source_id}/sync")
async def sync(request: Request, session: Admin, source_id: str) -> Response:
    """Begin to read a source again, beside the server's work."""
    components = assembly(request)
    statuses = await to_thread.run_sync(components.sources.statuses)
    if source_id not in {status.id for status in statuses}:
        raise NotHere

    def begin() -> None:
        record_sync(components, actor_of(components, session), source_id)
        components.sources.sync(source_id)

    await to_thread.run_sync(begin)
    return redirect("/admin/sources?done=source")
