"""The operator ``pseudonymise``: Sobria's placeholders, restored with the caller's own key.

The placeholders of a text and what they stand for make a mapping. It is not kept here: the answer
holds it sealed with the key (AES-GCM), and who sends it back with the key gets the values back in
any text, whatever a language model made of the placeholders.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from governance.charter.charter import ServiceRules
from governance.messages import N_
from governance.pii.entities import WORDS, Handling
from governance.pii.mapping import Mapping as Names
from governance.pii.placeholders import PLACEHOLDER, reference
from governance.pii.restore import restore
from server.api.presidio.body import Fields
from server.api.presidio.errors import PresidioError
from server.api.presidio.names import PRESIDIO_NAMES

PSEUDONYMISE: Final = "pseudonymise"
RESTORE: Final = "restore"
MAX_MAPPING: Final = 800_000
"""Characters of a sealed mapping, at most."""
KEY_LENGTH: Final = "Invalid input, key must be of length 128, 192 or 256 bits"
"""As Presidio says it of «encrypt»."""
_PLACE: Final = b"sobria/presidio-mapping/1"
_NONCE: Final = 12
_OTHER: Final = "DONNEE"
"""The word of the kinds that Sobria does not know."""


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """The mapping of one text, and the charter's rules for what may be restored."""

    names: Names
    rules: ServiceRules

    def placeholder(self, entity: str, value: str, before: str) -> str:
        """What stands for ``value``."""
        kind = PRESIDIO_NAMES.get(entity, (entity,))[0]
        word = next((own.word for own in self.rules.custom if own.name == kind), "")
        if kind not in WORDS and not word:
            word = _OTHER
        return self.names.placeholder(
            kind,
            value,
            before=before,
            hold=handling_of(self.rules)(kind) == PSEUDONYMISE,
            word=word,
        )


def new_pseudonyms(text: str, rules: ServiceRules) -> Pseudonyms:
    """A mapping for ``text``: what looks like a placeholder in it is never given, nor restored."""
    names = Names()
    for match in PLACEHOLDER.finditer(text):
        names.reserve(reference(match))
    return Pseudonyms(names, rules)


def handling_of(rules: ServiceRules) -> Callable[[str], Handling]:
    """What is done with an entity once the caller has asked to pseudonymise it.

    What the charter never restores stays so; what it keeps or does not know is restored.
    """

    def handling(entity: str) -> Handling:
        declared = rules.handling(entity)
        return "never_restore" if declared in ("never_restore", "block") else "pseudonymise"

    return handling


def key_of(fields: Fields) -> bytes:
    """The key in ``fields``. Raises PresidioError where it is none of AES."""
    key = fields.string("key", limit=64).encode("utf-8", "surrogatepass")
    if len(key) not in (16, 24, 32):
        raise PresidioError(422, KEY_LENGTH)
    return key


def seal(pseudonyms: Pseudonyms, key: bytes) -> str:
    """The mapping, readable with ``key`` alone."""
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(key).encrypt(nonce, pseudonyms.names.to_json().encode(), _PLACE)
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def open_sealed(sealed: str, key: bytes) -> Names:
    """The mapping that :func:`seal` wrote. Raises PresidioError."""
    opened: str | None = None
    try:
        raw = base64.urlsafe_b64decode(sealed.encode("ascii"))
        opened = AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], _PLACE).decode()
    except (ValueError, InvalidTag):
        opened = None
    if opened is None:
        raise PresidioError(422, N_("«mapping» cannot be opened with this key, or was altered."))
    return Names.from_json(opened)


def restored(text: str, mapping: Names, rules: ServiceRules) -> Mapping[str, Any]:
    """The answer of ``/deanonymize``: ``text`` with the values back."""
    return {"text": restore(text, mapping, handling_of(rules)), "items": []}
