"""A test's question down the whole road, with the model, as any request: judged, logged, measured.

Who asks is the service's evaluation, a subject of its own. Its requests use up no quota and wait
for no reviewer: a run must leave the people of the service what is theirs.
"""

from __future__ import annotations

import uuid
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.events import Completed, Event, Refused
from governance.exchange import Caller, ExchangeRequest, ephemeral_conversation
from governance.turns import Turn
from models.protocol import Sampling
from server.evaluation.cases import Case
from server.evaluation.runs import Outcome
from server.identity.users import Locale

if TYPE_CHECKING:
    from governance.proxy import Road
    from governance.sealing import PersonKeys
    from server.exchanges import Travels

LEFT_OUT = ("quotas", "review", "repetition")
"""The controls of the road that a test does not pass: an answer given again would tell nothing."""

SEED = 1
"""The same dice each time: what differs between two runs is then what was changed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the road made of a question. ``support`` is 0 to 1; None where nothing was checked."""

    outcome: Outcome
    text: str
    support: float | None
    wh: float | None


def road_for_tests(road: Road) -> Road:
    """The road that tests take."""
    return road.without(*LEFT_OUT)


def evaluator(service: str, locale: Locale, keys: PersonKeys) -> Caller:
    """Who asks the tests of a service."""
    return Caller(keys.subject(f"evaluation/{service}"), service, locale)


async def ask(road: Travels, case: Case, caller: Caller) -> Asked:
    """Have the road answer a test's question."""
    exchange = uuid.uuid4().hex
    request = ExchangeRequest(
        id=exchange,
        caller=caller,
        conversation_id=ephemeral_conversation(exchange),
        turns=(Turn("user", case.question),),
        sampling=Sampling(seed=SEED),
        surface="api",
        ephemeral=True,
        answer="auto",
    )
    last: Event | None = None
    async with aclosing(road.travel(request)) as events:
        async for event in events:
            last = event
    match last:
        case Completed(text=text, grounding=grounding, receipt=receipt):
            silent = not text or receipt.answered == "silence"
            return Asked(
                "abstained" if silent else "answered",
                text,
                grounding.score if grounding is not None and not silent else None,
                receipt.energy.wh,
            )
        case Refused(receipt=receipt):
            return Asked("refused", "", None, receipt.energy.wh)
        case _:
            return Asked("failed", "", None, None)
