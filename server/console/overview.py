"""The overview: one set of figures that the page draws, the JSON API gives and the CLI prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from server.console.attention import Notice, Provider, attention
from server.console.energy import EnergyReport
from server.console.refusals import Model, Refusals
from server.console.situation import Situation
from web.views import ServiceView, SourceStatusView

Say = Callable[..., str]


class NoticeOut(Model):
    """What needs attention."""

    level: Literal["now", "soon"]
    code: str
    message: str = Field(description="In the caller's language.")
    link: str = Field(description="The page to go to; empty where there is none.")


class QuotaOut(Model):
    """Where a service stands with one of its quotas, in the unit of ``metric``."""

    metric: str
    period: str
    limit: float
    used: float
    left: float
    share: float = Field(description="Used and held over the limit, 0 to 1.")
    renews_at: datetime


class ServiceOut(Model):
    """A service of the charter."""

    id: str
    title: str
    members: int
    quotas: tuple[QuotaOut, ...]


class SourceOut(Model):
    """A source."""

    id: str
    title: str
    kind: str
    state: str = Field(
        description="ready, stale (older than it may be), failed, never, syncing or disabled."
    )
    documents: int
    passages: int
    vectors: float = Field(description="Share of the passages that have a vector, 0 to 1.")
    synced_at: datetime | None = Field(description="The end of the last reading.")
    complete_at: datetime | None = Field(description="The end of the last complete reading.")
    fresh_days: int | None = Field(
        description="The greatest age of the last complete reading, in days; null for any."
    )
    problems: int


class ModelOut(Model):
    """The model that answers."""

    name: str
    digest: str
    ready: bool | None = Field(description="Null where no server was asked.")


class AuditOut(Model):
    """The audit log, of which an administrator only knows that it stands."""

    records: int | None = Field(description="Null where the log does not answer.")
    verified_at: datetime | None
    verified_ok: bool | None


class Overview(Model):
    """The state of the instance."""

    at: datetime
    charter_revision: str
    attention: tuple[NoticeOut, ...]
    refusals: Refusals
    services: tuple[ServiceOut, ...]
    energy: EnergyReport
    model: ModelOut
    components: dict[str, bool] | None = Field(
        description="Whether each component answers; null where no server was asked."
    )
    sources: tuple[SourceOut, ...]
    audit: AuditOut


def overview(situation: Situation, providers: Sequence[Provider], say: Say) -> Overview:
    """The overview of ``situation``, its sentences in the language of ``say``."""
    check = situation.audit_check
    model = situation.model
    return Overview(
        at=situation.now,
        charter_revision=situation.revision,
        attention=tuple(_notice(one, say) for one in attention(situation, providers)),
        refusals=situation.refusals,
        services=tuple(service_out(service) for service in situation.services),
        energy=situation.energy,
        model=ModelOut(name=model.name, digest=model.digest, ready=model.ready),
        components=dict(situation.ready) if situation.ready is not None else None,
        sources=tuple(source_out(source) for source in situation.sources),
        audit=AuditOut(
            records=situation.audit_size,
            verified_at=check.time if check is not None else None,
            verified_ok=check.ok if check is not None else None,
        ),
    )


def service_out(view: ServiceView) -> ServiceOut:
    """A service as the API gives it."""
    return ServiceOut(
        id=view.id,
        title=view.title,
        members=view.members,
        quotas=tuple(_quota(quota) for quota in view.quotas),
    )


def source_out(view: SourceStatusView) -> SourceOut:
    """A source as the API gives it."""
    return SourceOut(
        id=view.id,
        title=view.title,
        kind=view.kind,
        state=view.health,
        documents=view.documents,
        passages=view.passages,
        vectors=view.vectors,
        synced_at=view.synced_at,
        complete_at=view.complete_at,
        fresh_days=view.fresh_days,
        problems=len(view.problems),
    )


def _quota(quota: Any) -> QuotaOut:
    return QuotaOut(
        metric=quota.metric,
        period=quota.period,
        limit=quota.limit,
        used=quota.used,
        left=quota.left,
        share=quota.share,
        renews_at=quota.renews_at,
    )


def _notice(notice: Notice, say: Say) -> NoticeOut:
    return NoticeOut(
        level=notice.level,
        code=notice.code,
        message=say(notice.message_id, **notice.params),
        link=notice.link,
    )
