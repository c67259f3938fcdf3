"""The keys of this instance: one that signs the audit log, and a secret that others derive from.

They lie in a directory of their own, each file readable by its owner only. Losing ``master.key``
makes every sealed text unreadable; losing ``signing.pem`` ends the log that it signed. Back up
both, apart from the database: who holds keys and database together can read the sealed texts.
"""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from governance.messages import N_

SIGNING_FILE = "signing.pem"
MASTER_FILE = "master.key"
KEY_BYTES = 32


class KeysRefused(Exception):
    """The key files cannot be used as they are; ``message_id`` says what to do."""

    def __init__(self, message_id: str, **params: str | int | float) -> None:
        self.message_id = message_id
        self.params = params
        super().__init__(message_id.format(**params))


@dataclass(frozen=True, slots=True)
class InstanceKeys:
    """The Ed25519 key that signs the log (RFC 8032) and the secret that sub-keys derive from."""

    signing_key: Ed25519PrivateKey = field(repr=False)
    master: bytes = field(repr=False)

    @classmethod
    def load_or_create(cls, directory: Path) -> InstanceKeys:
        """The keys in ``directory``, which are made at the first start.

        Creation is atomic: of several processes that start together one makes each file, and the
        others read it; a crash leaves a whole file or none. The secret is made first, so a signing
        key without its secret means that the secret was lost, and is refused.

        Raises:
            KeysRefused: a file is readable by others, damaged, unreadable, or missing its pair.
        """
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            signing, master = directory / SIGNING_FILE, directory / MASTER_FILE
            if signing.exists() and not master.exists():
                raise KeysRefused(
                    N_("{missing} is missing beside {present}: restore it from the backup."),
                    missing=str(master),
                    present=str(signing),
                )
            if not master.exists():
                _create(master, secrets.token_bytes(KEY_BYTES))
            if not signing.exists():
                _create(signing, _pem(Ed25519PrivateKey.generate()))
            return cls(_parse_pem(_read(signing), signing), _parse_master(_read(master), master))
        except OSError as error:
            raise KeysRefused(
                N_("The keys in {directory} cannot be read or written: {cause}."),
                directory=str(directory),
                cause=error.strerror or type(error).__name__,
            ) from error

    def derive(self, purpose: str) -> bytes:
        """A 32-byte sub-key for ``purpose`` (HKDF-SHA256, RFC 5869), the same at every start."""
        info = b"sobria/v1/" + purpose.encode()
        return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info).derive(
            self.master
        )


def _create(path: Path, content: bytes) -> None:
    """Write ``path`` whole or not at all; where another process was first, keep its file."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise KeysRefused(
                N_("{path} can be read by others (mode {mode}): run «chmod 600 {path}»."),
                path=str(path),
                mode=f"{mode:04o}",
            )
        return file.read()


def _damaged(path: Path) -> KeysRefused:
    return KeysRefused(
        N_("{path} does not hold a valid key: restore it from the backup."), path=str(path)
    )


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _parse_pem(content: bytes, path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError):
        # The cause could quote the key: it is not chained.
        raise _damaged(path) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _damaged(path)
    return key


def _parse_master(content: bytes, path: Path) -> bytes:
    if len(content) != KEY_BYTES:
        raise _damaged(path)
    return content
