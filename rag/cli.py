"""``sobria sources``: sync, list, status and changes."""

# Not «from __future__ import annotations»: typer would read them where «_» is not known.
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from rag import changes
from rag.cleanings import summary
from rag.connectors.npm import archive_name
from rag.consistency import open_fulltext
from rag.errors import RagError
from rag.freshness import Health, advice, health
from rag.personal_data import Cleaner
from rag.runs import Run, history, last_complete, last_syncs
from rag.sources import Source
from rag.store import Store
from rag.sync import Progress, SyncReport, sync

Translate = Callable[..., str]
_SHOWN_PROBLEMS = 10
_SHOWN_CHANGES = 40


@dataclass(frozen=True, slots=True)
class SourcesContext:
    """What the commands work on. The tables of ``rag.tables`` exist in ``engine``'s database.

    ``downloads`` keeps npm packages, ``fulltext`` is the folder of the full-text index;
    ``embedder_digest`` names whose vectors are counted; ``cleaner`` gives what treats personal data
    in sources that are not public; ``kinds`` are the messages that name its kinds for people.
    """

    engine: Engine
    sources: tuple[Source, ...]
    downloads: Path
    fulltext: Path
    embedder_digest: str = ""
    cleaner: Callable[[], Cleaner] | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)


def build_cli(context: Callable[[], SourcesContext], _: Translate) -> typer.Typer:
    """Make the sub-application. ``_(msgid, **params)`` translates and fills in.

    ``context`` is asked when a command runs.
    """
    app = typer.Typer(help=_("Sources: sync, list, status, changes."), no_args_is_help=True)
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

                        own = source.personal_data != "public"
                        report = sync(
                            source,
                            store,
                            fulltext,
                            here.downloads,
                            progress=show,
                            cleaner=here.cleaner() if own and here.cleaner else None,
                        )
                except RagError as error:
                    failed = error
                    text = _(error.message_id, **error.params)
                    Console(stderr=True).print(text, style="red", markup=False)
                    continue
                _tell(console, _, source, report)
                if source.personal_data != "public":
                    _tell_treatment(console, _, here, source)
            if failed is not None:
                raise typer.Exit(1)

    @app.command("list", help=_("Show the declared sources."))
    def list_sources() -> None:
        with failing():
            here = context()
        table = Table()
        for title in (
            _("Source"),
            _("Title"),
            _("Kind"),
            _("Licence"),
            _("Owner"),
            _("Personal data"),
            _("State"),
        ):
            table.add_column(title, overflow="fold")
        policies = {
            "refuse": _("refused if any"),
            "pseudonymise": _("replaced for good"),
            "public": _("declared public"),
        }
        for source in here.sources:
            table.add_row(
                source.id,
                source.title,
                source.kind,
                source.licence,
                source.owner,
                policies[source.personal_data],
                _("enabled") if source.usable else _("disabled"),
            )
        console.print(table)

    @app.command("status", help=_("Show what is indexed of each source, and when it was read."))
    def show_status() -> None:
        with failing():
            here = context()
        store = Store(here.engine)
        counts, syncs = store.counts(), last_syncs(here.engine)
        complete, now = last_complete(here.engine), time.time()
        states: dict[Health, str] = {
            "ready": _("up to date"),
            "stale": _("to be renewed"),
            "failed": _("unsuccessful"),
            "never": _("never fetched"),
            "syncing": _("being fetched"),
            "disabled": _("switched off"),
        }
        told: list[str] = []
        embedded = store.vector_counts(here.embedder_digest)
        table = Table()
        for title in (
            _("Source"),
            _("Health"),
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
            when = f"{_moment(last.started)}, {_ended(_, last.status)}" if last else _("never")
            whole = complete.get(source.id)
            state = health(source, last, whole, now, syncing=False)
            if state != "ready":
                found = advice(source, state, last, whole, now)
                told.append(f"{source.id}: {_(found.message_id, **found.params)}")
                if last is not None and last.failure is not None:
                    told.append("  " + _(last.failure.message_id, **last.failure.params))
            table.add_row(
                source.id,
                states[state],
                str(documents),
                str(passages),
                str(embedded.get(source.id, 0)),
                when,
                str(len(last.problems)) if last else "0",
            )
        console.print(table)
        for line in told:
            console.print(line, markup=False)

    @app.command("changes", help=_("Show what the last syncs of a source changed."))
    def show_changes(
        name: Annotated[str, typer.Argument(help=_("The source."))],
        syncs: Annotated[int, typer.Option(min=1, max=100, help=_("How many syncs."))] = 5,
    ) -> None:
        with failing():
            here = context()
            (source,) = _chosen(here.sources, [name])
        runs = history(here.engine, source.id, syncs, changing=True)
        if not runs:
            console.print(_("{source}: no sync has changed anything.", source=source.title))
        for run in runs:
            _tell_run(console, _, here, source, run)

    return app


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def _ended(_: Translate, status: str) -> str:
    return {"complete": _("complete"), "failed": _("failed"), "running": _("not finished")}[status]


def _tell_run(
    console: Console, _: Translate, here: SourcesContext, source: Source, run: Run
) -> None:
    console.print(
        _(
            "{when}, {status}: {added} added, {changed} amended, {removed} withdrawn",
            when=_moment(run.started),
            status=_ended(_, run.status),
            added=run.added,
            changed=run.changed,
            removed=run.removed,
        ),
        markup=False,
    )
    if run.first:
        console.print(_("  first reading: its documents are counted, not listed"))
        return
    kinds = {"changed": _("amended"), "added": _("added"), "removed": _("withdrawn")}
    found = changes.listed(here.engine, source.id, run.id)
    for each in found[:_SHOWN_CHANGES]:
        line = f"  {kinds[each.kind]}: {each.title}"
        if each.kind == "added":
            line += f" ({each.date_after})" if each.date_after else ""
        else:
            line += " " + _("(former text until {day})", day=each.valid_until)
        console.print(f"{line} {each.url}".rstrip(), markup=False, soft_wrap=True)
    more = run.added + run.changed + run.removed - min(len(found), _SHOWN_CHANGES)
    if more:
        console.print(_("  and {more} more documents", more=more))


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


def _tell_treatment(console: Console, _: Translate, here: SourcesContext, source: Source) -> None:
    """What was done with personal data: how many, of which kind, in which file; never a value."""
    done = summary(here.engine, source.id)
    title = here.cleaner().title if here.cleaner else str

    def counted(counts: Mapping[str, int]) -> str:
        named = {
            kind: _(here.kinds[kind]) if kind in here.kinds else title(kind) for kind in counts
        }
        return ", ".join(_("{kind} × {n}", kind=named[kind], n=n) for kind, n in counts.items())

    console.print(
        _(
            "  personal data: {replaced} values replaced for good, {refused} documents refused, "
            "{failed} not looked into and left out",
            replaced=sum(done.replaced.values()),
            refused=done.refused,
            failed=done.failed,
        ),
        markup=False,
    )
    withheld = [each for each in done.documents if each.outcome != "cleaned"]
    for each in withheld[:_SHOWN_PROBLEMS]:
        why = counted(each.counts) or _("the search for personal data failed")
        console.print(f"  {each.name} ({each.date}): {why}", style="yellow", markup=False)
    if len(withheld) > _SHOWN_PROBLEMS:
        more = len(withheld) - _SHOWN_PROBLEMS
        console.print(_("  and {more} more documents", more=more), style="yellow")
