"""``sobria charter``: check, test and explain a charter, and show those that were in force."""

# Annotations are evaluated at once: typer reads them, and the help texts in them are translated by
# an argument of ``build_cli``, which their textual form could not find.
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from governance.charter.charter import Charter, UnknownService
from governance.charter.cli_init import add_init
from governance.charter.cli_tables import (
    Translate,
    print_custom,
    print_report,
    print_rules,
    report_json,
)
from governance.charter.load import load_file
from governance.charter.problems import CharterInvalid
from governance.charter.proof import (
    CustomCase,
    Finder,
    LeftOutJudge,
    prove,
    prove_custom,
)
from governance.charter.revisions import CharterStore, CharterStoreError, NoCharter
from governance.charter.schema import schema_json


@dataclass(frozen=True, slots=True)
class CharterContext:
    """What the commands need, each made only where a command asks for it.

    ``store`` opens the revisions; ``judge`` makes the judge of a charter, which loads the embedder;
    ``finder`` loads the analyser of personal data, for charters with kinds of data of their own.
    """

    store: Callable[[], CharterStore]
    judge: Callable[[Charter], LeftOutJudge]
    finder: Callable[[], Finder]


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

    @app.command(
        help=_(
            "Run the charter's examples and counter-examples: of its uses through the judge, of "
            "its own kinds of data through the analyser."
        )
    )
    def test(
        file: Annotated[Path | None, optional_file] = None,
        minimum: Annotated[
            float, typer.Option(help=_("Share of right answers below which the test fails."))
        ] = 0.8,
        as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON."))] = False,
    ) -> None:
        charter = loaded(file)
        report = prove(charter, context().judge(charter))
        custom: tuple[CustomCase, ...] = ()
        if charter.personal_data.custom:
            custom = prove_custom(charter, context().finder())
        if as_json:
            typer.echo(json.dumps(report_json(report, custom), ensure_ascii=False, indent=2))
        else:
            print_report(report, _)
            print_custom(custom, _)
        # A use may be missed now and then; a pattern of the charter's own either fits or does not.
        if min(report.recall, report.spared) < minimum or not all(c.passed for c in custom):
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
            print_rules(charter, service, _)
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

    add_init(app, _)
    return app
