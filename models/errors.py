"""The errors of this room, in words that can be translated."""

from __future__ import annotations

Param = str | int | float


def N_(message: str) -> str:
    """Mark ``message`` for extraction by gettext, and return it as it is."""
    return message


class ModelsError(Exception):
    """Base of all errors of this room that people read.

    ``message_id`` is the English template with ``{named}`` fields, ``params`` fills them; whoever
    shows the error translates the first and formats it with the second.
    """

    def __init__(self, message_id: str, **params: Param) -> None:
        self.message_id = message_id
        self.params: dict[str, Param] = params
        super().__init__(message_id.format(**params))


class CatalogueError(ModelsError):
    """A catalogue file, or an entry that somebody adds, does not say what it must."""


class UnknownModel(ModelsError):
    """No entry of the catalogue has this name."""

    def __init__(self, name: str, known: str) -> None:
        super().__init__(
            N_("No model is called “{name}”. The catalogue has: {known}."), name=name, known=known
        )


class ModelMissing(ModelsError):
    """The weights are in the catalogue, but not on this machine."""

    def __init__(self, name: str) -> None:
        super().__init__(
            N_("The weights of “{name}” are not on this machine: run “sobria models pull {name}”."),
            name=name,
        )


class DigestMismatch(ModelsError):
    """The bytes on disk are not those that the catalogue promises."""


class PullError(ModelsError):
    """Weights could not be brought onto this machine."""


class NotEnoughSpace(PullError):
    """The disk cannot take the weights. Both figures are in bytes."""

    def __init__(self, name: str, needed: int, free: int, folder: str) -> None:
        self.needed = needed
        self.free = free
        super().__init__(
            N_(
                "Pulling “{name}” needs {needed_mb} MB of free space in {folder}, "
                "which has {free_mb} MB."
            ),
            name=name,
            needed_mb=-(-needed // 1_000_000),
            free_mb=free // 1_000_000,
            folder=folder,
        )
