"""What the sources' pages show of each source, and of what its readings changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal, cast

from governance.charter.charter import Charter
from rag.changes import Changed
from rag.cleanings import Summary
from rag.documents import Problem
from rag.freshness import advice, health
from rag.runs import LastSync, Run
from rag.sources import LAW, Source
from web.views import (
    ChangedDocumentView,
    SentenceView,
    SourceStatusView,
    SyncView,
    TreatedDocumentView,
    TreatmentView,
)

LISTED = 50
"""Documents whose treatment the page lists: the refused first."""


def unreadable(problems: tuple[Problem, ...]) -> int:
    """How many files are told of because nothing is read of them: not parts, nor kinds, of files.

    «plan.pdf › p. 2» is a part, and «*.png» a kind.
    """
    whole = {p.where for p in problems if " › " not in p.where and not p.where.startswith("*")}
    return len(whole)


def treatment_view(done: Summary, unreadable: int, title: Callable[[str], str]) -> TreatmentView:
    """What was done with the personal data of a source. ``title`` names the kinds that the charter
    declares itself; ``unreadable`` are the files that no text could be had of."""

    def counted(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
        return tuple((title(kind), n) for kind, n in sorted(counts.items(), key=lambda c: -c[1]))

    return TreatmentView(
        documents=done.indexed + done.refused + done.failed + unreadable,
        indexed=done.indexed,
        refused=done.refused,
        failed=done.failed,
        unreadable=unreadable,
        found=counted(done.found),
        replaced=counted(done.replaced),
        listed=tuple(
            TreatedDocumentView(each.name, each.date, each.outcome, counted(each.counts))
            for each in done.documents[:LISTED]
        ),
        more=max(0, len(done.documents) - LISTED),
    )


def status_view(
    source: Source,
    counts: tuple[int, int],
    vectors: int,
    last: LastSync | None,
    treatment: TreatmentView | None,
    *,
    syncing: bool,
    complete: float | None = None,
) -> SourceStatusView:
    """Where a source stands: ``counts`` are its documents and passages, ``vectors`` how many of the
    passages have one; ``complete`` is when its last complete reading ended (Unix time)."""
    documents, passages = counts
    ended = last.ended if last is not None else None
    now = time.time()
    stands = health(source, last, complete, now, syncing=syncing)
    found = advice(source, stands, last, complete, now)
    failure = last.failure if last is not None else None
    return SourceStatusView(
        id=source.id,
        title=source.title,
        owner=source.owner,
        licence=source.licence,
        url=source.url,
        kind=source.kind,
        documents=documents,
        passages=passages,
        vectors=min(1.0, vectors / passages) if passages else 0.0,
        synced_at=datetime.fromtimestamp(ended, UTC) if ended else None,
        problems=last.problems if last is not None else (),
        personal_data=source.personal_data,
        treatment=treatment,
        health=stands,
        advice=SentenceView(found.message_id, found.params),
        failure=SentenceView(failure.message_id, failure.params) if failure else None,
        details=tuple(
            SentenceView(problem.message_id, dict(problem.params), problem.where)
            for problem in (last.details if last is not None else ())
        ),
        complete_at=datetime.fromtimestamp(complete, UTC) if complete else None,
        fresh_days=source.fresh_days,
        version=source.version or "",
        law=source.kind in LAW,
    )


def seen_by(charter: Charter, source_id: str) -> tuple[str, ...] | None:
    """The titles of the services that may search a source; None where all of them may."""
    allowed = [(one.title, charter.effective(one.id).sources) for one in charter.services]
    titles = tuple(title for title, only in allowed if only is None or source_id in only)
    return None if len(titles) == len(allowed) else titles


def sync_view(run: Run, listed: int) -> SyncView:
    """A reading that changed documents, ``listed`` of which are told one by one."""
    return SyncView(
        id=run.id,
        at=datetime.fromtimestamp(run.started, UTC),
        status=cast(Literal["complete", "failed", "running"], run.status),
        version=run.version,
        added=run.added,
        changed=run.changed,
        removed=run.removed,
        listed=listed,
        first=run.first,
    )


def changed_view(change: Changed) -> ChangedDocumentView:
    """A document that a reading changed."""
    return ChangedDocumentView(
        id=change.id,
        kind=change.kind,
        title=change.title,
        title_before=change.title_before,
        url=change.url,
        date_before=change.date_before,
        date_after=change.date_after,
        valid_until=change.valid_until,
        kept=change.kept,
    )
