"""Bring weights onto this machine, verify them, and find them again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from models import digest
from models.catalogue import (
    Catalogue,
    Entry,
    FileWay,
    HubWay,
    InstalledWay,
    PackagesWay,
    UrlWay,
    Way,
    load_catalogue,
)
from models.errors import N_, DigestMismatch, ModelMissing, PullError
from models.ways import http, local, packages
from models.ways.progress import Progress, Report, silent

_LICENCES = Path(__file__).with_name("licences")


def pull(
    entry: Entry, models_dir: Path, progress: Report = silent, *, hub: str | None = None
) -> Path:
    """Bring the weights of ``entry`` into ``models_dir`` and return where they are.

    Weights that are there already and verify are left alone. A pull that was killed goes on where
    it stopped. ``hub`` is the base address of a model hub; without it, no hub is ever asked.

    Raises:
        NotEnoughSpace: before anything is fetched.
        DigestMismatch: the bytes are not those promised; they have been removed.
        PullError: no way led to the weights; the message is that of the last way that was tried.
    """
    target = _target(entry, models_dir)
    if target is not None and target.exists():
        try:
            return verify(entry, models_dir, progress)
        except DigestMismatch:
            _remove(target)
    failure: PullError | None = None
    for way in entry.ways:
        if isinstance(way, HubWay) and hub is None:
            continue
        try:
            if isinstance(way, InstalledWay):
                return verify(entry, models_dir, progress)
            return _pull_by(entry, way, models_dir, progress, hub or "")
        except PullError as error:
            failure = error
        except OSError as error:
            failure = PullError(
                N_("“{name}” could not be written: {reason}"),
                name=entry.name,
                reason=error.strerror or type(error).__name__,
            )
    raise failure or PullError(
        N_("“{name}” can only come from a model hub, and none is configured."), name=entry.name
    )


def verify(
    entry: Entry, models_dir: Path, progress: Report = silent, *, again: bool = False
) -> Path:
    """Check the weights against the catalogue's sha256, and return where they are.

    A stamp (paths, sizes, dates, digest) spares reading files that have not changed since they
    were last verified; ``again`` reads them anyway.

    Raises:
        ModelMissing: the weights are not there.
        DigestMismatch: the bytes are not those promised; they are left where they are.
    """
    path, root = _whereabouts(entry, models_dir)
    files = digest.files_under(path)
    known = None if again else digest.stamped_digest(models_dir, entry.name, files)
    if known == entry.sha256:
        return path
    _check(entry, files, root, progress)
    digest.write_stamp(models_dir, entry.name, files, entry.sha256)
    return path


def locate(name: str, models_dir: Path, catalogue: Catalogue | None = None) -> Path:
    """Return where the verified weights of the model ``name`` are.

    Raises:
        UnknownModel, ModelMissing, DigestMismatch: as ``verify``.
    """
    return verify((catalogue or load_catalogue(models_dir))[name], models_dir)


def is_here(entry: Entry, models_dir: Path) -> bool:
    """Whether the weights are on this machine, verified or not."""
    try:
        _whereabouts(entry, models_dir)
    except ModelMissing:
        return False
    return True


def notice_path(target: Path) -> Path:
    """Where the licence notice of the weights at ``target`` is kept."""
    return target.with_name(f"{target.name}.LICENSE.txt")


def _target(entry: Entry, models_dir: Path) -> Path | None:
    return models_dir / entry.file if entry.file else None


def _whereabouts(entry: Entry, models_dir: Path) -> tuple[Path, Path]:
    """The weights, and the folder that the paths of their digest are relative to."""
    target = _target(entry, models_dir)
    if target is not None and target.exists():
        return target, target
    if entry.installed is not None:
        try:
            path = local.installed_path(entry, entry.installed)
        except PullError as error:
            raise ModelMissing(entry.name) from error
        # ``members`` is a path below site-packages, to which the digest's paths are relative
        depth = len(Path(entry.installed.members).parts)
        return path, path.parents[depth - 1]
    raise ModelMissing(entry.name)


def _pull_by(entry: Entry, way: Way, models_dir: Path, progress: Report, hub: str) -> Path:
    target = _target(entry, models_dir)
    if target is None:
        raise ModelMissing(entry.name)
    models_dir.mkdir(parents=True, exist_ok=True)
    # each way has its own drafts: one never goes on from another's bytes
    workdir = models_dir / ".partial" / entry.name / f"{entry.ways.index(way)}-{way.way}"
    workdir.mkdir(parents=True, exist_ok=True)
    draft = workdir / f"{target.name}.partial"
    licence = ""
    match way:
        case PackagesWay():
            licence = packages.fetch(entry, way, draft, workdir, progress)
        case UrlWay():
            http.fetch(entry, way.url, draft, progress, entry.size)
        case HubWay(files=(file,)):
            http.fetch(entry, http.hub_address(hub, way, file), draft, progress, entry.size)
        case HubWay():
            for file in way.files:
                part = draft / file
                part.parent.mkdir(parents=True, exist_ok=True)
                http.fetch(entry, http.hub_address(hub, way, file), part, progress, None)
        case FileWay():
            local.fetch(entry, way, draft, progress)
    files = digest.files_under(draft)
    try:
        _check(entry, files, draft, progress)
    except DigestMismatch:
        shutil.rmtree(workdir)
        raise
    notice_path(target).write_text(_notice(entry, way, licence), encoding="utf-8")
    os.replace(draft, target)
    digest.write_stamp(models_dir, entry.name, digest.files_under(target), entry.sha256)
    shutil.rmtree(workdir.parent)
    return target


def _check(entry: Entry, files: tuple[Path, ...], root: Path, progress: Report) -> None:
    total = sum(file.stat().st_size for file in files)
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(Progress(entry.name, "verify", done, total))

    base = root.parent if root.is_file() else root
    found = digest.sha256_of_all(files, base, advance)
    if found != entry.sha256:
        raise DigestMismatch(
            N_("“{name}”: the sha256 is {found}, where the catalogue says {expected}."),
            name=entry.name,
            found=found,
            expected=entry.sha256,
        )


def _notice(entry: Entry, way: Way, licence: str) -> str:
    match way:
        case PackagesWay():
            origin = f"PyPI, {way.requirements()[0]} ({way.count} package(s))"
        case UrlWay():
            origin = way.url
        case HubWay():
            origin = f"{way.repo}@{way.revision}"
        case FileWay():
            origin = "a file of this machine"
        case InstalledWay():
            origin = f"{way.distribution}=={way.version}"
    head = (
        f"{entry.title}\nFile: {entry.file}\nsha256: {entry.sha256}\n"
        f"Licence: {entry.licence.spdx} ({entry.licence.title})\n"
        f"Licence text and notices: {entry.licence.url}\nObtained from: {origin}\n"
    )
    shipped = _LICENCES / f"{entry.licence.spdx}.txt"
    if not licence and shipped.is_file():
        licence = shipped.read_text(encoding="utf-8")
    return f"{head}\n{'-' * 72}\n\n{licence}" if licence else head


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
