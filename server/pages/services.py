"""Services and their API keys: made, shown once, revoked; each change is in the audit log."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from governance.audit.leaf import AuditRecord
from governance.messages import N_
from server import callers
from server.errors import NotHere, RequestError
from server.identity.guards import admin
from server.identity.sessions import Session
from server.organisation import service_ids, service_views
from server.responses import page_for, redirect, show
from server.state import assembly
from web.views import KeyView, ServicesView

router = APIRouter()
Admin = Annotated[Session, Depends(admin)]
PATH = "/admin/services"


@router.get(PATH)
async def services(request: Request, _session: Admin) -> Response:
    """The page."""
    return await to_thread.run_sync(_page, request, "")


@router.post(f"{PATH}/keys")
async def create(
    request: Request,
    session: Admin,
    service: Annotated[str, Form(max_length=64)],
    label: Annotated[str, Form(max_length=80)],
) -> Response:
    """Make a key for a service of the charter, and show its secret this once."""
    components = assembly(request)
    _, charter = components.charter.get()
    if service not in service_ids(charter):
        raise RequestError(N_("The charter has no such service."))
    if not label.strip():
        raise RequestError(N_("Say what the key is for."))

    def make() -> str:
        key, secret = components.api_keys.create(service, label.strip(), session.user.id)
        components.audit.append(
            AuditRecord(
                "key",
                subject=callers.subject_of(components, session.user.id),
                service=service,
                data={"action": "created", "key": key.id},
            )
        )
        return secret

    return await to_thread.run_sync(_page, request, await to_thread.run_sync(make))


@router.post(f"{PATH}/keys/{{key_id}}/revoke")
async def revoke(request: Request, session: Admin, key_id: str) -> Response:
    """Close a key for good."""
    components = assembly(request)
    key = await to_thread.run_sync(components.api_keys.revoke, key_id)
    if key is None:
        raise NotHere
    record = AuditRecord(
        "key",
        subject=callers.subject_of(components, session.user.id),
        service=key.service,
        data={"action": "revoked", "key": key.id},
    )
    await to_thread.run_sync(components.audit.append, record)
    return redirect(f"{PATH}?done=key-revoked")


def _page(request: Request, new_secret: str) -> Response:
    components = assembly(request)
    keys = tuple(
        KeyView(
            id=key.id,
            label=key.label,
            prefix=key.prefix,
            service=key.service,
            created_at=key.created_at,
            last_used_at=key.last_used_at,
            revoked_at=key.revoked_at,
        )
        for key in components.api_keys.all()
    )
    view = ServicesView(service_views(components, components.charter.get()[1]), keys, new_secret)
    return show(request, "services.html", view, page=page_for(request, path=PATH))
