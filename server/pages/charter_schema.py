"""The JSON Schema of a charter, for editors: public, for it says nothing of this instance."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from governance.charter.schema import schema_json
from server.identity.guards import anyone
from server.identity.sessions import Session

router = APIRouter()
PATH = "/charter/schema.json"
KEPT = "public, max-age=3600"


@cache
def _schema() -> tuple[bytes, str]:
    """The schema, and the tag of this version of it (RFC 9110, section 8.8.3)."""
    body = json.dumps(schema_json(), ensure_ascii=False, indent=1).encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


@router.get(PATH)
async def schema(request: Request, _anyone: Annotated[Session | None, Depends(anyone)]) -> Response:
    """The schema; 304 for who has it already."""
    body, tag = _schema()
    headers = {"ETag": tag, "Cache-Control": KEPT}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/schema+json", headers=headers)
