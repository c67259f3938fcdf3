"""What is known of the instance at one instant, from which the overview is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from governance.audit.errors import AuditError
from governance.charter.charter import Charter
from governance.clock import utc_now
from governance.quotas.ledger import QuotaLedger
from models.catalogue import load_catalogue
from rag.runs import last_complete, last_syncs
from rag.store import Store
from server.books import Books
from server.console.checks import Check, last_check
from server.console.days import Days
from server.console.energy import EnergyReport, energy
from server.console.refusals import Refusals, refusals
from server.knowledge import declared_sources, models_dir
from server.organisation import quota_views, service_views
from server.source_views import status_view
from web.views import ServiceView, SourceStatusView

if TYPE_CHECKING:
    from server.assembly import Assembly


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ModelState:
    """The model that answers. ``ready`` is None where no server was asked (the command line)."""

    name: str
    digest: str
    ready: bool | None


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a provider of attention may look at. ``books`` are for its own tables.

    ``ready`` says which component answers, None where no server was asked. ``audit_size`` is None
    where the log's head cannot be read or its signature does not verify.
    """

    now: datetime
    books: Books
    revision: str
    charter: Charter
    services: tuple[ServiceView, ...]
    sources: tuple[SourceStatusView, ...]
    model: ModelState
    ready: Mapping[str, bool] | None
    refusals: Refusals
    energy: EnergyReport
    audit_size: int | None
    audit_check: Check | None


def of_server(components: Assembly, days: int) -> Situation:
    """The situation of a running server. Reads the database: call it in a thread."""
    revision, charter = components.charter.get()
    ready = components.ready()
    info = components.engine.info
    return _situation(
        components,
        revision,
        charter,
        service_views(components, charter),
        tuple(components.sources.statuses()),
        ModelState(info.name, info.digest, ready.get("model")),
        ready,
        days,
    )


def of_books(books: Books, revision: str, charter: Charter, days: int) -> Situation:
    """The situation as the books alone tell it, without any server: for the command line."""
    chosen = books.settings
    return _situation(
        books,
        revision,
        charter,
        stored_services(books, charter),
        stored_statuses(books),
        ModelState(chosen.model, "", None),
        None,
        days,
    )


def stored_services(books: Books, charter: Charter) -> tuple[ServiceView, ...]:
    """The services of ``charter``, with what the database tells of their quotas and members."""
    ledger = QuotaLedger(books.database, books.settings.timezone)
    members = books.users.members()
    return tuple(
        ServiceView(
            id=service.id,
            title=service.title,
            quotas=quota_views(ledger, charter, service.id),
            members=members.get(service.id, 0),
        )
        for service in charter.services
    )


def stored_statuses(books: Books) -> tuple[SourceStatusView, ...]:
    """Where each source stands, as the database tells it; the indexes are left to their owner."""
    store = Store(books.database)
    entry = load_catalogue(models_dir(books.settings)).get(books.settings.embedder)
    counts = store.counts()
    vectors = store.vector_counts(f"sha256:{entry.sha256}") if entry is not None else {}
    syncs = last_syncs(books.database)
    complete = last_complete(books.database)
    return tuple(
        status_view(
            source,
            counts.get(source.id, (0, 0)),
            vectors.get(source.id, 0),
            syncs.get(source.id),
            None,
            syncing=False,
            complete=complete.get(source.id),
        )
        for source in declared_sources(books.settings)
    )


def _situation(
    books: Books,
    revision: str,
    charter: Charter,
    services: tuple[ServiceView, ...],
    sources: Sequence[SourceStatusView],
    model: ModelState,
    ready: Mapping[str, bool] | None,
    days: int,
) -> Situation:
    now = utc_now()
    period = Days.until(now, days, books.settings.timezone)
    return Situation(
        now=now,
        books=books,
        revision=revision,
        charter=charter,
        services=services,
        sources=tuple(sources),
        model=model,
        ready=ready,
        refusals=refusals(books.database, charter, period),
        energy=energy(books.database, charter, period),
        audit_size=_answer(lambda: int(books.audit.head().size)),
        audit_check=_answer(lambda: last_check(books.database)),
    )


def _answer(ask: Callable[[], T]) -> T | None:
    """What ``ask`` says; None where the log or the database does not answer, which is told."""
    try:
        return ask()
    except (AuditError, SQLAlchemyError):
        return None
