"""``sobria charter``: check, test and explain a charter, and show those that were in force."""

# Annotations are evaluated at once: typer reads them, and the help texts in them are translated by
# an argument of ``build_cli``, which their textual form could not find.
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn, Protocol

import typer
from rich.console import Console
from rich.table import Table

from governance.charter.charter import Charter, UnknownService
from governance.charter.load import load_file
from governance.charter.problems import CharterInvalid
from governance.charter.proof import LeftOutJudge, ProofReport, prove
from governance.charter.revisions import CharterStore, CharterStoreError, NoCharter
from governance.charter.schema import schema_json


class Translate(Protocol):
    """Gives a message in the operator's language, its fields filled."""

    def __call__(self, message_id: str, /, **params: str | int | float) -> str: ...


@dataclass(frozen=True, slots=True)
class CharterContext:
    """What the commands need, each made only where a command asks for it.

    ``store`` opens the revisions; ``judge`` makes the judge of a charter, which loads the embedder.
    """

    store: Callable[[], CharterStore]
    judge: Callable[[Charter], LeftOutJudge]


def build_cli(context: Callable[[], CharterContext], _: Translate) -> typer.Typer:
    """The ``charter`` commands. Without a file, they speak of the charter in force."""
    app = typer.Typer(help=_("The charter: check, test, show."), no_args_is_help=True)
    optional_file = typer.Argument(
        metavar="FILE", help=_("A charter; the one in force where none is given.")
    )

    def fail(*lines: str) -> NoReturn:
        for line in lines:
            typer.echo(line, err=True)
        raise typer.Exit(1)

    def loaded(file: Path | None) -> Charter:
        try:
            if file is not None:
                return load_file(file)
            current = context().store().current()
            if current is None:
                raise NoCharter()
            return current.load()
        except CharterInvalid as error:
            fail(
                *(
                    f"{p.file}:{p.line}:{p.column}: {p.field + ': ' if p.field else ''}"
                    f"{_(p.message_id, **p.params)}"
                    for p in error.problems
                ),
                _("Problems found: {count}.", count=len(error.problems)),
            )
        except CharterStoreError as error:
            fail(_(error.message_id, **error.params))

    @app.command(help=_("Check a file: each problem with its line, or what the charter holds."))
    def validate(
        file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The charter to check."))],
    ) -> None:
        charter = loaded(file)
        typer.echo(
            _(
                "The charter is valid: {uses} uses, {services} services.",
                uses=len({rule.use.id for rule in charter.rules}),
                services=len(charter.services),
            )
        )

    @app.command(help=_("Run the charter's examples and counter-examples through the judge."))
    def test(
        file: Annotated[Path | None, optional_file] = None,
        minimum: Annotated[
            float, typer.Option(help=_("Share of right answers below which the test fails."))
        ] = 0.8,
        as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON."))] = False,
    ) -> None:
        charter = loaded(file)
        report = prove(charter, context().judge(charter))
        if as_json:
            typer.echo(json.dumps(_report_json(report), ensure_ascii=False, indent=2))
        else:
            _print_report(report, _)
        if min(report.recall, report.spared) < minimum:
            raise typer.Exit(1)

    @app.command(help=_("Print the JSON Schema of a charter, for editors."))
    def schema() -> None:
        typer.echo(json.dumps(schema_json(), ensure_ascii=False, indent=2))

    @app.command(help=_("Print what holds for a service, each rule with where it was written."))
    def explain(
        service: Annotated[str, typer.Option("--service", help=_("The id of the service."))],
        file: Annotated[Path | None, optional_file] = None,
    ) -> None:
        charter = loaded(file)
        try:
            _explain(charter, service, _)
        except UnknownService:
            known = ", ".join(one.id for one in charter.services)
            fail(_("There is no service «{name}»; there are: {known}.", name=service, known=known))

    @app.command(help=_("Print the text of a revision, of the one in force by default."))
    def show(
        revision: Annotated[str | None, typer.Argument(help=_("A revision, or its start."))] = None,
    ) -> None:
        try:
            store = context().store()
            found = store.get(revision) if revision else store.current()
            if found is None:
                raise NoCharter()
        except CharterStoreError as error:
            fail(_(error.message_id, **error.params))
        typer.echo(found.text, nl=False)

    @app.command(help=_("List the revisions that have been in force, newest first."))
    def history() -> None:
        table = Table(box=None)
        for title in (_("No."), _("Revision"), _("Date"), _("Author"), _("Reason")):
            table.add_column(title)
        for one in context().store().list():
            table.add_row(str(one.number), one.short, one.time[:19] + "Z", one.author, one.reason)
        Console().print(table)

    return app


