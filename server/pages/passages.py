"""A passage in full, for who follows a citation."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from server.errors import NotHere
from server.identity.guards import employee
from server.identity.sessions import Session
from server.responses import show
from server.state import assembly
from web.views import PassageView

router = APIRouter()


@router.get("/passages/{passage_id}")
async def passage(
    request: Request, passage_id: str, _session: Annotated[Session, Depends(employee)]
) -> Response:
    """The passage with its origin, its date and its digest."""
    components = assembly(request)
    found = await to_thread.run_sync(components.retriever.passage, passage_id)
    if found is None:
        raise NotHere
    statuses = await to_thread.run_sync(components.sources.statuses)
    publishers = {status.id: status.owner for status in statuses}
    view = PassageView(
        title=found.title,
        section_path=found.section_path,
        reference=found.reference,
        text=found.text,
        url=found.url,
        date=found.date,
        licence=found.licence,
        publisher=publishers.get(found.source, ""),
        digest=found.digest,
        conversation_id=request.query_params.get("from", ""),
    )
    return show(request, "passage.html", view)
