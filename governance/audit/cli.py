"""``sobria audit``: verify, export, and show the head and the key of the log."""

# Annotations are evaluated at once: typer reads them, and the help texts in them are translated by
# an argument of ``build_cli``, which their textual form could not find.
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn, Protocol

import typer
from sqlalchemy import Engine

from governance.audit.checking import Verification
from governance.audit.checkpoint import Checkpoint, Verifier
from governance.audit.errors import AuditError
from governance.audit.export import export
from governance.audit.live import verify_live
from governance.audit.log import AuditLog
from governance.audit.verify import ExportUnreadable, verify_export
from governance.messages import N_


class Translate(Protocol):
    """Gives a message in the operator's language, its fields filled."""

    def __call__(self, message_id: str, /, **params: str | int | float) -> str: ...


@dataclass(frozen=True, slots=True)
class AuditContext:
    """What the commands need. ``operator`` is the pseudonym of who runs them."""

    engine: Engine
    log: AuditLog
    operator: str


def build_cli(context: Callable[[], AuditContext], _: Translate) -> typer.Typer:
    """The ``audit`` commands. ``context`` is called only by those that need the database."""
    app = typer.Typer(help=_("Verify and export the audit log."), no_args_is_help=True)

    def fail(error: AuditError | ExportUnreadable) -> NoReturn:
        typer.echo(_(error.message_id, **error.params), err=True)
        raise typer.Exit(1)

    @app.command(help=_("Verify an export, or the log of this instance where none is given."))
    def verify(
        exported: Annotated[
            Path | None,
            typer.Argument(metavar="EXPORT", help=_("The export to verify (zip).")),
        ] = None,
        key: Annotated[
            str | None, typer.Option(help=_("The public key of the log, or a file that holds it."))
        ] = None,
        since: Annotated[
            Path | None,
            typer.Option(help=_("An older checkpoint of the log, which it must still hold.")),
        ] = None,
    ) -> None:
        try:
            vkey = None if key is None else _key_text(key)
            witness = None if since is None else _witness(since, vkey, context)
            if exported is not None:
                result = verify_export(exported, vkey, witness)
            else:
                live = context()
                result = verify_live(live.engine, vkey or live.log.vkey, witness)
        except (AuditError, ExportUnreadable) as error:
            fail(error)
        _show(result, _)
        if not result.ok:
            raise typer.Exit(1)

    @app.command("export", help=_("Export the log as a zip that anyone can verify."))
    def export_(
        out: Annotated[Path, typer.Argument(help=_("The file to write."))],
        reason: Annotated[str, typer.Option(help=_("Why the log is exported; it is logged too."))],
    ) -> None:
        try:
            current = context()
            draft = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
            try:
                descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    done = export(current.log, None, file, current.operator, reason)
                draft.replace(out)
            finally:
                draft.unlink(missing_ok=True)
        except OSError as error:
            fail(
                ExportUnreadable(
                    N_("The file cannot be written: {cause}."),
                    cause=error.strerror or type(error).__name__,
                )
            )
        except AuditError as error:
            fail(error)
        typer.echo(_("{count} records exported to {path}.", count=done.size, path=str(out)))

    @app.command(help=_("Print the public key of the log."))
    def key() -> None:
        typer.echo(context().log.vkey)

    @app.command(help=_("Print the signed head of the log: keep it elsewhere, as a witness."))
    def head() -> None:
        try:
            typer.echo(context().log.signed_head(), nl=False)
        except AuditError as error:
            fail(error)

    return app


def _key_text(key: str) -> str:
    """``key`` itself, or what the file of that name holds."""
    path = Path(key)
    try:
        return path.read_text(encoding="utf-8").strip() if path.is_file() else key
    except (OSError, UnicodeDecodeError):
        return key


def _witness(path: Path, vkey: str | None, context: Callable[[], AuditContext]) -> Checkpoint:
    verifier = Verifier.parse(vkey if vkey is not None else context().log.vkey)
    try:
        note = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or type(error).__name__
        raise ExportUnreadable(N_("The file cannot be read: {cause}."), cause=cause) from error
    return verifier.checkpoint(note)


def _show(result: Verification, _: Translate) -> None:
    typer.echo(_("Log: {origin}", origin=result.origin))
    typer.echo(_("Records: {size}, of which {shown} read", size=result.size, shown=result.shown))
    typer.echo(_("Root: {root}", root=result.root))
    if not result.key_given:
        typer.echo(
            _(
                "Warning: the key came with the export, which does not prove who signed it. "
                "Give the key that the operator handed to you with --key."
            )
        )
    for problem in result.problems:
        text = _(problem.message_id, **problem.params)
        if problem.index is not None:
            text = _("Record {number}: {problem}", number=problem.index, problem=text)
        typer.echo(text, err=True)
    if result.ok:
        typer.echo(_("The log verifies."))
    else:
        typer.echo(_("The log does NOT verify."), err=True)
