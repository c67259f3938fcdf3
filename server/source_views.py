"""What the sources' page shows of each source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal

from rag.cleanings import Summary
from rag.runs import LastSync
from rag.sources import Source
from web.views import SourceStatusView, TreatedDocumentView, TreatmentView

State = Literal["ready", "syncing", "never", "failed", "disabled"]

LISTED = 50
"""Documents whose treatment the page lists: the refused first."""


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
) -> SourceStatusView:
    """Where a source stands: ``counts`` are its documents and passages, ``vectors`` how many of the
    passages have one."""
    documents, passages = counts
    state: State = "ready"
    if not source.usable:
        state = "disabled"
    elif syncing:
        state = "syncing"
    elif last is None:
        state = "never"
    elif last.status == "failed":
        state = "failed"
    ended = last.ended if last is not None else None
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
        state=state,
        problems=last.problems if last is not None else (),
        personal_data=source.personal_data,
        treatment=treatment,
    )
