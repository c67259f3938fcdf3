"""Running the tests: the search over a real index, the answers down a road, and the command."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from governance import prompt
from governance.charter.charter import Charter
from governance.energy.ledger import EnergyLedger
from governance.energy.meter import detect_meter
from governance.events import Completed, Event
from governance.exchange import Exchange, ExchangeRequest
from governance.proxy import Road
from rag.fulltext import FullTextIndex
from rag.protocol import Hit, Passage, Retrieval
from rag.store import Store
from rag.vectors import VectorIndex
from server.cli import app as command
from server.evaluation.asking import LEFT_OUT, Asked, ask, evaluator, road_for_tests
from server.evaluation.cases import Case
from server.evaluation.errors import ServerRuns
from server.evaluation.feedback import Opinion, Shared, SharedSource, feedback_of
from server.evaluation.file import add_case, case_file, load_cases
from server.evaluation.opening import answering, copy_index, searching, served
from server.evaluation.running import Bench, run_cases
from server.evaluation.runs import Result as CaseResult
from server.evaluation.runs import Runs
from server.evaluation.tried import prompt_digest, source_versions
from tests.rag.conftest import BagEmbedder, make_document

CASE = Case(id="conges", question="Combien de jours de congés ?", service="rh", words=("2,5",))
LEAVE = "Tout salarié acquiert deux jours et demi de congés payés par mois de travail."
SMIC = "Le salaire minimum est revalorisé chaque année au premier janvier."


@pytest.fixture
def indexed(parts: Any, settings: Any) -> Callable[..., None]:
    """Writes documents into the instance's index, as a sync does."""

    def write(*texts: str) -> None:
        store = Store(parts.database)
        fulltext = FullTextIndex(settings.data_dir / "index" / "fulltext")
        documents = [make_document(str(n), text) for n, text in enumerate(texts, 1)]
        change = store.write(documents, [], 1)
        fulltext.update(change.added, change.removed)

    return write


@pytest.fixture
def sobria(parts: Any, settings: Any, monkeypatch: Any) -> Callable[..., Result]:
    """Runs a command on the instance of ``parts``."""
    monkeypatch.setenv("SOBRIA_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SOBRIA_LOCALE", "en")
    monkeypatch.chdir(settings.data_dir)

    def run(line: str, *more: str, status: int = 0) -> Result:
        done = CliRunner().invoke(command, [*line.split(), *more])
        assert done.exit_code == status, done.output
        return done

    return run


def asked(parts: Any, case: Case = CASE) -> Asked:
    caller = evaluator(case.service, "fr", parts.person_keys)
    return asyncio.run(ask(parts.road, case, caller))


# Down the road.


def test_a_question_takes_the_road_as_the_evaluation_of_its_service(parts: Any) -> None:
    told = asked(parts)
    assert (told.outcome, told.support, told.wh) == ("answered", 0.5, 0.12)
    assert "2,5 jours" in told.text
    (request,) = parts.road.requests
    assert request.caller.subject == parts.person_keys.subject("evaluation/rh")
    assert request.ephemeral and request.turns[-1].content == CASE.question
    assert [entry.type for entry in parts.audit.page()] == ["completed", "accepted"]


@pytest.mark.parametrize(("plan", "outcome"), [("use", "refused"), ("fail", "failed")])
def test_what_stops_a_question_is_its_outcome(parts: Any, plan: str, outcome: str) -> None:
    parts.road.plan = plan
    told = asked(parts)
    assert (told.outcome, told.text, told.support) == (outcome, "", None)


def test_to_say_that_the_sources_are_silent_is_to_abstain(parts: Any) -> None:
    class Silent:
        async def travel(self, request: ExchangeRequest) -> AsyncGenerator[Event, None]:
            async for event in parts.road.travel(request):
                if isinstance(event, Completed):
                    yield Completed(
                        event.exchange_id,
                        "Les sources se taisent. Demandez au service.",
                        event.grounding,
                        event.passages,
                        event.finish_reason,
                        event.usage,
                        event.receipt.model_copy(update={"answered": "silence"}),
                    )

    told = asyncio.run(ask(Silent(), CASE, evaluator("rh", "fr", parts.person_keys)))
    assert (told.outcome, told.support) == ("abstained", None)


def test_a_test_takes_no_quota_asks_no_reviewer_and_is_given_no_answer_again() -> None:
    class Stage:
        def __init__(self, control: str) -> None:
            self.control = control

        async def run(self, exchange: Exchange) -> AsyncGenerator[Event, None]:
            return
            yield

    def unused(*_: Any) -> Any:
        raise AssertionError

    out = {"quotas", "review", "repetition"}
    controls = {"personal_data", "uses", "audit", "sources", "generation", *out}
    road = Road(unused, [Stage(control) for control in controls], unused)
    kept = road_for_tests(road).controls
    assert kept == controls - set(LEFT_OUT) == controls - out
    assert road.controls == controls, "the road of everyone else is whole"


# The search.


