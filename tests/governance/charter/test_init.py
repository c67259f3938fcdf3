"""``sobria charter init``: a first charter from a few answers, that loads as it was answered."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from governance.charter.cli import CharterContext, build_cli
from governance.charter.init import CharterExists, budgets, render, write
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
from governance.charter.load import load_file, load_text, shipped
from governance.charter.schema import EFFECTS

# What people may well type: quotes, colons, comment signs, accents, what looks like YAML.
_TRICKY = st.text(
    alphabet=st.sampled_from("aéÉœ'\"«»:#-{}[]&*!|>%@`\\,.? 0\u00a0😀"), min_size=1, max_size=200
).filter(lambda text: bool(text.strip()))
_NAMES = st.one_of(
    _TRICKY, st.sampled_from(["yes", "null", "~", "1", "- a", "a: b", 'l\'"Épi"', "${HOME}", "{0}"])
)


def answered(kind: Kind = "commune", **changes: object) -> Answers:
    person = Person("Aide", "aide@essai.fr")
    known: dict[str, object] = {
        "kind": kind,
        "name": "Essai",
        "dpo": person,
        "contact": person,
        "users": dict.fromkeys(services_for(kind), 10),
    }
    return Answers(**(known | changes))  # type: ignore[arg-type]


@settings(deadline=None, max_examples=25)
@given(
    name=_NAMES,
    other=_NAMES,
    kind=st.sampled_from(KINDS),
    language=st.sampled_from(("fr", "en")),
    health=st.booleans(),
    users=st.integers(1, 100_000),
)
def test_whatever_is_answered_the_charter_loads_and_says_it(
    name: str, other: str, kind: Kind, language: Language, health: bool, users: int
) -> None:
    name, other = check_text(name), check_text(other)
    answers = answered(
        kind,
        name=name,
        dpo=Person(other, "dpo@essai.fr"),
        language=language,
        block_health=health,
        users=dict.fromkeys(services_for(kind), users),
    )
    charter = load_text(render(answers), parents=shipped)
    assert charter.organisation.name == name
    assert charter.organisation.dpo.name == other
    assert charter.organisation.language == language
    assert [one.id for one in charter.services] == list(services_for(kind))
    assert ("block" if health else "keep") == charter.personal_data.SPECIAL_CATEGORY
    assert len(charter.uses) >= 15


@settings(deadline=None, max_examples=25)
@given(st.text(max_size=220))
def test_a_text_that_is_accepted_stays_on_one_line(text: str) -> None:
    try:
        kept = check_text(text)
    except AnswerRefused:
        return
    assert len(kept.splitlines()) == 1
    assert load_text(render(answered(name=kept)), parents=shipped).organisation.name == kept


@pytest.mark.parametrize(
    "text", ["", "  ", "a\nb", "a\r", "a\tb", "\x00", "a\u2028b", "a\x85b", "x" * 201]
)
def test_what_is_no_single_line_is_refused(text: str) -> None:
    if text.strip() == "a":
        assert check_text(text) == "a"
        return
    with pytest.raises(AnswerRefused):
        check_text(text)


@pytest.mark.parametrize("kind", KINDS)
def test_copied_rules_are_the_shipped_ones_and_can_be_changed(kind: Kind) -> None:
    text = render(answered(kind, extend=False))
    charter = load_text(text)
    assert "extends:" not in text
    source = load_text(render(answered(kind)), parents=shipped)
    if kind != "commune":
        assert charter.uses == source.uses
    effects = [use.effect for use in charter.uses]
    assert effects.count("forbid") >= 10
    assert effects.count("review") >= 4
    assert set(effects) <= set(EFFECTS)


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 100_000), min_size=1))
def test_quotas_fit_a_day_of_two_cores(users: dict[str, int]) -> None:
    made = budgets(users)
    assert sum(one.requests for one in made.values()) * 20 <= 8 * 3600 + 20 * len(users)
    for name, one in made.items():
        assert 1 <= one.requests <= users[name] * 6
        assert one.tokens == one.requests * 1_350


def test_answers_are_checked_one_by_one() -> None:
    assert check_users(" 12 ") == 12
    assert check_services("rh, informatique,rh", "commune") == ("rh", "informatique")
    assert check_timezone("America/Cayenne") == "America/Cayenne"
    assert check_email("dpo@essai.fr") == "dpo@essai.fr"
    for check, wrong in (
        (check_users, "0"),
        (check_users, "douze"),
        (check_users, "²"),
        (check_email, "dpo(at)essai.fr"),
        (check_timezone, "Paris"),
    ):
        with pytest.raises(AnswerRefused):
            check(wrong)
    with pytest.raises(AnswerRefused, match="production"):
        check_services("production", "commune")
    with pytest.raises(AnswerRefused):
        check_services(" , ", "commune")


def test_no_file_is_overwritten_and_none_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "charter.yaml"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(CharterExists):
        write(render(answered()), path)
    assert path.read_text(encoding="utf-8") == "mine"
    write(render(answered()), path, force=True)
    assert load_file(path).organisation.name == "Essai"
    assert [one.name for one in tmp_path.iterdir()] == ["charter.yaml"]


def english(message_id: str, /, **params: str | int | float) -> str:
    return message_id.format(**params)


@pytest.fixture
def app() -> typer.Typer:
    def context() -> CharterContext:
        raise AssertionError("init opens nothing of this instance")

    return build_cli(context, english)


def run(app: typer.Typer, *arguments: str, answers: str = "") -> Result:
    return CliRunner().invoke(app, ["init", *arguments], input=answers)


SCRIPTED = ("--no-input", "--kind", "company", "--name", 'Forge "Lemaire" : pièces & co',
            "--dpo-email", "dpo@forge.fr", "--contact-email", "aide@forge.fr")  # fmt: skip


def test_a_script_gives_its_answers_as_options(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "forge.yaml"
    done = run(app, str(path), *SCRIPTED, "--service", "rh=12", "--service", "production=40")
    assert done.exit_code == 0, done.output
    assert "sobria charter test forge.yaml" in done.output
    charter = load_file(path)
    assert charter.organisation.name == 'Forge "Lemaire" : pièces & co'
    assert {s.id: s.quotas[0].limit for s in charter.services} == {"rh": 72, "production": 240}
    again = run(app, str(path), *SCRIPTED)
    assert again.exit_code == 1
    assert "--force" in again.output


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--kind", "bank"), "commune, company, other"),
        (("--dpo-email", "nobody"), "«nobody» is not an e-mail address"),
        (("--timezone", "Mars"), "not a time zone"),
        (("--service", "rh=many"), "A number of people"),
        (("--service", "etat-civil=2"), "There is no service «etat-civil» here"),
        (("--language", "de"), "fr, en"),
    ],
)
def test_a_wrong_option_is_told_and_nothing_is_written(
    app: typer.Typer, tmp_path: Path, wrong: tuple[str, ...], said: str
) -> None:
    path = tmp_path / "charter.yaml"
    refused = run(app, str(path), *SCRIPTED, *wrong)
    assert refused.exit_code == 1
    assert said in refused.output
    assert not path.exists()


def test_a_missing_answer_is_named(app: typer.Typer, tmp_path: Path) -> None:
    refused = run(app, str(tmp_path / "charter.yaml"), "--no-input", "--kind", "commune")
    assert refused.exit_code == 1
    assert "«--name» is missing" in refused.output


def test_a_person_is_asked_again_until_the_answer_will_do(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "charter.yaml"
    typed = [
        "bank", "commune", "Mairie d'Essai", "", "no address", "dpo@essai.fr", "", "aide@essai.fr",
        "", "Paris", "", "n", "rh,plage", "rh,technique", "none", "8", "", "y", "y",
    ]  # fmt: skip
    done = run(app, str(path), answers="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    assert "One of these was expected" in done.output
    assert "There is no service «plage» here" in done.output
    charter = load_file(path)
    assert [one.id for one in charter.services] == ["rh", "technique"]
    assert charter.personal_data.SPECIAL_CATEGORY == "block"
    assert "parcours.yaml" in charter.bundle
