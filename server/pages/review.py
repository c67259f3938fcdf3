"""The queue of answers to validate, and who belongs to its roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from governance.clock import utc_now
from governance.messages import N_
from governance.review.errors import ReviewError
from governance.review.queue import Entry, Held, Reviewer
from rag.protocol import Passage
from server import callers
from server.errors import NotHere, NotYourRole, RequestError
from server.identity.guards import admin, signed_in
from server.identity.sessions import Session
from server.identity.users import AccountError
from server.organisation import service_title
from server.pages.messages import source_view
from server.responses import page_for, redirect, show
from server.reviewing import reviewer_of
from server.state import assembly, locale_of, say
from web.markdown import answer_html
from web.review_views import EntryView, MembersView, QueueView, ReviewRow, RoleView

if TYPE_CHECKING:
    from governance.charter.charter import Charter
    from server.assembly import Assembly
    from server.identity.users import User

router = APIRouter()
SignedIn = Annotated[Session, Depends(signed_in)]
Admin = Annotated[Session, Depends(admin)]
PATH = "/review"
MEMBERS = "/admin/review"


class NotAReviewer(NotYourRole):
    """Somebody is signed in who belongs to no reviewer role."""

    message_id = N_("You belong to no reviewer role. The administrator names their members.")


@router.get(PATH)
async def queue(request: Request, session: SignedIn) -> Response:
    """What waits for this reviewer, the oldest first."""
    return await to_thread.run_sync(_queue, request, session)


@router.get(f"{PATH}/{{exchange}}")
async def entry(request: Request, exchange: str, session: SignedIn) -> Response:
    """One entry, with its texts."""
    return await to_thread.run_sync(_entry, request, session, exchange, "", "", "")


@router.post(f"{PATH}/{{exchange}}")
async def decide(
    request: Request,
    exchange: str,
    session: SignedIn,
    decision: Annotated[Literal["approved", "rejected", "changes"], Form()],
    words: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Validate, reject or ask for changes."""
    components = assembly(request)

    def run() -> Response:
        reviewer = member(components, session.user)
        try:
            components.reviews.decide(exchange, reviewer, decision, words)
        except ReviewError as error:
            message = say(request, error.message_id, **error.params)
            return _entry(request, session, exchange, message, words, decision)
        return redirect(f"{PATH}?done=reviewed")

    return await to_thread.run_sync(run)


@router.get(MEMBERS)
async def members(request: Request, _session: Admin) -> Response:
    """The roles, their members and their counts; no text."""
    return await to_thread.run_sync(_members, request, "")


@router.post(f"{MEMBERS}/members")
async def change_members(
    request: Request,
    session: Admin,
    role: Annotated[str, Form(max_length=64)],
    name: Annotated[str, Form(max_length=128)],
    action: Annotated[Literal["add", "remove"], Form()],
) -> Response:
    """Add a member to a role, or remove one."""

    def run() -> Response:
        components = assembly(request)
        try:
            subject = callers.subject_of(components, session.user.id)
            change_member(components, subject, role, name, action)
        except AccountError as error:
            return _members(request, say(request, error.message_id, **error.params))
        return redirect(f"{MEMBERS}?done=members")

    return await to_thread.run_sync(run)


def member(components: Assembly, user: User) -> Reviewer:
    """What ``user`` may decide. Raises NotAReviewer."""
    reviewer = reviewer_of(components, components.charter.get()[1], user)
    if not reviewer.services:
        raise NotAReviewer
    return reviewer


def change_member(
    components: Assembly, subject: str, role: str, name: str, action: Literal["add", "remove"]
) -> bool:
    """Change the members of a role, in the name of ``subject``; False where nothing changed.

    Raises AccountError where there is no such account, RequestError where there is no such role.
    """
    _, charter = components.charter.get()
    if action == "add" and charter.reviewer(role) is None:
        raise RequestError(N_("The charter has no such reviewer role."))
    user = components.users.find(name)
    if action == "add":
        return components.members.add(role, user.id, subject)
    return components.members.remove(role, user.id, subject)


