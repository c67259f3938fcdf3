"""``sobria answers``: the answers that are kept to be given again."""

from __future__ import annotations

from typing import Annotated

import typer

from governance.messages import N_
from server.commands.opening import books, failing_clearly
from server.commands.words import say

answers = typer.Typer(
    help=say(N_("Answers that are kept to be given again.")), no_args_is_help=True
)


@answers.callback()
def _one_command() -> None:
    """Keeps ``clear`` a command of its own, though it is alone."""


@answers.command("clear", help=say(N_("Delete them: each question is then answered anew.")))
def clear(
    service: Annotated[
        str | None, typer.Option(help=say(N_("Those of this service only.")))
    ] = None,
) -> None:
    """Delete the answers that are kept."""
    with failing_clearly():
        count = books().kept_answers.clear(service)
    typer.echo(say(N_("Answers deleted: {count}."), count=count))
