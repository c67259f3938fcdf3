"""Whether the server is alive and ready, and its metrics."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.errors import NotHere
from server.identity.guards import anyone
from server.identity.sessions import Session
from server.observability import Metrics, may_read_metrics
from server.state import assembly

router = APIRouter()
Anyone = Annotated[Session | None, Depends(anyone)]


@router.get("/health/live")
async def live(_anyone: Anyone) -> Response:
    """The process answers."""
    return JSONResponse({"status": "live"})


@router.get("/health/ready")
async def ready(request: Request, _anyone: Anyone) -> Response:
    """Every component answers; 503 where one does not."""
    components = await to_thread.run_sync(assembly(request).ready)
    whole = all(components.values())
    body = {"status": "ready" if whole else "not ready", "components": components}
    return JSONResponse(body, 200 if whole else 503)


@router.get("/metrics")
async def metrics(request: Request, _anyone: Anyone) -> Response:
    """Prometheus' text format, for this machine or the holder of SOBRIA_METRICS_TOKEN."""
    if not may_read_metrics(request):
        raise NotHere
    known: Metrics = request.app.state.metrics
    content = await to_thread.run_sync(generate_latest, known.registry)
    return Response(content, media_type=CONTENT_TYPE_LATEST)
