"""Why a decision on an entry, or an answer to a contest, cannot be taken."""

from __future__ import annotations

from governance.messages import N_


class ReviewError(Exception):
    """A decision that is not taken; ``message_id`` says why to the person."""

    message_id = ""

    def __init__(self) -> None:
        self.params: dict[str, str | int | float] = {}
        super().__init__(type(self).__name__)


class NoSuchEntry(ReviewError):
    """There is no such entry, or it is not for this person to see."""

    message_id = N_("There is nothing of this number to review, or it is not yours to see.")


class OwnRequest(ReviewError):
    """Four eyes: who asked does not validate."""

    message_id = N_("Nobody validates the answer to their own request: another member must do it.")


class AlreadyDecided(ReviewError):
    """Somebody was faster: the first decision stands."""

    message_id = N_("Another person has already decided: their decision stands.")


class WordsMissing(ReviewError):
    """A decision needs words: the author reads them."""

    message_id = N_("Write a few words (3 to 1,000 characters): the person will read them.")


class AlreadyContested(ReviewError):
    """A refusal is contested once."""

    message_id = N_("This refusal is already contested: the answer will be shown here.")
