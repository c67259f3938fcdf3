"""``sobria charter publish``, ``restore``, ``diff``, ``show``, ``history`` and ``key``."""

# Annotations are evaluated at once: typer reads them, and the help texts in them are translated by
# an argument of ``add_revision_commands``, which their textual form could not find.
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from governance.audit.errors import AuditError
from governance.charter.charter import Charter
from governance.charter.cli_tables import Translate, print_custom, print_report, told
from governance.charter.diff import side_by_side, unified
from governance.charter.load import beside
from governance.charter.problems import CharterInvalid
from governance.charter.publishing import Author, Proof, Publisher
from governance.charter.revisions import CharterStoreError, NoCharter, Revision, canonical

if TYPE_CHECKING:
    from governance.charter.cli import CharterContext


def add_revision_commands(
    app: typer.Typer,
    context: "Callable[[], CharterContext]",
    _: Translate,
    *,
    loaded: Callable[[Path], Charter],
    proved: Callable[[Charter], Proof],
    fail: Callable[..., NoReturn],
) -> None:
    """Add the commands to ``app``; the functions are those that its other commands use."""
    reason_option = typer.Option("--reason", help=_("Why the charter changes; it is kept."))
    state = {
        "signed": _("signed"),
        "unsigned": _("unsigned"),
        "invalid": _("INVALID SIGNATURE"),
        "unchecked": "-",
    }

    def publisher() -> Publisher:
        held = context()
        return Publisher(held.store(), held.log())

    def author() -> Author:
        return Author(context().operator, context().operator)

    def put(change: Callable[[Publisher, str | None], Revision]) -> None:
        try:
            making = publisher()
            current = making.store.current()
            saved = change(making, current.revision if current else None)
        except CharterInvalid as error:
            fail(*(line for p in error.problems for line in told(error, p, _)))
        except (CharterStoreError, AuditError) as error:
            fail(_(error.message_id, **error.params))
        typer.echo(_("Revision {revision} is in force (No. {number}).",
                     revision=saved.short, number=saved.number))  # fmt: skip
        typer.echo(_("A server that runs takes it up within seconds."))

    @app.command(help=_("Put a file in force, after its tests; servers that run take it up."))
    def publish(
        file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The charter to publish."))],
        reason: Annotated[str, reason_option],
        nevertheless: Annotated[
            bool,
            typer.Option("--nevertheless", help=_("Publish though its tests fail; it is logged.")),
        ] = False,
    ) -> None:
        charter = loaded(file)
        problems = context().check(charter)
        if problems:
            fail(*(f"{p.file}:{p.line}:{p.column}: {p.field}: {_(p.message_id, **p.params)}"
                   for p in problems))  # fmt: skip
        proof = proved(charter)
        if not proof.passed:
            print_report(proof.uses, _)
            print_custom(proof.kinds, _)
        text = charter.bundle[charter.file]
        put(
            lambda making, parent: making.publish(
                text, author(), reason, parent,
                parents=beside(file), proof=proof, nevertheless=nevertheless,
            )
        )  # fmt: skip

    @app.command(help=_("Put an earlier revision in force again."))
    def restore(
        revision: Annotated[str, typer.Argument(help=_("A revision, or its start."))],
        reason: Annotated[str, reason_option],
    ) -> None:
        put(lambda making, parent: making.restore(revision, author(), reason, parent))

    def text_of(named: str | None) -> tuple[str, str]:
        """Name and text of a file, of a revision, or of the one in force."""
        if named is not None and Path(named).is_file():
            try:
                return named, canonical(Path(named).read_text(encoding="utf-8-sig"))
            except (OSError, UnicodeDecodeError):
                fail(_("The file cannot be read as a text in UTF-8."))
        try:
            store = context().store()
            found = store.get(named) if named else store.current()
            if found is None:
                raise NoCharter()
        except CharterStoreError as error:
            fail(_(error.message_id, **error.params))
        return found.short, found.text

    @app.command(help=_("Compare two revisions or files; the second is the one in force if left."))
    def diff(
        old: Annotated[str, typer.Argument(metavar="A", help=_("A revision or a file."))],
        new: Annotated[
            str | None, typer.Argument(metavar="B", help=_("A revision or a file."))
        ] = None,
        sides: Annotated[
            bool, typer.Option("--side-by-side", help=_("Both texts, facing one another."))
        ] = False,
    ) -> None:
        (old_name, old_text), (new_name, new_text) = text_of(old), text_of(new)
        if old_text == new_text:
            typer.echo(_("The two texts are the same."))
        elif not sides:
            typer.echo(unified(old_text, new_text, old_name, new_name), nl=False)
        else:
            signs = {"same": " ", "changed": "|", "removed": "<", "added": ">", "gap": "⋮"}
            table = Table(box=None)
            for title in ("", old_name, "", "", new_name):
                table.add_column(title, overflow="fold")
            for row in side_by_side(old_text, new_text):
                old_number = str(row.old_number or "")
                new_number = str(row.new_number or "")
                table.add_row(old_number, Text(row.old), signs[row.kind], new_number, Text(row.new))
            Console().print(table)

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
        titles = (
            _("No."), _("Revision"), _("Date"), _("Author"), _("Signature"), _("Reason"),
        )  # fmt: skip
        for title in titles:
            table.add_column(title)
        for one in context().store().list():
            table.add_row(
                str(one.number), one.short, one.time[:19] + "Z", Text(one.author),
                state[one.state], Text(one.reason),
            )  # fmt: skip
        Console().print(table)

    @app.command(help=_("Print the public key with which revisions are signed."))
    def key() -> None:
        typer.echo(context().store().vkey or "-")
