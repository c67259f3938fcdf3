"""The ``sobria`` command. Heavy libraries are imported by the commands that need them."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from typing import Annotated

import typer

from governance.messages import N_
from server.commands import overview as figures
from server.commands.accounts import users
from server.commands.answers import answers
from server.commands.evaluation import evaluation
from server.commands.keys import keys
from server.commands.quotas import quotas
from server.commands.reviews import contests, review
from server.commands.words import say

#: The commands of the other rooms: each is imported when it is called.
ROOMS = {
    "models": N_("Weights: list, pull, verify, add."),
    "sources": N_("Sources of the answers: read, list, status."),
    "charter": N_("The charter: check, test, show."),
    "audit": N_("Verify and export the audit log."),
}

app = typer.Typer(
    help=say(N_("Sobria: a sovereign, self-hosted AI assistant.")),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(users, name="members")
#: The older name of the same commands.
app.add_typer(users, name="users")
app.add_typer(keys, name="keys")
app.add_typer(quotas, name="quota")
app.add_typer(review, name="review")
app.add_typer(contests, name="contests")
app.add_typer(answers, name="answers")
app.add_typer(evaluation, name="eval")
settings_app = typer.Typer(help=say(N_("The settings.")), no_args_is_help=True)
app.add_typer(settings_app, name="settings")
app.command("overview", help=say(N_("What needs attention first, then the figures.")))(
    figures.overview
)
app.command("refusals", help=say(N_("What was refused, by cause, use and service.")))(
    figures.refusals
)
app.command("energy", help=say(N_("What requests took, by day and service.")))(figures.energy)
app.command("services", help=say(N_("The services of the charter, with their quotas.")))(
    figures.services
)


@app.command(help=say(N_("Serve the assistant until it is stopped.")))
def serve(
    set_up: Annotated[
        bool, typer.Option("--setup", help=say(N_("First set up whatever is missing.")))
    ] = False,
) -> None:
    """Serve."""
    if set_up:
        setup()
    from server.commands.serving import serve as run

    run()


@app.command(help=say(N_("Fetch the weights and sources, and make the first accounts.")))
def setup() -> None:
    """Set up."""
    from rich.console import Console

    from server.commands.opening import failing_clearly, settings

    chosen = settings()
    with failing_clearly():
        from server.setup import run_setup

        run_setup(chosen, Console())


@app.command(help=say(N_("Print the version.")))
def version() -> None:
    """Print the version."""
    typer.echo(importlib.metadata.version("sobria"))


@settings_app.command("check", help=say(N_("Check the settings and print them, secrets hidden.")))
def check_settings() -> None:
    """Check the settings."""
    from server.commands.opening import settings
    from server.settings import shown

    for name, value in shown(settings()):
        typer.echo(f"{name}={value}")


def _mount(name: str, help_id: str) -> None:
    """A command that hands its arguments to the room's own application."""

    @app.command(
        name,
        help=say(help_id),
        add_help_option=False,
        context_settings={
            "allow_extra_args": True,
            "ignore_unknown_options": True,
            "allow_interspersed_args": False,
        },
    )
    def room(ctx: typer.Context) -> None:
        from server.commands import rooms

        build: Callable[[], typer.Typer] = rooms.BUILDERS[name]
        build()(args=ctx.args, prog_name=f"sobria {name}")


for _name, _help in ROOMS.items():
    _mount(_name, _help)

if __name__ == "__main__":
    app()
