"""Verification of an export by anyone: it needs the file and the public key, and no database."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from pathlib import Path
from typing import IO

from governance.audit.checking import TreeCheck, Verification
from governance.audit.checkpoint import Checkpoint, Verifier
from governance.audit.errors import NoteInvalid
from governance.audit.leaf import MAX_LEAF_BYTES
from governance.messages import N_

LEAVES = "leaves.jsonl"
CHECKPOINT = "checkpoint"
KEY = "key.vkey"
README = "README.txt"
MEMBERS = frozenset({LEAVES, CHECKPOINT, KEY, README})

_MAX_SMALL = 16 * 1024
_HASH_LINE = re.compile(rb'\{"hash":"([0-9a-f]{64})"\}')


class ExportUnreadable(Exception):
    """The file is not an export at all; ``message_id`` and ``params`` give a text to translate."""

    def __init__(self, message_id: str, **params: str | int | float) -> None:
        self.message_id = message_id
        self.params = params
        super().__init__(message_id.format(**params))


def hash_line(digest: bytes) -> bytes:
    """How an export writes a leaf of which it shows the hash only."""
    return json.dumps({"hash": digest.hex()}, separators=(",", ":")).encode()


def verify_export(
    path: Path, vkey: str | None = None, witness: Checkpoint | None = None
) -> Verification:
    """Recompute the tree of the export at ``path`` and compare it with its signed checkpoint.

    ``vkey`` is the log's public key, had from its operator; without it the export's own is used,
    and the result says so. ``witness`` is an older checkpoint of the log that this one must extend.

    Raises:
        ExportUnreadable: the file is not an export, or is damaged beyond reading.
        NoteInvalid: ``vkey`` is not a public key.
    """
    given = None if vkey is None else Verifier.parse(vkey.strip())
    check = TreeCheck(witness)
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if sorted(names) != sorted(MEMBERS):
                raise ExportUnreadable(
                    N_("This is not an export of an audit log: it does not hold the right files.")
                )
            own = _small(archive, KEY)
            note = _small(archive, CHECKPOINT)
            with archive.open(LEAVES) as lines:
                _check_leaves(check, lines)
    except ExportUnreadable:
        raise
    except OSError as error:
        raise ExportUnreadable(
            N_("The file cannot be read: {cause}."), cause=error.strerror or type(error).__name__
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise ExportUnreadable(
            N_("The file is damaged, or is not an export of an audit log.")
        ) from error
    except RuntimeError as error:  # what zipfile raises for an encrypted member
        raise ExportUnreadable(
            N_("The file is damaged, or is not an export of an audit log.")
        ) from error
    verifier = _own_key(check, own, given)
    check.check_head(note, verifier)
    return check.result(verifier, key_given=given is not None)


def _own_key(check: TreeCheck, own: str, given: Verifier | None) -> Verifier:
    """The key to verify with; the one inside the export must be the same."""
    try:
        found = Verifier.parse(own.removesuffix("\n"))
    except NoteInvalid as error:
        if given is None:
            raise ExportUnreadable(
                N_("The public key in the export is damaged: give the key of the log.")
            ) from error
        check.report(N_("The public key in the export is not the one given."))
        return given
    if given is not None and (found != given or own != f"{found}\n"):
        check.report(N_("The public key in the export is not the one given."))
    elif own != f"{found}\n":
        check.report(N_("The public key in the export is not in its one form."))
    return given or found


def _small(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as file:
        content = file.read(_MAX_SMALL + 1)
    if len(content) > _MAX_SMALL:
        raise ExportUnreadable(N_("The file is damaged, or is not an export of an audit log."))
    return content.decode()


def _check_leaves(check: TreeCheck, lines: IO[bytes]) -> None:
    while line := lines.readline(MAX_LEAF_BYTES + 2):
        index = check.tree.size
        if not line.endswith(b"\n"):
            check.report(N_("The line of this record is cut or too long."), index)
            return
        content = line[:-1]
        hidden = _HASH_LINE.fullmatch(content)
        if hidden:
            check.add_hash(bytes.fromhex(hidden[1].decode()))
        else:
            check.add_leaf(content)
