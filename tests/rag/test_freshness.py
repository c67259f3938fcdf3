"""How a source stands, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from rag.freshness import DAY, Health, advice, health
from rag.runs import LastSync
from rag.sources import FRESH_DAYS, Kind, Source, load_sources
from web.i18n import translate

NOW = 1_800_000_000.0
SITE = {"id": "s", "title": "S", "owner": "o", "licence": "l", "kind": "website",
        "url": "https://example.org/"}  # fmt: skip


def _source(**declared: Any) -> Source:
    return Source.model_validate({**SITE, **declared})


def _last(status: str) -> LastSync:
    return LastSync("s", status, NOW - 60, None if status == "running" else NOW, (), ())


def test_each_kind_has_its_own_freshness_unless_the_source_says_so() -> None:
    assert set(FRESH_DAYS) == set(get_args(Kind))
    assert _source().fresh_days == 30
    assert _source(fresh_days=7).fresh_days == 7
    assert _source(fresh_days=None).fresh_days is None
    shipped = {source.kind: source.fresh_days for source in load_sources()}
    assert shipped == {"npm-fiches": 180, "folder": 30, "npm-legi": 180, "eurlex-html": None}


@pytest.mark.parametrize("days", [0, -1, 3651, 1.5, "soon"])
def test_a_freshness_that_means_nothing_is_refused(tmp_path: Path, days: object) -> None:
    with pytest.raises(ValueError):
        _source(fresh_days=days)


@pytest.mark.parametrize(
    ("last", "age", "syncing", "expected"),
    [
        (None, None, False, "never"),
        (None, None, True, "syncing"),
        ("complete", 0, False, "ready"),
        ("complete", 30, False, "ready"),
        ("complete", 30.1, False, "stale"),
        ("complete", 30.1, True, "syncing"),
        ("failed", 1, False, "failed"),
        ("failed", 90, False, "failed"),
        ("failed", None, False, "failed"),
        ("running", 1, False, "failed"),
        ("running", 1, True, "syncing"),
    ],
)
def test_the_state_of_a_source(
    last: str | None, age: float | None, syncing: bool, expected: Health
) -> None:
    complete = None if age is None else NOW - age * DAY
    found = health(_source(), _last(last) if last else None, complete, NOW, syncing=syncing)
    assert found == expected


def test_a_source_without_a_limit_is_never_stale_and_one_without_a_path_is_off() -> None:
    ages = NOW - 4000 * DAY
    assert health(_source(fresh_days=None), _last("complete"), ages, NOW, syncing=False) == "ready"
    off = _source(enabled=False)
    assert health(off, _last("complete"), NOW, NOW, syncing=False) == "disabled"
    pathless = Source(id="l", title="L", kind="eurlex-html", owner="o", licence="l")
    assert health(pathless, None, None, NOW, syncing=False) == "disabled"
    assert "path" in advice(pathless, "disabled", None, None, NOW).message_id


@pytest.mark.parametrize("state", get_args(Health))
@pytest.mark.parametrize(
    "declared",
    [
        {},
        {"kind": "npm-fiches", "package": "p", "version": "1.0.0", "url": ""},
        {"kind": "dila-zip", "path": "a.zip", "url": ""},
    ],
    ids=["website", "npm", "zip"],
)
@pytest.mark.parametrize("last", ["failed", "running", "complete"])
def test_each_state_has_a_sentence_in_both_languages(
    state: Health, declared: dict[str, str], last: str
) -> None:
    for complete in (None, NOW - 45 * DAY):
        found = advice(_source(**declared), state, _last(last), complete, NOW)
        french = translate("fr", found.message_id, **found.params)
        english = translate("en", found.message_id, **found.params)
        assert french != english and "{" not in french + english
        assert english.endswith(".") and french.endswith(".")
