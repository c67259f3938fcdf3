"""Runs the tests, one after the other: each searched, and answered where a road is given."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from governance.charter.charter import Charter
from governance.energy.bill import EnergyBill
from governance.energy.ledger import EnergyLedger
from governance.threads import in_thread
from rag.protocol import Retrieval, Retriever
from server.evaluation.asking import Asked
from server.evaluation.cases import Case
from server.evaluation.matching import missing, rank_of
from server.evaluation.runs import Outcome, Result
from server.organisation import service_ids

DEPTH = 5
"""Passages among which the expected source must be."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What tests are put to. Without ``ask`` they are only searched.

    ``threads`` are those that the embedder works on, for the energy's account.
    """

    charter: Charter
    retriever: Retriever
    energy: EnergyLedger
    threads: int
    ask: Callable[[Case], Awaitable[Asked]] | None = None


async def run_cases(bench: Bench, cases: Sequence[Case]) -> AsyncGenerator[Result, None]:
    """What comes of each test, in their order.

    Raises:
        RagError: the full-text index is damaged.
    """
    for case in cases:
        if case.service not in service_ids(bench.charter):
            yield _result(case, None, "failed", 0.0)
            continue
        started = time.monotonic()
        found, bill = await in_thread(_search, bench, case)
        if bench.ask is None:
            outcome: Outcome = "abstained" if found.weak or not found.hits else "answered"
            seconds = time.monotonic() - started
            yield _result(case, found, outcome, seconds, wh=bill.wh)
            continue
        started = time.monotonic()
        asked = await bench.ask(case)
        yield _result(
            case, found, asked.outcome, time.monotonic() - started, wh=asked.wh, asked=asked
        )


def _search(bench: Bench, case: Case) -> tuple[Retrieval, EnergyBill]:
    account = f"evaluation-{uuid.uuid4().hex}"
    bench.energy.account(account)
    try:
        with bench.energy.measure(account, "retrieval", threads=bench.threads):
            found = bench.retriever.search(
                case.question,
                sources=bench.charter.effective(case.service).sources,
                limit=DEPTH,
            )
    finally:
        bill = bench.energy.close(account)
    return found, bill


def _result(
    case: Case,
    found: Retrieval | None,
    outcome: Outcome,
    seconds: float,
    *,
    wh: float | None = None,
    asked: Asked | None = None,
) -> Result:
    passages = [hit.passage for hit in found.hits] if found is not None else []
    rank = rank_of(case.sources, passages)
    lacking = held = None
    if asked is not None:
        lacking = missing(case.words, asked.text) if outcome == "answered" else case.words
        held = tuple(word for word in case.words if word not in lacking)
    return Result(
        id=case.id,
        service=case.service,
        case=case.digest,
        found=rank is not None if case.sources else None,
        rank=rank,
        outcome=outcome,
        right=outcome == ("abstained" if case.unanswerable else "answered"),
        held=held,
        missing=lacking,
        support=asked.support if asked is not None else None,
        wh=wh,
        seconds=round(seconds, 3),
        answer=asked.text if asked is not None else "",
    )
