"""What a valid charter must also be to hold on this instance."""

from __future__ import annotations

from collections.abc import Collection

from governance.charter.charter import Charter
from governance.charter.problems import CharterProblem
from governance.messages import N_

UNKNOWN_SOURCES = N_("There are no such sources: {names}.")


def unknown_sources(charter: Charter, known: Collection[str]) -> tuple[CharterProblem, ...]:
    """The sources that services name and this instance does not have, each in its place."""
    problems = []
    for index, service in enumerate(charter.services):
        unknown = () if service.sources == "all" else sorted(set(service.sources) - set(known))
        if unknown:
            field = f"services[{index}].sources"
            mark = charter.places[field]
            params = {"names": ", ".join(unknown)}
            problems.append(
                CharterProblem(mark.file, mark.line, mark.column, field, UNKNOWN_SOURCES, params)
            )
    return tuple(problems)