def roles_of(components: Assembly) -> tuple[RoleView, ...]:
    """The roles of the charter, with their members and counts."""
    counts = components.reviews.counts()
    names = {user.id: (user.name, user.display_name) for user in components.users.all()}
    return tuple(
        RoleView(
            role.id,
            role.title,
            tuple(names[user] for user in components.members.of(role.id) if user in names),
            sum(n for (name, state), n in counts.items() if name == role.id and state == "waiting"),
            sum(n for (name, state), n in counts.items() if name == role.id and state != "waiting"),
        )
        for role in components.charter.get()[1].reviewers
    )


def _queue(request: Request, session: Session) -> Response:
    components = assembly(request)
    _, charter = components.charter.get()
    reviewer = member(components, session.user)
    rows = tuple(_row(request, charter, each) for each in components.reviews.waiting(reviewer))
    roles = tuple(charter.reviewer_title(role) for role in reviewer.services)
    return show(request, "review.html", QueueView(rows, roles))


def _entry(
    request: Request, session: Session, exchange: str, error: str, words: str, decision: str
) -> Response:
    components = assembly(request)
    _, charter = components.charter.get()
    reviewer = member(components, session.user)
    try:
        found, held = components.reviews.read(exchange, reviewer)
    except ReviewError as failure:
        raise NotHere(failure.message_id, **failure.params) from None
    if found.state != "waiting" and not error:
        return redirect(PATH)
    rules = [rule.use for rule in charter.rules if rule.use.id == found.use_id]
    view = EntryView(
        row=_row(request, charter, found),
        reason=rules[-1].reason if rules else "",
        legal_basis=tuple(rules[-1].legal_basis) if rules else (),
        request=held.request,
        html=_html(request, held, exchange),
        calls=tuple((str(call["name"]), str(call["arguments"])) for call in held.calls),
        words=words,
        decision=decision,
    )
    page = page_for(request, path=PATH, error=error)
    return show(request, "review_entry.html", view, status=409 if error else 200, page=page)


def _html(request: Request, held: Held, exchange: str) -> str:
    components = assembly(request)
    found: list[Passage] = [
        passage
        for each in held.passages
        if (passage := components.retriever.passage(each)) is not None
    ]
    # A passage that is gone would shift the numbers of those after it: then none is linked.
    whole = found if len(found) == len(held.passages) else []
    sources = tuple(source_view(n, each, {}, cited=True) for n, each in enumerate(whole, 1))
    return answer_html(
        held.answer, sources, held.unsupported, locale=locale_of(request), conversation_id=exchange
    )


def _members(request: Request, error: str) -> Response:
    components = assembly(request)
    accounts = tuple(
        (user.name, user.display_name) for user in components.users.all() if not user.disabled
    )
    page = page_for(request, path=MEMBERS, error=error)
    view = MembersView(roles_of(components), accounts)
    return show(request, "review_members.html", view, status=400 if error else 200, page=page)


def _row(request: Request, charter: Charter, entry: Entry) -> ReviewRow:
    titles = {rule.use.id: rule.use.title for rule in charter.rules}
    return ReviewRow(
        id=entry.exchange_id,
        use=titles.get(entry.use_id, entry.use_id),
        service=service_title(charter, entry.service),
        role=charter.reviewer_title(entry.role),
        delivery=entry.delivery,
        layer=entry.layer,
        score=entry.score,
        created_at=entry.created_at,
        waited=_waited(request, entry),
    )


def _waited(request: Request, entry: Entry) -> str:
    """How long it has waited, in the largest unit that says something."""
    minutes = max(0, int((utc_now() - entry.created_at).total_seconds() // 60))
    if minutes < 60:
        return say(request, N_("less than an hour"))
    if minutes < 48 * 60:
        return say(request, N_("hours: {n}"), n=minutes // 60)
    return say(request, N_("{n} days"), n=minutes // (24 * 60))
