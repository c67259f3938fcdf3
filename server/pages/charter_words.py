"""The charter's drafts as the pages show them: what is wrong with one, and what its tests say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.charter.charter import Charter
from governance.charter.load import load_text
from governance.charter.problems import CharterInvalid
from governance.charter.proof import ProofCase
from governance.charter.publishing import Proof, kept_parents
from server.publishing import unknown_sources
from web.charter_views import ProofCaseView, ProofView
from web.i18n import translate
from web.views import CharterProblemView

if TYPE_CHECKING:
    from server.assembly import Assembly


def examine(components: Assembly, text: str) -> tuple[Charter | None, CharterInvalid | None]:
    """The charter that ``text`` makes, or what is wrong with it here; both where it is valid but
    names what this instance does not have."""
    parents = kept_parents(components.charter_store.current())
    try:
        charter = load_text(text, parents=parents)
    except CharterInvalid as error:
        return None, error
    return charter, lacking(components, charter)


def lacking(components: Assembly, charter: Charter) -> CharterInvalid | None:
    """What a valid charter names and this instance does not have."""
    unknown = unknown_sources(charter, {status.id for status in components.sources.statuses()})
    if not unknown:
        return None
    invalid = CharterInvalid(unknown)
    invalid.sources = charter.bundle
    return invalid


def problem_views(error: CharterInvalid | None, locale: str) -> tuple[CharterProblemView, ...]:
    """Each problem in the reader's language, with the lines concerned."""
    if error is None:
        return ()
    return tuple(
        CharterProblemView(
            line=problem.line,
            column=problem.column,
            field=problem.field,
            message=translate(locale, problem.message_id, **problem.params),
            lines=tuple((line.file, line.number, line.text) for line in error.lines(problem)),
        )
        for problem in error.problems
    )


def proof_view(proof: Proof, charter: Charter) -> ProofView:
    """What the tests say, with the titles of the uses."""
    titles = {rule.use.id: rule.use.title for rule in charter.rules}

    def case(one: ProofCase) -> ProofCaseView:
        return ProofCaseView(titles[one.use_id], one.text, titles.get(one.blamed or "", ""))

    kinds = {kind.name: kind.title for kind in charter.personal_data.custom}
    return ProofView(
        passed=proof.passed,
        recall=proof.uses.recall,
        spared=proof.uses.spared,
        tests=len(proof.uses.cases) + len(proof.kinds),
        let_through=tuple(case(one) for one in proof.uses.let_through),
        wrongly_held=tuple(case(one) for one in proof.uses.wrongly_held),
        kinds=tuple(
            ProofCaseView(kinds[one.entity], one.text, ", ".join(dict.fromkeys(one.found)))
            for one in proof.kinds
            if not one.passed
        ),
    )
