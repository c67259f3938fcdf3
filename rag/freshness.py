"""Where a source stands with what it declares, and what to do about it, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rag.errors import ParameterValue
from rag.runs import LastSync
from rag.sources import Source

DAY = 86_400.0

Health = Literal["ready", "stale", "failed", "never", "syncing", "disabled"]


@dataclass(frozen=True, slots=True)
class Advice:
    """A sentence for the administrator: an English template and its values, to be translated."""

    message_id: str
    params: Mapping[str, ParameterValue] = field(default_factory=dict)


def health(
    source: Source, last: LastSync | None, complete: float | None, now: float, *, syncing: bool
) -> Health:
    """Where ``source`` stands at ``now``.

    ``last`` is its last sync, ``complete`` when the last complete one ended (Unix time, as
    ``now``); ``syncing``: it is being read. One that is said to run and is not here was killed, or
    is run by another process: it counts as failed until it ends.
    """
    if not source.usable:
        return "disabled"
    if syncing:
        return "syncing"
    if last is None:
        return "never"
    if last.status != "complete":
        return "failed"
    if is_stale(source, complete, now):
        return "stale"
    return "ready"


def is_stale(source: Source, complete: float | None, now: float) -> bool:
    """Whether the last complete sync is older than the source allows."""
    if source.fresh_days is None or complete is None:
        return False
    return now - complete > source.fresh_days * DAY


def advice(
    source: Source, state: Health, last: LastSync | None, complete: float | None, now: float
) -> Advice:
    """What ``state`` means for answers, and what to do."""
    if state == "disabled":
        if source.enabled:
            return Advice(message_id="Nothing is read: sources.yaml gives no path for it.")
        return Advice(message_id="Nothing is read: sources.yaml switches it off.")
    if state == "syncing":
        return Advice(message_id="It is being read. What was read before stays searchable.")
    if state == "never":
        return Advice(message_id="Nothing of it is searchable yet: fetch it.")
    if state == "failed":
        return _failed(last, complete)
    if state == "stale":
        days = int((now - (complete or now)) / DAY)
        return _stale(source, days)
    return Advice(message_id="Nothing to do.")


def _failed(last: LastSync | None, complete: float | None) -> Advice:
    if last is not None and last.status == "running":
        return Advice(
            message_id="The last reading did not end: it was cut off, or another command is still "
            "at it. Wait, or fetch it again; what is already read is not read twice."
        )
    if complete is None:
        return Advice(
            message_id="It could not be read, and was never read as a whole. Put right what is "
            "said below, then fetch it again."
        )
    return Advice(
        message_id="It could not be read; what was read before stays searchable. Put right what is "
        "said below, then fetch it again."
    )


def _stale(source: Source, days: int) -> Advice:
    params = {"days": days, "limit": source.fresh_days or 0}
    if source.package:
        return Advice(
            message_id="Last read as a whole {days} days ago, and {limit} are allowed. Write the "
            "package's newest version into sources.yaml, then fetch it again.",
            params=params,
        )
    if source.kind in ("eurlex-html", "dila-zip"):
        return Advice(
            message_id="Last read as a whole {days} days ago, and {limit} are allowed. Put the "
            "publisher's newest file in place of the old one, then fetch it again.",
            params=params,
        )
    return Advice(
        message_id="Last read as a whole {days} days ago, and {limit} are allowed. Fetch it again.",
        params=params,
    )
