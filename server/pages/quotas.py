"""Quotas and their extensions: where each service stands, and more of a quota for a reason."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from governance.quotas.errors import GrantRefused
from server import callers, quota_grants
from server.errors import RequestError
from server.identity.guards import admin
from server.identity.sessions import Session
from server.organisation import service_views
from server.responses import page_for, redirect, show
from server.state import assembly
from web.quota_views import QuotasView

router = APIRouter()
Admin = Annotated[Session, Depends(admin)]
PATH = "/admin/quotas"


@router.get(PATH)
async def quotas(request: Request, _session: Admin) -> Response:
    """The page."""
    return await to_thread.run_sync(_page, request)


@router.post(PATH)
async def grant(
    request: Request,
    session: Admin,
    quota: Annotated[str, Form(max_length=200)],
    amount: Annotated[float, Form()],
    reason: Annotated[str, Form(max_length=500)],
    user: Annotated[str, Form(max_length=128)] = "",
    key: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Grant an extension; ``quota`` is the one that was chosen, as «rh/tokens/day»."""
    components = assembly(request)
    service, metric, period = (*quota.split("/"), "", "", "")[:3]
    asked = {
        "service": service, "metric": metric, "period": period, "amount": amount,
        "reason": reason, "user": user, "key": key,
    }  # fmt: skip
    by = callers.subject_of(components, session.user.id)
    make = partial(
        quota_grants.grant, components, components.quotas, components.charter.get()[1], asked, by
    )
    try:
        await to_thread.run_sync(make)
    except GrantRefused as error:
        raise RequestError(error.message_id, **error.params) from None
    return redirect(f"{PATH}?done=quota-granted")


@router.post(f"{PATH}/{{grant_id}}/revoke")
async def revoke(request: Request, session: Admin, grant_id: str) -> Response:
    """Take an extension back."""
    components = assembly(request)
    by = callers.subject_of(components, session.user.id)
    take = partial(quota_grants.revoke, components, components.quotas, grant_id, by)
    try:
        await to_thread.run_sync(take)
    except GrantRefused as error:
        raise RequestError(error.message_id, **error.params) from None
    return redirect(f"{PATH}?done=quota-revoked")


def _page(request: Request) -> Response:
    components = assembly(request)
    _, charter = components.charter.get()
    view = QuotasView(
        services=service_views(components, charter),
        grants=quota_grants.grant_views(components, components.quotas),
        offered=tuple(
            (service.id, quota.metric, quota.period, quota.per)
            for service in charter.services
            for quota in service.quotas
        ),
    )
    return show(request, "quotas.html", view, page=page_for(request, path=PATH))
