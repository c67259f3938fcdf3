"""The language of the command line, and how a command ends when something is wrong."""

from __future__ import annotations

import os
from typing import Any, NoReturn

import typer


def say(message_id: str, /, **params: Any) -> str:
    """A text in the operator's language: SOBRIA_LOCALE, else the terminal's, else French."""
    from web.i18n import negotiate, translate

    chosen = os.environ.get("SOBRIA_LOCALE", "").lower()
    terminal = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return translate(negotiate(terminal.partition("_")[0], chosen), message_id, **params)


def fail(message_id: str, /, **params: Any) -> NoReturn:
    """Say what is wrong on standard error, and end with status 1."""
    typer.echo(say(message_id, **params), err=True)
    raise typer.Exit(1)
