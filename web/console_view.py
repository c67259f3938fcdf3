"""What the console's pages need, as plain values. Energy is in Wh; None is «not known»."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from web.charts import Plot
from web.views import ServiceView, SourceStatusView


@dataclass(frozen=True, slots=True)
class AttentionView:
    """A sentence that says what needs attention, and where to go («» for nowhere)."""

    level: Literal["now", "soon"]
    message: str
    link: str


@dataclass(frozen=True, slots=True)
class CountLine:
    """A use, a cause or a service, with its refusals now and in the same time before."""

    title: str
    count: int
    before: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class RefusedDay:
    """A day's refusals; ``why`` lists their causes in words, with how many of each."""

    day: str
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class EnergyDayView:
    """A day's energy; ``wh`` is None where nothing is known, ``unknown`` counts such requests."""

    day: str
    requests: int
    wh: float | None
    unknown: int
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EnergyLine:
    """A service's energy over the period. ``share`` is that of what is known, 0 to 1."""

    title: str
    requests: int
    wh: float | None
    unknown: int
    methods: tuple[str, ...]
    share: float


@dataclass(frozen=True, slots=True)
class OverviewView:
    """The administrator's overview (``admin.html``) of the last ``days`` days."""

    days: int
    attention: tuple[AttentionView, ...]
    requests_today: int
    refused_today: int
    wh_today: float | None
    refused: int
    refused_before: int
    refused_plot: Plot
    refused_days: tuple[RefusedDay, ...]
    by_use: tuple[CountLine, ...]
    by_cause: tuple[CountLine, ...]
    by_service: tuple[CountLine, ...]
    services: tuple[ServiceView, ...]
    energy_plot: Plot
    energy_wh: float | None
    energy_unknown: int
    energy_days: tuple[EnergyDayView, ...]
    energy_services: tuple[EnergyLine, ...]
    energy_method: str
    energy_totals_wh: dict[str, float | None]
    model: str
    model_digest: str
    components: tuple[tuple[str, bool], ...]
    sources: tuple[SourceStatusView, ...]
    audit_size: int | None
    audit_verified: datetime | None
    audit_ok: bool | None
    charter_revision: str


@dataclass(frozen=True, slots=True)
class MemberView:
    """An account. ``last_sign_in`` is a day, «» before the first; ``mine`` is one's own."""

    id: str
    name: str
    display_name: str
    role: Literal["employee", "admin", "dpo"]
    service: str
    disabled: bool
    last_sign_in: str
    mine: bool


@dataclass(frozen=True, slots=True)
class ServiceRulesView:
    """A service with what the charter gives it; empty ``sources`` or ``models`` are «all»."""

    service: ServiceView
    models: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody typed in a form that was not taken, and why, by field."""

    values: dict[str, str]
    errors: dict[str, str]

    def value(self, field: str) -> str:
        """What stood in ``field``."""
        return self.values.get(field, "")

    def error(self, field: str) -> str:
        """What is wrong with ``field``, «» for nothing."""
        return self.errors.get(field, "")


NOTHING = Draft({}, {})


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list of ``total`` rows; the addresses of its neighbours, «» for none."""

    total: int
    newer: str = ""
    older: str = ""


@dataclass(frozen=True, slots=True)
class MembersView:
    """Services and members (``services.html``). The shown-once values are of ``shown_for``.

    ``service`` and ``role`` are the filters, «» for all.
    """

    services: tuple[ServiceRulesView, ...]
    members: tuple[MemberView, ...]
    listing: Listing
    service: str = ""
    role: str = ""
    shown_for: str = ""
    password: str = ""
    link: str = ""
    draft: Draft = NOTHING


@dataclass(frozen=True, slots=True)
class KeyView:
    """An API key; its secret is shown once, by ``KeysView.new_secret``."""

    id: str
    label: str
    prefix: str
    service: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    previous_until: datetime | None
    revoked_at: datetime | None
    state: Literal["open", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class KeysView:
    """API keys (``keys.html``). ``services`` are identifiers and titles."""

    keys: tuple[KeyView, ...]
    services: tuple[tuple[str, str], ...]
    scopes: tuple[str, ...]
    chosen: tuple[str, ...]
    earliest: str
    listing: Listing
    new_secret: str = ""
    new_label: str = ""
    old_until: datetime | None = None
    draft: Draft = NOTHING


@dataclass(frozen=True, slots=True)
class WelcomeView:
    """Where an invited person chooses a password (``welcome.html``)."""

    token: str
    name: str
    minimum: int
    error: str = ""
