"""The organisation's own documents: PDF, DOCX, ODT, HTML, Markdown and text files in a folder."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from rag.connectors import extract
from rag.documents import Document, Item, Known, Problem, Section, Unchanged
from rag.errors import SourceUnavailable
from rag.sources import Source

SUFFIXES = frozenset({".pdf", ".docx", ".odt", ".html", ".htm", ".md", ".markdown", ".txt"})
BOUNDED = frozenset({".pdf", ".docx", ".odt"})
MAX_BYTES = 50 * 1024 * 1024
SECONDS = 90
# Part of each digest: files are read again when the way of reading them changes.
VERSION = "1"
_ROOT = Path(__file__).resolve().parents[2]


def read(source: Source, folder: Path, known: Known) -> Iterator[Item]:
    """Each file as a document, or as a problem; one that did not change is not read again.

    Hidden files and symbolic links are left out: a link could show what lies outside the folder.

    Raises:
        SourceUnavailable: the folder is gone, and held documents at the last sync. A folder that
            never held any may be absent.
    """
    if not folder.is_dir():
        if known:
            raise SourceUnavailable("{source}: the folder is absent", source=source.id)
        return
    for path in _files(folder):
        relative = path.relative_to(folder).as_posix()
        try:
            yield _read(source, path, relative, known)
        except (OSError, ValueError):
            yield Problem(relative, "this file cannot be read")


def _files(folder: Path) -> Iterator[Path]:
    for base, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            path = Path(base, name)
            wanted = path.suffix.lower() in SUFFIXES and not name.startswith((".", "~$"))
            if wanted and path.is_file() and not path.is_symlink():
                yield path


def _read(source: Source, path: Path, relative: str, known: Known) -> Item:
    stat = path.stat()
    if stat.st_size > MAX_BYTES:
        return Problem(
            relative,
            "this file is too large: {size} MB, and at most {limit} are read",
            (("size", stat.st_size // 1024**2), ("limit", MAX_BYTES // 1024**2)),
        )
    date = datetime.fromtimestamp(stat.st_mtime, UTC).date().isoformat()
    head = json.dumps([VERSION, source.url, source.licence, relative, date])
    digest = hashlib.sha256(head.encode() + path.read_bytes()).hexdigest()
    identity = f"{source.id}/{relative}"
    if len(identity) > 255:
        identity = f"{source.id}/{hashlib.sha256(relative.encode()).hexdigest()}"
    if known.holds(identity, digest):
        return Unchanged(identity)
    extracted = _extract(path)
    if isinstance(extracted, str):
        return Problem(relative, extracted)
    url = f"{source.url.rstrip('/')}/{quote(relative)}" if source.url else ""
    sections = tuple(
        Section(tuple(heading), text, "", _anchored(url, path, heading))
        for heading, text in extracted
        if text.strip()
    )
    if not sections:
        return Problem(relative, "this file holds no text; a scan must be recognised (OCR) first")
    title = path.stem.replace("_", " ").strip()
    return Document(identity, source.id, title, url, date, source.licence, sections, digest)


def _anchored(url: str, path: Path, heading: Sequence[str]) -> str:
    if url and path.suffix.lower() == ".pdf" and heading:
        return f"{url}#page={heading[0].removeprefix('page ')}"
    return url


def _extract(path: Path) -> list[tuple[Sequence[str], str]] | str:
    """The pieces of a file, or the message of a problem. Office files are read in a process apart.

    Their formats are intricate and their parsers large; text, Markdown and HTML are read here.
    """
    if path.suffix.lower() not in BOUNDED:
        problem, pieces = extract.attempt(path)
        return problem or list(pieces)
    search = os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "rag.connectors.extract", str(path)],
            capture_output=True,
            timeout=SECONDS,
            check=True,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": search},
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return "this file takes too long to read"
    except (subprocess.SubprocessError, ValueError):
        return "this file is damaged or not of its kind"
    return str(answer["problem"]) if answer["problem"] else answer["pieces"]
