"""What needs an administrator first: plain sentences, each with where to go.

Other rooms add theirs: a provider looks at the situation and says what it finds. A provider that
fails says so in its own sentence, and does not hide what the others found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import structlog
from sqlalchemy.exc import SQLAlchemyError

from governance.audit.errors import AuditError
from governance.messages import N_
from governance.quotas.errors import QuotaUnavailable
from server.console.situation import Situation

_log = structlog.get_logger("sobria.console")

Level = Literal["now", "soon"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence. ``level``: «now» is broken or full, «soon» will be. ``link`` is where to go."""

    level: Level
    code: str
    message_id: str
    link: str
    params: dict[str, str | int | float] = field(default_factory=dict)


Provider = Callable[[Situation], Iterable[Notice]]


def attention(situation: Situation, providers: Sequence[Provider]) -> tuple[Notice, ...]:
    """What ``providers`` find, the most pressing first, otherwise in their order."""
    found: list[Notice] = []
    for provider in providers:
        try:
            found.extend(provider(situation))
        except (AuditError, QuotaUnavailable, SQLAlchemyError) as failure:
            _log.error("attention_failed", provider=provider.__name__, error=type(failure).__name__)
            found.append(
                Notice("now", "unknown", N_("Part of what needs attention cannot be read."), "")
            )
    return tuple(sorted(found, key=lambda notice: notice.level != "now"))