class Answers:
    """A retriever that finds what it is told, and is sure of it or not."""

    def __init__(self, *passages: Passage, weak: bool = False) -> None:
        hits = tuple(Hit(passage, 1.0, 1, None) for passage in passages)
        self._found = Retrieval(hits, 10, 0.0, 0.9, weak)
        self.sources: list[Any] = []

    def count(self, sources: frozenset[str] | None = None) -> int:
        return 10

    def search(self, query: str, *, sources: Any = None, limit: int = 5, **_: Any) -> Retrieval:
        self.sources.append(sources)
        return self._found

    def passage(self, passage_id: str) -> Passage | None:
        return None


def results_of(bench: Bench, *cases: Case) -> list[CaseResult]:
    async def run() -> list[CaseResult]:
        return [result async for result in run_cases(bench, cases)]

    bench.energy.start()
    try:
        return asyncio.run(run())
    finally:
        bench.energy.stop()


def bench_of(charter: Charter, retriever: Answers, told: Asked | None = None) -> Bench:
    async def answer(_case: Case) -> Asked:
        assert told is not None
        return told

    energy = EnergyLedger(detect_meter())
    return Bench(charter, retriever, energy, 1, answer if told is not None else None)


@pytest.fixture
def charter(parts: Any) -> Charter:
    return parts.charter.get()[1]  # type: ignore[no-any-return]


def some_passage(reference: str) -> Passage:
    return Passage("p", "d", "s", "T", (), reference, "x", "", "", "", "")


def test_without_a_model_what_is_found_is_what_is_tested(charter: Charter) -> None:
    found = Answers(some_passage("L1"), some_passage("L3141-3"))
    case = CASE.model_copy(update={"sources": ("L. 3141-3",)})
    (result,) = results_of(bench_of(charter, found), case)
    assert (result.found, result.rank, result.outcome, result.passed) == (True, 2, "answered", True)
    assert result.held is None and result.missing is None, "nothing was written: no word is missing"
    assert found.sources == [charter.effective("rh").sources]


def test_an_unanswerable_question_is_right_where_nothing_sure_is_found(charter: Charter) -> None:
    silent = Case(id="lune", question="La lune ?", service="rh", unanswerable=True)
    for weak, passed in ((True, True), (False, False)):
        (result,) = results_of(bench_of(charter, Answers(some_passage("L1"), weak=weak)), silent)
        assert result.passed is passed
    (result,) = results_of(bench_of(charter, Answers()), silent)
    assert (result.outcome, result.passed) == ("abstained", True)


@pytest.mark.parametrize(
    ("told", "held", "missing", "passed"),
    [
        (Asked("answered", "On a 2,5 jours.", 1.0, 0.3), ("2,5",), (), True),
        (Asked("answered", "On a 3 jours.", 0.0, 0.3), (), ("2,5",), False),
        (Asked("abstained", "Rien sur 2,5.", None, 0.1), (), ("2,5",), False),
        (Asked("refused", "", None, 0.0), (), ("2,5",), False),
        (Asked("failed", "", None, None), (), ("2,5",), False),
    ],
)
def test_an_answer_must_hold_its_words(
    charter: Charter, told: Asked, held: Any, missing: Any, passed: bool
) -> None:
    (result,) = results_of(bench_of(charter, Answers(), told), CASE)
    assert (result.held, result.missing, result.passed) == (held, missing, passed)
    assert (result.support, result.wh, result.answer) == (told.support, told.wh, told.text)


def test_a_test_of_a_service_that_is_gone_fails_alone(charter: Charter) -> None:
    gone = CASE.model_copy(update={"id": "gone", "service": "fanfare"})
    first, second = results_of(bench_of(charter, Answers(some_passage("L1"))), gone, CASE)
    assert (first.outcome, first.passed, second.outcome) == ("failed", False, "answered")


# What was tried.


def test_the_prompt_s_digest_changes_with_its_words(charter: Charter, monkeypatch: Any) -> None:
    before = prompt_digest(charter, "fr")
    assert before == prompt_digest(charter, "fr") != prompt_digest(charter, "en")
    monkeypatch.setitem(prompt._WITH_SOURCES, "fr", "{sources}\n{question}")
    assert prompt_digest(charter, "fr") != before


def test_a_source_s_digest_changes_with_its_passages(parts: Any, indexed: Any) -> None:
    assert source_versions(parts.database, "sha256:x") == {}
    indexed(LEAVE)
    before = source_versions(parts.database, "sha256:x")["demo"]
    assert (before.documents, before.passages, before.vectors) == (1, 1, 0)
    indexed(LEAVE, SMIC)
    assert source_versions(parts.database, "sha256:x")["demo"].digest != before.digest


# Beside a server.


def test_an_index_that_is_in_use_is_read_in_a_copy(tmp_path: Path) -> None:
    embedder = BagEmbedder()
    owner = VectorIndex(VectorIndex.client(tmp_path / "vectors"), embedder.digest)
    passages = [some_passage("L1")]
    owner.add(passages, embedder.embed_passages([LEAVE]))
    copy_index(tmp_path / "vectors", tmp_path / "copy")
    copied = VectorIndex(VectorIndex.client(tmp_path / "copy"), embedder.digest)
    assert copied.ids() == owner.ids() == {"p"}
    found = copied.search(embedder.embed_queries(["congés payés"]), sources=None, limit=5)
    assert [identity for identity, _ in found] == ["p"]


