"""``sobria charter simulate``: what a draft would change of what people asked lately."""

# Annotations are evaluated at once: see cli_revisions.
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from governance.audit.errors import AuditError
from governance.charter.charter import Charter
from governance.charter.cli_tables import Translate
from governance.charter.revisions import revision_of
from governance.charter.simulate import (
    CHANGES,
    DEFAULT_LIMIT,
    MAX_LIMIT,
    Scope,
    Simulation,
    simulate,
    since,
)
from governance.clock import utc_now

if TYPE_CHECKING:
    from governance.charter.cli import CharterContext


def add_simulate_command(
    app: typer.Typer,
    context: "Callable[[], CharterContext]",
    _: Translate,
    *,
    loaded: Callable[[Path | None], Charter],
    fail: Callable[..., NoReturn],
) -> None:
    """Add the command to ``app``; the functions are those that its other commands use."""

    @app.command(
        "simulate",
        help=_("Replay the log's latest requests under a draft: counts of what would change."),
    )
    def command(
        draft: Annotated[Path, typer.Argument(metavar="DRAFT", help=_("The draft of a charter."))],
        reason: Annotated[
            str, typer.Option("--reason", help=_("Why the log is replayed; it is logged too."))
        ],
        from_: Annotated[
            str, typer.Option("--since", help=_("Days back, as 30d, or a date, as 2026-11-01."))
        ] = "30d",
        service: Annotated[
            str | None, typer.Option("--service", help=_("One service; else all of them."))
        ] = None,
        limit: Annotated[
            int,
            typer.Option("--limit", min=1, max=MAX_LIMIT, help=_("Requests at most: the latest.")),
        ] = DEFAULT_LIMIT,
        as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON."))] = False,
    ) -> None:
        held, charter, current = context(), loaded(draft), loaded(None)
        try:
            scope = Scope(since(from_, utc_now()), service, limit)
        except ValueError:
            fail(_("«{text}» is neither a number of days (30d) nor a date (2026-11-01).",
                   text=from_))  # fmt: skip
        parents = {name: text for name, text in charter.bundle.items() if name != charter.file}
        try:
            result = simulate(
                held.log(),
                scope,
                draft=charter,
                judges=(held.judge(current), held.judge(charter)),
                reader=held.operator,
                reason=reason,
                revision=revision_of(charter.bundle[charter.file], parents),
            )
        except AuditError as error:
            fail(_(error.message_id, **error.params))
        if as_json:
            typer.echo(json.dumps(simulation_json(result), ensure_ascii=False, indent=2))
        else:
            print_simulation(result, _)


def simulation_json(result: Simulation) -> dict[str, object]:
    """The counts, with plain values."""
    return {
        "found": result.found,
        "replayed": result.replayed,
        "not_replayable": {
            "erased": result.erased,
            "broken": result.broken,
            "service_gone": result.gone,
        },
        "older_left_out": result.more,
        "totals": {kind: result.count(kind) for kind in CHANGES},
        "unchanged": result.count(None),
        "services": {
            service: {kind: result.count(kind, service) for kind in CHANGES}
            for service in result.services
        },
        "changes": [
            {
                "service": group.service,
                "use": group.use,
                "before": group.before,
                "after": group.after,
                "count": group.count,
            }
            for group in result.changed
        ],
    }


def print_simulation(result: Simulation, _: Translate) -> None:
    """The counts as a table, after what was replayed and what could not be."""
    typer.echo(
        _(
            "{replayed} requests replayed of {found}; not replayable: {erased} erased or expired, "
            "{broken} that do not open, {gone} of services that the draft does not have.",
            replayed=result.replayed,
            found=result.found,
            erased=result.erased,
            broken=result.broken,
            gone=result.gone,
        )
    )
    if result.more:
        typer.echo(_("Older requests were left out: raise --limit to replay more."))
    table = Table(box=None)
    titles = (_("Service"), _("Use"), _("In force"), _("Draft"), _("Requests"))
    for title in titles:
        table.add_column(title)
    for group in result.changed:
        table.add_row(
            group.service, group.use or "-", group.before, group.after, str(group.count)
        )  # fmt: skip
    if result.changed:
        Console().print(table)
    typer.echo(
        _(
            "Newly refused: {refused}; newly held for review: {reviewed}; newly allowed: "
            "{allowed}; unchanged: {same}.",
            refused=result.count("refused"),
            reviewed=result.count("reviewed"),
            allowed=result.count("allowed"),
            same=result.count(None),
        )
    )
