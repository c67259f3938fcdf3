"""The FastAPI application, made of components that are already built."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import FastAPI

from server.api import chat_completions, embeddings
from server.api import models as api_models
from server.api import reviews as api_reviews
from server.api.admin import contests as api_contests
from server.api.admin import review as api_review
from server.api.presidio import analyzer as presidio_analyzer
from server.api.presidio import anonymizer as presidio_anonymizer
from server.exchanges import Exchanges
from server.observability import Metrics, RequestLog
from server.pages import (
    admin,
    audit,
    charter,
    chat,
    contests,
    errors,
    footprint,
    health,
    passages,
    preview,
    review,
    services,
    sign_in,
    sources,
    static,
    text_test,
)
from server.security import Security

if TYPE_CHECKING:
    from server.assembly import Assembly

ROOMS = (
    sign_in,
    chat,
    preview,
    passages,
    footprint,
    admin,
    charter,
    services,
    sources,
    text_test,
    audit,
    review,
    contests,
    api_review,
    api_contests,
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

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None, None]:
        await to_thread.run_sync(components.start)
        try:
            yield
        finally:
            await exchanges.close()
            await components.close()

    # No schema pages: they load scripts from a network of theirs, and show every route to anyone.
    app = FastAPI(
        title="Sobria", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.assembly = components
    app.state.exchanges = exchanges
    app.state.metrics = metrics
    for room in ROOMS:
        if room not in PRESIDIO or components.settings.presidio_api:
            app.include_router(room.router)
    errors.install(app)
    # The last one added is the outermost: everything is logged, and every answer is protected.
    app.add_middleware(errors.CatchAll)
    app.add_middleware(Security, settings=components.settings)
    app.add_middleware(RequestLog, metrics=metrics)
    return app
