"""What can go wrong with the audit log, in words that a person can be shown."""

from __future__ import annotations


class AuditError(Exception):
    """The base of this room's errors.

    ``message_id`` is an English template with ``{named}`` fields, which ``params`` fills: the
    server translates them. Neither ever holds personal data.
    """

    def __init__(self, message_id: str, **params: str | int | float) -> None:
        self.message_id = message_id
        self.params = params
        super().__init__(message_id.format(**params))


class AuditUnavailable(AuditError):
    """The log cannot be written or read now: nothing was half-written. Callers fail closed."""


class AuditTampered(AuditUnavailable):
    """The head of the log does not verify: it is not extended. Callers fail closed."""


class RecordRefused(AuditError):
    """A record that the log does not take: not canonical, too large, or badly named."""


class AuditConflict(AuditError):
    """The record contradicts the log: an exchange is accepted once and ends once."""


class ReasonTooShort(AuditError):
    """Reading, exporting and erasing need a reason, and this one says too little."""


class NoSuchLeaf(AuditError):
    """There is no leaf at this index."""


class NoteInvalid(AuditError):
    """A signed note, a checkpoint or a verifier key that is not well formed or not authentic."""
