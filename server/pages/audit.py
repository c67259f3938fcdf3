"""The audit log: listed, filtered, opened for a stated reason, exported, verified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import APIRouter, Depends, Form, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from governance.audit.errors import AuditError, NoSuchLeaf
from governance.audit.export import export
from governance.audit.leaf import RECORD_TYPES
from governance.audit.live import verify_live
from governance.audit.reading import AuditEntry, reading
from governance.audit.tables import audit_leaves
from governance.clock import utc_now
from server import callers
from server.console.checks import note_check
from server.errors import NotHere
from server.identity.guards import dpo
from server.identity.sessions import Session
from server.pages.audit_values import WHOSE, filter_of, row_of
from server.responses import page_for, show
from server.state import assembly, locale_of
from web.i18n import translate
from web.views import AuditFilterView, AuditRecordView, AuditView

if TYPE_CHECKING:
    from server.assembly import Assembly

router = APIRouter()
Dpo = Annotated[Session, Depends(dpo)]
PAGE = 50
IN_MEMORY = 8 * 1024 * 1024
CHUNK = 64 * 1024


class Filters(BaseModel):
    """What the address bar or the export's form asks for."""

    model_config = ConfigDict(extra="ignore")

    since: str = Field("", max_length=10)
    until: str = Field("", max_length=10)
    service: str = Field("", max_length=64)
    type: str = Field("", max_length=16)
    use: str = Field("", max_length=200)
    exchange: str = Field("", max_length=200)

    def view(self) -> AuditFilterView:
        """The same, for the page."""
        return AuditFilterView(**self.model_dump(include=set(Filters.model_fields)))


class Listed(Filters):
    """The filters of a page of the log; ``before`` is the record that the page before ended at."""

    before: int | None = Field(None, ge=0)


class Exporting(Filters):
    """The export's form."""

    reason: str = Field("", max_length=500)


@router.get("/audit")
async def log(request: Request, _session: Dpo, asked: Annotated[Listed, Query()]) -> Response:
    """A page of the log, the newest first."""
    return await to_thread.run_sync(_list, request, asked.view(), asked.before, None)


@router.post("/audit/verify")
async def verify(request: Request, _session: Dpo) -> Response:
    """Recompute the whole log, and say whether it holds."""
    components = assembly(request)
    result = await to_thread.run_sync(verify_live, components.database, components.audit.vkey)
    noted = partial(note_check, components.database, ok=result.ok, size=result.size)
    await to_thread.run_sync(noted)
    return await to_thread.run_sync(_list, request, AuditFilterView(), None, result.ok)


@router.post("/audit/export")
async def download(request: Request, session: Dpo, asked: Annotated[Exporting, Form()]) -> Response:
    """The log as a zip that anyone can verify; the export itself is logged first."""
    components = assembly(request)
    wanted = filter_of(asked.view(), components.settings.timezone)
    reader = callers.subject_of(components, session.user.id)
    # Closed by the response once it is sent.
    file = cast(BinaryIO, SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115

    def write() -> int:
        export(components.audit, wanted, file, reader, asked.reason)
        size = file.tell()
        file.seek(0)
        return size

    try:
        size = await to_thread.run_sync(write)
    except BaseException:
        file.close()
        raise
    name = f"sobria-audit-{utc_now():%Y-%m-%d}.zip"
    return StreamingResponse(
        _chunks(file),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(size),
        },
    )


@router.get("/audit/{index}")
async def record(request: Request, _session: Dpo, index: int) -> Response:
    """A record, without the texts that are sealed."""
    view = await to_thread.run_sync(_record, request, index)
    return show(request, "audit_record.html", view)


@router.post("/audit/{index}/open")
async def open_record(
    request: Request,
    session: Dpo,
    index: int,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """A record with its texts, once the reason for opening it was logged."""
    components = assembly(request)
    page = page_for(request, path=f"/audit/{index}")
    reader = callers.subject_of(components, session.user.id)

    def read() -> AuditRecordView:
        entry = _entry(components, index)
        text = components.audit.read_sealed(index, reader, reason)
        view = _record(request, index)
        texts = ((WHOSE.get(entry.type, "user"), text),) if text is not None else ()
        return replace(view, texts=texts, erased=text is None and entry.commitment is not None)

    try:
        view = await to_thread.run_sync(read)
    except AuditError as error:
        view = await to_thread.run_sync(_record, request, index)
        message = translate(page.locale, error.message_id, **error.params)
        page = replace(page, error=message)
        return show(request, "audit_record.html", view, status=422, page=page)
    return show(request, "audit_record.html", view, page=page)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


def _entry(components: Assembly, index: int) -> AuditEntry:
    try:
        return components.audit.entry(index)
    except NoSuchLeaf as error:
        raise NotHere from error


def _uses(components: Assembly) -> dict[str, str]:
    _, charter = components.charter.get()
    return {use.id: use.title for use in charter.uses}


def _list(
    request: Request, filters: AuditFilterView, before: int | None, verified: bool | None
) -> Response:
    components = assembly(request)
    _, charter = components.charter.get()
    wanted = filter_of(filters, components.settings.timezone)
    entries = components.audit.page(wanted, limit=PAGE + 1, before=before)
    shown, locale, uses = entries[:PAGE], locale_of(request), _uses(components)
    older = ""
    if len(entries) > PAGE:
        asked = {name: value for name, value in asdict(filters).items() if value}
        older = "/audit?" + urlencode({**asked, "before": shown[-1].index})
    head = components.audit.head()
    view = AuditView(
        rows=tuple(row_of(entry, locale, uses) for entry in shown),
        filters=filters,
        services=tuple((service.id, service.title) for service in charter.services),
        types=tuple(sorted(RECORD_TYPES)),
        uses=tuple(uses.items()),
        size=head.size,
        root=head.root.hex(),
        verified=verified,
        older=older,
    )
    return show(request, "audit.html", view, page=page_for(request, path="/audit"))


def _record(request: Request, index: int) -> AuditRecordView:
    components = assembly(request)
    entry = _entry(components, index)
    locale, uses = locale_of(request), _uses(components)
    related = (
        components.audit.entries_of(entry.exchange_id) if entry.exchange_id is not None else []
    )
    receipt = entry.data.get("receipt")
    reason = components.audit.reason(index)
    return AuditRecordView(
        row=row_of(entry, locale, uses),
        leaf=_leaf(components, index),
        leaf_hash=entry.hash.hex(),
        data=dict(entry.data),
        receipt={**receipt, "record": index} if isinstance(receipt, dict) else None,
        related=tuple(
            row_of(other, locale, uses) for other in related if other.index != entry.index
        ),
        sealed=entry.has_text,
        texts=((WHOSE[entry.type], reason),) if reason is not None else (),
        erased=entry.commitment is not None and not entry.has_text,
    )


def _leaf(components: Assembly, index: int) -> str:
    """The leaf's canonical JSON, exactly as the tree holds it."""
    query = select(audit_leaves.c.leaf).where(audit_leaves.c.leaf_index == index)
    with reading(components.database) as connection:
        content: bytes = connection.execute(query).scalar_one()
    return content.decode()
