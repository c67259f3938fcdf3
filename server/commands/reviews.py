"""``sobria review`` and ``sobria contests``: what the pages do, with the same permissions.

No text is printed: who runs the command line is not thereby a reviewer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from governance.messages import N_
from server.commands.opening import books
from server.commands.words import fail, say

if TYPE_CHECKING:
    from governance.charter.charter import Charter
    from server.books import Books
    from server.identity.users import User

review = typer.Typer(help=say(N_("Answers that a person validates.")), no_args_is_help=True)
members = typer.Typer(help=say(N_("Members of the reviewer roles.")), no_args_is_help=True)
review.add_typer(members, name="members")
contests = typer.Typer(help=say(N_("Refusals that people contest.")), no_args_is_help=True)

Role = Annotated[str, typer.Argument(help=say(N_("A reviewer role of the charter.")))]
Name = Annotated[str, typer.Argument(help=say(N_("The account's name.")))]
Number = Annotated[str, typer.Argument(help=say(N_("The number of the exchange.")))]
AsWho = Annotated[str, typer.Option("--as", help=say(N_("The account that decides.")))]


@members.command("add", help=say(N_("Add an account to a role.")))
def add(role: Role, name: Name) -> None:
    """Add a member."""
    opened = books()
    if _charter(opened).reviewer(role) is None:
        fail(N_("The charter has no such reviewer role."))
    _change(opened, role, name, adding=True)


@members.command("remove", help=say(N_("Remove an account from a role.")))
def remove(role: Role, name: Name) -> None:
    """Remove a member."""
    _change(books(), role, name, adding=False)


@members.command("list", help=say(N_("List the roles and their members.")))
def list_members() -> None:
    """List the members."""
    opened = books()
    names = {user.id: user.name for user in opened.users.all()}
    for role in _charter(opened).reviewers:
        held = (names.get(user, "?") for user in opened.members.of(role.id))
        typer.echo("\t".join((role.id, role.title, ", ".join(held))))


@review.command(
    "list", help=say(N_("Count what waits by role, or list what an account may decide."))
)
def list_entries(
    as_who: Annotated[str, typer.Option("--as", help=say(N_("The account that decides.")))] = "",
) -> None:
    """List what waits."""
    from governance.clock import iso
    from server.reviewing import reviewer_of

    opened = books()
    if not as_who:
        for (role, state), count in sorted(opened.reviews.counts().items()):
            typer.echo(f"{role}\t{state}\t{count}")
        return
    reviewer = reviewer_of(opened, _charter(opened), _find(opened, as_who))
    for entry in opened.reviews.waiting(reviewer):
        fields = (entry.exchange_id, entry.use_id, entry.service, entry.role, entry.delivery)
        typer.echo("\t".join((*fields, iso(entry.created_at))))


@review.command("decide", help=say(N_("Decide in the name of a member of the role.")))
def decide(
    number: Number,
    decision: Annotated[str, typer.Argument(help="approved, rejected, changes")],
    as_who: AsWho,
    reason: Annotated[str, typer.Option(help=say(N_("Words that the author reads.")))] = "",
) -> None:
    """Decide."""
    from governance.review.errors import ReviewError
    from governance.review.queue import DECISIONS
    from server.reviewing import reviewer_of

    chosen = next((each for each in DECISIONS if each == decision), None)
    if chosen is None:
        fail(N_("A decision is one of: {decisions}."), decisions=", ".join(DECISIONS))
    opened = books()
    reviewer = reviewer_of(opened, _charter(opened), _find(opened, as_who))
    try:
        opened.reviews.decide(number, reviewer, chosen, reason)
    except ReviewError as error:
        fail(error.message_id, **error.params)
    typer.echo(say(N_("Your decision is recorded, and the author is told.")))


@contests.command("list", help=say(N_("List the contested refusals.")))
def list_contests() -> None:
    """List the contests."""
    from governance.clock import iso

    for each in books().contests.all():
        refused = each.refused
        fields = (refused.exchange_id, each.state, refused.use_id, refused.service)
        typer.echo("\t".join((*fields, iso(each.created_at))))


@contests.command("answer", help=say(N_("Answer a contested refusal.")))
def answer(
    number: Number,
    answered: Annotated[str, typer.Argument(help="upheld, accepted")],
    as_who: AsWho,
    words: Annotated[str, typer.Option(help=say(N_("Words that the author reads.")))],
) -> None:
    """Answer."""
    from governance.review.contests import ANSWERS
    from governance.review.errors import ReviewError

    chosen = next((each for each in ANSWERS if each == answered), None)
    if chosen is None:
        fail(N_("A decision is one of: {decisions}."), decisions=", ".join(ANSWERS))
    opened = books()
    user = _find(opened, as_who)
    if user.role not in {"admin", "dpo"} or user.disabled:
        fail(N_("Only an administrator or the data protection officer answers."))
    try:
        opened.contests.answer(number, opened.person_keys.subject(user.id), chosen, words)
    except ReviewError as error:
        fail(error.message_id, **error.params)
    typer.echo(say(N_("Your answer is recorded, and the person will read it.")))


def _change(opened: Books, role: str, name: str, *, adding: bool) -> None:
    from server.books import OPERATOR

    user = _find(opened, name)
    done = opened.members.add if adding else opened.members.remove
    done(role, user.id, OPERATOR)
    typer.echo(say(N_("The members are changed.")))


def _find(opened: Books, name: str) -> User:
    from server.identity.users import AccountError

    try:
        return opened.users.find(name)
    except AccountError as error:
        fail(error.message_id, **error.params)


def _charter(opened: Books) -> Charter:
    from governance.charter.revisions import CharterInForce
    from server.judges import charter_store

    return CharterInForce(charter_store(opened)).get()[1]
