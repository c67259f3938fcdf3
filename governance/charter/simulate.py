"""What a draft of the charter would change: the latest requests of the log, judged once more.

The requests lie sealed and pseudonymised in the audit log. They are judged by the charter in force
and by the draft, by the machine alone: what comes out are counts by service and by use, never a
text. That they were read is logged before the first is opened, with the reason. Each request is
judged by itself, for the log does not say which ones made a conversation: one that was held for
what came before it may be counted as allowed, by both charters alike.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from governance.audit.leaf import JsonValue, RecordType
from governance.audit.log import AuditLog
from governance.audit.reading import AuditEntry, AuditFilter
from governance.charter.charter import Charter
from governance.charter.proof import Judged, LeftOutJudge
from governance.charter.schema import EFFECTS, Effect
from governance.clock import iso
from governance.sealing import SealBroken

DEFAULT_LIMIT = 500
MAX_LIMIT = 5000
"""Requests that one simulation replays at most: the latest ones."""
_PAGE = 500
_SINCE = re.compile(r"([1-9][0-9]{0,3})d")

ChangeKind = Literal["refused", "reviewed", "allowed"]
CHANGES: tuple[ChangeKind, ...] = ("refused", "reviewed", "allowed")


class CharterJudge(LeftOutJudge, Protocol):
    """A judge of a charter: of its own examples, and of what people asked."""

    def judge(self, service: str, texts: Sequence[str]) -> Judged: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """Which requests are replayed: since when, of which service (None: all), how many at most."""

    since: datetime
    service: str | None = None
    limit: int = DEFAULT_LIMIT


@dataclass(frozen=True, slots=True)
class Group:
    """``count`` requests of a service of which the same became.

    ``use`` is the use that the draft sees in them, or that the charter in force saw; None where
    neither sees any.
    """

    service: str
    use: str | None
    before: Effect
    after: Effect
    count: int

    @property
    def change(self) -> ChangeKind | None:
        """What is new of them under the draft; None where nothing is."""
        if self.after == self.before:
            return None
        kinds: dict[Effect, ChangeKind] = {
            "forbid": "refused",
            "review": "reviewed",
            "allow": "allowed",
        }
        return kinds[self.after]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a draft would have changed.

    ``found`` are the requests of the scope, ``replayed`` those judged. Not replayable are the
    ``erased`` (by a person's request or by age), the ``broken`` whose seal does not open, and those
    of services ``gone`` from the draft. ``more``: older requests were left out by the limit.
    """

    groups: tuple[Group, ...]
    found: int
    erased: int
    broken: int
    gone: int
    more: bool
    cancelled: bool

    @property
    def replayed(self) -> int:
        """Requests that both charters judged."""
        return sum(group.count for group in self.groups)

    def count(self, kind: ChangeKind | None, service: str | None = None) -> int:
        """Requests of which ``kind`` is new (None: nothing is), of one service or of all."""
        return sum(
            group.count
            for group in self.groups
            if group.change == kind and service in (None, group.service)
        )

    @property
    def services(self) -> tuple[str, ...]:
        """The services whose requests were replayed."""
        return tuple(sorted({group.service for group in self.groups}))

    @property
    def changed(self) -> tuple[Group, ...]:
        """The groups of which something is new."""
        return tuple(group for group in self.groups if group.change is not None)


def since(text: str, now: datetime) -> datetime:
    """The moment that «30d» (days before ``now``) or «2026-11-01» stands for.

    Raises:
        ValueError: it is neither.
    """
    days = _SINCE.fullmatch(text.strip())
    if days:
        return now - timedelta(days=int(days[1]))
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def simulate(
    log: AuditLog,
    scope: Scope,
    *,
    draft: Charter,
    judges: tuple[CharterJudge, CharterJudge],
    reader: str,
    reason: str,
    revision: str,
    stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Simulation:
    """Replay ``scope`` under the charter in force and under ``draft``: ``judges`` in this order.

    ``reader`` is the pseudonym of who asks, and ``revision`` the draft's hash: both are logged with
    ``reason`` before a text is opened. ``stopped`` is asked before each request.

    Raises:
        ReasonTooShort: under 10 characters.
        AuditUnavailable: the log cannot be read or written.
    """
    entries, more = _requests(log, scope)
    data: dict[str, JsonValue] = {
        "simulation": revision,
        "texts": len(entries),
        "since": iso(scope.since),
        "service": scope.service,
    }
    known = {service.id for service in draft.services}
    counts: Counter[tuple[str, str | None, Effect, Effect]] = Counter()
    erased = broken = gone = 0
    cancelled = False
    texts = log.read_for_replay(entries, reader, reason, data)
    for done, entry in enumerate(entries):
        if stopped():
            cancelled = True
            break
        progress(done, len(entries))
        service = entry.service or ""
        if service not in known:
            gone += 1
            continue
        try:
            text = texts(entry)
        except SealBroken:
            broken += 1
            continue
        if text is None:
            erased += 1
            continue
        before, after = (judge.judge(service, [text]) for judge in judges)
        use = after.use_id if after.effect != "allow" else before.use_id
        counts[service, use, before.effect, after.effect] += 1
    groups = tuple(Group(*key, count=count) for key, count in counts.items())
    return Simulation(
        tuple(sorted(groups, key=_order)), len(entries), erased, broken, gone, more, cancelled
    )


def _order(group: Group) -> tuple[int, str, str, int, int]:
    """Changes first, by service and use."""
    before, after = EFFECTS.index(group.before), EFFECTS.index(group.after)
    return group.change is None, group.service, group.use or "", before, after


def _requests(log: AuditLog, scope: Scope) -> tuple[list[AuditEntry], bool]:
    """The latest requests of the scope, the newest first, and whether older ones are left out.

    They are sealed with «accepted», or with «refused» where the use was refused before that.
    """
    limit = max(1, min(scope.limit, MAX_LIMIT))
    found = [
        *_latest(log, scope, "accepted", limit + 1),
        *(
            entry
            for entry in _latest(log, scope, "refused", limit + 1)
            if entry.data.get("cause") == "use" and entry.commitment is not None
        ),
    ]
    accepted = {entry.exchange_id for entry in found if entry.type == "accepted"}
    asked = sorted(
        (e for e in found if e.type == "accepted" or e.exchange_id not in accepted),
        key=lambda entry: -entry.index,
    )
    return asked[:limit], len(asked) > limit


def _latest(
    log: AuditLog, scope: Scope, record_type: RecordType, limit: int
) -> Iterator[AuditEntry]:
    wanted = AuditFilter(since=scope.since, service=scope.service, type=record_type)
    before: int | None = None
    while limit > 0:
        page = log.page(wanted, min(_PAGE, limit), before)
        yield from page
        if len(page) < min(_PAGE, limit):
            return
        limit -= len(page)
        before = page[-1].index
