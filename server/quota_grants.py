"""Extensions of quotas for the surfaces: page, JSON and command line, by the same decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from governance.clock import parse_iso
from governance.messages import N_
from governance.quotas.errors import GrantRefused
from governance.quotas.granting import Asked, give, take_back
from governance.quotas.grants import Grant, QuotaGrants
from governance.quotas.limits import METRICS, Asker, Metric
from governance.quotas.windows import PERIODS, Period
from server.identity.users import AccountError
from web.quota_views import GrantView

if TYPE_CHECKING:
    from governance.charter.charter import Charter
    from governance.quotas.ledger import QuotaLedger
    from server.books import Books


def asker_of(books: Books, service: str, user: str, key: str) -> Asker | None:
    """The person or key of ``service`` that an extension is for; None for the whole service.

    Raises:
        GrantRefused: both are given, or there is none of this name in the service.
    """
    if user and key:
        raise GrantRefused(N_("Give --user or --key, not both."))
    unknown = GrantRefused(N_("There is no such account or key in this service."))
    if user:
        try:
            account = books.users.find(user)
        except AccountError:
            raise unknown from None
        if account.service != service:
            raise unknown
        return Asker("user", books.person_keys.subject(account.id))
    if key:
        if not any(each.id == key and each.service == service for each in books.api_keys.all()):
            raise unknown
        return Asker("key", books.person_keys.subject(f"key/{key}"))
    return None


def grant(
    books: Books, ledger: QuotaLedger, charter: Charter, asked: dict[str, Any], by: str
) -> Grant:
    """Grant what a form, a JSON body or a command asks for, in the name of ``by``.

    ``asked`` holds service, metric, period, amount, reason, user and key.

    Raises:
        GrantRefused, AuditError, QuotaUnavailable: as :func:`governance.quotas.granting.give`.
    """
    if asked["metric"] not in METRICS:
        raise GrantRefused(N_("The metric is requests, tokens, wh or euros."))
    if asked["period"] not in PERIODS:
        raise GrantRefused(N_("The period is hour, day or month."))
    wanted = Asked(
        service=asked["service"],
        metric=cast(Metric, asked["metric"]),
        period=cast(Period, asked["period"]),
        amount=float(asked["amount"]),
        reason=asked["reason"],
        asker=asker_of(books, asked["service"], asked["user"].strip(), asked["key"].strip()),
    )
    return give(QuotaGrants(ledger), books.audit, charter, wanted, by)


def revoke(books: Books, ledger: QuotaLedger, grant_id: str, by: str) -> Grant:
    """Take an extension back. Raises as :func:`governance.quotas.granting.take_back`."""
    return take_back(QuotaGrants(ledger), books.audit, grant_id, by)


def grant_views(books: Books, ledger: QuotaLedger) -> tuple[GrantView, ...]:
    """The extensions, newest first, with the names of the accounts and keys that they are for."""
    store = QuotaGrants(ledger)
    names: dict[str, str] | None = None
    views = []
    for each in store.all():
        if each.subject and names is None:
            names = _names(books)
        views.append(
            GrantView(
                id=each.id,
                service=each.service,
                per=each.per,
                whose=(names or {}).get(each.subject, ""),
                metric=each.metric,
                period=each.period,
                window=each.key,
                amount=each.amount,
                reason=each.reason,
                created_at=parse_iso(each.created),
                ends=store.ends(each),
                revoked_at=parse_iso(each.revoked) if each.revoked is not None else None,
            )
        )
    return tuple(views)


def _names(books: Books) -> dict[str, str]:
    subject = books.person_keys.subject
    people = {subject(user.id): user.display_name for user in books.users.all()}
    return people | {subject(f"key/{key.id}"): key.label for key in books.api_keys.all()}
