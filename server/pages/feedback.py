"""What people say of the answers: counted, and what they share reviewed into tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from server import callers
from server.evaluation.errors import EvaluationError
from server.evaluation.feedback import (
    FeedbackCount,
    FeedbackError,
    FeedbackReview,
    FeedbackReviews,
    FeedbackState,
    unexpired,
)
from server.evaluation.file import case_file, load_cases
from server.evaluation.keeping import dismiss, keep_as_test
from server.identity.guards import admin
from server.identity.sessions import Session
from server.organisation import service_title
from server.pages.listing import part_of
from server.responses import page_for, redirect, show
from server.state import assembly, locale_of, say
from web.feedback_views import (
    FeedbackCountView,
    FeedbackEntryView,
    FeedbackSourceView,
    FeedbackView,
)
from web.markdown import answer_html

router = APIRouter()
Admin = Annotated[Session, Depends(admin)]
PATH = "/admin/feedback"


@router.get(PATH)
async def opinions(request: Request, _session: Admin, state: FeedbackState = "new") -> Response:
    """The opinions in one state, and the counts of all."""
    return await to_thread.run_sync(_page, request, state, "")


@router.post(f"{PATH}/{{exchange}}/test")
async def make_test(
    request: Request,
    exchange: str,
    session: Admin,
    question: Annotated[str, Form(max_length=4_000)],
    sources: Annotated[str, Form(max_length=4_000)] = "",
    words: Annotated[str, Form(max_length=4_000)] = "",
    unanswerable: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """Add a test made of an opinion to the file of tests."""

    def run() -> Response:
        components = assembly(request)
        try:
            keep_as_test(
                components,
                exchange,
                callers.subject_of(components, session.user.id),
                question=question.strip(),
                sources=_lines(sources),
                words=_lines(words),
                unanswerable=unanswerable == "yes",
            )
        except (EvaluationError, FeedbackError) as error:
            return _page(request, "new", say(request, error.message_id, **error.params))
        return redirect(f"{PATH}?done=test-added")

    return await to_thread.run_sync(run)


@router.post(f"{PATH}/{{exchange}}/dismiss")
async def leave(request: Request, exchange: str, session: Admin) -> Response:
    """Leave an opinion without consequence."""

    def run() -> Response:
        components = assembly(request)
        try:
            dismiss(components, exchange, callers.subject_of(components, session.user.id))
        except FeedbackError as error:
            return _page(request, "new", say(request, error.message_id, **error.params))
        return redirect(f"{PATH}?done=feedback-dismissed")

    return await to_thread.run_sync(run)


def _page(request: Request, state: FeedbackState, error: str) -> Response:
    components = assembly(request)
    _, charter = components.charter.get()
    store = unexpired(components, charter.audit.retention_days)
    shown, listing = part_of(store.shared(state), request, PATH, {"state": state})
    locale = locale_of(request)
    try:
        tests, problem = len(load_cases(case_file(components.settings.data_dir))), ""
    except EvaluationError as failure:
        tests, problem = 0, say(request, failure.message_id, **failure.params)
    view = FeedbackView(
        state=state,
        states=tuple(store.states().items()),
        entries=tuple(
            _entry(each, service_title(charter, each.opinion.service), locale) for each in shown
        ),
        counts=_counts(store, lambda service: service_title(charter, service)),
        tests=tests,
        problem=problem,
        listing=listing,
    )
    page = page_for(request, path=PATH, error=error)
    return show(request, "feedback.html", view, status=409 if error else 200, page=page)


def _entry(review: FeedbackReview, service: str, locale: str) -> FeedbackEntryView:
    shared = review.shared
    return FeedbackEntryView(
        id=review.opinion.exchange_id,
        service=service,
        value=review.opinion.value,
        reason=review.opinion.reason,
        created_at=review.created_at,
        question=shared.question,
        answer=answer_html(shared.answer, (), locale=locale),
        comment=shared.comment,
        sources=tuple(
            FeedbackSourceView(
                each.number,
                each.title,
                each.reference,
                each.url,
                each.date,
                each.cited,
                each.number == shared.right,
            )
            for each in shared.sources
        ),
        expected=shared.right_source,
        decided_at=review.decided_at,
        test_id=review.test_id,
    )


def _counts(store: FeedbackReviews, title: Callable[[str], str]) -> tuple[FeedbackCountView, ...]:
    """A line a service: thumbs up and down, and the reasons, the most frequent first."""
    by_service: dict[str, list[FeedbackCount]] = {}
    for each in store.counts():
        by_service.setdefault(each.service, []).append(each)
    lines = []
    for service, found in by_service.items():
        reasons: Counter[str] = Counter()
        for each in found:
            if each.reason:
                reasons[each.reason] += each.count
        lines.append(
            FeedbackCountView(
                title(service),
                up=sum(each.count for each in found if each.value == "up"),
                down=sum(each.count for each in found if each.value == "down"),
                reasons=tuple(reasons.most_common()),
            )
        )
    return tuple(lines)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
