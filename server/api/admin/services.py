"""The services of the charter: models, sources, quotas, members."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request

from server.api.admin import PREFIX, admin_caller
from server.console.overview import ServiceOut, service_out
from server.console.refusals import Model
from server.console.services import ServiceRulesOut, rules_out
from server.identity.actors import Actor
from server.organisation import service_views
from server.state import assembly

router = APIRouter(prefix=PREFIX)
Admin = Annotated[Actor, Depends(admin_caller)]


class Service(ServiceOut):
    """A service with what the charter gives it."""

    rules: ServiceRulesOut = Field(description="As the charter in force gives them.")


class Services(Model):
    """Every service of the charter."""

    services: tuple[Service, ...]


@router.get("/services")
async def services(request: Request, _caller: Admin) -> Services:
    """Every service. They are written in the charter: publish a revision to change them."""
    components = assembly(request)
    _, charter = components.charter.get()
    views = await to_thread.run_sync(service_views, components, charter)
    return Services(
        services=tuple(
            Service(**service_out(view).model_dump(), rules=rules_out(charter, view.id))
            for view in views
        )
    )
