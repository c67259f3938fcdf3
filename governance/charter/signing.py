"""Signs each coming into force of a revision with the instance's key, and checks it.

A signature is a line of a C2SP signed note (https://c2sp.org/signed-note, Ed25519) over the number,
the revision, the author, the reason and the time, in canonical JSON (RFC 8785) under a heading that
no checkpoint of the audit log begins with: the same key signs both, and neither passes for the
other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.audit.checkpoint import Signer
from governance.audit.errors import NoteInvalid

HEADING = "sobria charter revision v1"

SignatureState = Literal["signed", "unsigned", "invalid", "unchecked"]
"""«unsigned»: put in force before revisions were signed. «unchecked»: no key was at hand."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is signed: that ``revision`` came into force as the ``number``-th, by whom and why."""

    number: int
    revision: str
    author: str
    reason: str
    time: str

    def text(self) -> str:
        """The body of the note: two lines."""
        fields: dict[str, str | int] = {
            "number": self.number,
            "revision": self.revision,
            "author": self.author,
            "reason": self.reason,
            "time": self.time,
        }
        return f"{HEADING}\n{rfc8785.dumps(fields).decode()}\n"


class RevisionSigner:
    """Signs and verifies with one Ed25519 key; ``name`` holds no space and no plus sign."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self._signer = Signer(name, key)
        self._verifier = self._signer.verifier

    @property
    def vkey(self) -> str:
        """The public key, in the text form of C2SP signed notes."""
        return str(self._verifier)

    def sign(self, stamp: Stamp) -> str:
        """The signature line of ``stamp``."""
        return self._signer.sign(stamp.text()).rpartition("\n\n")[2].rstrip("\n")

    def verifies(self, stamp: Stamp, signature: str) -> bool:
        """Whether ``signature`` is this key's, and of this very stamp."""
        try:
            return self._verifier.open(f"{stamp.text()}\n{signature}\n") == stamp.text()
        except NoteInvalid:
            return False
