"""Texts that only their key can open, and per-person keys whose destruction erases the texts.

Crypto-shredding: each person's texts are sealed with a random key of theirs, itself wrapped by the
instance's. Destroying that one row makes every text sealed with it unreadable for ever, in backups
made after it too (GDPR, article 17). A database backup made before still holds the wrapped key:
backups must be kept no longer than the organisation says that erasure takes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from governance.audit.tables import person_keys
from governance.clock import iso, utc_now
from governance.keys import KEY_BYTES, InstanceKeys
from governance.messages import N_

_NONCE_BYTES = 12
_VERSION = b"\x01"
_GENERATION_BYTES = 4


class SealBroken(Exception):
    """A sealed text was changed, moved to another place, or is opened with another key."""

    message_id = N_("A sealed text cannot be opened: it was changed, or its key is not the one.")

    def __init__(self) -> None:
        self.params: dict[str, str | int | float] = {}
        super().__init__(self.message_id)


class TextErased(SealBroken):
    """The key of the person was destroyed: the text can never be read again."""

    message_id = N_("This text was erased: its key was destroyed.")


class Sealer:
    """Seals texts with one 32-byte key: AES-256-GCM (NIST SP 800-38D) with a random nonce.

    One key must seal fewer than 2^32 texts. ``associated`` says where a text belongs: it is not
    stored, and a text that was moved elsewhere does not open.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("a sealing key is 32 bytes")
        self._aead = AESGCM(key)

    def seal(self, plaintext: str, associated: str) -> bytes:
        """``plaintext`` sealed: version byte, nonce of 12 bytes, ciphertext, tag of 16 bytes.

        Raises UnicodeEncodeError for a text with a lone surrogate.
        """
        return self.seal_bytes(plaintext.encode(), associated)

    def open(self, sealed: bytes, associated: str) -> str:
        """The text that :meth:`seal` sealed for the same ``associated``. Raises SealBroken."""
        return self.open_bytes(sealed, associated).decode()

    def seal_bytes(self, plaintext: bytes, associated: str) -> bytes:
        """As :meth:`seal`, for bytes."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + self._aead.encrypt(nonce, plaintext, associated.encode())

    def open_bytes(self, sealed: bytes, associated: str) -> bytes:
        """As :meth:`open`, for bytes. Raises SealBroken."""
        start = len(_VERSION) + _NONCE_BYTES
        if len(sealed) < start + 16 or sealed[:1] != _VERSION:
            raise SealBroken
        nonce, ciphertext = sealed[len(_VERSION) : start], sealed[start:]
        try:
            return self._aead.decrypt(nonce, ciphertext, associated.encode())
        except InvalidTag:
            raise SealBroken from None


class PersonKeys:
    """The sealing keys of the persons, by pseudonym.

    A person whose key was destroyed and who comes back gets a new one (a new generation): the texts
    of the old one stay unreadable. Nothing is cached, so that an erasure by another process counts
    at once. Give ``connection`` to work inside a transaction that is already open.
    """

    def __init__(self, engine: Engine, keys: InstanceKeys) -> None:
        self._engine = engine
        self._wrapper = Sealer(keys.derive("person-keys/wrap"))
        self._pseudonym_key = keys.derive("person-keys/subject")

    def subject(self, user_id: str) -> str:
        """The pseudonym of a user or API key: 33 characters, stable, not reversible without keys.

        HMAC-SHA256 cut to 128 bits.
        """
        digest = hmac.new(self._pseudonym_key, user_id.encode(), hashlib.sha256).hexdigest()
        return "p" + digest[:32]

    def seal(
        self, subject: str, plaintext: str, associated: str, connection: Connection | None = None
    ) -> bytes:
        """``plaintext`` sealed with the key of ``subject``, which is made where there is none."""
        with self._within(connection) as within:
            generation, key = self._current(within, subject)
        sealed = Sealer(key).seal(plaintext, associated)
        return generation.to_bytes(_GENERATION_BYTES, "big") + sealed

    def open(
        self, subject: str, sealed: bytes, associated: str, connection: Connection | None = None
    ) -> str:
        """The text that :meth:`seal` sealed.

        Raises:
            TextErased: the key was destroyed.
            SealBroken: the text was changed, or belongs to someone or somewhere else.
        """
        generation = int.from_bytes(sealed[:_GENERATION_BYTES], "big")
        query = select(person_keys.c.wrapped, person_keys.c.erased).where(
            person_keys.c.subject == subject, person_keys.c.generation == generation
        )
        with self._within(connection) as within:
            row = within.execute(query).one_or_none()
        if row is None:
            raise SealBroken
        if row.wrapped is None:
            raise TextErased
        key = self._unwrap(subject, generation, row.wrapped)
        return Sealer(key).open(sealed[_GENERATION_BYTES:], associated)

    def erase(self, subject: str, connection: Connection | None = None) -> int:
        """Destroy every key of ``subject``, and return how many there were. There is no way back.

        On SQLite the freed bytes are zeroed, and :func:`scrub` then empties the write-ahead log;
        call it yourself after the commit where you give ``connection``. On PostgreSQL the dead row
        goes at the next VACUUM.
        """
        with self._within(connection) as within:
            zero_freed_pages(within)
            erased = within.execute(
                update(person_keys)
                .where(person_keys.c.subject == subject, person_keys.c.wrapped.is_not(None))
                .values(wrapped=None, erased=iso(utc_now()))
            ).rowcount
        if connection is None:
            scrub(self._engine)
        return erased

    def _current(self, connection: Connection, subject: str) -> tuple[int, bytes]:
        latest = (
            select(person_keys.c.generation, person_keys.c.wrapped)
            .where(person_keys.c.subject == subject)
            .order_by(person_keys.c.generation.desc())
            .limit(1)
        )
        row = connection.execute(latest).one_or_none()
        if row is not None and row.wrapped is not None:
            return row.generation, self._unwrap(subject, row.generation, row.wrapped)
        generation = 1 if row is None else row.generation + 1
        key = secrets.token_bytes(KEY_BYTES)
        wrapped = self._wrapper.seal_bytes(key, _place(subject, generation))
        try:
            with connection.begin_nested():
                connection.execute(
                    insert(person_keys).values(
                        subject=subject,
                        generation=generation,
                        wrapped=wrapped,
                        created=iso(utc_now()),
                    )
                )
        except IntegrityError:
            # Another transaction made the person's key first: theirs is the one.
            row = connection.execute(latest).one()
            if row.wrapped is None:
                raise TextErased from None
            return row.generation, self._unwrap(subject, row.generation, row.wrapped)
        return generation, key

    def _unwrap(self, subject: str, generation: int, wrapped: bytes) -> bytes:
        return self._wrapper.open_bytes(wrapped, _place(subject, generation))

    @contextmanager
    def _within(self, connection: Connection | None) -> Iterator[Connection]:
        if connection is not None:
            yield connection
            return
        with self._engine.begin() as own:
            yield own


def zero_freed_pages(connection: Connection) -> None:
    """Have SQLite overwrite what this connection deletes; elsewhere, nothing."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def scrub(engine: Engine) -> bool:
    """Empty SQLite's write-ahead log, where deleted values may linger; elsewhere, nothing.

    Returns False where a reader held it for longer than the busy timeout: what was deleted then
    lingers until the next checkpoint.
    """
    if engine.dialect.name != "sqlite":
        return True
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        row = cursor.fetchone()
        cursor.close()
    finally:
        connection.close()
    return row is None or row[0] == 0


def _place(subject: str, generation: int) -> str:
    return f"person-key/{subject}/{generation}"
