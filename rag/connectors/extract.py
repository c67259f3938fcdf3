"""Text out of the organisation's files, in a process of its own with bounds on time and memory.

A file may be damaged or made to harm its reader: what it breaks is this process, which the folder
connector starts for one file and reads the answer of (JSON on stdout).
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from rag.connectors.files import mail, office, pdf, plain, spreadsheet
from rag.connectors.files.archive import MACROS, PROTECTED
from rag.connectors.files.content import NESTED, Found, Piece, Unread, Unreadable

MAX_CHARACTERS = 5_000_000
MAX_TOLD = 20
"""Parts of one file that are named as not read; of more, their number is told."""
CPU_SECONDS = 60
MEMORY_BYTES = 3 * 1024**3

DAMAGED = "this file is damaged or not of its kind"
_OLD = "this is the old format of Word or Excel: save it as DOCX or XLSX to have it read"
_OLE_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

READERS: Mapping[str, Callable[[Path], Found]] = {
    ".pdf": pdf.read,
    ".docx": office.read_docx,
    ".odt": office.read_odt,
    ".xlsx": spreadsheet.read,
    ".eml": mail.read,
    ".html": plain.read_html,
    ".htm": plain.read_html,
    ".md": plain.read_markdown,
    ".markdown": plain.read_markdown,
    ".txt": plain.read_text,
}
REFUSED: Mapping[str, str] = {
    **dict.fromkeys((".doc", ".dot", ".xls", ".xlt"), _OLD),
    **dict.fromkeys((".docm", ".dotm", ".xlsm", ".xltm", ".xlsb"), MACROS),
}


def attempt(path: Path) -> tuple[list[Unread], list[Piece]]:
    """What of a file was not read, and its pieces: none where the file itself is refused."""
    unread: list[Unread] = []
    pieces: list[Piece] = []
    size = 0
    try:
        for found in _found(path):
            if isinstance(found, Unread):
                unread.append(found)
                continue
            size += len(found[1]) + sum(map(len, found[0]))
            if size > MAX_CHARACTERS:
                raise Unreadable(
                    "this file holds more than {limit} characters, the most that is read",
                    limit=MAX_CHARACTERS,
                )
            pieces.append((tuple(map(_storable, found[0])), _storable(found[1])))
    except Unreadable as error:
        return [Unread("", error.message_id, error.params)], []
    except RecursionError:
        return [Unread("", NESTED)], []
    except Exception:  # noqa: BLE001 - parsers of hostile files raise anything; it is reported
        return [Unread("", DAMAGED)], []
    unread.sort(key=lambda part: bool(part.place))  # what concerns the whole file comes first
    if len(unread) > MAX_TOLD:
        more = len(unread) - MAX_TOLD
        unread[MAX_TOLD:] = [Unread("", "other parts are not read ({count})", (("count", more),))]
    return unread, pieces


def _found(path: Path) -> Found:
    """What is read of a file and what is not, by its suffix. Raises Unreadable."""
    suffix = path.suffix.lower()
    if suffix in REFUSED:
        raise Unreadable(REFUSED[suffix])
    with path.open("rb") as stream:
        if stream.read(len(_OLE_START)) == _OLE_START:
            # A modern file under a password is wrapped in the old format.
            locked = "EncryptedPackage".encode("utf-16-le") in stream.read()
            raise Unreadable(PROTECTED if locked else _OLD)
    yield from READERS[suffix](path)


def _storable(text: str) -> str:
    """``text`` without what no database takes: halves of characters, and nulls."""
    return text.encode(errors="replace").decode().replace("\x00", "")


def main(path: str) -> None:
    """Write as JSON the pieces of one file, and what of it is not read."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    unread, pieces = attempt(Path(path))
    told = [[u.place, u.message_id, u.params] for u in unread]
    json.dump({"unread": told, "pieces": pieces}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
