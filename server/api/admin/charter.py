"""The charter's revisions: read, published, restored."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, BackgroundTasks, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from governance.charter.revisions import Revision
from governance.clock import parse_iso
from server.api.admin import PREFIX, admin_caller
from server.console import charters as changes
from server.console.refusals import Model
from server.identity.actors import Actor
from server.state import assembly, proofs

if TYPE_CHECKING:
    from server.assembly import Assembly

router = APIRouter(prefix=PREFIX)
Admin = Annotated[Actor, Depends(admin_caller)]
MAX_TEXT = 512 * 1024


class RevisionOut(Model):
    """One time that a revision came into force."""

    number: int
    revision: str = Field(description="sha256 of the text and of those that it extends.")
    author: str
    reason: str
    time: datetime
    in_force: bool


class Revisions(Model):
    """The newest first."""

    revisions: tuple[RevisionOut, ...]


class RevisionText(RevisionOut):
    """A revision with its text and those that it extends, by file name."""

    text: str
    parents: dict[str, str]


class NewRevision(BaseModel):
    """A text to put in force."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=MAX_TEXT)
    reason: str = Field(max_length=2000)
    parent: str | None = Field(
        None, max_length=64, description="The revision that was edited: the one in force, or 409."
    )
    nevertheless: bool = Field(False, description="Whether to publish where its own tests fail.")


class Restoration(BaseModel):
    """Why an earlier revision comes back."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=2000)
    parent: str | None = Field(None, max_length=64, description="As for a new revision.")


@router.get("/charter/revisions")
async def revisions(
    request: Request, _caller: Admin, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Revisions:
    """What has been in force."""
    store = assembly(request).charter_store
    found = await to_thread.run_sync(store.list, limit)
    newest = found[0].number if found else 0
    return Revisions(revisions=tuple(RevisionOut(**_fields(one, newest)) for one in found))


@router.get("/charter/revisions/{revision}")
async def read(request: Request, _caller: Admin, revision: str) -> RevisionText:
    """One revision, by its digest or the first 8 digits of it; «current» is the one in force."""

    def find() -> RevisionText:
        store = assembly(request).charter_store
        current = store.current()
        found = current if revision == "current" and current else store.get(revision)
        return RevisionText(
            **_fields(found, current.number if current else 0),
            text=found.text,
            parents=dict(found.parents),
        )

    return await to_thread.run_sync(find)


@router.post("/charter/revisions", status_code=201)
async def publish(
    request: Request, caller: Admin, new: NewRevision, later: BackgroundTasks
) -> RevisionOut:
    """Put a text in force: checked, recorded with its author and reason."""
    components = assembly(request)

    def save() -> Revision:
        charter = changes.checked(components, new.text)
        return changes.publish(
            components,
            caller,
            text=new.text,
            reason=new.reason,
            parent=new.parent,
            proof=proofs(request).of(charter),
            nevertheless=new.nevertheless,
        )

    return await _in_force(components, await to_thread.run_sync(save), later)


@router.post("/charter/revisions/{revision}/restore", status_code=201)
async def restore(
    request: Request, caller: Admin, revision: str, asked: Restoration, later: BackgroundTasks
) -> RevisionOut:
    """Put an earlier revision in force again."""
    components = assembly(request)
    call = partial(
        changes.restore,
        components,
        caller,
        revision=revision,
        reason=asked.reason,
        parent=asked.parent,
    )
    return await _in_force(components, await to_thread.run_sync(call), later)


async def _in_force(components: Assembly, saved: Revision, later: BackgroundTasks) -> RevisionOut:
    await to_thread.run_sync(components.charter.reload)
    # The new judge takes seconds to make: the first question should not wait for it.
    later.add_task(components.judges.warm)
    return RevisionOut(**_fields(saved, saved.number))


def _fields(one: Revision, newest: int) -> dict[str, Any]:
    return {
        "number": one.number,
        "revision": one.revision,
        "author": one.author,
        "reason": one.reason,
        "time": parse_iso(one.time),
        "in_force": one.number == newest,
    }
