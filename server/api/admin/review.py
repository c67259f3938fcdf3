"""Review as JSON: the queue for its members, its counts and members for the admin.

Signed in as for the pages, with ``X-CSRF-Token`` on what changes something.
"""

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
from governance.review.queue import Entry
from server.errors import NotHere, RequestError
from server.identity.actors import Actor
from server.identity.guards import admin_caller, signed_in
from server.identity.sessions import Session
from server.identity.users import AccountError
from server.pages.review import change_member, member, roles_of
from server.state import assembly

router = APIRouter()
SignedIn = Annotated[Session, Depends(signed_in)]
Admin = Annotated[Actor, Depends(admin_caller)]
NO_STORE = {"Cache-Control": "no-store"}


class Decision(BaseModel):
    """A reviewer's decision, and their words to the author."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approved", "rejected", "changes"]
    words: str = Field("", max_length=4000)


class MemberChange(BaseModel):
    """A member to add to a role, or to remove from it; ``name`` is a sign-in name."""

    model_config = ConfigDict(extra="forbid")

    role: str = Field(max_length=64)
    name: str = Field(max_length=128)
    action: Literal["add", "remove"]


class NotDecided(RequestError):
    """The decision is not taken."""

    status = 409


@router.get("/api/review")
async def queue(request: Request, session: SignedIn) -> Response:
    """What waits for this reviewer, without its texts."""
    components = assembly(request)

    def run() -> list[dict[str, Any]]:
        reviewer = member(components, session.user)
        return [values(entry) for entry in components.reviews.waiting(reviewer)]

    return JSONResponse({"entries": await to_thread.run_sync(run)}, headers=NO_STORE)


@router.get("/api/review/{exchange}")
async def entry(request: Request, exchange: str, session: SignedIn) -> Response:
    """One entry, with its texts."""
    components = assembly(request)

    def run() -> dict[str, Any]:
        try:
            found, held = components.reviews.read(exchange, member(components, session.user))
        except ReviewError as error:
            raise NotHere(error.message_id, **error.params) from None
        return {**values(found), **asdict(held)}

    return JSONResponse(await to_thread.run_sync(run), headers=NO_STORE)


@router.post("/api/review/{exchange}")
async def decide(request: Request, exchange: str, session: SignedIn, given: Decision) -> Response:
    """Decide; the first decision stands, the second gets 409."""
    components = assembly(request)

    def run() -> dict[str, Any]:
        reviewer = member(components, session.user)
        try:
            decided = components.reviews.decide(exchange, reviewer, given.decision, given.words)
        except ReviewError as error:
            raise NotDecided(error.message_id, **error.params) from None
        return values(decided)

    return JSONResponse(await to_thread.run_sync(run), headers=NO_STORE)


@router.get("/api/admin/review")
async def roles(request: Request, _caller: Admin) -> Response:
    """The roles, their members and counts; no text."""
    found = await to_thread.run_sync(roles_of, assembly(request))
    return JSONResponse({"roles": [asdict(role) for role in found]}, headers=NO_STORE)


@router.post("/api/admin/review/members")
async def change(request: Request, caller: Admin, given: MemberChange) -> Response:
    """Add a member or remove one."""

    def run() -> bool:
        try:
            return change_member(
                assembly(request), caller.subject, given.role, given.name, given.action
            )
        except AccountError as error:
            raise RequestError(error.message_id, **error.params) from None

    return JSONResponse({"changed": await to_thread.run_sync(run)})


def values(entry: Entry) -> dict[str, Any]:
    """An entry as JSON values; who asked is a pseudonym."""
    return {
        "id": entry.exchange_id,
        "author": entry.subject,
        "service": entry.service,
        "use": entry.use_id,
        "role": entry.role,
        "delivery": entry.delivery,
        "layer": entry.layer,
        "score": entry.score,
        "state": entry.state,
        "created_at": iso(entry.created_at),
        "decided_at": iso(entry.decided_at) if entry.decided_at else None,
    }