def test_answers_are_not_asked_beside_a_running_server(settings: Any) -> None:
    async def enter(chosen: Any) -> None:
        async with answering(chosen):
            raise AssertionError

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        beside = settings.model_copy(update={"port": port})
        assert served(beside)
        with pytest.raises(ServerRuns):
            asyncio.run(enter(beside))
    assert not served(beside)


def test_the_search_alone_writes_nothing(parts: Any, settings: Any, indexed: Any) -> None:
    indexed(LEAVE, SMIC)

    async def run() -> list[CaseResult]:
        async with searching(parts.books) as (bench, tried):
            assert tried.model == "" and set(tried.sources) == {"demo"}
            return [result async for result in run_cases(bench, (CASE,))]

    before = parts.audit.head().size
    asyncio.run(run())
    assert parts.audit.head().size == before


# The command.


def test_tests_are_added_run_and_compared(sobria: Any, indexed: Any, settings: Any) -> None:
    indexed(LEAVE, SMIC)
    sobria("eval run", status=1)
    question = "Combien de jours de congés payés par mois ?"
    added = sobria("eval add --service rh --source https://example.org/1", "--question", question)
    assert "«combien-de-jours-de-conges-payes-par»" in added.stdout
    smic = ("--question", "Quand le salaire minimum est-il revalorisé ?", "--id", "smic")
    sobria("eval add --service compta --source demo/2", *smic)
    assert question in sobria("eval list").stdout
    first = sobria("eval run")
    assert "Source among the first five: 2 of 2" in first.stdout and "#1" in first.stdout
    told = json.loads(sobria("eval run --json --check").stdout)
    assert [each["rank"] for each in told["run"]["results"]] == [1, 1]
    assert {each["verdict"] for each in told["comparison"]["changes"]} == {"same"}
    assert told["totals"]["wh"] is None or told["totals"]["wh"] >= 0
    indexed("Rien à voir avec la question.", SMIC)  # the document says something else now
    worse = sobria("eval run --check", status=1).stdout
    assert "1 worse" in worse and "What changed in between: demo" in worse
    assert "Worse: combien-de-jours-de-conges-payes-par, which lost: outcome, found" in worse
    indexed(LEAVE, SMIC)
    better = sobria("eval run --check --service rh").stdout
    assert "1 better, 0 worse, 0 the same" in better and "No longer run" not in better
    names = Runs(settings.data_dir).names()
    assert [line.split("\t")[0] for line in sobria("eval runs").stdout.splitlines()] == list(names)
    assert "2 the same" in sobria("eval run --against", names[0]).stdout


def test_what_cannot_be_run_is_said(sobria: Any, settings: Any) -> None:
    add_case(case_file(settings.data_dir), CASE)
    assert "no run «x»" in sobria("eval run --against x", status=1).stderr
    assert "no test to run" in sobria("eval run --service it", status=1).stderr
    for wrong in (
        "eval add --service fanfare --question x --word y",
        "eval add --service rh --question x",
        "eval add --service rh --question x --word y --unanswerable",
        "eval add --service rh --question x --word y --id conges",
        "eval add --service rh --word y",
        "eval add 0123456789abcdef",
    ):
        assert sobria(wrong, status=1).stderr, wrong
    case_file(settings.data_dir).write_text("tests: [")
    for line in ("eval list", "eval run", "eval add --service rh --question x --word y"):
        assert "line 1" in sobria(line, status=1).stderr


def test_a_shared_opinion_becomes_a_test_by_its_number(
    sobria: Any, parts: Any, settings: Any
) -> None:
    user = parts.users.find("alice")
    begun = parts.conversations.begin(None, user.id, "rh", "x", "0123456789abcdef")
    source = SharedSource(
        number=1, document="fiches/1", title="T", reference="", url="", date="", cited=True
    )
    opinion = Opinion(
        "0123456789abcdef",
        begun.conversation.id,
        parts.person_keys.subject(user.id),
        "rh",
        "down",
        "wrong_source",
    )
    shared = Shared(question="Et [PERSONNE_1] ?", answer="Oui.", sources=(source,), right=1)
    feedback_of(parts).put(opinion, shared)
    listed = sobria("eval feedback").stdout
    assert (
        listed.startswith("0123456789abcdef\trh\tdown\twrong_source") and "PERSONNE" not in listed
    )
    sobria("eval add 0123456789abcdef --word oui")
    (case,) = load_cases(case_file(settings.data_dir))
    assert (case.question, case.sources, case.words) == (
        "Et [PERSONNE_1] ?",
        ("fiches/1",),
        ("oui",),
    )
    assert sobria("eval feedback").stdout == ""
    assert "already dealt" in sobria("eval add 0123456789abcdef", status=1).stderr
    (entry,) = [e for e in parts.audit.page() if e.type == "feedback"]
    assert (entry.subject, entry.data["action"]) == ("operator", "kept")
