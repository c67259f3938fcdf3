"""No text makes the analyser slow, and none makes it fail but by refusing."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.custom import CustomEntity, compile_linear
from governance.pii.errors import AnalysisFailed
from governance.pii.names.name_model import NOTHING_READ
from governance.pii.plain import plain
from governance.pii.recognizers import RECOGNIZERS, DeclaredRecognizer
from governance.pii.recognizers.base import Rule
from governance.pii.recognizers.place import Place

SIZE = 16_000
"""Characters of a hostile text: a rule takes some 5 ms to read an ordinary one."""
FLOOR = 0.5
"""Processor seconds: a hundred times that."""
GROWTH = 7.0
"""Times slower on a text four times longer: 4 where time is linear, 16 where it is quadratic."""

HOSTILE = [
    *("1", "1 ", "12 ", "06 ", "1-", "1.", "0", "75001 ", "12/03/", "1 2 3 A "),
    *("a", "A", "é", "Aa ", "AAAA ", "aA", "a1", "a.", "a-", "a_", "l'", "d'A", "de la "),
    *("a@a@", "a@a.", "@", "@a", "a.b@", "x" * 70 + "@", "[at]", "(at) a.", ".", "....a"),
    *(" ", "\n", "\t", "\r\n", " \n", "\u00a0", "((((", "()", '"', "«", "| ", "{", "[", "<", "'"),
    *("http://", "www.", "http://a/", "/a", "?a=", "&a=b", "://a:", "a:", "::", "f:", "00:"),
    *("Jean ", "Jean-", "JEAN ", "J. ", "de ", "de la de ", "Le ", "El ", "M. ", "MM. A et B, "),
    *("FR76 ", "FR7630006000011234567890188 ", "FR76300060000112345678901 ", "AA-123-", "AA-"),
    *("2 84 03 75 116 001 2", "00033", "+33 (0)", "+33", "(0)", "eyJ", "eyJ" + "a" * 50 + "."),
    *("né à ", "née le ", "né le 12 ", "12 rue de ", "12 rue A A A ", "rue ", "75001 A", "1 A "),
    *("âgé de ", "43 ans ", "et 43 ", "M. A, ", "habite à ", "Saint-", "Saint-A-sur-", "ville de "),
    *("-----BEGIN PRIVATE KEY-----", "mot de passe ", "mot de passe a ", "token ", "n° ", "est "),
    *("[PERSONNE_", "Bonjour ", "cordialement\n", "de : A ", "> > ", "1,1 ", "48.85,", "4°5'", "%"),
]

RULES = [(recognizer, rule) for recognizer in RECOGNIZERS for rule in recognizer.RULES]


def seconds(read: Callable[[], object]) -> float:
    started = time.process_time()
    read()
    return time.process_time() - started


def is_slow(read: Callable[[str], object], unit: str, unlocks: str) -> bool:
    """Whether time grows faster than the text, on ``unit`` many times over: three times of three,
    since a busy machine can slow one."""

    def text(size: int, time: int) -> str:
        return unit * (size // len(unit)) + unlocks + " " * time  # never the same text twice

    def once(time: int) -> bool:
        taken = seconds(lambda: read(text(SIZE, time)))
        return taken > FLOOR and taken > GROWTH * seconds(lambda: read(text(SIZE // 4, time)))

    return all(once(time) for time in range(3))


def unlocking(rules: tuple[Rule, ...]) -> str:
    """What a text must hold for the rules to be run on it at all."""
    return "\n" + " ".join([*literals_of(rules), "1" * 40])


def literals_of(rules: tuple[Rule, ...]) -> list[str]:
    return sorted({literal for rule in rules for literal in rule.needs})


def units_of(rules: tuple[Rule, ...]) -> Iterator[str]:
    yield from HOSTILE
    for literal in literals_of(rules):
        yield from (literal, f"{literal} ", f"{literal} : ", f"{literal} A ", f"{literal} 1")


@pytest.mark.parametrize(("recognizer", "rule"), RULES, ids=lambda each: getattr(each, "name", ""))
def test_no_rule_can_be_made_slow(recognizer: type[DeclaredRecognizer], rule: Rule) -> None:
    def read(text: str) -> None:
        assert rule.may_find(text)
        list(rule.spans(text))

    slow = [unit for unit in units_of((rule,)) if is_slow(read, unit, unlocking((rule,)))]
    assert slow == []


@pytest.mark.parametrize("recognizer", RECOGNIZERS, ids=lambda each: each.__name__)
def test_no_recognizer_can_be_made_slow(recognizer: type[DeclaredRecognizer]) -> None:
    made, unlocks = recognizer(), unlocking(recognizer.RULES)
    read = lambda text: list(made.spans(text))  # noqa: E731
    assert [unit for unit in units_of(recognizer.RULES) if is_slow(read, unit, unlocks)] == []


def test_places_cannot_be_made_slow() -> None:
    made = Place()
    read = lambda text: list(made.spans(text, NOTHING_READ))  # noqa: E731
    assert [unit for unit in HOSTILE if is_slow(read, unit, "")] == []


@pytest.mark.parametrize("pattern", [r"DOS-\d{4}", r"(?:a|aa)+b", r"\w{1,40}@x", r".{1,60}fin"])
def test_no_pattern_of_a_charter_can_be_made_slow(pattern: str) -> None:
    entity = CustomEntity("DOSSIER", "DOSSIER", "Dossier", compile_linear(pattern))
    assert [unit for unit in HOSTILE if is_slow(entity.find, unit, "")] == []


@pytest.mark.parametrize(
    "unit", ["e\u0301", "\u0301", "\u200b", "a\u200b", "\u200b\u0301", "ﬃ", "٣"]
)
def test_odd_characters_cannot_be_made_slow(unit: str) -> None:
    assert not is_slow(plain, unit, "")


@pytest.mark.parametrize("unit", HOSTILE, ids=lambda unit: repr(unit[:14]))
def test_the_whole_analysis_takes_a_time_that_grows_with_the_text(
    analyzer: PiiAnalyzer, unit: str
) -> None:
    assert not is_slow(analyzer.find, unit, "\nM. Jean Vasseur")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\0",
        "\0" * 2_000,
        "M. Jean\0Vasseur",
        "\ud800",
        "M. Jean Vasseur \udcff",
        "\ud83d" * 500,
        "\u200b" * 500,
        "\u0301" * 500,
        "\U0010ffff" * 500,
        "\u202eruessaV",
        "İ" * 500,
        "ß" * 500,
        "\n" * 20_000,
        " " * 20_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_it_never_fails_but_by_refusing(analyzer: PiiAnalyzer, text: str) -> None:
    try:
        findings = analyzer.find(text)
    except AnalysisFailed:
        return
    for finding in findings:
        assert 0 <= finding.start < finding.end <= len(text)


OFFICE = Path(__file__).with_name("office")
WORDS = sorted(
    {
        word
        for file in OFFICE.glob("*.txt")
        for word in re.split(r"([ \n]|\[\[[A-Z_]+\||\]\])", file.read_text(encoding="utf-8"))
        if word and "[[" not in word and word != "]]"
    }
)


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(words=st.lists(st.sampled_from(WORDS), max_size=25), glue=st.sampled_from([" ", "", ", "]))
def test_no_order_of_the_words_of_an_office_makes_it_fail(
    analyzer: PiiAnalyzer, words: list[str], glue: str
) -> None:
    text = glue.join(words)
    found = analyzer.find(text)
    ends = [0, *(each.end for each in found)]
    assert all(end <= each.start < each.end for end, each in zip(ends, found, strict=False))
    assert ends[-1] <= len(text)


def test_half_a_character_hides_nothing(analyzer: PiiAnalyzer) -> None:
    text = "\udcff Écrire à jean@exemple.fr \ud800"
    assert "jean@exemple.fr" in [text[each.start : each.end] for each in analyzer.find(text)]


def test_a_megabyte_is_read_to_its_end(analyzer: PiiAnalyzer) -> None:
    text = "Une ligne sans rien.\n" * 50_000 + "Écrire à M. Jean Vasseur, 06 12 34 56 78."
    found = [text[each.start : each.end] for each in analyzer.find(text)]
    assert found == ["Jean Vasseur", "06 12 34 56 78"]
