"""A change that is not made, and the field that is why."""

from __future__ import annotations

from server.errors import RequestError


class ChangeRefused(RequestError):
    """Nothing was changed. ``field`` names what was wrong in the request, as the API spells it."""

    status = 422

    def __init__(self, field: str, message_id: str, /, **params: str | int | float) -> None:
        self.field = field
        super().__init__(message_id, **params)


class NotThere(ChangeRefused):
    """What was to be changed does not exist."""

    status = 404
