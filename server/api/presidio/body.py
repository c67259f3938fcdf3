"""Reads the JSON of a request, and checks each field that is used: what it must be, by name."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request

from governance.messages import N_
from server.api.presidio.errors import PresidioError

MAX_TEXT: Final = 200_000
"""Characters of one text, at most."""
MAX_TEXTS: Final = 100
"""Texts of one request, at most."""
_MAX_DIGITS: Final = 18

_STRING = N_("a string")
_LIST = N_("a list")
_OBJECT = N_("an object")
_NUMBER = N_("a number")
_WHOLE = N_("a whole number of 0 or more")
_BOOLEAN = N_("true or false")
_STRINGS = N_("a list of strings")


async def json_object(request: Request) -> dict[str, Any]:
    """The body of the request.

    Raises:
        PresidioError: it is not announced as JSON (415), or is no JSON object (400).
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        raise PresidioError(415, N_("Send JSON, with «Content-Type: application/json»."))
    try:
        value = json.loads(
            await request.body(), parse_constant=_no_constant, parse_int=_bounded_int
        )
    except (ValueError, RecursionError):
        raise PresidioError(400, N_("The body is not valid JSON.")) from None
    if not isinstance(value, dict):
        raise PresidioError(400, N_("The body must be a JSON object."))
    return value


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _bounded_int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError("too long a number")
    return int(digits)


def wrong(field: str, expected: str, status: int = 400) -> PresidioError:
    """``field`` is not what it must be; ``expected`` is a message to translate."""
    return PresidioError(
        status, N_("«{field}» must be {expected}."), field=shortened(field), expected=expected
    )


def shortened(name: str) -> str:
    """The name of a field, which may be the caller's own, fit for an error."""
    return name if len(name) <= 80 else name[:79] + "…"


class Fields:
    """The fields of one JSON object, read by type. ``where`` names the object in errors.

    ``status`` is that of the errors: Presidio's analyser says 400, its anonymiser 422. A field
    that is absent and one that is null are the same.
    """

    def __init__(self, values: Mapping[str, Any], where: str = "", status: int = 400) -> None:
        self._values = values
        self._where = where
        self._status = status

    def name(self, field: str) -> str:
        """How errors name ``field``."""
        return f"{self._where}.{field}" if self._where else field

    def get(self, field: str) -> Any:
        """The value as it was sent."""
        return self._values.get(field)

    def only(self, known: frozenset[str]) -> None:
        """Raises PresidioError where the object holds a field that is not of ``known``."""
        for field in self._values:
            if field not in known:
                raise PresidioError(
                    self._status,
                    N_("«{field}» is not a field that is known here."),
                    field=shortened(self.name(field)),
                )

    def string(self, field: str, default: str = "", limit: int = 200) -> str:
        """A string of ``limit`` characters at most."""
        value = self.get(field)
        if value is None:
            return default
        if not isinstance(value, str):
            raise wrong(self.name(field), _STRING, self._status)
        if len(value) > limit:
            raise self._too_long(field, limit)
        return value

    def text(self, field: str) -> str:
        """A text to be treated, within its own bound; empty where it is absent."""
        return checked_text(self.get(field) or "", self.name(field), self._status)

    def number(self, field: str, default: float) -> float:
        """A finite number."""
        value = self.get(field)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isinf(value):
            raise wrong(self.name(field), _NUMBER, self._status)
        return float(value)

    def whole(self, field: str, default: int | None = None) -> int:
        """A whole number of 0 or more."""
        value = self.get(field)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise wrong(self.name(field), _WHOLE, self._status)
        return value

    def boolean(self, field: str) -> bool:
        """True or false; 0 and 1 are understood, as Presidio does."""
        value = self.get(field)
        if value is None:
            return False
        if not isinstance(value, bool | int):
            raise wrong(self.name(field), _BOOLEAN, self._status)
        return bool(value)

    def strings(self, field: str, limit: int, length: int) -> tuple[str, ...]:
        """A list of ``limit`` strings at most, of ``length`` characters each."""
        value = self._list(field, limit)
        for item in value:
            if not isinstance(item, str):
                raise wrong(self.name(field), _STRINGS, self._status)
            if len(item) > length:
                raise self._too_long(field, length)
        return tuple(value)

    def objects(self, field: str, limit: int) -> tuple[Fields, ...]:
        """A list of ``limit`` objects at most."""
        found = []
        for index, item in enumerate(self._list(field, limit)):
            where = f"{self.name(field)}[{index}]"
            if not isinstance(item, dict):
                raise wrong(where, _OBJECT, self._status)
            found.append(Fields(item, where, self._status))
        return tuple(found)

    def named_objects(self, field: str, limit: int) -> dict[str, Fields]:
        """An object of ``limit`` objects at most, by their names."""
        value = self.get(field)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise wrong(self.name(field), _OBJECT, self._status)
        self._check_count(field, value, limit)
        found = {}
        for name, item in value.items():
            where = self.name(f"{field}.{name}")
            if not isinstance(item, dict):
                raise wrong(where, _OBJECT, self._status)
            found[name] = Fields(item, where, self._status)
        return found

    def _list(self, field: str, limit: int) -> list[Any]:
        value = self.get(field)
        if value is None:
            return []
        if not isinstance(value, list):
            raise wrong(self.name(field), _LIST, self._status)
        self._check_count(field, value, limit)
        return value

    def _check_count(self, field: str, value: list[Any] | dict[str, Any], limit: int) -> None:
        if len(value) > limit:
            raise PresidioError(
                413,
                N_("«{field}» holds {count} items; {limit} at most are allowed."),
                field=shortened(self.name(field)),
                count=len(value),
                limit=limit,
            )

    def _too_long(self, field: str, limit: int) -> PresidioError:
        return PresidioError(
            self._status,
            N_("«{field}» is too long: {limit} characters at most."),
            field=shortened(self.name(field)),
            limit=limit,
        )


def checked_text(value: object, field: str, status: int = 400) -> str:
    """``value`` where it is a text within bounds. Raises PresidioError."""
    if not isinstance(value, str):
        raise wrong(field, _STRING, status)
    if len(value) > MAX_TEXT:
        raise PresidioError(
            413,
            N_("«{field}» holds {length} characters; {limit} at most are allowed."),
            field=field,
            length=len(value),
            limit=MAX_TEXT,
        )
    return value
