"""Two revisions of the charter compared, or a draft with the one in force."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import APIRouter, Depends, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from governance.charter.diff import side_by_side, unified
from governance.charter.revisions import Revision, UnknownRevision, canonical
from governance.messages import N_
from server.errors import NotHere
from server.identity.guards import admin
from server.identity.sessions import Session
from server.pages.charter import PATH, Parent, Reason, Text
from server.responses import page_for, show
from server.state import assembly, say
from web.charter_views import DiffRowView, DiffView

router = APIRouter()
Admin = Annotated[Session, Depends(admin)]
DIFF = f"{PATH}/diff"
DRAFT = N_("your draft")
Shape = Literal["sides", "unified"]


@router.get(DIFF)
async def compare(
    request: Request,
    _session: Admin,
    old: Annotated[str, Query(max_length=64)],
    new: Annotated[str, Query(max_length=64)] = "",
    shape: Shape = "sides",
) -> Response:
    """A revision beside another, by default the one in force; it can be restored from here."""
    return await to_thread.run_sync(_compared, request, old, new, shape)


@router.post(DIFF)
async def draft(
    request: Request,
    _session: Admin,
    text: Text,
    reason: Reason = "",
    parent: Parent = "",
    shape: Annotated[Shape, Form()] = "sides",
) -> Response:
    """A draft beside the revision in force. Nothing is saved."""
    return await to_thread.run_sync(_drafted, request, text, reason, parent, shape)


def _compared(request: Request, old: str, new: str, shape: Shape) -> Response:
    store = assembly(request).charter_store
    current = store.current()
    try:
        left = store.get(old)
        right = store.get(new) if new else current
    except UnknownRevision as error:
        raise NotHere from error
    if right is None or current is None:
        raise NotHere
    restorable = left.revision if left.revision != current.revision else ""
    if left.state == "invalid":
        restorable = ""
    asked = {"old": left.revision, **({"new": right.revision} if new else {})}
    view = DiffView(
        old_name=_name(request, left, current),
        new_name=_name(request, right, current),
        sides=shape == "sides",
        rows=_rows(left.text, right.text) if shape == "sides" else (),
        unified=unified(left.text, right.text, left.short, right.short),
        address=f"{DIFF}?{urlencode(asked)}",
        restorable=restorable,
        parent=current.revision,
    )
    return show(request, "charter_diff.html", view, page=page_for(request, path=DIFF))


def _drafted(request: Request, text: str, reason: str, parent: str, shape: Shape) -> Response:
    current = assembly(request).charter_store.current()
    old = current.text if current is not None else ""
    view = DiffView(
        old_name=_name(request, current, current) if current is not None else "-",
        new_name=say(request, DRAFT),
        sides=shape == "sides",
        rows=_rows(old, canonical(text)) if shape == "sides" else (),
        unified=unified(old, canonical(text), current.short if current else "-", "draft"),
        parent=parent,
        text=text,
        reason=reason,
    )
    return show(request, "charter_diff.html", view, page=page_for(request, path=DIFF))


def _name(request: Request, one: Revision, current: Revision) -> str:
    name = say(request, N_("No. {number}, revision {revision}"), number=one.number,
               revision=one.short)  # fmt: skip
    if one.number != current.number:
        return name
    return say(request, N_("{name}, in force"), name=name)


def _rows(old: str, new: str) -> tuple[DiffRowView, ...]:
    return tuple(
        DiffRowView(row.kind, row.old_number, row.old, row.new_number, row.new)
        for row in side_by_side(old, new)
    )
