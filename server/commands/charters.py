"""``sobria charter publish`` and ``restore``: what the console's charter page does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from governance.messages import N_
from server.commands.opening import books, failing_clearly
from server.commands.words import say

if TYPE_CHECKING:
    from governance.charter.revisions import Revision

Reason = Annotated[str, typer.Option(help=say(N_("Why the charter changes.")))]


def publish(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=say(N_("The charter.")))],
    reason: Reason,
) -> None:
    """Put a file in force. A server that runs takes it up when it starts."""
    with failing_clearly():
        from governance.charter.load import load_text, shipped
        from server.console import charters
        from server.identity.actors import OPERATOR
        from server.judges import charter_store
        from server.knowledge import declared_sources

        opened = books()
        store = charter_store(opened.database)
        current = store.current()
        text = file.read_text(encoding="utf-8")
        saved = charters.publish(
            opened,
            store,
            OPERATOR,
            load_text(text, file.name, parents=shipped),
            text=text,
            reason=reason,
            parent=current.revision if current is not None else None,
            sources=tuple(source.id for source in declared_sources(opened.settings)),
        )
    _tell(saved)


def restore(
    revision: Annotated[str, typer.Argument(help=say(N_("A revision, or its start.")))],
    reason: Reason,
) -> None:
    """Put an earlier revision in force again."""
    with failing_clearly():
        from server.console import charters
        from server.identity.actors import OPERATOR
        from server.judges import charter_store
        from server.knowledge import declared_sources

        opened = books()
        store = charter_store(opened.database)
        current = store.current()
        saved = charters.restore(
            opened,
            store,
            OPERATOR,
            revision=revision,
            reason=reason,
            parent=current.revision if current is not None else None,
            sources=tuple(source.id for source in declared_sources(opened.settings)),
        )
    _tell(saved)


def _tell(saved: Revision) -> None:
    typer.echo(
        say(
            N_("Revision {revision} is number {number}: restart the server to put it in force."),
            revision=saved.short,
            number=saved.number,
        )
    )


def add_to(app: typer.Typer) -> None:
    """Add both commands to those of ``sobria charter``, unless it has them."""
    known = {
        command.name or getattr(command.callback, "__name__", "")
        for command in app.registered_commands
    }
    for name, command, words in (
        ("publish", publish, N_("Put a file in force, with the reason why.")),
        ("restore", restore, N_("Put an earlier revision in force again.")),
    ):
        if name not in known:
            app.command(name, help=say(words))(command)
