"""``sobria serve``: one process, until it is told to stop."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from governance.messages import N_
from server.commands.opening import UNOPENED
from server.commands.opening import settings as open_settings
from server.commands.words import fail, say

if TYPE_CHECKING:
    from fastapi import FastAPI

    from server.exchanges import Exchanges
    from server.settings import Settings

#: Seconds that answers under way have to end when the server stops, before they are cancelled.
GRACE = 15
#: Seconds that connections have after that.
CLOSING = 5


def serve() -> None:
    """Build the components, serve them, and close them at the end."""
    chosen = open_settings()

    from server.observability import configure_logging

    configure_logging(chosen)

    from sqlalchemy.exc import SQLAlchemyError

    from governance.charter.problems import CharterInvalid
    from governance.charter.revisions import CharterStoreError
    from governance.keys import KeysRefused
    from models.errors import ModelsError
    from rag.errors import RagError
    from server.app import create_app
    from server.assembly import NotWired, build_assembly

    try:
        components = build_assembly(chosen)
    except CharterInvalid as error:
        for problem in error.problems:
            text = say(problem.message_id, **problem.params)
            typer.echo(f"{problem.file}:{problem.line}: {problem.field}: {text}", err=True)
        raise typer.Exit(1) from None
    except (CharterStoreError, KeysRefused, ModelsError, NotWired, RagError) as error:
        fail(error.message_id, **error.params)
    except (SQLAlchemyError, OSError) as error:
        fail(UNOPENED, cause=type(error).__name__)
    # The application starts and closes them: uvicorn dies of its signal as soon as it has stopped.
    run(create_app(components), chosen)


def run(app: FastAPI, chosen: Settings) -> None:
    """Serve ``app`` until SIGINT or SIGTERM."""
    import uvicorn

    exchanges: Exchanges = app.state.exchanges

    class Announcing(uvicorn.Server):
        """Says the address once it answers, not before."""

        async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
            await super().startup(sockets)  # type: ignore[arg-type]
            if self.started:
                message = say(N_("Sobria answers at {address}"), address=chosen.public_url)
                typer.echo(message)
                sys.stdout.flush()

        async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
            # Before connections are closed: their streams then end by themselves, and say so.
            await exchanges.wind_down(GRACE)
            await super().shutdown(sockets)  # type: ignore[arg-type]

    config = uvicorn.Config(
        app,
        host=chosen.host,
        port=chosen.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=chosen.trusted_proxies,
        timeout_graceful_shutdown=CLOSING,
    )
    Announcing(config).run()
