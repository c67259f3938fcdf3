"""One record of the log, and the canonical JSON (RFC 8785) that the tree holds of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args

import rfc8785

from governance.audit.errors import RecordRefused
from governance.clock import iso, parse_iso
from governance.messages import N_

JsonValue: TypeAlias = (
    "str | int | float | bool | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
)
RecordType = Literal[
    "accepted",
    "completed",
    "refused",
    "interrupted",
    "failed",
    "cancelled",
    "consulted",
    "exported",
    "charter",
    "account",
    "key",
    "erased",
    "feedback",
    "source",
    "quota",
    "review",
    "contest",
]
RECORD_TYPES: frozenset[str] = frozenset(get_args(RecordType))
ENDS: frozenset[str] = frozenset({"completed", "refused", "interrupted", "failed", "cancelled"})
NEEDS_ACCEPTED: frozenset[str] = frozenset({"completed", "interrupted"})

MAX_DATA_BYTES = 64 * 1024
MAX_LEAF_BYTES = MAX_DATA_BYTES + 4 * 1024
_MAX_DEPTH = 16
_MAX_NUMBER = 2**53 - 1
_IDENTIFIER = re.compile(r"[^\s\x00-\x1f\x7f]{1,200}")
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
_SALT_BYTES = 32
_FIELDS = frozenset(
    {
        "v",
        "time",
        "type",
        "exchange",
        "subject",
        "service",
        "charter",
        "data",
        "commitment",
        "sealed",
    }
)


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """What happened. No field ever holds a word that a person wrote: that is for the sealed text.

    ``subject`` is a pseudonym (``PersonKeys.subject``); ``data`` holds JSON values, 64 kB at most,
    where ``data["use"]``, if there, is the charter's use, by which records can be found.
    """

    type: RecordType
    exchange_id: str | None = None
    subject: str | None = None
    service: str | None = None
    charter_revision: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def use(self) -> str | None:
        """The identifier of the charter's use that decided, if one did."""
        use = self.data.get("use")
        return use if isinstance(use, str) and use else None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A record as the tree holds it.

    ``commitment`` binds the text that was sealed (see :func:`commit`) and ``sealed`` is the sha256
    of its ciphertext, both in hexadecimal, None where no text goes with the record.
    """

    time: str
    record: AuditRecord
    commitment: str | None = None
    sealed: str | None = None

    def encode(self) -> bytes:
        """The canonical JSON of this leaf. Raises RecordRefused."""
        record = self.record
        if record.type not in RECORD_TYPES:
            raise RecordRefused(N_("The log has no record of this type."))
        for name in (record.exchange_id, record.subject, record.service, record.charter_revision):
            _check_identifier(name)
        data = _plain(record.data, _MAX_DEPTH)
        if data.get("use"):
            _check_identifier(data["use"])
        if len(_dumps(data)) > MAX_DATA_BYTES:
            raise RecordRefused(
                N_("A record of the log holds at most {limit} bytes."), limit=MAX_DATA_BYTES
            )
        return _dumps(
            {
                "v": 1,
                "time": self.time,
                "type": record.type,
                "exchange": record.exchange_id,
                "subject": record.subject,
                "service": record.service,
                "charter": record.charter_revision,
                "data": data,
                "commitment": self.commitment,
                "sealed": self.sealed,
            }
        )

    @classmethod
    def parse(cls, content: bytes) -> Leaf:
        """The leaf whose canonical JSON is exactly ``content``. Raises RecordRefused."""
        refused = RecordRefused(N_("The leaf is not a canonical record."))
        if len(content) > MAX_LEAF_BYTES:
            raise refused
        try:
            fields = json.loads(content)
        except (ValueError, RecursionError):
            raise refused from None
        if not isinstance(fields, dict) or fields.keys() != _FIELDS:
            raise refused
        data, time = fields["data"], fields["time"]
        if fields["v"] != 1 or not isinstance(data, dict):
            raise refused
        record = AuditRecord(
            type=fields["type"],
            exchange_id=fields["exchange"],
            subject=fields["subject"],
            service=fields["service"],
            charter_revision=fields["charter"],
            data=data,
        )
        leaf = cls(time, record, fields["commitment"], fields["sealed"])
        digests = (leaf.commitment, leaf.sealed)
        if not isinstance(time, str) or not isinstance(record.type, str):
            raise refused
        if not all(d is None or (isinstance(d, str) and _HEX_DIGEST.fullmatch(d)) for d in digests):
            raise refused
        try:
            canonical = leaf.encode() == content and iso(parse_iso(time)) == time
        except ValueError:
            raise refused from None
        if not canonical:
            raise refused
        return leaf


def new_leaf(
    moment: datetime, record: AuditRecord, commitment: str | None, sealed: bytes | None
) -> Leaf:
    """The leaf of a record made at ``moment``, whose text, if any, is sealed in ``sealed``."""
    digest = None if sealed is None else hashlib.sha256(sealed).hexdigest()
    return Leaf(iso(moment), record, commitment, digest)


def commit(text: str) -> tuple[str, str]:
    """A commitment to ``text`` and what opens it, which is sealed with it: salt, then text.

    HMAC-SHA256 under a random salt of 32 bytes: without the salt the commitment says nothing of the
    text, not even to who guesses it, so erasing the sealed text erases both.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    return _commitment(salt, text), salt.hex() + text


def open_commitment(commitment: str, opening: str) -> str | None:
    """The text of ``opening``, or None where it is not what ``commitment`` binds."""
    salt, text = opening[: 2 * _SALT_BYTES], opening[2 * _SALT_BYTES :]
    if not _HEX_DIGEST.fullmatch(salt):
        return None
    matches = hmac.compare_digest(_commitment(bytes.fromhex(salt), text), commitment)
    return text if matches else None


def _commitment(salt: bytes, text: str) -> str:
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()


def _check_identifier(name: object) -> None:
    if name is not None and not (isinstance(name, str) and _IDENTIFIER.fullmatch(name)):
        raise RecordRefused(
            N_("An identifier in the log is 1 to 200 characters, with no space: fix the caller.")
        )


def _dumps(value: Any) -> bytes:
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:
        # The cause quotes the value, which may be personal: it is not chained.
        raise RecordRefused(N_("The record does not have a canonical JSON form.")) from None


def _plain(value: Any, depth: int) -> Any:
    """``value`` in dicts, lists and scalars of its own, so that nobody changes it meanwhile."""
    if depth == 0:
        raise RecordRefused(N_("The data of a record is nested too deep."))
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        if not abs(value) <= _MAX_NUMBER:  # not a number compares as False
            raise RecordRefused(N_("A number of the record is infinite or too large."))
        return value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise RecordRefused(N_("The record does not have a canonical JSON form."))
        return {key: _plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_plain(item, depth - 1) for item in value]
    raise RecordRefused(N_("The record does not have a canonical JSON form."))
