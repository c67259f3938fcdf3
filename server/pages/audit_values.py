"""Records of the audit log as the data protection officer reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from governance.audit.leaf import RECORD_TYPES, RecordType
from governance.audit.reading import AuditEntry, AuditFilter
from governance.clock import parse_iso
from governance.messages import N_
from server.errors import RequestError
from server.pages.messages import TITLES
from web.i18n import translate
from web.views import AuditFilterView, AuditRow

#: Whose words a record's sealed text is.
WHOSE = {
    "accepted": "user",
    "refused": "user",
    "completed": "assistant",
    "cancelled": "assistant",
    "failed": "assistant",
    "interrupted": "assistant",
    "consulted": "dpo",
    "exported": "dpo",
    "erased": "dpo",
    "charter": "admin",
    "quota": "admin",
}


def filter_of(view: AuditFilterView, timezone: str) -> AuditFilter:
    """The filter that the address bar asks for; days are the organisation's, ``until`` included.

    Raises:
        RequestError: a date that is none, or an unknown kind of record.
    """
    if view.type and view.type not in RECORD_TYPES:
        raise RequestError(N_("The log has no record of this kind."))
    until = _day(view.until, timezone)
    return AuditFilter(
        since=_day(view.since, timezone),
        until=until + timedelta(days=1) if until is not None else None,
        service=view.service or None,
        type=cast(RecordType, view.type) if view.type else None,
        use=view.use or None,
        exchange_id=view.exchange.strip() or None,
    )


def _day(text: str, timezone: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZoneInfo(timezone))
    except ValueError as error:
        raise RequestError(N_("A date is written as 2026-11-23.")) from error


def row_of(entry: AuditEntry, locale: str, uses: Mapping[str, str]) -> AuditRow:
    """A line of the log. ``uses`` are the titles of the charter's uses, by identifier."""
    return AuditRow(
        index=entry.index,
        time=parse_iso(entry.time),
        type=entry.type,
        service=entry.service or "",
        subject=entry.subject or "",
        exchange_id=entry.exchange_id or "",
        summary=_summary(entry, locale, uses),
        use_id=entry.use or "",
        charter_revision=entry.charter_revision or "",
    )


def _summary(entry: AuditEntry, locale: str, uses: Mapping[str, str]) -> str:
    data = entry.data
    match entry.type:
        case "accepted":
            count = sum(int(n) for n in data.get("masked", {}).values())
            surface = N_("by the chat") if data.get("surface") == "chat" else N_("by the API")
            return translate(
                locale,
                N_("Question {surface}, items masked: {count}"),
                surface=translate(locale, surface),
                count=count,
            )
        case "completed" | "cancelled":
            tokens = (data.get("receipt") or {}).get("tokens") or {}
            return translate(
                locale, N_("Tokens written: {count}"), count=int(tokens.get("completion", 0))
            )
        case "refused":
            if entry.use:
                return uses.get(entry.use, entry.use)
            return translate(locale, TITLES.get(str(data.get("cause", "")), ""))
        case "consulted" if "simulation" in data:
            count = int(data.get("texts", 0))
            return translate(locale, N_("Simulation of a charter on {count} requests"), count=count)
        case "consulted":
            return translate(locale, N_("Record {leaf} was opened"), leaf=int(data["leaf"]))
        case "key" | "account" | "charter" | "source" | "quota":
            return translate(locale, ACTIONS.get(str(data.get("action", "")), ""))
        case "feedback":
            return translate(locale, VALUES.get(str(data.get("value", "")), ""))
        case _:
            return ""


ACTIONS = {
    "created": N_("created"),
    "revoked": N_("revoked"),
    "password": N_("new password"),
    "disabled": N_("closed"),
    "enabled": N_("opened again"),
    "published": N_("new revision published"),
    "restored": N_("earlier revision restored"),
    "rotated": N_("new secret"),
    "moved": N_("moved to another service"),
    "renamed": N_("name changed"),
    "invited": N_("invited"),
    "joined": N_("password chosen by the person"),
    "synchronised": N_("read again"),
    "granted": N_("extension granted"),
}
VALUES = {
    "up": N_("useful"),
    "down": N_("not useful"),
    "withdrawn": N_("withdrawn"),
}