def _report_json(report: ProofReport) -> dict[str, object]:
    return {
        "recall": report.recall,
        "spared": report.spared,
        "failed": [
            {
                "use": case.use_id,
                "kind": case.kind,
                "text": case.text,
                "expected": case.expected,
                "found": case.found,
                "blamed": case.blamed,
                "score": case.score,
            }
            for case in (*report.let_through, *report.wrongly_held)
        ],
    }


def _print_report(report: ProofReport, _: Translate) -> None:
    table = Table(box=None)
    titles = (_("Use"), _("Examples held"), _("Counter-examples let through"))
    for title in titles:
        table.add_column(title)
    for use_id in dict.fromkeys(case.use_id for case in report.cases):
        row = [use_id]
        for kind in ("example", "counter_example"):
            cases = [c for c in report.cases if (c.use_id, c.kind) == (use_id, kind)]
            row.append(f"{sum(c.passed for c in cases)}/{len(cases)}")
        table.add_row(*row)
    Console().print(table)
    for case in report.let_through:
        typer.echo(_("Would be let through ({use}): {text}", use=case.use_id, text=case.text))
    for case in report.wrongly_held:
        typer.echo(
            _(
                "Would be wrongly held ({use}, by {blamed}): {text}",
                use=case.use_id,
                blamed=case.blamed or "-",
                text=case.text,
            )
        )
    typer.echo(
        _(
            "Examples held: {recall} %; counter-examples let through: {spared} %.",
            recall=round(100 * report.recall),
            spared=round(100 * report.spared),
        )
    )


def _explain(charter: Charter, service_id: str, _: Translate) -> None:
    rules = charter.effective(service_id)
    index = [service.id for service in charter.services].index(service_id)
    table = Table(box=None)
    for title in (_("Rule"), _("Value"), _("Written in")):
        table.add_column(title)

    def place(*paths: str) -> str:
        """Where the first of ``paths`` that is written stands; nothing for a default."""
        mark = next((charter.places[path] for path in paths if path in charter.places), None)
        return f"{mark.file}:{mark.line}" if mark else _("default")

    own = f"services[{index}]"
    sources = ", ".join(sorted(rules.sources)) if rules.sources is not None else _("all")
    table.add_row(_("models"), ", ".join(rules.models), place(f"{own}.models"))
    table.add_row(_("sources"), sources, place(f"{own}.sources"))
    table.add_row(_("answer, in tokens"), str(rules.max_tokens), place(f"{own}.max_tokens"))
    for number, quota in enumerate(charter.service(service_id).quotas):
        name = _("quota of {metric} per {period}", metric=quota.metric, period=quota.period)
        table.add_row(name, f"{quota.limit:g}", place(f"{own}.quotas[{number}].limit"))
    for rule in rules.rules:
        origin = f"{rule.origin.file}:{rule.origin.line}"
        table.add_row(f"{rule.effect}: {rule.use.id}", rule.use.title, origin)
    for entity, handling in rules.personal_data.items():
        where = place(f"personal_data.{entity}", "personal_data.default")
        table.add_row(f"personal_data.{entity}", handling, where)
    Console().print(table)
