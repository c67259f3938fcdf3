"""Passwords: hashed by argon2id (RFC 9106), and generated ones that can be read aloud."""

from __future__ import annotations

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: Without 0, O, 1, l and I, which people mistake for one another.
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
GROUPS, GROUP_LENGTH = 4, 4
MINIMUM, MAXIMUM = 12, 256

_hasher = PasswordHasher()
#: Verified where the account does not exist, so that the answer takes as long.
_decoy = _hasher.hash(secrets.token_urlsafe(16))


def generate() -> str:
    """A new password of four groups of four, 80 bits: ``k7dm-x2pq-…``."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def fold(password: str) -> str:
    """``password`` in the one Unicode form that is hashed (NFC), whatever the keyboard sent."""
    return unicodedata.normalize("NFC", password)


def acceptable(password: str) -> bool:
    """Whether a chosen password is 12 to 256 characters long (NIST SP 800-63B)."""
    return MINIMUM <= len(fold(password)) <= MAXIMUM


def hash_password(password: str) -> str:
    """The argon2id hash of ``password``, with its own salt and parameters."""
    return _hasher.hash(fold(password))


def verify(stored: str | None, password: str) -> bool:
    """Whether ``password`` is the one that was hashed as ``stored``.

    Where ``stored`` is None (no such account) the same work is done, and the answer is no.
    """
    try:
        matches = _hasher.verify(stored or _decoy, fold(password[:MAXIMUM]))
    except (VerificationError, InvalidHashError):
        return False
    return matches and stored is not None


def outdated(stored: str) -> bool:
    """Whether ``stored`` was hashed with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)
