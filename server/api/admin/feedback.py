"""Opinions on answers as JSON, for the admin: the counts of all, and those that are shared.

Signed in as for the page: no key reads what people share.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request

from server.api.admin import PREFIX
from server.console.refusals import Model
from server.evaluation.feedback import (
    FeedbackReview,
    FeedbackState,
    Reason,
    SharedSource,
    Thumb,
    unexpired,
)
from server.identity.guards import admin
from server.identity.sessions import Session
from server.state import assembly

router = APIRouter(prefix=PREFIX)
Admin = Annotated[Session, Depends(admin)]


class OpinionCount(Model):
    """How many opinions of a service have this thumb and reason, shared or not."""

    service: str
    value: Thumb
    reason: Reason = Field(description="Empty where none is given.")
    count: int


class SharedOpinion(Model):
    """An opinion that its author shares: its texts are in placeholders."""

    id: str = Field(description="The number of the request.")
    service: str
    value: Thumb
    reason: Reason
    state: FeedbackState
    created_at: datetime
    question: str
    answer: str
    comment: str
    sources: tuple[SharedSource, ...] = Field(description="The passages shown with the answer.")
    right: int = Field(description="The number of the one that was the right one; 0 for none.")
    decided_at: datetime | None
    test_id: str = Field(description="The test that was made of it; empty where none was.")


class Opinions(Model):
    """What people say of the answers."""

    counts: tuple[OpinionCount, ...]
    states: dict[FeedbackState, int] = Field(description="Shared opinions by state.")
    opinions: tuple[SharedOpinion, ...] = Field(
        description="The shared ones in the state asked for, the latest first, 200 at most."
    )


@router.get("/feedback")
async def feedback(request: Request, _session: Admin, state: FeedbackState = "new") -> Opinions:
    """What people say of the answers; a session reads it, no key."""
    return await to_thread.run_sync(_opinions, request, state)


def _opinions(request: Request, state: FeedbackState) -> Opinions:
    components = assembly(request)
    _, charter = components.charter.get()
    store = unexpired(components, charter.audit.retention_days)
    return Opinions(
        counts=tuple(
            OpinionCount(
                service=each.service, value=each.value, reason=each.reason, count=each.count
            )
            for each in store.counts()
        ),
        states=store.states(),
        opinions=tuple(_opinion(each) for each in store.shared(state)),
    )


def _opinion(review: FeedbackReview) -> SharedOpinion:
    opinion, shared = review.opinion, review.shared
    return SharedOpinion(
        id=opinion.exchange_id,
        service=opinion.service,
        value=opinion.value,
        reason=opinion.reason,
        state=review.state,
        created_at=review.created_at,
        question=shared.question,
        answer=shared.answer,
        comment=shared.comment,
        sources=shared.sources,
        right=shared.right,
        decided_at=review.decided_at,
        test_id=review.test_id,
    )
