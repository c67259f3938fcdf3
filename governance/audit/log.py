"""The audit log as the rest of Sobria sees it: append, read, prove, erase."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.exc import SQLAlchemyError

from governance.audit import merkle, reading
from governance.audit.appending import Appender
from governance.audit.checkpoint import Checkpoint, Signer
from governance.audit.errors import NoSuchLeaf, ReasonTooShort
from governance.audit.leaf import AuditRecord, JsonValue, open_commitment
from governance.audit.reading import AuditEntry, AuditFilter
from governance.audit.tables import audit_sealed
from governance.clock import iso, utc_now
from governance.messages import N_
from governance.sealing import PersonKeys, SealBroken, TextErased, scrub, zero_freed_pages

MIN_REASON = 10


class AuditLog:
    """An append-only log whose every head is signed. Safe to share by threads.

    ``origin`` names the log and its key, as ``assistant.example.org/audit``: no space, no ``+``,
    and it never changes. Readers, erasers and subjects are pseudonyms (``PersonKeys.subject``).
    Every method raises AuditUnavailable where the database fails: nothing is then half-written,
    and the caller must not go on without the log.
    """

    def __init__(
        self,
        engine: Engine,
        signer: Ed25519PrivateKey,
        person_keys: PersonKeys,
        origin: str,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._engine = engine
        self._signer = Signer(origin, signer)
        self._person_keys = person_keys
        self._appender = Appender(engine, self._signer, person_keys, now)
        self._in_force: Callable[[], str | None] = lambda: None

    @property
    def origin(self) -> str:
        """The name of the log and of its key."""
        return self._signer.name

    @property
    def vkey(self) -> str:
        """The public key of the log, in the text form of C2SP signed notes."""
        return str(self._signer.verifier)

    def name_revision(self, in_force: Callable[[], str | None]) -> None:
        """From now on, name the charter's revision ``in_force`` in each record that names none."""
        self._in_force = in_force

    def _named(self, record: AuditRecord) -> AuditRecord:
        # Before the transaction opens: where the answer is in the database, it would wait for it.
        if record.charter_revision is not None:
            return record
        try:
            return replace(record, charter_revision=self._in_force())
        except SQLAlchemyError as error:
            raise reading.unavailable(error) from None

    def append(
        self,
        record: AuditRecord,
        sealed_text: str | None = None,
        *,
        also: Callable[[Connection], None] | None = None,
    ) -> int:
        """Append ``record`` and return its leaf number; it is durable when this returns.

        ``also`` is done in the same transaction: what it changes and the record are both written,
        or neither is. What it raises undoes both.

        ``sealed_text`` is what a person wrote or was told: it is sealed with the key of the
        record's subject, and the leaf holds a commitment to it only.

        Raises:
            RecordRefused: the record has no canonical form, is too large, or its text no subject.
            AuditConflict: the exchange was accepted already, or has ended, or was never accepted.
            AuditTampered: the head does not verify with this log's key.
            AuditUnavailable: the database failed.
        """
        named = self._named(record)
        with self._appender.transaction() as connection:
            if also is not None:
                also(connection)
            return self._appender.append(connection, named, sealed_text)

    def head(self) -> Checkpoint:
        """The present tree. Raises AuditTampered where its signature does not verify."""
        with reading.reading(self._engine) as connection:
            return self._appender.head(connection)

    def signed_head(self) -> str:
        """The present checkpoint as a signed note, to be kept elsewhere as a witness."""
        with reading.reading(self._engine) as connection:
            return self._appender.signed_head(connection)

    def page(
        self, wanted: AuditFilter | None = None, limit: int = 50, before: int | None = None
    ) -> list[AuditEntry]:
        """At most ``limit`` (up to 1,000) entries, the newest first, of index under ``before``."""
        with reading.reading(self._engine) as connection:
            return reading.page(connection, wanted or AuditFilter(), limit, before)

    def entry(self, index: int) -> AuditEntry:
        """The entry at ``index``. Raises NoSuchLeaf."""
        with reading.reading(self._engine) as connection:
            return reading.entry(connection, index)

    def entries_of(self, exchange_id: str) -> list[AuditEntry]:
        """Every entry about an exchange, the oldest first, with the consultations of its texts."""
        with reading.reading(self._engine) as connection:
            return reading.entries_of(connection, exchange_id)

    def open_exchanges(self) -> list[AuditEntry]:
        """The «accepted» entry of each exchange that has no end, the oldest first."""
        with reading.reading(self._engine) as connection:
            return reading.open_exchanges(connection)

    def leaves(
        self, size: int, wanted: AuditFilter | None = None
    ) -> Iterator[tuple[int, bytes, bytes, bool]]:
        """Index, content, hash and «is wanted» of each of the first ``size`` leaves, in order."""
        return reading.leaves(self._engine, size, wanted)

    def read_sealed(self, index: int, reader: str, reason: str) -> str | None:
        """The sealed text of a leaf, after the reading itself was logged with its reason.

        None where there never was a text, or it was erased or outlived its retention.

        Raises:
            ReasonTooShort: under 10 characters.
            NoSuchLeaf: there is no such leaf; nothing is logged.
            SealBroken: the stored text is not the one that the leaf binds.
        """
        _check_reason(reason)
        named = self._named(AuditRecord("consulted", subject=reader, data={"leaf": index}))
        with self._appender.transaction() as connection:
            entry = reading.entry(connection, index)
            consulted = replace(named, exchange_id=entry.exchange_id, service=entry.service)
            self._appender.append(connection, consulted, reason)
        return self._open(entry)

    def read_for_replay(
        self,
        entries: Sequence[AuditEntry],
        reader: str,
        reason: str,
        data: Mapping[str, JsonValue],
    ) -> Callable[[AuditEntry], str | None]:
        """Opens the sealed texts of ``entries``, for a machine to judge them once more.

        One record says that ``reader`` had them read, and ``data`` what for; no person may be shown
        what the opener gives. It raises SealBroken, and gives None where a text is gone.

        Raises ReasonTooShort.
        """
        _check_reason(reason)
        self.append(AuditRecord("consulted", subject=reader, data=data), reason)
        allowed = {entry.index for entry in entries}

        def opened(entry: AuditEntry) -> str | None:
            if entry.index not in allowed:
                raise NoSuchLeaf(N_("The audit log has no record {index}."), index=entry.index)
            return self._open(entry)

        return opened

    def reason(self, index: int) -> str | None:
        """The reason given for a consultation, export or erasure, which needs no reason to read.

        None for any other record, and once it was erased or outlived its retention.
        """
        entry = self.entry(index)
        return self._open(entry) if entry.type in {"consulted", "exported", "erased"} else None

    def log_export(self, reader: str, reason: str, data: Mapping[str, JsonValue]) -> int:
        """Append that ``reader`` exports what ``data`` describes. Raises ReasonTooShort."""
        _check_reason(reason)
        return self.append(AuditRecord("exported", subject=reader, data=data), reason)

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """The RFC 9162 proof that leaf ``index`` is in the tree of ``size``. O(size).

        Raises NoSuchLeaf.
        """
        if not 0 <= index < size:
            raise NoSuchLeaf(N_("The audit log has no record {index}."), index=index)
        return merkle.inclusion_proof(index, reading.leaf_hashes(self._engine, size))

    def consistency_proof(self, old_size: int, size: int) -> list[bytes]:
        """The RFC 9162 proof that the tree of ``old_size`` begins that of ``size``. O(size).

        Raises NoSuchLeaf.
        """
        if not 0 <= old_size <= size:
            raise NoSuchLeaf(N_("The audit log has no record {index}."), index=old_size)
        return merkle.consistency_proof(old_size, reading.leaf_hashes(self._engine, size))

    def erase_person(self, subject: str, by: str, reason: str) -> int:
        """Destroy the keys and sealed texts of ``subject`` (GDPR, article 17), and log that.

        Returns the leaf number of the «erased» record. The leaves stay, and the tree verifies.
        Every text sealed by the person's keys becomes unreadable, conversations too.

        Raises ReasonTooShort.
        """
        _check_reason(reason)
        record = self._named(AuditRecord("erased", subject=by, data={"person": subject}))
        with self._appender.transaction() as connection:
            zero_freed_pages(connection)
            self._person_keys.erase(subject, connection)
            connection.execute(delete(audit_sealed).where(audit_sealed.c.subject == subject))
            # Logged last: where someone erases their own texts, the reason goes under a new key.
            index = self._appender.append(connection, record, reason)
        scrub(self._engine)
        return index

    def expire_sealed(self, before: datetime) -> int:
        """Delete the sealed texts older than ``before``, log it, return how many. Leaves stay."""
        named = self._named(AuditRecord("erased"))
        with self._appender.transaction() as connection:
            zero_freed_pages(connection)
            expired = connection.execute(
                delete(audit_sealed).where(audit_sealed.c.time < iso(before))
            ).rowcount
            if expired:
                data = {"expired_before": iso(before), "texts": expired}
                self._appender.append(connection, replace(named, data=data))
        if expired:
            scrub(self._engine)
        return expired

    def _open(self, entry: AuditEntry) -> str | None:
        query = select(audit_sealed.c.blob).where(audit_sealed.c.leaf_index == entry.index)
        with reading.reading(self._engine) as connection:
            blob = connection.execute(query).scalar_one_or_none()
            if blob is None or entry.subject is None or entry.commitment is None:
                return None
            place = self._appender.place(entry.index)
            try:
                opening = self._person_keys.open(entry.subject, blob, place, connection)
            except TextErased:
                return None
        text = open_commitment(entry.commitment, opening)
        if text is None:
            raise SealBroken
        return text


def _check_reason(reason: str) -> None:
    if len(reason.strip()) < MIN_REASON:
        raise ReasonTooShort(
            N_("Give a reason of at least {minimum} characters."), minimum=MIN_REASON
        )
