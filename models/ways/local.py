"""Weights that are already on this machine: a file or folder, or an installed package."""

from __future__ import annotations

import os
import shutil
from importlib import metadata
from pathlib import Path

from models.catalogue import Entry, FileWay, InstalledWay
from models.digest import files_under
from models.errors import N_, PullError
from models.ways.progress import Progress, Report
from models.ways.space import require_space


def fetch(entry: Entry, way: FileWay, draft: Path, report: Report) -> None:
    """Bring the file or folder of ``way`` to ``draft``: by hard link where that can be, else copy.

    Raises:
        PullError: when it is not there or cannot be read.
        NotEnoughSpace: before anything is copied.
    """
    source = way.path.expanduser()
    if not source.exists():
        raise PullError(N_("There is no file at {path}."), path=str(source))
    if draft.is_dir():
        shutil.rmtree(draft)
    draft.unlink(missing_ok=True)
    size = sum(file.stat().st_size for file in files_under(source))
    try:
        if source.is_dir():
            require_space(entry.name, draft.parent, size)
            shutil.copytree(source, draft)
        elif not _linked(source, draft):
            require_space(entry.name, draft.parent, size)
            shutil.copyfile(source, draft)
    except OSError as error:
        raise PullError(
            N_("{path} could not be copied: {reason}"),
            path=str(source),
            reason=error.strerror or type(error).__name__,
        ) from error
    report(Progress(entry.name, "fetch", size, size))


def _linked(source: Path, draft: Path) -> bool:
    try:
        os.link(source.resolve(), draft)
    except OSError:  # another disk, or a file system without hard links
        return False
    return True


def installed_path(entry: Entry, way: InstalledWay) -> Path:
    """Where the installed distribution keeps the weights: a file or a folder.

    Raises:
        PullError: when the distribution is not installed, or in another version.
    """
    found = _version(way.distribution)
    if found is None:
        raise PullError(
            N_(
                "“{name}” needs the package {package}, which is not installed: "
                "run “pip install {package}=={version}”."
            ),
            name=entry.name,
            package=way.distribution,
            version=way.version,
        )
    if found != way.version:
        raise PullError(
            N_(
                "“{name}” needs the package {package} {version}, and {found} is installed: "
                "run “pip install {package}=={version}”."
            ),
            name=entry.name,
            package=way.distribution,
            version=way.version,
            found=found,
        )
    path = Path(str(metadata.distribution(way.distribution).locate_file(way.members)))
    if not path.exists():
        raise PullError(
            N_("Package {package} holds no file that matches “{pattern}”."),
            package=f"{way.distribution}=={way.version}",
            pattern=way.members,
        )
    return path


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
