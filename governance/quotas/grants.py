"""Extensions: more of one quota, for one window and one scope, by an administrator's decision."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Row, func, insert, select, update

from governance.clock import iso
from governance.quotas.limits import Asker, Metric, Per, from_units, to_units
from governance.quotas.tables import quota_grants as grants
from governance.quotas.windows import Period, period_of, renewal

if TYPE_CHECKING:
    from datetime import datetime

    from governance.quotas.ledger import QuotaLedger


@dataclass(frozen=True, slots=True)
class Grant:
    """An extension. ``subject`` is empty for a whole service; ``amount`` in the metric's unit.

    ``given_by`` is a pseudonym, or «operator» for the command line. ``revoked`` is None while it
    holds. Times are ISO 8601 UTC.
    """

    id: str
    service: str
    per: Per
    subject: str
    metric: Metric
    period: Period
    key: str
    amount: float
    reason: str
    given_by: str
    created: str
    revoked: str | None


def extensions(
    connection: Connection, service: str, keys: Iterable[str], subject: str
) -> dict[tuple[str, str, str], int]:
    """What is granted in the windows ``keys``, by (per, metric, window), in stored units.

    ``subject`` is the asker's: those for the whole service are counted beside.
    """
    query = (
        select(grants.c.per, grants.c.metric, grants.c.window_key, func.sum(grants.c.amount))
        .where(
            grants.c.service == service,
            grants.c.window_key.in_(sorted(keys)),
            grants.c.subject.in_({"", subject}),
            grants.c.revoked.is_(None),
        )
        .group_by(grants.c.per, grants.c.metric, grants.c.window_key)
    )
    return {(row[0], row[1], row[2]): int(row[3]) for row in connection.execute(query)}


class QuotaGrants:
    """The extensions of a ledger. Every method raises QuotaUnavailable as the ledger's do."""

    def __init__(self, ledger: QuotaLedger) -> None:
        self._ledger = ledger

    def prepare(
        self,
        service: str,
        metric: Metric,
        period: Period,
        amount: float,
        *,
        reason: str,
        by: str,
        asker: Asker | None = None,
    ) -> Grant:
        """An extension for the present window, not written yet: see :meth:`add`."""
        now = self._ledger.now()
        return Grant(
            id=secrets.token_hex(8),
            service=service,
            per=asker.kind if asker is not None else "service",
            subject=asker.subject if asker is not None else "",
            metric=metric,
            period=period,
            key=self._ledger.keys(now)[period],
            amount=amount,
            reason=reason,
            given_by=by,
            created=iso(now),
            revoked=None,
        )

    def add(self, grant: Grant) -> None:
        """Have ``grant`` hold from now on. Raises QuotaUnavailable, also where it is there."""
        with self._ledger.transaction() as connection:
            connection.execute(
                insert(grants).values(
                    id=grant.id,
                    service=grant.service,
                    per=grant.per,
                    subject=grant.subject,
                    metric=grant.metric,
                    window_key=grant.key,
                    amount=to_units(grant.metric, grant.amount),
                    reason=grant.reason,
                    given_by=grant.given_by,
                    created=grant.created,
                )
            )

    def find(self, grant_id: str) -> Grant | None:
        """The extension with this identifier."""
        with self._ledger.reading() as connection:
            row = connection.execute(select(grants).where(grants.c.id == grant_id)).one_or_none()
        return _grant(row) if row is not None else None

    def revoke(self, grant_id: str, by: str) -> bool:
        """Take an extension back; what was spent on it stays spent. False where none held."""
        statement = (
            update(grants)
            .where(grants.c.id == grant_id, grants.c.revoked.is_(None))
            .values(revoked=iso(self._ledger.now()), revoked_by=by)
        )
        with self._ledger.transaction() as connection:
            return connection.execute(statement).rowcount == 1

    def all(self, service: str | None = None, limit: int = 200) -> Sequence[Grant]:
        """The extensions, newest first: of one service, or of all."""
        query = select(grants).order_by(grants.c.created.desc(), grants.c.id).limit(limit)
        if service is not None:
            query = query.where(grants.c.service == service)
        with self._ledger.reading() as connection:
            return [_grant(row) for row in connection.execute(query)]

    def ends(self, grant: Grant) -> datetime | None:
        """When the grant's window ends, where that is the present one; None once it is past."""
        now = self._ledger.now()
        if self._ledger.keys(now)[grant.period] != grant.key:
            return None
        return renewal(now, grant.period, self._ledger.timezone)


def _grant(row: Row[tuple[object, ...]]) -> Grant:
    values = row._mapping
    return Grant(
        id=values["id"],
        service=values["service"],
        per=values["per"],
        subject=values["subject"],
        metric=values["metric"],
        period=period_of(values["window_key"]),
        key=values["window_key"],
        amount=from_units(values["metric"], values["amount"]),
        reason=values["reason"],
        given_by=values["given_by"],
        created=values["created"],
        revoked=values["revoked"],
    )
