"""Why a quota stopped a request, in words that the server can translate."""

from __future__ import annotations

from datetime import datetime

from governance.clock import iso
from governance.messages import N_
from governance.quotas.limits import Metric, Per
from governance.quotas.windows import Period

# Figures stand after a colon, so that no word must agree with them in number or gender.
_LEVELS: dict[Metric, str] = {
    "requests": "(limit: {limit}; used: {used}; in progress: {held})",
    "tokens": (
        "(limit: {limit}; used: {used}; held by requests in progress: {held}; this request may "
        "need: {asked})"
    ),
    "wh": (
        "(limit: {limit} Wh; used: {used} Wh; held by requests in progress: {held} Wh; this "
        "request may need: {asked} Wh)"
    ),
    "euros": (
        "(limit: €{limit}; used: €{used}; held by requests in progress: €{held}; this request may "
        "need: €{asked})"
    ),
}
_WHAT: dict[Metric, str] = {
    "requests": "no requests left",
    "tokens": "not enough tokens left",
    "wh": "not enough energy left",
    "euros": "not enough of the internal budget left",
}
_WHO: dict[Per, str] = {
    "service": "Your service has",
    "user": "You have",
    "key": "This API key has",
}
_WHEN: dict[Period, str] = {
    "hour": "for this hour",
    "day": "for today",
    "month": "for this month",
}


def exceeded_message(metric: Metric, period: Period, per: Per) -> str:
    """The message for a quota that is used up; each of the 36 has its French text."""
    return (
        f"{_WHO[per]} {_WHAT[metric]} {_WHEN[period]} {_LEVELS[metric]}. "
        "The quota renews on {renews_at}."
    )


class QuotaError(Exception):
    """A quota stops the request. ``message_id`` and ``params`` give a text to translate."""

    message_id: str
    params: dict[str, str | int | float]


class QuotaExceeded(QuotaError):
    """What is asked does not fit what is left. Amounts are in the unit of ``metric``.

    ``params["renews_at"]`` is an ISO 8601 instant, to be shown in the reader's time and format.
    """

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
        per: Per = "service",
    ) -> None:
        self.metric = metric
        self.period = period
        self.per = per
        self.limit = limit
        self.used = used
        self.held = held
        self.asked = asked
        self.renews_at = renews_at
        self.message_id = exceeded_message(metric, period, per)
        self.params = {
            name: round(value, 3) if metric in ("wh", "euros") else int(value)
            for name, value in (("limit", limit), ("used", used), ("held", held), ("asked", asked))
        }
        self.params["renews_at"] = iso(renews_at)
        super().__init__(f"{metric} per {period} and {per}: {used} + {held} + {asked} > {limit}")


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


class GrantRefused(QuotaError):
    """An extension that cannot be given or taken back."""

    def __init__(self, message_id: str, **params: str | int | float) -> None:
        self.message_id = message_id
        self.params = params
        super().__init__(message_id.format(**params))


NO_REASON = N_("Say why, in ten characters at least: the reason is kept in the audit log.")
NO_SERVICE = N_("The charter has no such service.")
NO_QUOTA = N_("The charter sets no such quota for this service, so there is nothing to extend.")
NO_AMOUNT = N_("The amount must be more than 0, and at most 1,000,000,000.")
NO_GRANT = N_("There is no extension in force with this identifier.")
