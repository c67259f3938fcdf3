"""The refusal of an exchange for which the model has no room at this moment."""

from __future__ import annotations

import math

from governance.events import Refusal
from governance.messages import N_
from models.protocol import EngineBusy

BUSY = N_("Many people are asking at this moment. Try again in a few moments.")
BUSY_FOR = N_("Many people are asking at this moment. Try again in {seconds} seconds.")


def too_busy(busy: EngineBusy) -> Refusal:
    """The refusal, which says when to try again, in whole seconds; a single one is not counted."""
    seconds = max(1, math.ceil(busy.retry_after))
    return Refusal(
        cause="busy",
        message_id=BUSY_FOR if seconds > 1 else BUSY,
        params={"seconds": seconds} if seconds > 1 else {},
        retry_after=float(seconds),
        still_works="search",
    )
