"""Tells programs that a quota is nearly used up: a header for them, and words for their users.

``Sobria-Quota-Near`` is a list of structured fields (RFC 9651), one member a quota that is used to
80 %: its metric and period, what is left of how much, and the seconds until it renews. A stream
sends its headers before anything is counted: there the last chunk's ``quota_notices`` say it.
"""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request

from governance.clock import parse_iso
from governance.messages import N_
from governance.receipt import QuotaPart, Receipt
from server.state import assembly, locale_of, say
from web.i18n import number, translate, when
from web.labels import message_id

HEADER = "Sobria-Quota-Near"


def headers(receipt: Receipt | None, now: datetime) -> dict[str, str]:
    """The header, where a quota is nearly used up."""
    near = [part for part in receipt.quota if part.near] if receipt is not None else []
    return {HEADER: ", ".join(_member(part, now) for part in near)} if near else {}


def _member(part: QuotaPart, now: datetime) -> str:
    seconds = max(0, round((parse_iso(part.renews_at) - now).total_seconds()))
    left, limit = (round(value, 3) for value in (part.left, part.limit))
    return f"{part.metric}-{part.period};per={part.per};r={left:.12g};q={limit:.12g};t={seconds}"


def notices(request: Request, receipt: Receipt) -> list[str]:
    """A sentence for each quota that is nearly used up, in the caller's language."""
    locale = locale_of(request)
    timezone = assembly(request).settings.timezone
    return [
        say(
            request,
            N_("Quota nearly used up: {name}. Left: {left} of {limit}. It renews on {when}."),
            name=translate(locale, message_id("quota", f"{part.metric}_{part.period}")),
            left=number(locale, part.left),
            limit=number(locale, part.limit),
            when=when(locale, part.renews_at, timezone),
        )
        for part in receipt.quota
        if part.near
    ]
