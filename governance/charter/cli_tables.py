"""What ``sobria charter`` prints: the proof of a charter, and the rules of a service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from governance.charter.explain import Effective
from governance.charter.problems import CharterInvalid, CharterProblem
from governance.charter.proof import CustomCase, ProofReport


class Translate(Protocol):
    """Gives a message in the operator's language, its fields filled."""

    def __call__(self, message_id: str, /, **params: str | int | float) -> str: ...


def report_json(report: ProofReport, custom: tuple[CustomCase, ...]) -> dict[str, object]:
    return {
        "recall": report.recall,
        "spared": report.spared,
        "failed": [
            {
                "use": case.use_id,
                "kind": case.kind,
                "text": case.text,
                "expected": case.expected,
                "found": case.found,
                "blamed": case.blamed,
                "score": case.score,
            }
            for case in (*report.let_through, *report.wrongly_held)
        ],
        "personal_data": [
            {
                "entity": case.entity,
                "kind": case.kind,
                "text": case.text,
                "found": case.found,
                "passed": case.passed,
                "file": case.place.file,
                "line": case.place.line,
            }
            for case in custom
        ],
    }


def print_report(report: ProofReport, _: Translate) -> None:
    table = Table(box=None)
    titles = (_("Use"), _("Examples held"), _("Counter-examples let through"))
    for title in titles:
        table.add_column(title)
    for use_id in dict.fromkeys(case.use_id for case in report.cases):
        row = [use_id]
        for kind in ("example", "counter_example"):
            cases = [c for c in report.cases if (c.use_id, c.kind) == (use_id, kind)]
            row.append(f"{sum(c.passed for c in cases)}/{len(cases)}")
        table.add_row(*row)
    Console().print(table)
    for case in report.let_through:
        typer.echo(_("Would be let through ({use}): {text}", use=case.use_id, text=case.text))
    for case in report.wrongly_held:
        typer.echo(
            _(
                "Would be wrongly held ({use}, by {blamed}): {text}",
                use=case.use_id,
                blamed=case.blamed or "-",
                text=case.text,
            )
        )
    typer.echo(
        _(
            "Examples held: {recall} %; counter-examples let through: {spared} %.",
            recall=round(100 * report.recall),
            spared=round(100 * report.spared),
        )
    )


def print_custom(cases: tuple[CustomCase, ...], _: Translate) -> None:
    """The charter's own kinds of data: how many texts are as they should be, and which are not."""
    if not cases:
        return
    table = Table(box=None)
    for title in (_("Kind of data"), _("Examples found"), _("Counter-examples let through")):
        table.add_column(title)
    for entity in dict.fromkeys(case.entity for case in cases):
        row = [entity]
        for kind in ("example", "counter_example"):
            of_it = [case for case in cases if (case.entity, case.kind) == (entity, kind)]
            row.append(f"{sum(case.passed for case in of_it)}/{len(of_it)}")
        table.add_row(*row)
    Console().print(table)
    for case in (case for case in cases if not case.passed):
        place = f"{case.place.file}:{case.place.line}"
        if case.kind == "example":
            message = _(
                "{place}: «{entity}» is not found, but {found}: {text}",
                place=place,
                entity=case.entity,
                found=", ".join(dict.fromkeys(case.found)) or "-",
                text=case.text,
            )
        else:
            message = _(
                "{place}: «{entity}» is found, and should not: {text}",
                place=place,
                entity=case.entity,
                text=case.text,
            )
        typer.echo(message)


def print_rules(rules: tuple[Effective, ...], _: Translate) -> None:
    """Each rule in force with its value, and the file and line that it comes from."""
    table = Table(box=None)
    for title in (_("Rule"), _("Value"), _("Layer"), _("Written in")):
        table.add_column(title)
    for rule in rules:
        value = f"{rule.value} ({rule.note})" if rule.note else rule.value
        layer = "" if rule.layer is None else str(rule.layer)
        place = f"{rule.place.file}:{rule.place.line}" if rule.place else _("default")
        table.add_row(Text(rule.name), Text(value), layer, place)
    Console().print(table)


def told(error: CharterInvalid, problem: CharterProblem, _: Translate) -> Iterator[str]:
    """A problem with its place, then the lines concerned: the charter's, and its parent's."""
    field = f"{problem.field}: " if problem.field else ""
    place = f"{problem.file}:{problem.line}:{problem.column}"
    yield f"{place}: {field}{_(problem.message_id, **problem.params)}"
    for line in error.lines(problem):
        yield f"    {line.file}:{line.number} | {line.text.strip()}"
