"""``sobria overview``, ``refusals``, ``energy`` and ``services``: what the console shows.

They read the books alone: a server that runs is not asked, hence whether the model answers is not
known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from governance.messages import N_
from server.commands.opening import (
    NO_CHARTER,
    books,
    charter_of,
    failing_clearly,
    refusing_clearly,
)
from server.commands.words import fail, say

if TYPE_CHECKING:
    from governance.charter.charter import Charter
    from server.books import Books
    from server.console.days import Days
    from server.console.overview import Overview

Period = Annotated[int, typer.Option(min=1, max=90, help=say(N_("How many days to look back.")))]
AsJson = Annotated[bool, typer.Option("--json", help=say(N_("Print JSON.")))]


def overview(days: Period = 7, as_json: AsJson = False) -> None:
    """What needs attention first, then the figures."""
    found = _overview(days)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    for notice in found.attention:
        typer.echo(("! " if notice.level == "now" else "- ") + notice.message)
    if not found.attention:
        typer.echo(say(N_("Nothing: all is in order.")))
    typer.echo(
        say(
            N_("Refused in {days} days: {count} ({before} before)."),
            days=days,
            count=found.refusals.total,
            before=found.refusals.before,
        )
    )
    wh = say(N_("unknown")) if found.energy.wh is None else f"{found.energy.wh:.2f} Wh"
    typer.echo(
        say(
            N_("Requests in {days} days: {count}; energy: {energy}."),
            days=days,
            count=found.energy.requests,
            energy=wh,
        )
    )
    for service in found.services:
        for quota in service.quotas:
            share = f"{quota.share * 100:.0f} %"
            typer.echo(f"{service.title}\t{quota.metric}/{quota.period}\t{share}")


def refusals(days: Period = 7, as_json: AsJson = False) -> None:
    """What was refused, by cause, use and service."""
    from server.console.refusals import refusals as count

    opened, charter, period = _opened(days)
    with failing_clearly():
        found = count(opened.database, charter, period)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    for lines in (found.by_cause, found.by_use, found.by_service):
        for line in lines:
            typer.echo("\t".join((line.title or line.id, str(line.count), str(line.before))))
        typer.echo()


def energy(days: Period = 7, as_json: AsJson = False) -> None:
    """What requests took, by day and service."""
    from server.console.energy import energy as measure

    opened, charter, period = _opened(days)
    with failing_clearly():
        found = measure(opened.database, charter, period)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    for name, one in (
        *((one.day.isoformat(), one) for one in found.by_day),
        *((one.title or one.id, one) for one in found.by_service),
    ):
        wh = say(N_("unknown")) if one.wh is None else f"{one.wh:.3f} Wh"
        typer.echo("\t".join((name, str(one.requests), wh, ", ".join(one.by_method))))


def services(as_json: AsJson = False) -> None:
    """The services of the charter, with their quotas."""
    found = _overview(7).services
    if as_json:
        import json

        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=2))
        return
    for service in found:
        quotas = ", ".join(f"{q.metric}/{q.period} {q.used:g}/{q.limit:g}" for q in service.quotas)
        typer.echo("\t".join((service.id, service.title, str(service.members), quotas)))


def _opened(days: int) -> tuple[Books, Charter, Days]:
    from governance.clock import utc_now
    from server.console.days import Days

    opened = books()
    charter = charter_of(opened)
    if charter is None:
        fail(NO_CHARTER)
    return opened, charter, Days.until(utc_now(), days, opened.settings.timezone)


def _overview(days: int) -> Overview:
    from server.console.overview import overview as make
    from server.console.providers import PROVIDERS
    from server.console.situation import of_books
    from server.judges import charter_store

    opened = books()
    current = charter_store(opened).current()
    if current is None:
        fail(NO_CHARTER)
    with failing_clearly(), refusing_clearly():
        return make(of_books(opened, current.revision, current.load(), days), PROVIDERS, say)
