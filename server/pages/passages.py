"""A passage in full, for who follows a citation, with those around it in its document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from governance.charter.charter import UnknownService
from rag.protocol import Passage
from server.errors import NotHere
from server.identity.guards import employee
from server.identity.sessions import Session
from server.pages.messages import told_of
from server.responses import show
from server.reviewing import reviewer_of
from server.state import assembly, locale_of
from web.views import NeighbourView, PassageView

if TYPE_CHECKING:
    from governance.charter.charter import Charter
    from server.assembly import Assembly
    from server.identity.users import User

router = APIRouter()


@router.get("/passages/{passage_id}")
async def passage(
    request: Request, passage_id: str, session: Annotated[Session, Depends(employee)]
) -> Response:
    """The passage with its origin, its date and its digest, and what is to be known of it.

    It is there for who may have it searched: its neighbours, of the same source, are then as well.
    """
    return await to_thread.run_sync(_passage, request, passage_id, session.user)


def _passage(request: Request, passage_id: str, user: User) -> Response:
    components = assembly(request)
    _, charter = components.charter.get()
    found = components.retriever.passage(passage_id)
    beside = components.sources.beside(passage_id)
    if found is None or beside is None or not _may_see(components, charter, user, found.source):
        raise NotHere
    allowed = _sources(charter, user.service)
    caveats = components.sources.caveats((found,), allowed)
    publishers = {status.id: status.owner for status in components.sources.statuses()}
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
        caveats=told_of(caveats, locale_of(request), components.settings.timezone).get(1, ()),
        place=beside.place,
        total=beside.total,
        before=_neighbour(beside.before),
        after=_neighbour(beside.after),
    )
    return show(request, "passage.html", view)


def _may_see(components: Assembly, charter: Charter, user: User, source: str) -> bool:
    """Whether the person's service may see the source, or one whose answers they review."""
    seen = _sources(charter, user.service)
    if seen is None or source in seen:
        return True
    reviewed = reviewer_of(components, charter, user).services.values()
    services = {each.id for each in charter.services}
    among = {each for only in reviewed for each in (services if only is None else only & services)}
    visible = [_sources(charter, service) for service in among]
    return any(sources is None or source in sources for sources in visible)


def _sources(charter: Charter, service: str) -> frozenset[str] | None:
    """The sources that a service may see, None for all; of one that is no more, none."""
    try:
        return charter.effective(service).sources
    except UnknownService:
        return frozenset()


def _neighbour(passage: Passage | None) -> NeighbourView | None:
    if passage is None:
        return None
    return NeighbourView(passage.id, passage.section_path[-1] if passage.section_path else "")
