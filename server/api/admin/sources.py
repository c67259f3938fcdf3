"""The sources: their state, and reading one again."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends
from starlette.requests import Request

from governance.messages import N_
from server.api.admin import PREFIX, admin_caller
from server.console.overview import SourceOut, source_out
from server.console.refusals import Model
from server.console.refused import NotThere
from server.console.synchronising import record_sync
from server.identity.actors import Actor
from server.state import assembly

router = APIRouter(prefix=PREFIX)
Admin = Annotated[Actor, Depends(admin_caller)]


class Sources(Model):
    """Every declared source."""

    sources: tuple[SourceOut, ...]


@router.get("/sources")
async def sources(request: Request, _caller: Admin) -> Sources:
    """Where each source stands."""
    views = await to_thread.run_sync(assembly(request).sources.statuses)
    return Sources(sources=tuple(source_out(view) for view in views))


@router.post("/sources/{source_id}/sync", status_code=202)
async def sync(request: Request, caller: Admin, source_id: str) -> SourceOut:
    """Begin to read a source again, beside the server's work; read its state to follow it."""
    components = assembly(request)

    def begin() -> SourceOut:
        found = next((one for one in components.sources.statuses() if one.id == source_id), None)
        if found is None:
            raise NotThere("source", N_("There is no such source."))
        record_sync(components, caller, source_id)
        components.sources.sync(source_id)
        return source_out(found)

    return await to_thread.run_sync(begin)
