"""The refusal of an exchange for which the model has no room at this moment."""

from __future__ import annotations

import math

from governance.events import Refusal
from governance.messages import N_
from models.protocol import EngineBusy

BUSY = N_("Many people are asking at this moment. Try again in a few moments.")
BUSY_FOR = N_("Many people are asking at this moment. Try again in {seconds} seconds.")
BUSY_LONG = N_("Many people are asking at this moment. Try again in about {minutes} minutes.")
_LONG = 90  # seconds, from which people count in minutes


def too_busy(busy: EngineBusy) -> Refusal:
    """The refusal, which says when to try again, in whole seconds or, of a long wait, minutes; a
    single second is not counted.
    """
    seconds = max(1, math.ceil(busy.retry_after))
    message = BUSY
    params: dict[str, str | int | float] = {}
    if seconds > _LONG:
        message, params = BUSY_LONG, {"minutes": math.ceil(seconds / 60)}
    elif seconds > 1:
        message, params = BUSY_FOR, {"seconds": seconds}
    return Refusal(
        cause="busy",
        message_id=message,
        params=params,
        retry_after=float(seconds),
        still_works="search",
    )
