"""Takes up the revisions of the charter that are put in force elsewhere, while the server runs.

The command line, or another replica on the same database, may publish one: each server asks the
database every other second whether the head has moved.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from governance.charter.problems import CharterInvalid
from governance.charter.revisions import CharterInForce, CharterStoreError

_log = structlog.get_logger("sobria.charter")

POLL_SECONDS = 2.0


def follow_charter(
    charter: CharterInForce,
    warm: Callable[[], None],
    closing: threading.Event,
    every: float = POLL_SECONDS,
) -> threading.Thread:
    """Start a thread that follows the head until ``closing``; ``warm`` makes the new judge."""

    if charter.signature == "unsigned":
        # It was in force before revisions were signed; the next one that is published will be.
        _log.warning("charter_unsigned", revision=charter.get()[0][:12])

    def run() -> None:
        while not closing.wait(every):
            look(charter, warm)

    thread = threading.Thread(target=run, name="charter", daemon=True)
    thread.start()
    return thread


def look(charter: CharterInForce, warm: Callable[[], None]) -> bool:
    """Take up what is new, if anything; whether it was. What cannot be put in force is logged."""
    from server.assembly import NotWired

    try:
        changed = charter.follow()
    except (CharterInvalid, CharterStoreError, NotWired) as error:
        # Said once: what was refused is not tried again. The charter's page says it too.
        _log.error("charter_refused", error=type(error).__name__)
        return False
    except SQLAlchemyError as error:
        _log.error("charter_unread", error=type(error).__name__)
        return False
    if changed:
        revision, _ = charter.get()
        _log.info("charter_in_force", revision=revision[:12])
        warm()
    return changed
