"""On the road: each person has their own quota, euros are counted, and holds shrink with use."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.charter.load import load_text
from governance.exchange import Caller
from governance.quotas.lengths import ENOUGH
from tests.governance.road.parts import CHARTER, TASK, Parts


@pytest.fixture
def priced(parts: Parts) -> Parts:
    """The small charter, with a tariff and a quota of one request an hour for each person."""
    text = CHARTER.replace(
        "    quotas: [{metric: requests, period: day, limit: 1}]\n",
        "    quotas:\n      - {metric: requests, period: hour, limit: 1, per: user}\n"
        "      - {metric: euros, period: month, limit: 1}\n",
    )
    parts.__dict__["_charter"] = load_text(text + "costs: {per_request: 0.3}\n")
    return parts


def test_one_person_s_quota_is_not_another_s(priced: Parts) -> None:
    for subject in ("p" + "1" * 32, "p" + "2" * 32):
        request = priced.ask(TASK, service="petit")
        request = replace(request, caller=Caller(subject, "petit", "fr"))
        priced.completed(request)
        again = replace(priced.ask(TASK, service="petit"), caller=request.caller)
        refused = priced.refused(again)
        assert refused.refusal.message_id.startswith("You have no requests left for this hour")
        own = next(part for part in refused.receipt.quota if part.per == "user")
        assert (own.left, own.near) == (0, True)
    spent = priced.quotas.usage("petit", "month")
    assert (spent.requests, spent.euros) == (2, pytest.approx(0.6))
    priced.assert_books_closed()


def test_a_key_is_not_held_to_the_quota_of_people(priced: Parts) -> None:
    for _ in range(2):
        request = priced.ask(TASK, service="petit", ephemeral=True)
        priced.completed(replace(request, caller=Caller("k" * 33, "petit", "fr", "key")))


def test_the_budget_refuses_when_it_is_spent(priced: Parts) -> None:
    for number in range(3):
        caller = Caller(f"p{number}" * 16, "petit", "fr")
        priced.completed(replace(priced.ask(TASK, service="petit"), caller=caller))
    last = replace(priced.ask(TASK, service="petit"), caller=Caller("p9" * 16, "petit", "fr"))
    refusal = priced.refused(last).refusal
    assert refusal.message_id.startswith("Your service has not enough of the internal budget")
    assert refusal.params["used"] == 0.9


def test_holds_shrink_to_what_answers_take(parts: Parts) -> None:
    held = []
    reserve = parts.quotas.reserve

    def spy(*args, **more):  # type: ignore[no-untyped-def]
        held.append(args[3].tokens)
        return reserve(*args, **more)

    parts.quotas.reserve = spy  # type: ignore[method-assign]
    for _ in range(ENOUGH + 1):
        end = parts.completed(parts.ask(TASK))
    taken = end.usage.prompt_tokens + end.usage.completion_tokens
    assert held[0] > held[-1] == taken, "the scripted model always answers the same"
    parts.assert_books_closed()
