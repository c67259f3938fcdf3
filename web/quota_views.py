"""What the pages of the quotas and of the search without the AI need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from web.views import ServiceView, SourceView


@dataclass(frozen=True, slots=True)
class GrantView:
    """An extension. ``ends`` is None once its window is past; ``whose`` is a name, or empty."""

    id: str
    service: str
    per: Literal["service", "user", "key"]
    whose: str
    metric: str
    period: str
    window: str
    amount: float
    reason: str
    created_at: datetime
    ends: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuotasView:
    """The quotas' page (``quotas.html``). ``offered`` are the (service, metric, period, per)."""

    services: tuple[ServiceView, ...]
    grants: tuple[GrantView, ...]
    offered: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class SearchView:
    """The search without the AI (``search.html``). ``found`` is None before anything was asked."""

    query: str = ""
    found: tuple[SourceView, ...] | None = None
    wh: float | None = None
