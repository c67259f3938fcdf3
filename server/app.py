"""The FastAPI application, made of components that are already built."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import FastAPI
from fastapi.routing import APIRoute

from server.api import chat_completions, embeddings
from server.api import models as api_models
from server.api import reviews as api_reviews
from server.api.admin import charter as admin_charter
from server.api.admin import contests as api_contests
from server.api.admin import feedback as api_feedback
from server.api.admin import keys as admin_keys
from server.api.admin import members as admin_members
from server.api.admin import overview as admin_overview
from server.api.admin import quotas as api_quotas
from server.api.admin import review as api_review
from server.api.admin import services as admin_services
from server.api.admin import sources as admin_sources
from server.api.presidio import analyzer as presidio_analyzer
from server.api.presidio import anonymizer as presidio_anonymizer
from server.console.providers import PROVIDERS
from server.exchanges import Exchanges
from server.observability import Metrics, RequestLog
from server.pages import (
    admin,
    audit,
    charter,
    charter_diff,
    charter_publish,
    charter_schema,
    charter_simulate,
    chat,
    contests,
    errors,
    feedback,
    footprint,
    health,
    keys,
    passages,
    preview,
    quotas,
    review,
    search,
    services,
    sign_in,
    sources,
    static,
    text_test,
    welcome,
)
from server.proofs import Proofs
from server.security import Security
from server.simulations import Simulations

if TYPE_CHECKING:
    from server.assembly import Assembly

ROOMS = (
    sign_in,
    chat,
    preview,
    search,
    passages,
    footprint,
    admin,
    charter,
    charter_diff,
    charter_publish,
    charter_schema,
    charter_simulate,
    services,
    keys,
    welcome,
    sources,
    text_test,
    audit,
    admin_overview,
    admin_services,
    admin_members,
    admin_keys,
    admin_charter,
    admin_sources,
    quotas,
    api_quotas,
    review,
    contests,
    feedback,
    api_review,
    api_contests,
    api_feedback,
    api_reviews,
    api_models,
    chat_completions,
    embeddings,
    presidio_analyzer,
    presidio_anonymizer,
    health,
    static,
)

PRESIDIO = (presidio_analyzer, presidio_anonymizer)
"""Served unless SOBRIA_PRESIDIO_API says no."""


def create_app(components: Assembly) -> FastAPI:
    """The application that serves ``components``: it starts them, and closes them at its end.

    Exchanges still under way then are cancelled and recorded first.
    """
    metrics = Metrics()
    exchanges = Exchanges(components.road, metrics)
    metrics.watch(exchanges)
    simulations = Simulations(components)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None, None]:
        await to_thread.run_sync(components.start)
        watching = asyncio.create_task(components.engine.watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait([watching])
            await exchanges.close()
            await to_thread.run_sync(simulations.stop)
            await components.close()

    # No schema pages: they load scripts from a network of theirs, and show every route to anyone.
    app = FastAPI(
        title="Sobria", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.assembly = components
    app.state.exchanges = exchanges
    app.state.metrics = metrics
    app.state.proofs = Proofs(components)
    app.state.simulations = simulations
    # What needs an administrator first: a room adds its own provider here.
    app.state.attention = PROVIDERS
    for room in ROOMS:
        if room not in PRESIDIO or components.settings.presidio_api:
            app.include_router(room.router)
    # The addresses of pages: the menu shows those that there are.
    app.state.pages = frozenset(
        route.path
        for room in ROOMS
        for route in room.router.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ())
    )
    errors.install(app)
    # The last one added is the outermost: everything is logged, and every answer is protected.
    app.add_middleware(errors.CatchAll)
    app.add_middleware(Security, settings=components.settings)
    app.add_middleware(RequestLog, metrics=metrics)
    return app
