"""The organisation's own documents: the files of a folder, of the kinds that ``extract`` reads.

What is not read is told file by file, and within a file part by part.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from rag.connectors import extract
from rag.connectors.files import ocr
from rag.connectors.files.content import Piece, Unread
from rag.documents import Document, Item, Known, Problem, Section, Unchanged
from rag.errors import SourceUnavailable
from rag.sources import Source

SUFFIXES = frozenset(extract.READERS) | frozenset(extract.REFUSED)
MAX_BYTES = 50 * 1024 * 1024
SECONDS = 90
MAX_KINDS = 20
TOO_SLOW = "this file takes too long to read"
# Part of each digest: files are read again when the way of reading them changes.
VERSION = "2"
_ROOT = Path(__file__).resolve().parents[2]


def read(source: Source, folder: Path, known: Known) -> Iterator[Item]:
    """Each file as a document, with a problem for each part of it that is not read.

    A file of which nothing is read is a problem and no document; one that did not change is not
    read again, and what of it was not read is not told again. Files of other kinds are counted,
    kind by kind. Hidden files and symbolic links are left out: a link could show what lies outside
    the folder.

    Raises:
        SourceUnavailable: the folder is gone, and held documents at the last sync. A folder that
            never held any may be absent.
    """
    if not folder.is_dir():
        if known:
            raise SourceUnavailable("{source}: the folder is absent", source=source.id)
        return
    recognition = ocr.installed()
    others: Counter[str] = Counter()
    for path in _files(folder):
        if path.suffix.lower() not in SUFFIXES:
            others[_kind(path)] += 1
            continue
        relative = path.relative_to(folder).as_posix()
        try:
            yield from _read(source, path, relative, known, recognition)
        except (OSError, ValueError):
            yield Problem(relative, "this file cannot be read")
    for kind, count in others.most_common(MAX_KINDS):
        yield Problem(kind, "files of this kind are not read ({count})", (("count", count),))


def _files(folder: Path) -> Iterator[Path]:
    for base, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            path = Path(base, name)
            if not name.startswith((".", "~$")) and path.is_file() and not path.is_symlink():
                yield path


def _kind(path: Path) -> str:
    """«*.png»; what follows a full stop in another name may be anything, and says no kind."""
    return f"*{path.suffix.lower()}" if re.fullmatch(r"\.\w{1,5}", path.suffix) else "*"


def _read(
    source: Source, path: Path, relative: str, known: Known, recognition: ocr.Commands | None
) -> Iterator[Item]:
    stat = path.stat()
    if stat.st_size > MAX_BYTES:
        yield Problem(
            relative,
            "this file is too large: {size} MB, and at most {limit} are read",
            (("size", stat.st_size // 1024**2), ("limit", MAX_BYTES // 1024**2)),
        )
        return
    date = datetime.fromtimestamp(stat.st_mtime, UTC).date().isoformat()
    # A PDF is read again once its images can be.
    eyes = recognition if path.suffix.lower() == ".pdf" else None
    head = [VERSION, source.url, source.licence, relative, date, eyes.languages if eyes else ""]
    digest = hashlib.sha256(json.dumps(head).encode() + path.read_bytes()).hexdigest()
    identity = f"{source.id}/{relative}"
    if len(identity) > 255:
        identity = f"{source.id}/{hashlib.sha256(relative.encode()).hexdigest()}"
    if known.holds(identity, digest):
        yield Unchanged(identity)
        return
    unread, pieces = _extract(path, SECONDS + (ocr.SECONDS if eyes else 0))
    url = f"{source.url.rstrip('/')}/{quote(relative)}" if source.url else ""
    sections = tuple(
        Section(tuple(heading), text, "", _anchored(url, path, heading))
        for heading, text in pieces
        if text.strip()
    )
    if sections:
        title = path.stem.replace("_", " ").strip()
        yield Document(identity, source.id, title, url, date, source.licence, sections, digest)
    elif all(part.place for part in unread):
        yield Problem(relative, "this file holds no text")
    for part in unread:
        where = f"{relative} › {part.place}" if part.place else relative
        yield Problem(where, part.message_id, part.params)


def _anchored(url: str, path: Path, heading: Sequence[str]) -> str:
    if url and path.suffix.lower() == ".pdf" and heading:
        return f"{url}#page={heading[0].removeprefix('page ')}"
    return url


def _extract(path: Path, seconds: int) -> tuple[list[Unread], list[Piece]]:
    """What of a file is not read, and its pieces, by a process apart that ends within ``seconds``.

    Formats are intricate and their parsers large: a file that harms its reader harms that process.
    """
    search = os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    kept = {name: os.environ[name] for name in ("PATH", "TESSDATA_PREFIX") if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "rag.connectors.extract", str(path)],
            capture_output=True,
            timeout=seconds,
            check=True,
            env={**kept, "PYTHONPATH": search},
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return [Unread("", TOO_SLOW)], []
    except subprocess.CalledProcessError as error:
        slow = error.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
        return [Unread("", TOO_SLOW if slow else extract.DAMAGED)], []
    except (subprocess.SubprocessError, ValueError):
        return [Unread("", extract.DAMAGED)], []
    unread = [
        Unread(place, message, tuple((name, value) for name, value in params))
        for place, message, params in answer["unread"]
    ]
    return unread, [(tuple(heading), text) for heading, text in answer["pieces"]]
