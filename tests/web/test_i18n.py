"""Texts, numbers and dates in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from markupsafe import Markup

from web import i18n

MOMENT = datetime(2026, 3, 13, 13, 5, tzinfo=UTC)
NB = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("header", "cookie", "expected"),
    [
        (None, None, "fr"),
        ("", "", "fr"),
        ("de-DE,de;q=0.9", None, "fr"),
        ("en-GB,en;q=0.9,fr;q=0.4", None, "en"),
        ("fr-FR,en;q=0.9", None, "fr"),
        ("en;q=0.2, fr;q=0.8", None, "fr"),
        ("en;q=0, *", None, "fr"),
        ("en;q=abc", None, "fr"),
        ("en", "fr", "fr"),
        ("fr", "en", "en"),
        ("fr", "xx", "fr"),
    ],
)
def test_the_choice_comes_first_then_the_browser_then_french(
    header: str | None, cookie: str | None, expected: str
) -> None:
    assert i18n.negotiate(header, cookie) == expected


def test_an_unknown_locale_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown locale"):
        i18n.translations("xx")


def test_all_domains_of_a_locale_answer_as_one() -> None:
    assert i18n.translate("fr", "Receipt") == "Reçu"
    assert i18n.translate("en", "Receipt") == "Receipt"
    assert i18n.translate("fr", "a text that nobody translated") == "a text that nobody translated"
    assert i18n.translate("fr", "") == ""


def test_the_numbers_in_a_text_follow_the_locale() -> None:
    text = i18n.translate("fr", "Searching {passages} passages…", passages=2219)
    assert text == f"Recherche dans 2{NB}219 passages…"
    assert i18n.translate("en", "Searching {passages} passages…", passages=2219) == (
        "Searching 2,219 passages…"
    )
    assert i18n.fill("fr", "{share:.1f}", {"share": 0.25}) == "0,2"


def test_plurals_are_those_of_the_language() -> None:
    def sources(locale: str, n: int) -> str:
        return i18n.translate_plural(locale, "{n} source", "{n} sources", n)

    assert [sources("fr", n) for n in (0, 1, 2)] == ["0 source", "1 source", "2 sources"]
    assert [sources("en", n) for n in (0, 1, 2)] == ["0 sources", "1 source", "2 sources"]


def test_with_safe_html_the_rest_of_a_text_is_escaped() -> None:
    params = {"a": Markup("<b>x</b>"), "b": "<i>"}
    text = i18n.fill("fr", "1 < 2: {a} {b}", params)
    assert text == "1 &lt; 2: <b>x</b> &lt;i&gt;"
    assert isinstance(text, Markup)


def test_what_a_parameter_says_is_never_a_field() -> None:
    assert i18n.translate("fr", "Line {line}", line="{secret}") == "Ligne {secret}"


def test_a_missing_parameter_is_an_error() -> None:
    with pytest.raises(KeyError):
        i18n.translate("fr", "Line {line}", other=1)


@pytest.mark.parametrize(
    ("value", "fr", "en"),
    [
        (0.4213, "0,42 Wh", "0.42 Wh"),
        (0.0, "0 Wh", "0 Wh"),
        (0.00214, "0,0021 Wh", "0.0021 Wh"),
        (17.93, "17,9 Wh", "17.9 Wh"),
        (243.8, "244 Wh", "244 Wh"),
        (12_345.0, "12,3 kWh", "12.3 kWh"),
        (None, "énergie inconnue", "unknown energy"),
    ],
)
def test_energy_is_short_and_an_unknown_one_is_not_zero(
    value: float | None, fr: str, en: str
) -> None:
    assert i18n.wh("fr", value).replace(NB, " ") == fr
    assert i18n.wh("en", value).replace(NB, " ") == en


def test_carbon_and_shares() -> None:
    assert i18n.grams("fr", 0.0177).replace(NB, " ") == "0,02 g CO₂e"
    assert i18n.grams("fr", 2500).replace(NB, " ") == "2,5 kg CO₂e"
    assert i18n.grams("en", None) == "unknown carbon"
    assert i18n.percent("fr", 0.61) == f"61{NB}%"
    assert i18n.percent("en", 0.61) == "61%"
    assert i18n.percent("fr", None) == i18n.number("fr", None) == "–"


def test_dates_are_in_words_and_in_the_time_zone_given() -> None:
    fr = i18n.when("fr", MOMENT, "Europe/Paris").replace(NB, " ")
    assert fr == "13 mars 2026 à 14 h 05"
    assert i18n.when("fr", MOMENT, "UTC").replace(NB, " ") == "13 mars 2026 à 13 h 05"
    assert i18n.when("en", MOMENT, "Europe/Paris").replace(NB, " ") == "13 March 2026 at 14:05"
    assert i18n.day("fr", "2026-05-01", "Europe/Paris").replace(NB, " ") == "1er mai 2026"
    late = "2026-03-13T23:30:00.5Z"
    assert i18n.day("fr", late, "Europe/Paris").replace(NB, " ") == "14 mars 2026"
    assert i18n.compact("fr", MOMENT, "Europe/Paris") == "13/03/2026 14:05:00"
    assert i18n.compact("en", MOMENT, "Europe/Paris") == "2026-03-13 14:05:00"


def test_a_date_that_is_not_one_stays_as_its_publisher_wrote_it() -> None:
    assert i18n.day("fr", "printemps 2026", "Europe/Paris") == "printemps 2026"
    assert i18n.day("fr", "", "Europe/Paris") == i18n.day("fr", None, "Europe/Paris") == ""


def test_lists_are_in_words() -> None:
    assert i18n.join("fr", ["a", "b", "c"]) == "a, b et c"
    assert i18n.join("en", ["a", "b"]) == "a and b"
    assert i18n.join("fr", ["a"]) == "a"
    assert i18n.join("fr", []) == ""
