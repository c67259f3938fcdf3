"""Keyed digests, by which a mapping knows a value again without holding it."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from governance.pii.entities import LITERAL_WORD, PERSON
from governance.pii.recognizers.base import folded

MESSAGE: Final = "\x1eMESSAGE"
"""Stands for the entity in the digest of a whole message."""
KEPT: Final = "\x1eKEPT"
"""Stands for the entity in the digest of a text that its author keeps in clear."""

_EXACT: Final = frozenset({LITERAL_WORD, "SECRET", PERSON, MESSAGE, KEPT})
_GROUPED: Final = frozenset(
    {"PHONE_NUMBER", "IBAN_CODE", "BIC_CODE", "CREDIT_CARD", "MAC_ADDRESS", "EMPLOYEE_ID"}
    | {
        f"FR_{name}"
        for name in ["NIR", "NIF", "INE", "RPPS", "ADELI", "FINESS", "SIREN", "SIRET", "TVA", "RIB"]
    }
    | {f"FR_{name}" for name in ["PASSPORT", "ID_CARD", "DRIVING_LICENCE", "RESIDENCE_PERMIT"]}
    | {f"FR_{name}" for name in ["PLATE", "CAF", "FRANCE_TRAVAIL"]}
)
"""Identifiers that people write in groups: spaces, dots and dashes make no other value."""


def new_salt() -> str:
    """The key of a new mapping's digests, in hexadecimal."""
    return secrets.token_hex(16)


def digest(salt: str, entity: str, value: str) -> str:
    """A digest that two writings of one value share, of no use without ``salt``."""
    text = f"{entity}\x1f{_plain(entity, value)}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, key=bytes.fromhex(salt), digest_size=16).hexdigest()


def _plain(entity: str, value: str) -> str:
    if entity in _EXACT:
        return value
    plain = folded(value)
    if entity not in _GROUPED:
        return " ".join(plain.split())
    plain = "".join(char for char in plain if char.isalnum())
    if entity == "PHONE_NUMBER" and plain.startswith(("33", "0033")) and len(plain) > 10:
        return "0" + plain.removeprefix("00").removeprefix("33").lstrip("0")
    return plain
