"""``sobria members`` (also ``users``): the accounts. Each change is in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from governance.messages import N_
from server.commands.opening import books, charter_of, refusing_clearly
from server.commands.words import say

if TYPE_CHECKING:
    from server.books import Books
    from server.identity.users import User

users = typer.Typer(
    help=say(N_("Accounts: add, list, move, new password, close, open again.")),
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(help=say(N_("The account's name.")))]


@users.command("add", help=say(N_("Make an account, and print its password once.")))
def add_user(
    name: Name,
    role: Annotated[str, typer.Option(help=say(N_("employee, admin or dpo")))] = "employee",
    service: Annotated[str, typer.Option(help=say(N_("A service of the charter.")))] = "",
    display_name: Annotated[str, typer.Option(help=say(N_("The name that pages show.")))] = "",
    locale: Annotated[str, typer.Option(help=say(N_("fr or en")))] = "fr",
) -> None:
    """Make an account."""
    with refusing_clearly():
        from server.console import members
        from server.identity.actors import OPERATOR

        opened = books()
        new = members.NewMember(name, display_name, role, service, locale)
        user, password = members.add(opened, charter_of(opened), OPERATOR, new)
    typer.echo(say(N_("Account: {name} ({role})"), name=user.name, role=user.role))
    typer.echo(say(N_("Password, shown once: {password}"), password=password))


@users.command("list", help=say(N_("List the accounts.")))
def list_users(
    service: Annotated[str, typer.Option(help=say(N_("Those of one service.")))] = "",
) -> None:
    """List the accounts."""
    for user in books().users.all():
        if service in ("", user.service):
            _print(user)


@users.command("show", help=say(N_("Show one account.")))
def show_user(name: Name) -> None:
    """Show an account."""
    with refusing_clearly():
        _print(_find(books(), name))


@users.command("change", help=say(N_("Move an account to another service, or rename it.")))
def change(
    name: Name,
    service: Annotated[str | None, typer.Option(help=say(N_("A service of the charter.")))] = None,
    display_name: Annotated[
        str | None, typer.Option(help=say(N_("The name that pages show.")))
    ] = None,
) -> None:
    """Move or rename."""
    with refusing_clearly():
        from server.console import members
        from server.identity.actors import OPERATOR

        opened = books()
        changed = members.change(
            opened,
            charter_of(opened),
            OPERATOR,
            _find(opened, name),
            service=service,
            display_name=display_name,
        )
    _print(changed)


@users.command("password", help=say(N_("Give an account a new password, and end its sessions.")))
def password(name: Name) -> None:
    """Give a new password."""
    with refusing_clearly():
        from server.console import members
        from server.identity.actors import OPERATOR

        opened = books()
        chosen = members.new_password(opened, OPERATOR, _find(opened, name))
    typer.echo(say(N_("Password, shown once: {password}"), password=chosen))


@users.command(
    "invite", help=say(N_("Print a link, once, by which the person chooses a password."))
)
def invite(name: Name) -> None:
    """Make a link."""
    with refusing_clearly():
        from server.console import members
        from server.identity.actors import OPERATOR

        opened = books()
        token = members.invite(opened, OPERATOR, _find(opened, name))
    typer.echo(
        say(
            N_("Link, shown once, opens once within seven days: {link}"),
            link=members.link(opened.settings, token),
        )
    )


@users.command("disable", help=say(N_("Close an account, and end its sessions.")))
def disable(name: Name) -> None:
    """Close an account."""
    _set_disabled(name, True)
    typer.echo(say(N_("The account {name} is closed."), name=name))


@users.command("enable", help=say(N_("Open a closed account again.")))
def enable(name: Name) -> None:
    """Open an account again."""
    _set_disabled(name, False)
    typer.echo(say(N_("The account {name} is open again."), name=name))


def _set_disabled(name: str, disabled: bool) -> None:
    with refusing_clearly():
        from server.console import members
        from server.identity.actors import OPERATOR

        opened = books()
        members.set_disabled(opened, OPERATOR, _find(opened, name), disabled)


def _print(user: User) -> None:
    state = say(N_("closed")) if user.disabled else ""
    typer.echo(
        "\t".join((user.name, user.role, user.service, user.display_name, state, user.last_sign_in))
    )


def _find(opened: Books, name: str) -> User:
    from server.console import members

    return members.find(opened, name)
