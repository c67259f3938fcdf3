"""Why a quota stopped a request, in words that the server can translate."""

from __future__ import annotations

from datetime import datetime

from governance.quotas.limits import Metric, Period

_MESSAGES: dict[tuple[Metric, Period], str] = {
    ("requests", "day"): (
        "Your service has reached its quota of requests for today: {used} of {limit} used, "
        "{held} in progress. It renews at midnight."
    ),
    ("requests", "month"): (
        "Your service has reached its quota of requests for this month: {used} of {limit} used, "
        "{held} in progress. It renews on the first day of next month."
    ),
    ("tokens", "day"): (
        "Your service has not enough tokens left for today: {used} of {limit} used, {held} held "
        "by requests in progress, and this request may need {asked}. The quota renews at midnight."
    ),
    ("tokens", "month"): (
        "Your service has not enough tokens left for this month: {used} of {limit} used, {held} "
        "held by requests in progress, and this request may need {asked}. The quota renews on the "
        "first day of next month."
    ),
    ("wh", "day"): (
        "Your service has not enough energy left for today: {used} of {limit} Wh used, {held} Wh "
        "held by requests in progress, and this request may need {asked} Wh. The quota renews at "
        "midnight."
    ),
    ("wh", "month"): (
        "Your service has not enough energy left for this month: {used} of {limit} Wh used, "
        "{held} Wh held by requests in progress, and this request may need {asked} Wh. The quota "
        "renews on the first day of next month."
    ),
}


class QuotaError(Exception):
    """A quota stops the request. ``message_id`` and ``params`` give a text to translate."""

    message_id: str
    params: dict[str, str | int | float]


class QuotaExceeded(QuotaError):
    """What is asked does not fit what is left. Amounts are in the unit of ``metric``."""

    def __init__(
        self,
        metric: Metric,
        period: Period,
        *,
        limit: float,
        used: float,
        held: float,
        asked: float,
        renews_at: datetime,
    ) -> None:
        self.metric = metric
        self.period = period
        self.limit = limit
        self.used = used
        self.held = held
        self.asked = asked
        self.renews_at = renews_at
        self.message_id = _MESSAGES[metric, period]
        self.params = {
            name: round(value, 3) if metric == "wh" else int(value)
            for name, value in (("limit", limit), ("used", used), ("held", held), ("asked", asked))
        }
        super().__init__(f"{metric} of the {period}: {used} + {held} + {asked} > {limit}")


class QuotaUnavailable(QuotaError):
    """The ledger cannot be read or written, so nothing may pass."""

    def __init__(self) -> None:
        self.message_id = (
            "The quotas cannot be checked at the moment, so your request was not processed. "
            "Please try again in a few minutes."
        )
        self.params = {}
        super().__init__("the quota ledger is unavailable")


class ReservationExists(ValueError):
    """The exchange already has a reservation: identifiers are not to be used twice."""


class UnknownReservation(LookupError):
    """No reservation was ever made for this exchange."""
