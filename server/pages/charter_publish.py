"""Puts a text of the charter in force, or an earlier revision again; each change is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Form
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from governance.charter.problems import CharterInvalid
from governance.charter.publishing import Author, Proof, Publisher, TestsFail, kept_parents
from governance.charter.revisions import MAX_REASON, CharterStoreError, ReasonRequired
from server import callers
from server.identity.sessions import Session
from server.pages.charter import HAS_ERRORS, PATH, Admin, Parent, Reason, Text, view_of
from server.pages.charter_words import examine, lacking
from server.responses import page_for, redirect, show
from server.state import assembly, locale_of, proofs
from web.i18n import translate

if TYPE_CHECKING:
    from server.assembly import Assembly

router = APIRouter()


@router.post(PATH)
async def save(
    request: Request,
    session: Admin,
    text: Text,
    reason: Reason = "",
    parent: Parent = "",
    nevertheless: Annotated[bool, Form()] = False,
) -> Response:
    """Test a text, and put it in force unless it has an error or somebody else was first.

    Where its own tests fail, it is published ``nevertheless`` only, and the log says so.
    """
    return await to_thread.run_sync(_save, request, session, text, reason, parent, nevertheless)


@router.post(f"{PATH}/restore")
async def restore(
    request: Request,
    session: Admin,
    revision: Annotated[str, Form(max_length=64)],
    reason: Reason = "",
    parent: Parent = "",
) -> Response:
    """Put an earlier revision in force again."""
    return await to_thread.run_sync(_restore, request, session, revision, reason, parent)


def _save(
    request: Request, session: Session, text: str, reason: str, parent: str, nevertheless: bool
) -> Response:
    components = assembly(request)
    locale = locale_of(request)

    def again(
        status: int,
        error: str,
        invalid: CharterInvalid | None = None,
        proof: Proof | None = None,
    ) -> Response:
        view = view_of(
            components, locale, text, parent,
            error=invalid, meaning=charter, reason=reason, proof=proof, confirm=proof is not None,
        )  # fmt: skip
        page = page_for(request, path=PATH, error=error)
        return show(request, "charter.html", view, status=status, page=page)

    charter, invalid = examine(components, text)
    if charter is None or invalid is not None:
        return again(422, translate(locale, HAS_ERRORS), invalid)
    if not reason.strip():
        # Before the tests, which take seconds.
        return again(409, translate(locale, ReasonRequired.message_id, limit=MAX_REASON))
    proof = proofs(request).of(charter)
    try:
        _publisher(components).publish(
            text,
            _author(components, session),
            reason,
            parent or None,
            parents=kept_parents(components.charter_store.current()),
            proof=proof,
            nevertheless=nevertheless,
        )
    except CharterInvalid as error:
        return again(422, translate(locale, HAS_ERRORS), error)
    except TestsFail as error:
        return again(422, translate(locale, error.message_id, **error.params), proof=proof)
    except CharterStoreError as error:
        return again(409, translate(locale, error.message_id, **error.params))
    return _in_force(components)


def _restore(
    request: Request, session: Session, revision: str, reason: str, parent: str
) -> Response:
    components = assembly(request)
    locale = locale_of(request)
    current = components.charter_store.current()

    def again(status: int, error: str, invalid: CharterInvalid | None = None) -> Response:
        text, now = (current.text, current.revision) if current is not None else ("", "")
        view = view_of(components, locale, text, now, error=invalid)
        page = page_for(request, path=PATH, error=error)
        return show(request, "charter.html", view, status=status, page=page)

    try:
        # With the texts that it extended then, under the rules of today.
        invalid = lacking(components, components.charter_store.get(revision).load())
        if invalid is not None:
            return again(422, translate(locale, HAS_ERRORS), invalid)
        author = _author(components, session)
        _publisher(components).restore(revision, author, reason, parent or None)
    except CharterInvalid as error:
        return again(422, translate(locale, HAS_ERRORS), error)
    except CharterStoreError as error:
        return again(409, translate(locale, error.message_id, **error.params))
    return _in_force(components)


def _publisher(components: Assembly) -> Publisher:
    return Publisher(components.charter_store, components.audit)


def _author(components: Assembly, session: Session) -> Author:
    return Author(session.user.display_name, callers.subject_of(components, session.user.id))


def _in_force(components: Assembly) -> Response:
    components.charter.reload()
    response = redirect(f"{PATH}?done=charter")
    # The new judge takes seconds to make: the first question should not wait for it.
    response.background = BackgroundTask(to_thread.run_sync, components.judges.warm)
    return response
