"""The sources that answers draw on: their state, what changed in them, and reading one again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from rag import changes
from rag.comparison import compare
from rag.runs import history
from server.console.synchronising import record_sync
from server.errors import NotHere
from server.identity.guards import actor_of, admin
from server.identity.sessions import Session
from server.pages.listing import part_of
from server.responses import redirect, show
from server.source_views import changed_view, seen_by, sync_view
from server.state import assembly
from web.views import (
    SourceChangesView,
    SourceChangeView,
    SourceStatusView,
    SourcesView,
    SyncView,
)

if TYPE_CHECKING:
    from server.assembly import Assembly

router = APIRouter()
Admin = Annotated[Session, Depends(admin)]
PATH = "/admin/sources"
SYNCS = 20
"""Readings that the page of what changed goes back to."""


@router.get(PATH)
async def sources(request: Request, _session: Admin) -> Response:
    """The page."""
    return await to_thread.run_sync(_sources, request)


def _sources(request: Request) -> Response:
    components = assembly(request)
    _, charter = components.charter.get()
    views = tuple(
        replace(
            status,
            seen_by=seen_by(charter, status.id),
            changed=next(iter(_syncs(components, status.id, 1)), None),
        )
        for status in components.sources.statuses()
    )
    return show(request, "sources.html", SourcesView(views))


@router.post(f"{PATH}/{{source_id}}/sync")
async def sync(request: Request, session: Admin, source_id: str) -> Response:
    """Begin to read a source again, beside the server's work."""
    components = assembly(request)

    def begin() -> None:
        _source(components, source_id)
        record_sync(components, actor_of(components, session), source_id)
        components.sources.sync(source_id)

    await to_thread.run_sync(begin)
    return redirect(f"{PATH}?done=source")


@router.get(f"{PATH}/{{source_id}}/changes")
async def changed(
    request: Request,
    _session: Admin,
    source_id: str,
    sync: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """What the last readings of a source changed, and the documents of one of them."""
    return await to_thread.run_sync(_changed, request, source_id, sync)


def _changed(request: Request, source_id: str, asked: int | None) -> Response:
    components = assembly(request)
    source = _source(components, source_id)
    syncs = _syncs(components, source_id, SYNCS)
    # The first reading lists nothing: it is shown by itself only where it is asked for.
    shown = next((one for one in syncs if one.id == asked or (asked is None and one.listed)), None)
    if asked is not None and shown is None:
        raise NotHere
    found = changes.listed(components.database, source_id, shown.id) if shown is not None else []
    path = f"{PATH}/{source_id}/changes"
    part, listing = part_of(found, request, path, {"sync": str(shown.id) if shown else ""})
    view = SourceChangesView(
        id=source.id,
        title=source.title,
        law=source.law,
        keeps_texts=source.personal_data == "public",
        syncs=syncs,
        shown=shown,
        changes=tuple(changed_view(change) for change in part),
        listing=listing if found else None,
    )
    return show(request, "source_changes.html", view)


@router.get(f"{PATH}/{{source_id}}/changes/{{change_id}}")
async def change(request: Request, _session: Admin, source_id: str, change_id: int) -> Response:
    """A document before and after, where its former text is kept."""
    return await to_thread.run_sync(_change, request, source_id, change_id)


def _change(request: Request, source_id: str, change_id: int) -> Response:
    components = assembly(request)
    source = _source(components, source_id)
    if not 0 < change_id < 2**31:
        raise NotHere
    found = changes.one(components.database, source_id, change_id)
    # What is not public keeps no former text; where that rule came later, none is shown either.
    if found is None or not found[0].kept or source.personal_data != "public":
        raise NotHere
    one, texts = found
    compared = None
    if texts.before is not None and texts.after is not None:
        compared = compare(texts.before, texts.after)
    view = SourceChangeView(
        id=source.id,
        title=source.title,
        back=f"{PATH}/{source.id}/changes?sync={one.run}",
        law=source.law,
        change=changed_view(one),
        before=texts.before,
        after=texts.after,
        pieces=tuple((piece.kind, piece.text) for piece in compared or ()),
    )
    return show(request, "source_change.html", view)


def _source(components: Assembly, source_id: str) -> SourceStatusView:
    """Raises NotHere where no such source is declared."""
    for status in components.sources.statuses():
        if status.id == source_id:
            return status
    raise NotHere


def _syncs(components: Assembly, source_id: str, limit: int) -> tuple[SyncView, ...]:
    """The last readings of a source that changed something, the newest first."""
    listed = changes.counts_listed(components.database, source_id)
    runs = history(components.database, source_id, limit, changing=True)
    return tuple(sync_view(run, listed.get(run.id, 0)) for run in runs)
