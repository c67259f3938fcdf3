"""``sobria charter init``: asks what a first charter needs, and writes it."""

# Annotations are evaluated at once: see governance.charter.cli.
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer

from governance.charter.cli_tables import Translate
from governance.charter.init import CharterExists, crowded, render, write
from governance.charter.init_answers import (
    KINDS,
    AnswerRefused,
    Answers,
    Kind,
    Language,
    Person,
    check_email,
    check_services,
    check_text,
    check_timezone,
    check_users,
    services_for,
)
from governance.charter.problems import CharterInvalid

_USERS = "10"
_Value = TypeVar("_Value")


class _Asking:
    """Takes each answer from an option or from a prompt, and checks it at once."""

    def __init__(self, translate: Translate, *, prompts: bool) -> None:
        self._ = translate
        self._prompts = prompts

    def fail(self, message: str) -> NoReturn:
        typer.echo(message, err=True)
        raise typer.Exit(1)

    def one(
        self,
        option: str,
        given: str | None,
        question: str,
        check: Callable[[str], _Value],
        default: str | None = None,
    ) -> _Value:
        """The checked answer: given, asked for, or by default where nothing may be asked."""
        if given is None and not self._prompts:
            given = default
            if given is None:
                self.fail(self._("«{option}» is missing.", option=option))
        if given is not None:
            try:
                return check(given)
            except AnswerRefused as refused:
                self.fail(f"{option}: {self._(refused.message_id, **refused.params)}")

        def processed(answer: str) -> _Value:
            try:
                return check(answer)
            except AnswerRefused as refused:
                raise typer.BadParameter(self._(refused.message_id, **refused.params)) from None

        value: _Value = typer.prompt(question, default=default, value_proc=processed)
        return value

    def yes(self, given: bool | None, question: str, default: bool) -> bool:
        """A yes or a no."""
        if given is not None or not self._prompts:
            return default if given is None else given
        return typer.confirm(question, default=default)


