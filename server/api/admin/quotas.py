"""Quotas as JSON: the states of every service, its extensions, and their granting.

    GET  /api/admin/quotas
    POST /api/admin/quotas/grants           {service, metric, period, amount, reason, user?, key?}
    POST /api/admin/quotas/grants/{id}/revoke

Amounts are in the unit of the metric, times are ISO 8601 UTC. The same decisions as the page's.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from governance.clock import iso
from governance.quotas.errors import GrantRefused
from governance.quotas.grants import Grant, QuotaGrants
from server import callers, quota_grants
from server.errors import RequestError
from server.identity.guards import admin
from server.identity.sessions import Session
from server.organisation import limits_of
from server.state import assembly

router = APIRouter()
Admin = Annotated[Session, Depends(admin)]
PATH = "/api/admin/quotas"


class GrantBody(BaseModel):
    """An extension that is asked for: ``user`` is an account's name, ``key`` a key's identifier."""

    model_config = ConfigDict(extra="forbid")

    service: str = Field(max_length=64)
    metric: str = Field(max_length=16)
    period: str = Field(max_length=8)
    amount: float
    reason: str = Field(max_length=500)
    user: str = Field("", max_length=128)
    key: str = Field("", max_length=64)


@router.get(PATH)
async def quotas(request: Request, _session: Admin) -> Response:
    """Where each service stands, and the extensions, newest first."""
    return JSONResponse(await to_thread.run_sync(_states, request))


@router.post(f"{PATH}/grants")
async def grant(request: Request, session: Admin, body: GrantBody) -> Response:
    """Grant an extension."""
    components = assembly(request)
    make = partial(
        quota_grants.grant,
        components,
        components.quotas,
        components.charter.get()[1],
        body.model_dump(),
        callers.subject_of(components, session.user.id),
    )
    try:
        given = await to_thread.run_sync(make)
    except GrantRefused as error:
        raise RequestError(error.message_id, **error.params) from None
    return JSONResponse(_grant(given), 201)


@router.post(f"{PATH}/grants/{{grant_id}}/revoke")
async def revoke(request: Request, session: Admin, grant_id: str) -> Response:
    """Take an extension back; what was spent on it stays spent."""
    components = assembly(request)
    by = callers.subject_of(components, session.user.id)
    take = partial(quota_grants.revoke, components, components.quotas, grant_id, by)
    try:
        taken = await to_thread.run_sync(take)
    except GrantRefused as error:
        raise RequestError(error.message_id, **error.params) from None
    return JSONResponse({"id": taken.id, "revoked": True})


def _states(request: Request) -> dict[str, Any]:
    components = assembly(request)
    _, charter = components.charter.get()
    return {
        "services": [
            {
                "id": service.id,
                "title": service.title,
                "quotas": [
                    {**asdict(state), "renews_at": iso(state.renews_at), "near": state.near}
                    for state in components.quotas.states(
                        service.id, limits_of(charter, service.id)
                    )
                ],
            }
            for service in charter.services
        ],
        "grants": [_grant(each) for each in QuotaGrants(components.quotas).all()],
    }


def _grant(grant: Grant) -> dict[str, Any]:
    values = asdict(grant)
    return {"window" if name == "key" else name: value for name, value in values.items()}
