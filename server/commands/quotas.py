"""``sobria quota``: where services stand, and extensions. Each decision is in the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from governance.messages import N_
from server.commands.opening import books
from server.commands.words import fail, say

if TYPE_CHECKING:
    from governance.charter.charter import Charter
    from governance.quotas.ledger import QuotaLedger
    from server.books import Books

quotas = typer.Typer(help=say(N_("Quotas: show, extend, take back.")), no_args_is_help=True)


@quotas.command(
    "show", help=say(N_("Where each service stands with its quotas, and its extensions."))
)
def show(
    service: Annotated[str, typer.Option(help=say(N_("A service of the charter.")))] = "",
) -> None:
    """Show the states, then the extensions."""
    from server.organisation import limits_of
    from server.quota_grants import grant_views

    opened, ledger, charter = _opened()
    known = [each.id for each in charter.services]
    if service and service not in known:
        fail(N_("The charter has no such service."))
    for each in [service] if service else known:
        for state in ledger.states(each, limits_of(charter, each)):
            share = f"{state.used / state.limit:.0%}"
            typer.echo(
                "\t".join(
                    (
                        each,
                        state.metric,
                        state.key,
                        f"{state.used:.12g}/{state.limit:.12g}",
                        share,
                        _until(opened, state.renews_at),
                    )
                )
            )
    for grant in grant_views(opened, ledger):
        if service and grant.service != service:
            continue
        if grant.revoked_at is not None:
            told = say(N_("taken back on {when}"), when=_until(opened, grant.revoked_at))
        elif grant.ends is not None:
            told = say(N_("in force until {when}"), when=_until(opened, grant.ends))
        else:
            told = say(N_("window past"))
        typer.echo(
            "\t".join(
                (
                    grant.id,
                    grant.service,
                    grant.whose or say(N_("whole service")),
                    f"+{grant.amount:.12g} {grant.metric}",
                    grant.window,
                    told,
                    grant.reason,
                )
            )
        )


@quotas.command("grant", help=say(N_("Extend a quota for its present window. Audited.")))
def grant(
    service: Annotated[str, typer.Option(help=say(N_("A service of the charter.")))],
    metric: Annotated[str, typer.Option(help=say(N_("requests, tokens, wh or euros")))],
    period: Annotated[str, typer.Option(help=say(N_("hour, day or month")))],
    amount: Annotated[float, typer.Option(help=say(N_("How much more, in the metric's unit.")))],
    reason: Annotated[str, typer.Option(help=say(N_("Why: kept in the audit log.")))],
    user: Annotated[
        str, typer.Option(help=say(N_("For one account of the service, by its name.")))
    ] = "",
    key: Annotated[
        str, typer.Option(help=say(N_("For one API key of the service, by its identifier.")))
    ] = "",
) -> None:
    """Grant an extension."""
    from governance.audit.errors import AuditError
    from governance.quotas.errors import QuotaError
    from server import quota_grants
    from server.books import OPERATOR

    opened, ledger, charter = _opened()
    asked = {
        "service": service, "metric": metric, "period": period, "amount": amount,
        "reason": reason, "user": user, "key": key,
    }  # fmt: skip
    try:
        given = quota_grants.grant(opened, ledger, charter, asked, OPERATOR)
    except (AuditError, QuotaError) as error:
        fail(error.message_id, **error.params)
    typer.echo(
        say(
            N_("Extension {id}: {amount} more {metric} for {window}."),
            id=given.id,
            amount=given.amount,
            metric=given.metric,
            window=given.key,
        )
    )


@quotas.command("revoke", help=say(N_("Take an extension back. Audited.")))
def revoke(
    grant_id: Annotated[
        str, typer.Argument(metavar="ID", help=say(N_("The extension's identifier.")))
    ],
) -> None:
    """Take an extension back."""
    from governance.audit.errors import AuditError
    from governance.quotas.errors import QuotaError
    from server import quota_grants
    from server.books import OPERATOR

    opened, ledger, _ = _opened()
    try:
        taken = quota_grants.revoke(opened, ledger, grant_id, OPERATOR)
    except (AuditError, QuotaError) as error:
        fail(error.message_id, **error.params)
    typer.echo(say(N_("Extension {id} taken back."), id=taken.id))


def _opened() -> tuple[Books, QuotaLedger, Charter]:
    from governance.charter.revisions import CharterInForce
    from governance.quotas.ledger import QuotaLedger
    from server.commands.opening import failing_clearly
    from server.judges import charter_store

    opened = books()
    with failing_clearly():
        _, charter = CharterInForce(charter_store(opened)).get()
    return opened, QuotaLedger(opened.database, charter.organisation.timezone), charter


def _until(opened: Books, moment: datetime) -> str:
    """A time in the organisation's zone, to the second."""
    from web.i18n import compact

    return compact(opened.settings.locale, moment, opened.settings.timezone)