def add_init(app: typer.Typer, _: Translate) -> None:
    """Add the command ``init`` to ``app``."""

    @app.command(help=_("Write a first charter from a few answers; options answer in advance."))
    def init(
        file: Annotated[
            Path, typer.Argument(metavar="FILE", help=_("The charter to write."))
        ] = Path("charter.yaml"),
        kind: Annotated[
            str | None,
            typer.Option(help=_("The kind of organisation: {kinds}.", kinds=", ".join(KINDS))),
        ] = None,
        name: Annotated[str | None, typer.Option(help=_("The organisation's name."))] = None,
        dpo_name: Annotated[str | None, typer.Option(help=_("Name of the DPO."))] = None,
        dpo_email: Annotated[str | None, typer.Option(help=_("E-mail of the DPO."))] = None,
        contact_name: Annotated[str | None, typer.Option(help=_("Whom to ask for help."))] = None,
        contact_email: Annotated[str | None, typer.Option(help=_("Their e-mail."))] = None,
        language: Annotated[
            str | None, typer.Option(help=_("Language of the pages: fr or en."))
        ] = None,
        timezone: Annotated[str | None, typer.Option(help=_("Time zone of the quotas."))] = None,
        service: Annotated[
            list[str] | None,
            typer.Option(help=_("A service and how many people it has, as rh=12; repeatable.")),
        ] = None,
        block_health: Annotated[
            bool | None,
            typer.Option(
                "--block-health/--keep-health",
                help=_("Refuse requests that tell of a person's health or union."),
            ),
        ] = None,
        extend: Annotated[
            bool | None,
            typer.Option(
                "--extend/--copy",
                help=_("Extend the common base, or copy its rules into the file."),
            ),
        ] = None,
        no_input: Annotated[
            bool, typer.Option("--no-input", help=_("Ask nothing: options and defaults only."))
        ] = False,
        force: Annotated[
            bool, typer.Option("--force", help=_("Replace the file if there is one."))
        ] = False,
    ) -> None:
        asking = _Asking(_, prompts=not no_input)
        if file.exists() and not force:
            asking.fail(
                _("{file} exists: nothing is written. «--force» replaces it.", file=file.name)
            )
        what = asking.one(
            "--kind",
            kind,
            _("Kind of organisation ({kinds})", kinds=", ".join(KINDS)),
            _kind,
            "commune",
        )
        answers = Answers(
            kind=what,
            name=asking.one("--name", name, _("Name of the organisation"), check_text),
            dpo=Person(
                asking.one(
                    "--dpo-name", dpo_name, _("Data protection officer: name"), check_text, "DPO"
                ),
                asking.one(
                    "--dpo-email", dpo_email, _("Data protection officer: e-mail"), check_email
                ),
            ),
            contact=Person(
                asking.one(
                    "--contact-name",
                    contact_name,
                    _("Help: name of the person or team"),
                    check_text,
                    _("Help desk"),
                ),
                asking.one("--contact-email", contact_email, _("Help: e-mail"), check_email),
            ),
            language=asking.one(
                "--language", language, _("Language of the pages (fr, en)"), _language, "fr"
            ),
            timezone=asking.one(
                "--timezone", timezone, _("Time zone"), check_timezone, "Europe/Paris"
            ),
            users=_users(asking, what, service, _),
            block_health=asking.yes(
                block_health, _("Refuse requests that tell of a person's health or union?"), False
            ),
            extend=asking.yes(
                extend, _("Extend the common base, rather than copy its rules?"), what != "commune"
            ),
        )
        try:
            charter = write(render(answers, _), file, force=force)
        except CharterExists:
            asking.fail(
                _("{file} exists: nothing is written. «--force» replaces it.", file=file.name)
            )
        except CharterInvalid as error:
            asking.fail("\n".join(_(p.message_id, **p.params) for p in error.problems))
        except OSError as error:
            asking.fail(
                _(
                    "{file} cannot be written: {detail}.",
                    file=file.name,
                    detail=error.strerror or "?",
                )
            )
        typer.echo(
            _(
                "{file} is written: {uses} uses, {services} services.",
                file=file.name,
                uses=len({rule.use.id for rule in charter.rules}),
                services=len(charter.services),
            )
        )
        if crowded(answers.users):
            typer.echo(
                _("Two cores are few for so many people: the quotas share out one day of them.")
            )
        typer.echo(
            _(
                "Next: read it, run «sobria charter test {file}», then put it in force.",
                file=file.name,
            )
        )


def _kind(answer: str) -> Kind:
    for kind in KINDS:
        if answer.strip().lower() == kind:
            return kind
    raise AnswerRefused("One of these was expected: {known}.", known=", ".join(KINDS))


def _language(answer: str) -> Language:
    text = answer.strip().lower()
    if text == "fr":
        return "fr"
    if text == "en":
        return "en"
    raise AnswerRefused("One of these was expected: {known}.", known="fr, en")


def _users(asking: _Asking, kind: Kind, given: list[str] | None, _: Translate) -> dict[str, int]:
    """How many people each chosen service has."""
    titles = services_for(kind)
    if given:
        pairs = dict(one.partition("=")[::2] for one in given)
        chosen = asking.one(
            "--service", ",".join(pairs), "", lambda text: check_services(text, kind)
        )
        return {
            name: asking.one("--service", pairs.get(name) or _USERS, "", check_users)
            for name in chosen
        }
    if not asking.yes(
        None, _("Shall all of these be services? {known}", known=", ".join(titles)), True
    ):
        chosen = asking.one(
            "--service",
            None,
            _("Services, parted by commas"),
            lambda text: check_services(text, kind),
        )
    else:
        chosen = tuple(titles)
    return {
        name: asking.one(
            "--service", None, _("People in «{service}»", service=titles[name]), check_users, _USERS
        )
        for name in chosen
    }
