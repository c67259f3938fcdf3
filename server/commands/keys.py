"""``sobria keys``: the API keys. Each change is in the audit log."""

from __future__ import annotations

from typing import Annotated

import typer

from governance.messages import N_
from server.commands.opening import books, charter_of, refusing_clearly
from server.commands.words import fail, say

keys = typer.Typer(help=say(N_("API keys of the services.")), no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(metavar="KEY", help=say(N_("The key's identifier.")))]


@keys.command("create", help=say(N_("Make a key for a service, and print it once.")))
def create_key(
    service: Annotated[
        str,
        typer.Argument(help=say(N_("A service of the charter; - for the administration alone."))),
    ],
    label: Annotated[str, typer.Argument(help=say(N_("What the key is for.")))],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help=say(N_("chat, embeddings, presidio, admin-read, admin; may be repeated."))
        ),
    ] = None,
    expires: Annotated[
        str, typer.Option(help=say(N_("The last day on which it opens, as 2026-11-23.")))
    ] = "",
) -> None:
    """Make a key."""
    with refusing_clearly():
        from server.console import keys as changes
        from server.console.days import end_of_day
        from server.identity.actors import OPERATOR
        from server.identity.scopes import ORDINARY

        opened = books()
        key, secret = changes.create(
            opened,
            charter_of(opened),
            OPERATOR,
            label=label,
            service="" if service == "-" else service,
            scopes=scope or ORDINARY,
            expires_at=end_of_day(expires, opened.settings.timezone),
        )
    typer.echo(say(N_("Key {id} of the service {service}"), id=key.id, service=service))
    typer.echo(say(N_("Secret, shown once: {secret}"), secret=secret))


@keys.command("list", help=say(N_("List the keys: scopes, last use, end.")))
def list_keys() -> None:
    """List the keys."""
    from governance.clock import utc_now

    now = utc_now()
    for key in books().api_keys.all():
        state = ""
        if key.revoked_at is not None:
            state = say(N_("revoked"))
        elif not key.in_force(now):
            state = say(N_("expired"))
        used = f"{key.last_used_at:%Y-%m-%d}" if key.last_used_at else say(N_("never"))
        ends = f"{key.expires_at:%Y-%m-%dT%H:%MZ}" if key.expires_at else ""
        columns = (key.id, key.prefix + "…", key.service, key.label, state)
        typer.echo("\t".join((*columns, ",".join(key.scopes), used, ends)))


@keys.command("rotate", help=say(N_("Give a key a new secret, and print it once.")))
def rotate_key(
    key_id: KeyId,
    grace_hours: Annotated[
        float, typer.Option(help=say(N_("Hours for which the old secret goes on opening.")))
    ] = 24,
) -> None:
    """Renew a secret."""
    from datetime import timedelta

    if not -1e6 < grace_hours < 1e6:
        fail(N_("The old secret may go on opening for 0 to {limit} hours."), limit=720)
    with refusing_clearly():
        from server.console import keys as changes
        from server.identity.actors import OPERATOR

        key, secret = changes.rotate(books(), OPERATOR, key_id, timedelta(hours=grace_hours))
    if key.previous_until is not None:
        until = f"{key.previous_until:%Y-%m-%d %H:%MZ}"
        typer.echo(say(N_("The old secret opens until {when}."), when=until))
    typer.echo(say(N_("Secret, shown once: {secret}"), secret=secret))


@keys.command("revoke", help=say(N_("Close a key for good.")))
def revoke_key(key_id: KeyId) -> None:
    """Close a key."""
    with refusing_clearly():
        from server.console import keys as changes
        from server.identity.actors import OPERATOR

        changes.revoke(books(), OPERATOR, key_id)
    typer.echo(say(N_("The key is revoked: it no longer opens anything.")))
