"""Why pseudonymisation stopped a request. No message ever holds a text that was analysed."""

from __future__ import annotations

from governance.messages import N_


class PiiError(Exception):
    """Personal data cannot be protected, so nothing may pass. ``message_id`` is for translation.

    ``kind`` names the type of the failure beneath, which is all of it that may be logged.
    """

    message_id = N_("Personal data could not be protected, so your message was not sent.")

    def __init__(self, kind: str = "") -> None:
        self.kind = kind
        self.params: dict[str, str | int | float] = {}
        super().__init__(self.message_id)


class AnalysisFailed(PiiError):
    """The analyser failed on a text."""

    message_id = N_(
        "The search for personal data failed, so your message was not sent. "
        "Try again, then tell your IT department."
    )


class MappingUnavailable(PiiError):
    """The mapping of a conversation cannot be read, opened or written."""

    message_id = N_(
        "The names of this conversation cannot be read, so your message was not sent. "
        "Start a new conversation, then tell your IT department."
    )


class MappingBusy(PiiError):
    """Too many requests change the same conversation at the same instant."""

    message_id = N_("Several messages of this conversation arrived at once. Send this one again.")
