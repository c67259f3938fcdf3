"""Writes ``docs/admin-api.md`` from the routes: ``python -m server.api.admin.document > FILE``.

A test compares the file with this, so that no route, field or command goes undocumented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from server.api.admin import PREFIX

COMMANDS: Mapping[str, str] = {
    "GET /api/admin/overview": "overview",
    "GET /api/admin/refusals": "refusals",
    "GET /api/admin/energy": "energy",
    "GET /api/admin/services": "services",
    "GET /api/admin/members": "members list",
    "POST /api/admin/members": "members add",
    "GET /api/admin/members/{member}": "members show",
    "PATCH /api/admin/members/{member}": "members change",
    "POST /api/admin/members/{member}/disable": "members disable",
    "POST /api/admin/members/{member}/enable": "members enable",
    "POST /api/admin/members/{member}/password": "members password",
    "POST /api/admin/members/{member}/invite": "members invite",
    "GET /api/admin/keys": "keys list",
    "POST /api/admin/keys": "keys create",
    "POST /api/admin/keys/{key_id}/rotate": "keys rotate",
    "POST /api/admin/keys/{key_id}/revoke": "keys revoke",
    "GET /api/admin/charter/revisions": "charter history",
    "GET /api/admin/charter/revisions/{revision}": "charter show",
    "POST /api/admin/charter/revisions": "charter publish",
    "POST /api/admin/charter/revisions/{revision}/restore": "charter restore",
    "GET /api/admin/quotas": "quota show",
    "POST /api/admin/quotas/grants": "quota grant",
    "POST /api/admin/quotas/grants/{grant_id}/revoke": "quota revoke",
    "GET /api/admin/review": "review members list",
    "POST /api/admin/review/members": "review members add",
    "GET /api/admin/contests": "contests list",
    "POST /api/admin/contests/{exchange}": "contests answer",
    "GET /api/admin/feedback": "eval feedback",
    "GET /api/admin/sources": "sources status",
    "POST /api/admin/sources/{source_id}/sync": "sources sync",
}
"""The command of ``sobria`` that does the same as each route."""

INTRODUCTION = """\
# The administration's API

Everything that the console does, as JSON, with the same permissions. This page is written from the
code by `python -m server.api.admin.document`; a test fails when it is not up to date.

**Who may call.** An API key with the scope `admin` (`admin-read` for what only reads), as
`Authorization: Bearer sob_…`; or the session of a signed-in administrator, whose requests that
change something carry the page's token in `X-CSRF-Token`. A request that names a key is judged
by the key alone. Keys made before there were scopes open what they always did (`chat`,
`embeddings`, `presidio`), and nothing here. Make the first key of the administration on the
command line: `sobria keys create - "Supervision" --scope admin-read`.

**What is logged.** Every change is in the audit log, under the pseudonym of the account or of
the key that made it. No secret, password, link or name is in a record. The log itself is not
here: it is the data protection officer's, whose account no administrator can make, close or
give a new password.

**Errors** are problem details (RFC 9457, `application/problem+json`), in the caller's language:

```json
{"type": "about:blank", "title": "…", "status": 422, "detail": "…",
 "errors": [{"field": "expires_at", "message": "The date until which the key opens is past."}]}
```

401: no valid key or session; 403: the scope or the role does not reach this; 404: no such thing;
409: another revision of the charter came into force meanwhile; 422: `errors` names each wrong
field; 503: the audit log does not answer, and nothing was done.

Times are ISO 8601; energy is in Wh, and what is unknown is `null`, never 0.
"""


def routes() -> tuple[APIRoute, ...]:
    """The routes of the administration's API that the application serves, in their order."""
    from server.app import ROOMS

    return tuple(
        route
        for room in ROOMS
        for route in room.router.routes
        if isinstance(route, APIRoute) and route.path.startswith(PREFIX)
    )


def document() -> str:
    """The page, in Markdown."""
    app = FastAPI()
    app.router.routes.extend(routes())
    schema = app.openapi()
    parts = [INTRODUCTION, "## Routes\n", *_table(schema)]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            parts.extend(_section(f"{method.upper()} {path}", operation))
    parts.append("## Values\n")
    for name, model in sorted(schema["components"]["schemas"].items()):
        if name not in {"HTTPValidationError", "ValidationError"}:
            parts.extend(_model(name, model))
    return "\n".join(parts).rstrip("\n") + "\n"


def _table(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "| route | command |"
    yield "|---|---|"
    for path, operations in schema["paths"].items():
        for method in operations:
            name = f"{method.upper()} {path}"
            yield f"| `{name}` | `sobria {COMMANDS[name]}` |"
    yield ""


def _section(name: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"### `{name}`\n"
    yield " ".join(operation["description"].split()) + "\n"
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "query":
            yield f"- query `{parameter['name']}`: {_kind(parameter['schema'])}"
    body = operation.get("requestBody")
    if body is not None:
        yield f"- body: {_kind(body['content']['application/json']['schema'])}"
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            yield f"- {status}: {_kind(answer['content']['application/json']['schema'])}"
    yield ""


def _model(name: str, model: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {name}\n"
    yield " ".join(model.get("description", "").split()) + "\n"
    required = set(model.get("required", ()))
    for field, schema in model["properties"].items():
        said = schema.get("description", "")
        default = "" if field in required or "default" not in schema else _default(schema)
        yield f"- `{field}`: {_kind(schema)}{default}" + (f". {said}" if said else "")
    yield ""


def _default(schema: Mapping[str, Any]) -> str:
    value = schema["default"]
    return ", optional" if value in (None, "") else f", {value} if left out"


def _kind(schema: Mapping[str, Any]) -> str:
    """A JSON Schema in few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for union in ("anyOf", "allOf"):
        if union in schema:
            return " or ".join(_kind(one) for one in schema[union])
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    match schema.get("type"):
        case "array":
            return f"list of {_kind(schema.get('items', {}))}"
        case "object":
            return f"object of {_kind(schema.get('additionalProperties', {}))}"
        case "string" if "format" in schema:
            return str(schema["format"])
        case kind:
            return str(kind or "value")


if __name__ == "__main__":
    print(document(), end="")
