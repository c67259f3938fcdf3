"""Each control that fails ends the exchange, without a word of what was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from governance.events import Delta, Failed, Prompted
from governance.proxy import FAILED, UNRECORDED
from models.protocol import EngineError
from tests.governance.road.parts import ANSWER, Parts

SECRET = "Jean Dupont habite au 12 rue des Lilas"
QUESTION = "Combien de jours de congés pour Jean Dupont, joignable au 06 12 34 56 78 ?"


def raising(*_args: Any, **_kwargs: Any) -> Any:
    """What fails quotes what a person wrote, as exceptions do."""
    raise RuntimeError(SECRET)


def raising_for(kinds: set[str], append: Callable[..., int]) -> Callable[..., int]:
    def wrapped(record: Any, sealed: str | None = None) -> int:
        if record.type in kinds:
            raise RuntimeError(SECRET)
        return append(record, sealed)

    return wrapped


@pytest.fixture
def said() -> Iterator[list[Any]]:
    with capture_logs() as logs:
        yield logs


def _assert_nothing_personal(parts: Parts, said: list[Any], events: list[Any]) -> None:
    shown = [event for event in events if not isinstance(event, Delta)]
    leaves = [
        bytes(content).decode() for _, content, _, _ in parts.log.leaves(parts.log.head().size)
    ]
    for where in (repr(said), repr(shown), *leaves):
        for word in ("Dupont", "Lilas", "06 12 34"):
            assert word not in where


Place = Callable[[Parts], tuple[Any, str]]

BEFORE: dict[str, tuple[Place, list[str]]] = {
    "identify": (lambda parts: (parts, "identify"), []),
    "ledger": (lambda parts: (parts.quotas, "reserve"), ["failed"]),
    "analyser": (lambda parts: (parts.pseudonymiser._analyzer, "find"), ["failed"]),
    "vault": (lambda parts: (parts.vault, "change"), ["failed"]),
    "judge": (lambda parts: (parts.judge, "judge"), ["failed"]),
}


@pytest.mark.parametrize("control", BEFORE)
def test_no_word_is_given_when_a_control_fails_before_accepted(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, said: list[Any], control: str
) -> None:
    locate, recorded = BEFORE[control]
    where, name = locate(parts)
    monkeypatch.setattr(where, name, raising)
    request = parts.ask(QUESTION, ephemeral=True)
    events = parts.travel(request)
    assert [type(event) for event in events] == [Failed]
    assert parts.engine.requests == []
    assert parts.retriever.queries == []
    assert parts.recorded(request) == recorded
    parts.assert_books_closed()
    assert parts.mappings() == 0
    _assert_nothing_personal(parts, said, events)


def test_no_word_is_given_when_accepted_cannot_be_written(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, said: list[Any]
) -> None:
    monkeypatch.setattr(parts.log, "append", raising_for({"accepted"}, parts.log.append))
    request = parts.ask(QUESTION)
    events = parts.travel(request)
    assert [type(event) for event in events] == [Failed]
    assert parts.engine.requests == []
    assert parts.recorded(request) == ["failed"]
    parts.assert_books_closed()
    _assert_nothing_personal(parts, said, events)


def test_no_word_is_given_while_the_database_refuses_the_log(parts: Parts, said: list[Any]) -> None:
    """A real failure: the table of the leaves is gone."""
    request = parts.ask(QUESTION, ephemeral=True)
    with parts.database.begin() as connection:
        connection.execute(text("ALTER TABLE audit_leaves RENAME TO elsewhere"))
    events = parts.travel(request)
    with parts.database.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO audit_leaves"))
    assert [getattr(event, "code", None) for event in events] == ["AuditUnavailable"]
    assert parts.engine.requests == []
    assert parts.mappings() == 0
    assert [line["event"] for line in said] == ["exchange_failed", "exchange_left_open"]
    parts.assert_books_closed()
    _assert_nothing_personal(parts, said, events)


AFTER: dict[str, Place] = {
    "count": lambda parts: (parts.retriever, "count"),
    "search": lambda parts: (parts.retriever, "search"),
    "restore": lambda parts: (parts.pseudonymiser, "restorer"),
    "watch": lambda parts: (parts.watch, "flags"),
    "checker": lambda parts: (parts.checker, "read"),
    "restore the whole": lambda parts: (parts.pseudonymiser, "restore"),
}


@pytest.mark.parametrize("control", AFTER)
def test_a_control_that_fails_after_accepted_ends_the_exchange(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, said: list[Any], control: str
) -> None:
    parts.engine.pieces = ["[PERSONNE_1] a deux jours par mois."]
    where, name = AFTER[control](parts)
    monkeypatch.setattr(where, name, raising)
    request = parts.ask(QUESTION)
    events = parts.travel(request)
    end = events[-1]
    assert isinstance(end, Failed)
    assert (end.code, end.message_id, end.params) == (
        "RuntimeError",
        FAILED,
        {"exchange": request.id},
    )
    assert parts.recorded(request) == ["accepted", "failed"]
    parts.assert_books_closed()
    _assert_nothing_personal(parts, said, events)


@pytest.mark.parametrize("piece", [None, 0, 2])
@pytest.mark.parametrize("failure", [EngineError("down"), OSError(SECRET)])
def test_an_engine_that_fails_ends_the_exchange(
    parts: Parts, said: list[Any], failure: Exception, piece: int | None
) -> None:
    parts.engine.pieces = (f"{''.join(ANSWER)} ", "Il est payé. ", "Il se prend.")
    parts.engine.failure, parts.engine.fails_at = failure, piece
    request = parts.ask(QUESTION)
    events = parts.travel(request)
    assert isinstance(events[-1], Failed)
    # Of two sentences, the second is still held: whether it is whole is not known.
    assert sum(isinstance(event, Delta) for event in events) == (1 if piece else 0)
    assert parts.recorded(request) == ["accepted", "failed"]
    parts.assert_books_closed()
    _assert_nothing_personal(parts, said, events)


@pytest.mark.parametrize(
    ("name", "locate"),
    [
        ("save", lambda parts: parts.book),
        ("append", lambda parts: parts.log),
        ("states", lambda parts: parts.quotas),
        ("learn", lambda parts: parts.estimator),
    ],
)
def test_an_answer_whose_end_is_not_recorded_is_not_completed(
    parts: Parts,
    monkeypatch: pytest.MonkeyPatch,
    said: list[Any],
    name: str,
    locate: Callable[[Parts], Any],
) -> None:
    """The person is told not to use it; start-up will close «accepted», which stays open."""
    where = locate(parts)
    failing = raising_for({"completed"}, where.append) if name == "append" else raising
    request = parts.ask(QUESTION, ephemeral=True)
    monkeypatch.setattr(where, name, failing)
    events = parts.travel(request)
    end = events[-1]
    assert isinstance(end, Failed)
    assert end.message_id == UNRECORDED
    assert parts.recorded(request) == ["accepted"]
    assert parts.energy.accounts() == []
    assert [entry.exchange_id for entry in parts.log.open_exchanges()] == [request.id]
    assert parts.mappings() == 0
    _assert_nothing_personal(parts, said, events)


def test_an_energy_bill_that_cannot_be_kept_does_not_strand_the_quota(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts.book, "save", raising)
    parts.failed(parts.ask(QUESTION))
    assert parts.quotas.held() == []
    assert parts.quotas.usage("rh", "day").requests == 1


def test_who_hears_of_a_failure_may_leave_at_once(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The books are closed before the failure is said."""
    monkeypatch.setattr(parts.checker, "read", raising)
    request = parts.ask(QUESTION)

    async def leave() -> None:
        road = parts.road.travel(request)
        async for event in road:
            if isinstance(event, Failed):
                assert parts.recorded(request) == ["accepted", "failed"]
                break
        await road.aclose()

    asyncio.run(leave())
    parts.assert_books_closed()


def test_an_exchange_cannot_be_travelled_twice(parts: Parts) -> None:
    request = parts.ask(QUESTION)
    parts.completed(request)
    used = parts.quotas.usage("rh", "day")
    parts.failed(request)
    assert parts.recorded(request) == ["accepted", "completed"]
    assert parts.quotas.usage("rh", "day") == used
    parts.assert_books_closed()


def test_an_unknown_service_is_a_failure(parts: Parts) -> None:
    end = parts.failed(parts.ask(QUESTION, service="inconnu"))
    assert end.code == "UnknownService"
    parts.assert_books_closed()


def test_what_is_logged_is_a_number_and_a_kind(parts: Parts, said: list[Any]) -> None:
    parts.engine.failure = OSError(SECRET)
    request = parts.ask(QUESTION)
    events = parts.travel(request)
    assert any(isinstance(event, Prompted) for event in events)
    assert json.loads(json.dumps(said)) == [
        {
            "event": "exchange_failed",
            "exchange": request.id,
            "error": "OSError",
            "log_level": "error",
        }
    ]
