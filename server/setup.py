"""``sobria setup``: whatever a first start needs and is not there yet, with its progress shown.

Each step looks at what is there, so that a set-up that was interrupted goes on, and a second one
takes a moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from governance.audit.leaf import AuditRecord
from governance.charter.revisions import CharterInForce
from governance.messages import N_
from models.catalogue import load_catalogue
from models.pull import is_here, pull, verify
from models.reranker import check
from models.ways.progress import Progress as Pulled
from rag.errors import RagError
from rag.runs import last_syncs
from rag.sync import Progress as Read
from rag.sync import is_current
from server.accounts import record_account
from server.books import OPERATOR, Books, open_books
from server.cleaning import own_cleaner
from server.commands.words import say
from server.identity.users import Role
from server.judges import Judges, charter_store, uses_cache
from server.knowledge import (
    Knowledge,
    configured_embedder,
    declared_sources,
    models_dir,
    reranker_folder,
)
from server.settings import Settings

EXAMPLE_CHARTER = Path(__file__).parents[1] / "governance" / "charter" / "examples" / "commune.yaml"

Show = Callable[[str, float, float | None], None]

FIRST_ACCOUNTS: tuple[tuple[str, str, Role], ...] = (
    ("employe", N_("First employee"), "employee"),
    ("admin", N_("Administrator"), "admin"),
    ("dpo", N_("Data protection officer"), "dpo"),
)


def run_setup(settings: Settings, console: Console) -> None:
    """Bring this instance to where it can serve.

    Raises:
        ModelsError: the weights cannot be had.
        KeysRefused, SQLAlchemyError, CharterInvalid: as the parts do.
    """
    started = time.monotonic()
    books = open_books(settings)
    service = _charter(settings, books, console)
    _weights(settings, console)
    _sources(settings, books, console)
    if not books.users.all():
        _examples(settings, books, console)
        _accounts(settings, books, service, console)
    books.database.dispose()
    console.print(
        say(N_("Set up in {seconds} seconds."), seconds=round(time.monotonic() - started, 1))
    )


def _charter(settings: Settings, books: Books, console: Console) -> str:
    """The first charter, if there is none; returns the service of the first employee."""
    store = charter_store(books)
    current = store.current()
    if current is None:
        path = settings.charter_file or EXAMPLE_CHARTER
        text = path.read_text(encoding="utf-8")
        current = store.save(
            text, author=OPERATOR, reason=say(N_("First charter")), expected_parent=None
        )
        books.audit.append(
            AuditRecord(
                type="charter",
                subject=OPERATOR,
                charter_revision=current.revision,
                data={"action": "published"},
            )
        )
        console.print(
            say(
                N_("Charter: {file}, revision {revision}."),
                file=path.name,
                revision=current.revision[:12],
            )
        )
    return current.load().services[0].id


@contextmanager
def _bar(console: Console, title: str) -> Iterator[Callable[[str, float, float | None], None]]:
    """A line of progress: what is shown, how much is done, and of how much where that is known."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[shown]}"),
        TimeElapsedColumn(),
        console=console,
    ) as bars:
        task = bars.add_task(title, shown="", total=None)

        def show(shown: str, done: float, total: float | None) -> None:
            bars.update(task, shown=shown, completed=done, total=total)

        yield show


def _weights(settings: Settings, console: Console) -> None:
    """The models that the settings name: fetched, verified, with their licences beside them."""
    folder = models_dir(settings)
    catalogue = load_catalogue(folder)
    reranker = reranker_folder(settings)
    if reranker is not None:
        check(reranker)
        console.print(say(N_("Reranker: {name}."), name=reranker.name))
    names = [settings.embedder] if settings.model_url else [settings.model, settings.embedder]
    for name in names:
        entry = catalogue[name]
        if is_here(entry, folder):
            verify(entry, folder)
            continue
        with _bar(console, say(N_("Model {name}"), name=name)) as show:

            def report(pulled: Pulled, show: Show = show) -> None:
                total = "?" if pulled.total is None else f"{pulled.total / 1e6:.0f}"
                done = f"{pulled.done / 1e6:.0f}"
                shown = say(N_("{done} of {total} MB"), done=done, total=total)
                show(shown, pulled.done, pulled.total)

            pull(entry, folder, report)


def _sources(settings: Settings, books: Books, console: Console) -> None:
    """The sources, read into the database and the full-text index; vectors come while serving."""
    syncs = last_syncs(books.database)
    read_once = {name for name, last in syncs.items() if last.status == "complete"}
    cleaner = own_cleaner(books)
    pending = [
        source
        for source in declared_sources(settings)
        # A folder of documents is read again at each start: it is what people change.
        if source.usable
        and (
            source.kind == "folder"
            or source.id not in read_once
            or not is_current(
                source,
                syncs[source.id],
                None if source.personal_data == "public" else cleaner(),
            )
        )
    ]
    if not pending:
        return
    knowledge = Knowledge(settings, books.database, configured_embedder(settings), cleaner)
    for source in pending:
        with _bar(console, say(N_("Source {title}"), title=source.title)) as show:

            def report(read: Read, show: Show = show) -> None:
                shown = say(
                    N_("{documents} documents, {passages} passages"),
                    documents=read.documents,
                    passages=read.passages,
                )
                show(shown, 0, None)

            try:
                knowledge.sync_now(source.id, report)
            except RagError as failure:
                # The others can still answer; the sources' page says what is wrong with this one.
                console.print(say(failure.message_id, **failure.params), style="yellow")


def _examples(settings: Settings, books: Books, console: Console) -> None:
    """The vectors of the charter's examples, which take a while the first time and are kept."""
    charter = CharterInForce(charter_store(books))
    with _bar(console, say(N_("Examples of the charter"))):
        Judges(charter, configured_embedder(settings), uses_cache(settings)).warm()


def _accounts(settings: Settings, books: Books, service: str, console: Console) -> None:
    """The first three accounts; their passwords are shown this once."""
    console.print(say(N_("First accounts. Note these passwords: they are not shown again.")))
    for name, title, role in FIRST_ACCOUNTS:
        user, password = books.users.add(
            name,
            display_name=say(title),
            role=role,
            # Only an employee asks, hence belongs to a service and to its quota.
            service=service if role == "employee" else "",
            locale=settings.locale,
        )
        record_account(books, user, "created")
        console.print(f"  {name:<8} {password}", highlight=False)
