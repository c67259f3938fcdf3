"""What a person decided about one message before sending it, in the composer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choices:
    """``kept`` are texts found by mistake that stay in clear in this message, where the charter
    allows their entity; ``masked`` are names that were missed, masked from now on in the whole
    conversation. Both are exact texts, as written in the message. With ``as_before``, what was kept
    of the very same message before stays kept: nobody was asked again."""

    kept: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    as_before: bool = False

    def __bool__(self) -> bool:
        return bool(self.kept or self.masked)


NO_CHOICE = Choices()
AS_BEFORE = Choices(as_before=True)
"""Another answer to the same message: what was chosen for it holds."""
