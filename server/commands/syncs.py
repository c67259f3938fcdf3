"""``sobria sources sync`` is written in the audit log, as the console's button is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from server.commands.opening import books, refusing_clearly


def log_syncs(app: typer.Typer) -> None:
    """Have the ``sync`` command of ``app`` log each source before it reads it."""
    for command in app.registered_commands:
        if command.name == "sync" and command.callback is not None:
            command.callback = _logged(command.callback)


def _logged(sync: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(sync)
    def logged(*, names: list[str] | None = None) -> Any:
        with refusing_clearly():
            from server.console.synchronising import record_sync
            from server.identity.actors import OPERATOR
            from server.knowledge import declared_sources

            opened = books()
            for source in declared_sources(opened.settings):
                # What is not declared is refused by the command itself.
                if source.id in names if names else source.usable:
                    record_sync(opened, OPERATOR, source.id)
            opened.database.dispose()
        return sync(names=names)

    return logged
