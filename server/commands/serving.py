"""``sobria serve``: one process, until it is told to stop."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import typer

from governance.messages import N_
from server.commands.opening import failing_clearly
from server.commands.opening import settings as open_settings
from server.commands.words import say

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

    from server.alone import alone, check_free
    from server.app import create_app
    from server.assembly import build_assembly

    with ExitStack() as held:
        with failing_clearly():
            held.enter_context(alone(chosen.data_dir))
            check_free(chosen.host, chosen.port)
            components = build_assembly(chosen)
        # The application starts and closes them: uvicorn dies of its signal once it has stopped.
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
