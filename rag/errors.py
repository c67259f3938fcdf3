"""What can go wrong in this room, as an English template that the server translates."""

from __future__ import annotations

from collections.abc import Mapping

ParameterValue = str | int | float


class RagError(Exception):
    """Something of retrieval failed.

    ``message_id`` is the English text with ``{named}`` fields, the key of the translations;
    ``params`` are the values of these fields. None of them ever holds text of a person.
    """

    def __init__(self, message_id: str, **params: ParameterValue) -> None:
        self.message_id = message_id
        self.params: Mapping[str, ParameterValue] = params
        super().__init__(message_id.format(**params))


class SourceDeclarationError(RagError):
    """The file that declares the sources is wrong; the message names file, line and field."""


class GlossaryError(RagError):
    """A glossary is wrong; the message names file, line and entry."""


class SourceUnavailable(RagError):
    """A source cannot be read now; what was indexed of it before is kept."""


class IndexUnavailable(RagError):
    """An index cannot be opened or is damaged; it can be rebuilt from the database."""
