"""``sobria charter``: check, test and explain a charter, and show those that were in force."""

# Annotations are evaluated at once: typer reads them, and the help texts in them are translated by
# an argument of ``build_cli``, which their textual form could not find.
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from governance.audit.log import AuditLog
from governance.charter.charter import Charter, UnknownService
from governance.charter.cli_init import add_init
from governance.charter.cli_revisions import add_revision_commands
from governance.charter.cli_simulate import add_simulate_command
from governance.charter.cli_tables import (
    Translate,
    print_custom,
    print_report,
    print_rules,
    report_json,
    told,
)
from governance.charter.explain import explain as explain_service
from governance.charter.load import load_file
from governance.charter.problems import CharterInvalid, CharterProblem
from governance.charter.proof import (
    CustomCase,
    Finder,
    prove,
    prove_custom,
)
from governance.charter.publishing import MINIMUM, Proof
from governance.charter.revisions import CharterStore, CharterStoreError, NoCharter
from governance.charter.schema import schema_json
from governance.charter.simulate import CharterJudge


def _no_log() -> AuditLog:
    raise LookupError("the commands that change the charter were given no audit log")


def _nothing_wrong(_charter: Charter) -> tuple[CharterProblem, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class CharterContext:
    """What the commands need, each made only where a command asks for it.

    ``store`` opens the revisions; ``judge`` makes the judge of a charter, which loads the embedder;
    ``finder`` loads the analyser of personal data, for charters with kinds of data of their own;
    ``log`` opens the audit log, for commands that change or replay something, in which ``operator``
    stands for who runs them; ``check`` gives what a valid charter names and this instance lacks.
    """

    store: Callable[[], CharterStore]
    judge: Callable[[Charter], CharterJudge]
    finder: Callable[[], Finder]
    log: Callable[[], AuditLog] = _no_log
    operator: str = "operator"
    check: Callable[[Charter], tuple[CharterProblem, ...]] = _nothing_wrong


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
            found = _("Problems found: {count}.", count=len(error.problems))
            fail(*(line for p in error.problems for line in told(error, p, _)), found)
        except CharterStoreError as error:
            fail(_(error.message_id, **error.params))

    def proved(charter: Charter) -> Proof:
        kinds: tuple[CustomCase, ...] = ()
        if charter.personal_data.custom:
            kinds = prove_custom(charter, context().finder())
        return Proof(prove(charter, context().judge(charter)), kinds)

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
        ] = MINIMUM,
        as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON."))] = False,
    ) -> None:
        proof = replace(proved(loaded(file)), minimum=minimum)
        if as_json:
            report = report_json(proof.uses, proof.kinds)
            typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            print_report(proof.uses, _)
            print_custom(proof.kinds, _)
        if not proof.passed:
            raise typer.Exit(1)

    @app.command(help=_("Print the JSON Schema of a charter, for editors."))
    def schema() -> None:
        typer.echo(json.dumps(schema_json(), ensure_ascii=False, indent=2))

    @app.command(help=_("Print what holds for a service, each rule with where it was written."))
    def explain(
        service: Annotated[str, typer.Option("--service", help=_("The id of the service."))],
        file: Annotated[
            Path | None, typer.Option("--file", help=_("A charter; else the one in force."))
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON."))] = False,
    ) -> None:
        charter = loaded(file)
        try:
            rules = explain_service(charter, service)
        except UnknownService:
            known = ", ".join(one.id for one in charter.services)
            fail(_("There is no service «{name}»; there are: {known}.", name=service, known=known))
        if as_json:
            plain = [rule.as_json() for rule in rules]
            typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))
        else:
            print_rules(rules, _)

    add_simulate_command(app, context, _, loaded=loaded, fail=fail)
    add_revision_commands(app, context, _, loaded=loaded, proved=proved, fail=fail)
    add_init(app, _)
    return app
