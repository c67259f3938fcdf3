"""``sobria eval``: tests of the assistant, made of opinions or by hand, run and compared."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from governance.messages import N_
from server.commands.opening import NO_CHARTER, books, failing_clearly, settings
from server.commands.words import fail, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from server.books import Books
    from server.evaluation.cases import Case
    from server.evaluation.comparing import Comparison
    from server.evaluation.runs import Result, Run
    from server.settings import Settings

evaluation = typer.Typer(
    help=say(N_("Tests of the assistant: add, run, compare.")), no_args_is_help=True
)

NO_TESTS = N_("There is no test to run: add one with «sobria eval add».")
VERDICTS = {
    "better": N_("better"),
    "worse": N_("worse"),
    "same": N_("same"),
    "new": N_("new"),
    "changed": N_("test changed"),
}
OUTCOMES = {
    "answered": N_("answered"),
    "abstained": N_("no answer"),
    "refused": N_("refused"),
    "failed": N_("unsuccessful"),
}


@evaluation.command("add", help=say(N_("Add a test, of a shared opinion or by its question.")))
def add(
    feedback: Annotated[str, typer.Argument(help=say(N_("The number of a shared opinion.")))] = "",
    question: Annotated[str, typer.Option(help=say(N_("The question.")))] = "",
    service: Annotated[str, typer.Option(help=say(N_("The service that asks it.")))] = "",
    source: Annotated[
        list[str] | None,
        typer.Option(help=say(N_("A source to be found: address, article or document."))),
    ] = None,
    word: Annotated[
        list[str] | None,
        typer.Option(help=say(N_("Words that the answer holds; spellings separated by «|»."))),
    ] = None,
    unanswerable: Annotated[
        bool, typer.Option("--unanswerable", help=say(N_("The sources do not answer it.")))
    ] = False,
    name: Annotated[str, typer.Option("--id", help=say(N_("The test's id.")))] = "",
) -> None:
    """Add a test."""
    from server.books import OPERATOR
    from server.evaluation.file import add_case, case_file, free_id, load_cases
    from server.evaluation.keeping import id_of, keep_as_test, new_case

    opened = books()
    words = tuple(word or ())
    with _saying():
        if feedback:
            case = keep_as_test(
                opened,
                feedback,
                OPERATOR,
                question=question,
                sources=tuple(source) if source else None,
                words=words,
                unanswerable=unanswerable,
            )
        else:
            if service not in _services(opened):
                fail(N_("The charter has no such service."))
            path = case_file(opened.settings.data_dir)
            case = new_case(
                id=name or free_id(id_of(question), load_cases(path)),
                question=question,
                service=service,
                sources=tuple(source or ()),
                words=words,
                unanswerable=unanswerable,
            )
            add_case(path, case)
    typer.echo(say(N_("The test «{id}» is added."), id=case.id))


@evaluation.command("list", help=say(N_("List the tests.")))
def list_cases() -> None:
    """List the tests."""
    for case in _cases(settings(), ""):
        expected = ", ".join((*case.sources, *case.words))
        told = say(N_("no answer")) if case.unanswerable else expected
        typer.echo("\t".join((case.id, case.service, " ".join(case.question.split()), told)))


@evaluation.command(
    "feedback", help=say(N_("List the shared opinions to review, not their words."))
)
def list_feedback() -> None:
    """List what was shared."""
    from governance.clock import iso
    from server.evaluation.feedback import feedback_of

    for each in feedback_of(books()).shared("new"):
        opinion = each.opinion
        fields = (opinion.exchange_id, opinion.service, opinion.value, opinion.reason or "-")
        typer.echo("\t".join((*fields, iso(each.created_at))))


@evaluation.command("runs", help=say(N_("List the runs that were kept.")))
def list_runs() -> None:
    """List the runs."""
    from server.evaluation.runs import Runs

    kept = Runs(settings().data_dir)
    with _saying():
        for name in kept.names():
            run = kept.load(name)
            totals = run.totals
            fields = (name, run.mode, f"{totals.passed}/{totals.tests}", run.tried.model or "-")
            typer.echo("\t".join(fields))


@evaluation.command("run", help=say(N_("Run the tests, and compare with an earlier run.")))
def run(
    service: Annotated[str, typer.Option(help=say(N_("Only the tests of this service.")))] = "",
    answers: Annotated[
        bool, typer.Option("--answers", help=say(N_("Have the model answer, not only search.")))
    ] = False,
    against: Annotated[
        str,
        typer.Option(help=say(N_("The run to compare with; the last of its kind if left out."))),
    ] = "",
    check: Annotated[
        bool, typer.Option("--check", help=say(N_("End with status 1 where a test got worse.")))
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=say(N_("Print JSON.")))] = False,
) -> None:
    """Run the tests."""
    import asyncio
    import json
    import sys
    from contextlib import redirect_stdout
    from dataclasses import asdict

    from server.evaluation.comparing import compare, differences
    from server.evaluation.runs import Runs

    opened = books()
    cases = _cases(opened.settings, service)
    if not cases:
        fail(NO_TESTS)
    kept = Runs(opened.settings.data_dir)
    with _saying():
        before = kept.load(against) if against else kept.last("answers" if answers else "search")
    earlier = {each.id: each for each in before.results} if before is not None else {}
    out = sys.stdout

    def tell(result: Result) -> None:
        if not as_json:
            typer.echo(_line(result, earlier.get(result.id) if before else None), file=out)

    # What the components log goes to the standard error: the output is the run's alone.
    with _saying(), failing_clearly(), redirect_stdout(sys.stderr):
        done = asyncio.run(_run(opened, cases, service, answers, tell))
    comparison = compare(done, before) if before is not None else None
    if as_json:
        told = {
            "run": done.model_dump(mode="json"),
            "totals": done.totals.model_dump(mode="json"),
            "comparison": asdict(comparison) if comparison is not None else None,
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _tell_totals(done)
        if comparison is not None and before is not None:
            _tell_comparison(comparison, differences(done, before))
    if check and comparison is not None and comparison.worse:
        raise typer.Exit(1)


async def _run(
    opened: Books,
    cases: tuple[Case, ...],
    service: str,
    answers: bool,
    tell: Callable[[Result], None],
) -> Run:
    from governance.clock import iso, utc_now
    from server.evaluation.opening import answering, searching
    from server.evaluation.running import run_cases
    from server.evaluation.runs import Run, Runs

    started = utc_now()
    opening = answering(opened.settings) if answers else searching(opened)
    results: list[Result] = []
    async with opening as (bench, tried):
        async for result in run_cases(bench, cases):
            tell(result)
            results.append(result)
    run = Run(
        started_at=iso(started),
        mode="answers" if answers else "search",
        service=service,
        tried=tried,
        results=tuple(results),
    )
    return Runs(opened.settings.data_dir).save(run, started)


def _line(result: Result, before: Result | None) -> str:
    """One test on one line; the verdict where there is something to compare with."""
    from server.evaluation.comparing import change_of

    words = len(result.held or ()), len(result.held or ()) + len(result.missing or ())
    return "\t".join(
        (
            result.id,
            say(N_("as expected")) if result.passed else say(N_("not as expected")),
            say(VERDICTS[change_of(result, before).verdict]) if before is not None else "-",
            f"#{result.rank}" if result.rank else "-",
            say(OUTCOMES[result.outcome]),
            f"{words[0]}/{words[1]}" if words[1] else "-",
            f"{result.support:.0%}" if result.support is not None else "-",
            f"{result.wh:.3g} Wh" if result.wh is not None else "-",
            f"{result.seconds:.2f} s",
        )
    )


def _tell_totals(run: Run) -> None:
    totals = run.totals
    typer.echo()
    typer.echo(
        say(
            N_("Run {name}: {passed} of {tests} tests as expected."),
            name=run.name,
            passed=totals.passed,
            tests=totals.tests,
        )
    )
    typer.echo(
        say(
            N_("Source among the first five: {found} of {searched} (mean reciprocal rank {mrr})."),
            found=totals.found,
            searched=totals.searched,
            mrr=f"{totals.reciprocal_rank:.2f}",
        )
    )
    if totals.words:
        typer.echo(
            say(
                N_("Words of the answers: {held} of {words}; supported: {support}."),
                held=totals.words_held,
                words=totals.words,
                support="-" if totals.support is None else f"{totals.support:.0%}",
            )
        )
    wh = say(N_("unknown")) if totals.wh is None else f"{totals.wh:.3g} Wh"
    typer.echo(say(N_("Energy: {wh}; time: {seconds} s."), wh=wh, seconds=f"{totals.seconds:.1f}"))


def _tell_comparison(comparison: Comparison, moved: tuple[str, ...]) -> None:
    typer.echo(
        say(
            N_("Against {name}: {better} better, {worse} worse, {same} the same."),
            name=comparison.against,
            better=comparison.count("better"),
            worse=comparison.count("worse"),
            same=comparison.count("same"),
        )
    )
    if moved:
        typer.echo(say(N_("What changed in between: {names}."), names=", ".join(moved)))
    for each in comparison.worse:
        lost = ", ".join(each.lost)
        typer.echo(say(N_("Worse: {id}, which lost: {lost}."), id=each.id, lost=lost))
    if comparison.gone:
        typer.echo(say(N_("No longer run: {names}."), names=", ".join(comparison.gone)))


def _cases(chosen: Settings, service: str) -> tuple[Case, ...]:
    from server.evaluation.file import case_file, load_cases

    with _saying():
        cases = load_cases(case_file(chosen.data_dir))
    return tuple(case for case in cases if service in ("", case.service))


def _services(opened: Books) -> frozenset[str]:
    from server.commands.opening import charter_of
    from server.organisation import service_ids

    charter = charter_of(opened)
    if charter is None:
        fail(NO_CHARTER)
    return service_ids(charter)


@contextmanager
def _saying() -> Iterator[None]:
    """Ends the command with what is wrong with the tests, a run or an opinion."""
    from governance.audit.errors import AuditError
    from server.commands.opening import UNOPENED
    from server.evaluation.errors import EvaluationError
    from server.evaluation.feedback import FeedbackError

    try:
        yield
    except (AuditError, EvaluationError, FeedbackError) as error:
        fail(error.message_id, **error.params)
    except OSError as error:
        fail(UNOPENED, cause=type(error).__name__)
