"""Search in the sources without the AI: what stays open when a quota is used up.

Retrieval only, on this machine: no model writes, no request is counted. Its energy is measured and
goes in the energy book, under the person's and the service's name as any other. What is searched
for is sent in the body of a form, so that it stands in no address and in no log, and is not kept.
"""

from __future__ import annotations

import os
import uuid
from functools import partial
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from governance.clock import utc_now
from governance.energy.bill import EnergyBill
from governance.quotas.errors import NO_SERVICE
from rag.protocol import Passage, Retrieval
from server import callers
from server.errors import RequestError
from server.identity.guards import employee
from server.identity.sessions import Session
from server.pages.messages import source_view, told_of
from server.responses import page_for, show
from server.state import assembly, locale_of
from web.quota_views import SearchView

if TYPE_CHECKING:
    from server.assembly import Assembly

router = APIRouter()
Employee = Annotated[Session, Depends(employee)]
PATH = "/search"
FOUND = 10


@router.get(PATH)
async def empty(request: Request, _session: Employee) -> Response:
    """The page, before anything was asked."""
    return show(request, "search.html", SearchView())


@router.post(PATH)
async def search(
    request: Request, session: Employee, words: Annotated[str, Form(max_length=500)]
) -> Response:
    """The passages that answer best, in the sources that the person's service may see."""
    components = assembly(request)
    if not words.strip():
        return show(request, "search.html", SearchView())
    work = partial(searched, components, session.user.service, session.user.id, words.strip())
    found, bill = await to_thread.run_sync(work)
    statuses = await to_thread.run_sync(components.sources.statuses)
    publishers = {status.id: status.owner for status in statuses}
    passages = tuple(hit.passage for hit in found.hits)
    told = await to_thread.run_sync(_told, request, session.user.service, passages)
    views = tuple(
        source_view(number, passage, publishers, cited=False, caveats=told.get(number, ()))
        for number, passage in enumerate(passages, 1)
    )
    view = SearchView(words.strip(), views, bill.wh)
    return show(request, "search.html", view, page=page_for(request, path=PATH))


def _told(
    request: Request, service: str, passages: tuple[Passage, ...]
) -> dict[int, tuple[str, ...]]:
    components = assembly(request)
    allowed = components.charter.get()[1].effective(service).sources
    caveats = components.sources.caveats(passages, allowed)
    return told_of(caveats, locale_of(request), components.settings.timezone)


def searched(
    components: Assembly, service: str, user_id: str, words: str
) -> tuple[Retrieval, EnergyBill]:
    """The passages, and what finding them took. Raises RequestError for an unknown service."""
    _, charter = components.charter.get()
    if service not in {each.id for each in charter.services}:
        raise RequestError(NO_SERVICE)
    account = f"search-{uuid.uuid4().hex}"
    components.energy.account(account)
    try:
        with components.energy.measure(account, "retrieval", threads=os.cpu_count() or 1):
            found = components.retriever.search(
                words, sources=charter.effective(service).sources, limit=FOUND
            )
    finally:
        bill = components.energy.close(account)
    subject = callers.subject_of(components, user_id)
    components.energy_book.save(account, service, subject, bill, utc_now())
    return found, bill
