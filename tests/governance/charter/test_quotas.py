"""Quotas in the charter: of whom, over what, and only ever tightened."""

from __future__ import annotations

from typing import Any

import pytest

from governance.charter.load import load_text
from tests.governance.charter.conftest import SMALL

QUOTAS = """\
charter: 1
extends: base.yaml
costs: {per_request: 0.01, per_1000_tokens: 0.02, per_kwh: 0.25}
services:
  - id: rh
    quotas:
      - {metric: requests, period: day, limit: 100}
      - {metric: requests, period: hour, limit: 10, per: user}
      - {metric: tokens, period: month, limit: 50000, per: key}
      - {metric: euros, period: month, limit: 20}
"""
PARENT = SMALL.replace(
    "      - {metric: requests, period: day, limit: 100}\n",
    "      - {metric: requests, period: day, limit: 100}\n"
    "      - {metric: requests, period: hour, limit: 10, per: user}\n"
    "      - {metric: euros, period: month, limit: 20}\n",
).replace("audit:\n", "costs: {per_request: 0.01, per_kwh: 0.25}\naudit:\n")


def loaded(text: str, base: str = SMALL) -> Any:
    return load_text(text, parents={"base.yaml": base}.__getitem__)


def test_a_child_adds_quotas_of_its_own() -> None:
    charter = loaded(QUOTAS)
    assert charter.effective("rh").quotas == {
        ("requests", "day", "service"): 100,
        ("requests", "hour", "user"): 10,
        ("tokens", "month", "key"): 50_000,
        ("euros", "month", "service"): 20,
    }
    assert charter.costs is not None and charter.costs.per_kwh == 0.25


def test_euros_need_a_tariff(problems_of: Any) -> None:
    text = QUOTAS.replace("costs: {per_request: 0.01, per_1000_tokens: 0.02, per_kwh: 0.25}\n", "")
    (problem,) = problems_of(text, base=SMALL)
    assert (problem.file, problem.line) == ("charter.yaml", 9)
    assert problem.field == "services[0].quotas[3].metric"
    assert "«costs»" in problem.message
    assert problems_of(text.replace("services:", "costs: null\nservices:"), base=SMALL)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (
            "services: [{id: rh, quotas: [{metric: requests, period: hour, "
            "per: user, limit: 11}]}]",
            "services[0].quotas[0].limit",
        ),
        (
            "services: [{id: rh, quotas: [{metric: euros, period: month, limit: 21}]}]",
            "services[0].quotas[0].limit",
        ),
        ("costs: {per_request: 0.005}", "costs.per_request"),
        ("costs: {per_kwh: 0}", "costs.per_kwh"),
    ],
)
def test_a_child_may_only_tighten(problems_of: Any, body: str, field: str) -> None:
    (problem,) = problems_of(f"charter: 1\nextends: base.yaml\n{body}\n", base=PARENT)
    assert (problem.field, problem.file, problem.line) == (field, "charter.yaml", 3)
    parent = PARENT.splitlines()[int(problem.params["parent_line"]) - 1]
    assert field.rsplit(".", 1)[-1] in parent


def test_a_quota_of_each_person_and_one_of_the_service_are_two_quotas() -> None:
    text = (
        "charter: 1\nextends: base.yaml\nservices:\n  - id: rh\n    quotas:\n"
        "      - {metric: requests, period: hour, limit: 500}\n"
    )
    quotas = loaded(text, PARENT).effective("rh").quotas
    assert quotas["requests", "hour", "user"] == 10
    assert quotas["requests", "hour", "service"] == 500


def test_the_same_quota_twice_is_an_error(problems_of: Any) -> None:
    twice = QUOTAS + "      - {metric: requests, period: hour, limit: 5, per: user}\n"
    (problem,) = problems_of(twice, base=SMALL)
    assert problem.line == 11 and "twice" in problem.message


def test_whose_it_is_must_be_known(problems_of: Any) -> None:
    (problem,) = problems_of(QUOTAS.replace("per: user", "per: person"), base=SMALL)
    assert problem.field == "services[0].quotas[1].per" and "user" in problem.message
