"""What the charter says of a service, in the values that pages and ledgers use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from governance.quotas.ledger import QuotaLedger
from governance.quotas.limits import Asker, QuotaLimit, QuotaState
from governance.quotas.notices import untold
from web.views import QuotaView, ServiceView

if TYPE_CHECKING:
    from governance.charter.charter import Charter
    from server.assembly import Assembly


def service_title(charter: Charter, service_id: str) -> str:
    """The service's name; its identifier where the charter no longer has it."""
    return next((s.title for s in charter.services if s.id == service_id), service_id)


def service_ids(charter: Charter) -> frozenset[str]:
    """The services that the charter declares."""
    return frozenset(service.id for service in charter.services)


def forbidden_titles(charter: Charter, service_id: str) -> tuple[str, ...]:
    """What the people of a service may not use the assistant for."""
    known = service_id in service_ids(charter)
    uses = charter.effective(service_id).uses if known else charter.uses
    return tuple(use.title for use in uses if use.effect == "forbid")


def limits_of(charter: Charter, service_id: str) -> tuple[QuotaLimit, ...]:
    """The quotas of a service; none where the charter no longer has it."""
    service = next((s for s in charter.services if s.id == service_id), None)
    quotas = service.quotas if service is not None else ()
    return tuple(QuotaLimit(quota.metric, quota.period, quota.limit, quota.per) for quota in quotas)


def told_quota_views(
    ledger: QuotaLedger, charter: Charter, service_id: str, asker: Asker
) -> tuple[QuotaView, ...]:
    """The same for somebody of the service, who is told once a window that a quota runs out."""
    states = ledger.states(service_id, limits_of(charter, service_id), asker)
    return quota_views_of(states, untold(ledger, asker.subject, service_id, states))


def quota_views(ledger: QuotaLedger, charter: Charter, service_id: str) -> tuple[QuotaView, ...]:
    """Where the service stands with each of its quotas. Reads the database."""
    return quota_views_of(ledger.states(service_id, limits_of(charter, service_id)))


def quota_views_of(
    states: Sequence[QuotaState], told: Sequence[QuotaState] = ()
) -> tuple[QuotaView, ...]:
    """``states`` as pages show them; of those in ``told`` people must be told now."""
    return tuple(
        QuotaView(
            metric=state.metric,
            period=state.period,
            limit=state.limit,
            used=state.used,
            left=state.left,
            share=min(1.0, (state.limit - state.left) / state.limit) if state.limit else 1.0,
            renews_at=state.renews_at,
            per=state.per,
            told=state in told,
            granted=state.granted,
        )
        for state in states
    )


def service_views(components: Assembly, charter: Charter) -> tuple[ServiceView, ...]:
    """The services of ``charter``, with what is left of their quotas. Reads the database."""
    members = components.users.members()
    return tuple(
        ServiceView(
            id=service.id,
            title=service.title,
            quotas=quota_views(components.quotas, charter, service.id),
            members=members.get(service.id, 0),
        )
        for service in charter.services
    )
