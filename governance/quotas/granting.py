"""An administrator's decision to extend a quota: checked, audited, then in force.

The page, the JSON interface and the command line all decide here, so that none can do what another
refuses. The record of the log comes first: where it cannot be written, nothing is granted. The
reason is sealed with the record, as all words of a person are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from governance.audit.leaf import AuditRecord
from governance.audit.log import AuditLog
from governance.charter.charter import Charter, UnknownService
from governance.quotas.errors import (
    NO_AMOUNT,
    NO_GRANT,
    NO_QUOTA,
    NO_REASON,
    NO_SERVICE,
    GrantRefused,
)
from governance.quotas.grants import Grant, QuotaGrants
from governance.quotas.limits import Asker, Metric, to_units
from governance.quotas.windows import Period

SHORTEST_REASON = 10
LARGEST = 1e9


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: ``amount`` more of a quota, for its present window.

    ``asker`` is None for the quota of the whole service.
    """

    service: str
    metric: Metric
    period: Period
    amount: float
    reason: str
    asker: Asker | None = None


def give(grants: QuotaGrants, audit: AuditLog, charter: Charter, asked: Asked, by: str) -> Grant:
    """Grant ``asked`` in the name of ``by``, a pseudonym.

    Raises:
        GrantRefused: there is no such quota, no reason, or no sensible amount.
        AuditError: the decision cannot be recorded; nothing is granted.
        QuotaUnavailable: the ledger cannot be written; the record then says what was meant.
    """
    reason = " ".join(asked.reason.split())
    if len(reason) < SHORTEST_REASON:
        raise GrantRefused(NO_REASON)
    sensible = math.isfinite(asked.amount) and 0 < asked.amount <= LARGEST
    if not sensible or to_units(asked.metric, asked.amount) < 1:
        raise GrantRefused(NO_AMOUNT)
    try:
        quotas = charter.effective(asked.service).quotas
    except UnknownService:
        raise GrantRefused(NO_SERVICE) from None
    per = asked.asker.kind if asked.asker is not None else "service"
    if (asked.metric, asked.period, per) not in quotas:
        raise GrantRefused(NO_QUOTA)
    grant = grants.prepare(
        asked.service,
        asked.metric,
        asked.period,
        asked.amount,
        reason=reason,
        by=by,
        asker=asked.asker,
    )
    audit.append(_record(grant, "granted", by), reason)
    grants.add(grant)
    return grant


def take_back(grants: QuotaGrants, audit: AuditLog, grant_id: str, by: str) -> Grant:
    """Revoke an extension in the name of ``by``; what was spent on it stays spent.

    Raises:
        GrantRefused: no such extension is in force.
        AuditError: the decision cannot be recorded; the extension stays.
        QuotaUnavailable: the ledger cannot be written; the record then says what was meant.
    """
    grant = grants.find(grant_id)
    if grant is None or grant.revoked is not None:
        raise GrantRefused(NO_GRANT)
    audit.append(_record(grant, "revoked", by))
    if not grants.revoke(grant_id, by):
        raise GrantRefused(NO_GRANT)
    return grant


def _record(grant: Grant, action: str, by: str) -> AuditRecord:
    return AuditRecord(
        "quota",
        subject=by,
        service=grant.service,
        data={
            "action": action,
            "grant": grant.id,
            "per": grant.per,
            "for": grant.subject,
            "metric": grant.metric,
            "window": grant.key,
            "amount": grant.amount,
        },
    )
