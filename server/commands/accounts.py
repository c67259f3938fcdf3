"""``sobria users`` and ``sobria keys``: accounts and API keys. Each change is in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from governance.messages import N_
from server.commands.opening import books
from server.commands.words import fail, say

if TYPE_CHECKING:
    from server.books import Books
    from server.identity.users import Locale, Role, User

users = typer.Typer(
    help=say(N_("Accounts: add, list, new password, close, open again.")), no_args_is_help=True
)
keys = typer.Typer(help=say(N_("API keys of the services.")), no_args_is_help=True)

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
    from server.identity.users import AccountError

    if role == "employee" and not service:
        fail(N_("An employee belongs to a service: give --service."))
    if locale not in {"fr", "en"}:
        fail(N_("The language is fr or en."))
    opened = books()
    try:
        user, password = opened.users.add(
            name,
            display_name=display_name,
            role=cast("Role", role),
            service=service,
            locale=cast("Locale", locale),
        )
    except AccountError as error:
        fail(error.message_id, **error.params)
    _record(opened, user, "created")
    typer.echo(say(N_("Account: {name} ({role})"), name=user.name, role=user.role))
    typer.echo(say(N_("Password, shown once: {password}"), password=password))


@users.command("list", help=say(N_("List the accounts.")))
def list_users() -> None:
    """List the accounts."""
    for user in books().users.all():
        state = say(N_("closed")) if user.disabled else ""
        typer.echo("\t".join((user.name, user.role, user.service, user.display_name, state)))


@users.command("password", help=say(N_("Give an account a new password, and end its sessions.")))
def password(name: Name) -> None:
    """Give a new password."""
    opened = books()
    user = _find(opened, name)
    chosen = opened.users.set_password(user.id)
    _record(opened, user, "password")
    typer.echo(say(N_("Password, shown once: {password}"), password=chosen))


@users.command("disable", help=say(N_("Close an account, and end its sessions.")))
def disable(name: Name) -> None:
    """Close an account."""
    opened = books()
    user = _find(opened, name)
    opened.users.set_disabled(user.id, disabled=True)
    _record(opened, user, "disabled")
    typer.echo(say(N_("The account {name} is closed."), name=user.name))


@users.command("enable", help=say(N_("Open a closed account again.")))
def enable(name: Name) -> None:
    """Open an account again."""
    opened = books()
    user = _find(opened, name)
    opened.users.set_disabled(user.id, disabled=False)
    _record(opened, user, "enabled")
    typer.echo(say(N_("The account {name} is open again."), name=user.name))


@keys.command("create", help=say(N_("Make a key for a service, and print it once.")))
def create_key(
    service: Annotated[str, typer.Argument(help=say(N_("A service of the charter.")))],
    label: Annotated[str, typer.Argument(help=say(N_("What the key is for.")))],
) -> None:
    """Make a key."""
    from governance.audit.leaf import AuditRecord
    from server.books import OPERATOR

    opened = books()
    key, secret = opened.api_keys.create(service, label, "")
    opened.audit.append(
        AuditRecord(
            "key", subject=OPERATOR, service=service, data={"action": "created", "key": key.id}
        )
    )
    typer.echo(say(N_("Key {id} of the service {service}"), id=key.id, service=service))
    typer.echo(say(N_("Secret, shown once: {secret}"), secret=secret))


@keys.command("list", help=say(N_("List the keys.")))
def list_keys() -> None:
    """List the keys."""
    for key in books().api_keys.all():
        state = say(N_("revoked")) if key.revoked_at is not None else ""
        typer.echo("\t".join((key.id, key.prefix + "…", key.service, key.label, state)))


@keys.command("revoke", help=say(N_("Close a key for good.")))
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help=say(N_("The key's identifier.")))],
) -> None:
    """Close a key."""
    from governance.audit.leaf import AuditRecord
    from server.books import OPERATOR

    opened = books()
    key = opened.api_keys.revoke(key_id)
    if key is None:
        fail(N_("There is no key in force with this identifier."))
    opened.audit.append(
        AuditRecord(
            "key", subject=OPERATOR, service=key.service, data={"action": "revoked", "key": key.id}
        )
    )
    typer.echo(say(N_("The key is revoked: it no longer opens anything.")))


def _find(opened: Books, name: str) -> User:
    from server.identity.users import AccountError

    try:
        return opened.users.find(name)
    except AccountError as error:
        fail(error.message_id, **error.params)


def _record(opened: Books, user: User, action: str) -> None:
    from server.accounts import record_account

    record_account(opened, user, action)
