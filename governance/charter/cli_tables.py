"""What ``sobria charter`` prints: the proof of a charter, and the rules of a service."""

from __future__ import annotations

from typing import Protocol

import typer
from rich.console import Console
from rich.table import Table

from governance.charter.charter import Charter
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


def print_rules(charter: Charter, service_id: str, _: Translate) -> None:
    rules = charter.effective(service_id)
    index = [service.id for service in charter.services].index(service_id)
    table = Table(box=None)
    for title in (_("Rule"), _("Value"), _("Written in")):
        table.add_column(title)

    def place(*paths: str) -> str:
        """Where the first of ``paths`` that is written stands; nothing for a default."""
        mark = next((charter.places[path] for path in paths if path in charter.places), None)
        return f"{mark.file}:{mark.line}" if mark else _("default")

    this = f"services[{index}]"
    sources = ", ".join(sorted(rules.sources)) if rules.sources is not None else _("all")
    table.add_row(_("models"), ", ".join(rules.models), place(f"{this}.models"))
    table.add_row(_("sources"), sources, place(f"{this}.sources"))
    table.add_row(_("answer, in tokens"), str(rules.max_tokens), place(f"{this}.max_tokens"))
    for number, quota in enumerate(charter.service(service_id).quotas):
        name = _("quota of {metric} per {period}", metric=quota.metric, period=quota.period)
        name += "" if quota.per == "service" else f" ({quota.per})"
        table.add_row(name, f"{quota.limit:g}", place(f"{this}.quotas[{number}].limit"))
    for rule in rules.rules:
        origin = f"{rule.origin.file}:{rule.origin.line}"
        table.add_row(f"{rule.effect}: {rule.use.id}", rule.use.title, origin)
    own = {kind.name: i for i, kind in enumerate(charter.personal_data.custom)}
    for entity, handling in rules.personal_data.items():
        at = f"personal_data.custom[{own[entity]}]" if entity in own else ""
        written = (f"{at}.handling", f"{at}.name") if at else (f"personal_data.{entity}",)
        where = place(*written, "personal_data.default")
        title = f" ({charter.personal_data.custom[own[entity]].title})" if entity in own else ""
        table.add_row(f"personal_data.{entity}", f"{handling}{title}", where)
    kept = ", ".join(sorted(rules.may_keep)) or _("none")
    table.add_row(_("may be left in clear"), kept, place("personal_data.may_keep"))
    Console().print(table)
