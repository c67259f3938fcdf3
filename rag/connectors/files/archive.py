"""Office files are zip archives: what may be hidden in one is looked for before it is opened."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from rag.connectors.files.content import Unread, Unreadable, place

MAX_UNZIPPED_BYTES = 200 * 1024 * 1024
MAX_MEMBERS = 5_000
MAX_RATIO = 200
"""Bytes unpacked for a packed one. Sheets of repeated cells reach 50; a bomb is above 1,000."""
RATIO_MATTERS_FROM_BYTES = 5 * 1024 * 1024

MACROS = "this file may hold macros, which are refused: save it without them, as DOCX, XLSX or ODT"
PROTECTED = "this file is protected by a password"
_DAMAGED = "this file is damaged or not of its kind"
_TOO_LARGE = "this file is too large once unpacked: at most {limit} MB are read"
_BOMB = "this file unpacks to more than {limit} times its size, which is refused"
_ARCHIVES = re.compile(r"(?i)\.(?:zip|7z|rar|gz|tgz|bz2|xz|tar|jar|cab)$")
_ARCHIVE_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf")
_MACROS = re.compile(
    r"(?i)(?:^|/)(?:vbaProject[^/]*|macrosheets/.*|vbaData\.xml)$|^(?:Basic|Scripts)/"
)
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']*)")
_ENCODINGS = frozenset({b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1", b"windows-1252"})
_BLOCK = 1024 * 1024


def check(path: Path) -> list[Unread]:
    """What a zipped office file embeds that is not read, once nothing in it may do harm.

    Raises:
        Unreadable: it is a bomb, or holds an archive, macros, XML entities, or a password's lock.
        zipfile.BadZipFile: it is damaged; a size that it declares falsely shows as this.
    """
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        _check_declared(members)
        embedded: list[Unread] = []
        left = MAX_UNZIPPED_BYTES
        for member in members:
            if member.flag_bits & 1:
                raise Unreadable(PROTECTED)
            if _MACROS.search(member.filename):
                raise Unreadable(MACROS)
            if _is_embedded(member.filename):
                name = PurePosixPath(member.filename).name
                embedded.append(Unread(place(name), "this embedded file is not read"))
            left -= _check_member(archive, member, left)
    return embedded


def _check_declared(members: list[zipfile.ZipInfo]) -> None:
    """Refuse a bomb by what it says of itself, before a byte of it is unpacked."""
    declared = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > MAX_MEMBERS or declared > MAX_UNZIPPED_BYTES:
        raise Unreadable(_TOO_LARGE, limit=MAX_UNZIPPED_BYTES // 1024**2)
    if declared > RATIO_MATTERS_FROM_BYTES and declared > MAX_RATIO * packed:
        raise Unreadable(_BOMB, limit=MAX_RATIO)


def _is_embedded(name: str) -> bool:
    """Whether a member is a file that was put into the document: a chart's sheet, an object."""
    return "embeddings" in PurePosixPath(name).parts[:-1]


def _is_archive(name: str, start: bytes) -> bool:
    return _ARCHIVES.search(name) is not None or start.startswith(_ARCHIVE_STARTS)


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> int:
    """Read one member through, and return its true size; ``left`` bytes may still be unpacked."""
    size = 0
    tail = b""
    is_xml = member.filename.lower().endswith((".xml", ".rels"))
    for block in _blocks(archive, member):
        if not size:
            if _is_archive(member.filename, block) and not _is_embedded(member.filename):
                raise Unreadable("this file holds another archive, which is refused")
            start = block.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
            # A part may go by any name. A drawing is not parsed, and often names its DTD.
            is_xml = is_xml or (start[:1] == b"<" and not member.filename.lower().endswith(".svg"))
            if is_xml:
                _check_encoding(block)
        size += len(block)
        if size > left:
            raise Unreadable(_TOO_LARGE, limit=MAX_UNZIPPED_BYTES // 1024**2)
        if size > RATIO_MATTERS_FROM_BYTES and size > MAX_RATIO * max(member.compress_size, 1):
            raise Unreadable(_BOMB, limit=MAX_RATIO)
        if is_xml:
            _check_xml(member.filename, tail + block)
            tail = block[-32:]
    return size


def _blocks(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(member) as stream:
        while block := stream.read(_BLOCK):
            yield block


def _check_encoding(start: bytes) -> None:
    """Refuse an encoding in which «<!DOCTYPE» is not written so."""
    declared = _ENCODING.search(start[:1024])
    known = declared is None or declared.group(1).lower() in _ENCODINGS
    if not known or b"\x00" in start[:200]:
        raise Unreadable(_DAMAGED)


def _check_xml(name: str, data: bytes) -> None:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise Unreadable("this file declares XML entities, which are refused")
    if name == "[Content_Types].xml" and re.search(rb"vbaProject|macroEnabled|macrosheet", data):
        raise Unreadable(MACROS)
    if name == "META-INF/manifest.xml" and b"encryption-data" in data:
        raise Unreadable(PROTECTED)
