"""Opens the settings and the books for a command, or ends it with a clear message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from governance.messages import N_
from server.commands.words import fail, say

if TYPE_CHECKING:
    from governance.charter.charter import Charter
    from server.books import Books
    from server.settings import Settings


NO_CHARTER = N_("No charter is in force: run «sobria setup» first.")
UNOPENED = N_("The database or the data folder cannot be opened ({cause}).")


def settings() -> Settings:
    """The settings; each problem is said on standard error."""
    from server.settings import ConfigurationError, load_settings, say_problem

    try:
        return load_settings()
    except ConfigurationError as error:
        for problem in error.problems:
            typer.echo(say_problem(problem, say), err=True)
        raise typer.Exit(2) from None


def books() -> Books:
    """The database, keys and log of this instance."""
    from sqlalchemy.exc import SQLAlchemyError

    from governance.keys import KeysRefused
    from server.books import open_books

    chosen = settings()
    try:
        return open_books(chosen)
    except KeysRefused as error:
        fail(error.message_id, **error.params)
    except (SQLAlchemyError, OSError) as error:
        # The text of a database's error may hold its address, with the password.
        fail(UNOPENED, cause=type(error).__name__)


def charter_of(opened: Books) -> Charter | None:
    """The charter in force, None before the first."""
    from server.judges import charter_store

    with failing_clearly():
        current = charter_store(opened).current()
        return current.load() if current is not None else None


@contextmanager
def refusing_clearly() -> Iterator[None]:
    """Ends the command with what was wrong in what it was asked."""
    from governance.audit.errors import AuditError
    from server.console.refused import ChangeRefused

    try:
        yield
    except (ChangeRefused, AuditError) as error:
        fail(error.message_id, **error.params)


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Ends the command with a message in the user's language where a component cannot be opened."""
    from sqlalchemy.exc import SQLAlchemyError

    from governance.audit.errors import AuditError
    from governance.charter.problems import CharterInvalid
    from governance.charter.revisions import CharterStoreError, NoCharter
    from governance.keys import KeysRefused
    from models.errors import ModelsError
    from rag.errors import RagError
    from server.errors import NotStarted

    try:
        yield
    except CharterInvalid as error:
        for problem in error.problems:
            text = say(problem.message_id, **problem.params)
            typer.echo(f"{problem.file}:{problem.line}: {problem.field}: {text}", err=True)
        raise typer.Exit(1) from None
    except NoCharter:
        fail(NO_CHARTER)
    except (AuditError, CharterStoreError, KeysRefused, ModelsError, NotStarted, RagError) as error:
        fail(error.message_id, **error.params)
    except (SQLAlchemyError, OSError) as error:
        # The text of a database's error may hold its address, with the password.
        fail(UNOPENED, cause=type(error).__name__)
