"""A revision of the charter, how it is named, and what can be wrong when one is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from governance.charter.charter import Charter
from governance.charter.load import load_text
from governance.charter.signing import SignatureState, Stamp


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that was put in force. ``number`` counts from 1; ``revision`` is a sha256 in hex.

    ``parents`` are the texts that it extends, by file name; ``time`` is ISO 8601 in UTC.
    ``signature`` is None for what was put in force before revisions were signed.
    """

    number: int
    revision: str
    text: str
    parents: Mapping[str, str]
    author: str
    reason: str
    time: str
    signature: str | None = None
    state: SignatureState = "unchecked"

    @property
    def short(self) -> str:
        """The first 12 digits of the revision, enough to tell two apart."""
        return self.revision[:12]

    @property
    def stamp(self) -> Stamp:
        """What the signature is of."""
        return Stamp(self.number, self.revision, self.author, self.reason, self.time)

    def load(self) -> Charter:
        """The charter of this revision, from the texts kept with it.

        Raises:
            SignatureInvalid: it is not what this instance put in force.
            CharterInvalid: the text does not pass the rules of this version.
        """
        if self.state == "invalid":
            raise SignatureInvalid(number=self.number, revision=self.short)
        return load_text(self.text, parents=self.parents.__getitem__)


class CharterStoreError(Exception):
    """The revisions cannot be changed or read as asked; ``message_id`` and ``params`` say why."""

    message_id = "The charter cannot be saved."

    def __init__(self, **params: str | int | float) -> None:
        self.params = params
        super().__init__(self.message_id.format(**params))


class StaleParent(CharterStoreError):
    """Somebody else saved in between: what was edited is no longer what is in force."""

    message_id = "Another revision has come into force since you opened the charter: {revision}."


class ReasonRequired(CharterStoreError):
    """A revision was saved without saying why."""

    message_id = "Say in a few words why the charter changes ({limit} characters at most)."


class UnknownRevision(CharterStoreError):
    """There is no such revision."""

    message_id = "There is no revision «{revision}» of the charter."


class NoCharter(CharterStoreError):
    """No charter has been saved yet."""

    message_id = "No charter is in force: save one first."


class SignatureInvalid(CharterStoreError):
    """The texts, the author, the reason or the time were changed, or another key signed them."""

    message_id = (
        "Revision {revision} of the charter (No. {number}) does not carry this instance's "
        "signature: it is not put in force. Bring back the keys that signed it, or restore a "
        "signed revision («sobria charter history», «sobria charter restore»)."
    )


def canonical(text: str) -> str:
    """The text that is hashed and kept: Unix ends of lines, and one at the end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").rstrip("\n") + "\n"


def revision_of(text: str, parents: Mapping[str, str]) -> str:
    """The sha256, in hex, of a canonical text and, where it extends others, of theirs in order."""
    digest = hashlib.sha256(canonical(text).encode())
    for name, parent in parents.items():
        digest.update(f"\0{name}\0{canonical(parent)}".encode())
    return digest.hexdigest()
