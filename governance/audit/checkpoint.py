"""Checkpoints of the tree as C2SP signed notes, which third-party verifiers understand.

https://c2sp.org/signed-note and https://c2sp.org/tlog-checkpoint, with Ed25519 signatures (type 1).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from governance.audit.errors import NoteInvalid
from governance.audit.merkle import HASH_BYTES
from governance.messages import N_

_ED25519 = b"\x01"
_HASH_BYTES = 4
_SIGNATURE_BYTES = 64
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,200}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree of the log ``origin`` at an instant: ``size`` leaves, whose root is ``root``."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The body of the note that is signed."""
        return f"{self.origin}\n{self.size}\n{_encode(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint that ``text`` is, in the one form that :meth:`text` writes.

        Extension lines, which this log never writes, are refused. Raises NoteInvalid.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _SIZE.fullmatch(lines[1]):
            raise NoteInvalid(N_("This is not a checkpoint of a log."))
        root = _decode(lines[2])
        if len(root) != HASH_BYTES:
            raise NoteInvalid(N_("This is not a checkpoint of a log."))
        return cls(lines[0], int(lines[1]), root)


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and its name; ``str()`` gives its text form, called vkey."""

    name: str
    public_key: bytes

    @property
    def key_hash(self) -> bytes:
        """What finds this key's line in a note."""
        content = self.name.encode() + b"\n" + _ED25519 + self.public_key
        return hashlib.sha256(content).digest()[:_HASH_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_hash.hex()}+{_encode(_ED25519 + self.public_key)}"

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """The verifier that ``vkey`` (``name+hash+key``) names. Raises NoteInvalid."""
        parts = vkey.split("+", 2)
        if len(parts) != 3 or not _NAME.fullmatch(parts[0]):
            raise NoteInvalid(N_("This is not the public key of a log (name+hash+key)."))
        key = _decode(parts[2])
        if len(key) != 33 or key[:1] != _ED25519:
            raise NoteInvalid(N_("This is not the public key of a log (name+hash+key)."))
        verifier = cls(parts[0], key[1:])
        if verifier.key_hash.hex() != parts[1]:
            raise NoteInvalid(N_("This public key is damaged: its hash is not its own."))
        return verifier

    def open(self, note: str) -> str:
        """The text of ``note``, signed by this key. Other keys' lines are passed over.

        Raises:
            NoteInvalid: the note is malformed, this key did not sign it, or the text was changed.
        """
        text, separator, signatures = note.rpartition("\n\n")
        if not separator or not signatures.endswith("\n") or _has_control(note):
            raise NoteInvalid(N_("This is not a signed note."))
        text += "\n"
        verified = False
        for line in signatures[:-1].split("\n"):
            name, signature = _parse_signature(line)
            if name != self.name or signature[:_HASH_BYTES] != self.key_hash:
                continue
            if len(signature) != _HASH_BYTES + _SIGNATURE_BYTES:
                raise NoteInvalid(N_("The signature is not authentic."))
            try:
                key = Ed25519PublicKey.from_public_bytes(self.public_key)
                key.verify(signature[_HASH_BYTES:], text.encode())
            except (InvalidSignature, ValueError):
                raise NoteInvalid(N_("The signature is not authentic.")) from None
            verified = True
        if not verified:
            raise NoteInvalid(N_("The note is not signed by the key {name}."), name=self.name)
        return text

    def checkpoint(self, note: str) -> Checkpoint:
        """The checkpoint in ``note``, signed by this key and of the log that it names.

        Raises NoteInvalid.
        """
        checkpoint = Checkpoint.parse(self.open(note))
        if checkpoint.origin != self.name:
            raise NoteInvalid(N_("The checkpoint is of another log than its key."))
        return checkpoint


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and its name, which is the log's origin: no spaces and no ``+``."""

    name: str
    key: Ed25519PrivateKey

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise NoteInvalid(N_("The name of a log holds no space and no plus sign."))

    @property
    def verifier(self) -> Verifier:
        """The public side of this key."""
        return Verifier(self.name, self.key.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """``text``, which ends with a line feed, as a signed note."""
        if not text.endswith("\n") or _has_control(text):
            raise NoteInvalid(N_("This is not a signed note."))
        signature = _encode(self.verifier.key_hash + self.key.sign(text.encode()))
        return f"{text}\n— {self.name} {signature}\n"


def _parse_signature(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not _NAME.fullmatch(parts[1]):
        raise NoteInvalid(N_("This is not a signed note."))
    signature = _decode(parts[2])
    if len(signature) <= _HASH_BYTES:
        raise NoteInvalid(N_("This is not a signed note."))
    return parts[1], signature


def _has_control(text: str) -> bool:
    return any(ord(character) < 0x20 and character != "\n" for character in text)


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _decode(text: str) -> bytes:
    """Base64 in its one canonical form: no bit may change and still be accepted."""
    try:
        content = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        content = b""
    if not content or _encode(content) != text:
        raise NoteInvalid(N_("This is not canonical base64."))
    return content
