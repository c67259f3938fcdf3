"""Style, scripts and pictures: kept for ever under the address that holds their hash."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from server.errors import NotHere
from server.identity.guards import anyone
from server.identity.sessions import Session
from web.render import STATIC, static_url

router = APIRouter()
FOR_EVER = "public, max-age=31536000, immutable"
NOT_HASHED = "public, max-age=300"
#: Scripts of a page may import one another by name, without a hash.
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@router.get("/static/{path:path}")
async def static(
    request: Request, path: str, _anyone: Annotated[Session | None, Depends(anyone)]
) -> Response:
    """A file of ``web/static``, and nothing outside it."""
    file = (STATIC / path).resolve()
    if not file.is_relative_to(STATIC.resolve()) or not file.is_file():
        raise NotHere
    hashed = static_url(path).rpartition("=")[2] == request.query_params.get("v")
    headers = {"Cache-Control": FOR_EVER if hashed else NOT_HASHED}
    return FileResponse(file, media_type=TYPES.get(file.suffix), headers=headers)
