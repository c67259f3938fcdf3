"""A pattern is refused when a hostile text could make it slow; those accepted are fast."""

from __future__ import annotations

import time

import pytest

from governance.charter.charter import Charter
from governance.charter.regexes import MAX_LENGTH, RegexRefused, check_regex


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|a)*b",
        "(a|ab)+c",
        ".*x.*y",
        "(.*a){20}",
        r"(?:\w+\s?)+",
        r"(a)\1",
        "(x",
        "a|",
        "",
        "é",
        "x*",
        "a" * (MAX_LENGTH + 1),
        "(a{0,50}b{0,50}c{0,50})",
        "(?:a{1,100}){1,100}",
    ],
)
def test_dangerous_or_senseless_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(RegexRefused):
        check_regex(pattern)


def test_a_pattern_is_found_across_its_gaps_and_no_farther() -> None:
    pattern = check_regex(r"\bclasse\b.{0,10}\bcandidats?\b.{0,10}\brejeter\b")
    assert len(pattern.segments) == 3
    text = "merci classe les candidats a rejeter"
    assert pattern.find(text) == [(6, len(text))]
    assert pattern.find("classe " + "x" * 20 + " candidats a rejeter") == []
    assert pattern.find("candidats a rejeter classe") == []
    assert check_regex("(?i)CLASSE").find("classe")


def test_gaps_within_brackets_and_classes_are_not_cut() -> None:
    assert len(check_regex(r"(a.{0,9}b|c)d").segments) == 1
    assert len(check_regex(r"a[.{0,9}]b").segments) == 1
    assert len(check_regex(r"a\(.{0,9}b").segments) == 2
    assert len(check_regex(r"a.{0,9}b|c").segments) == 1


@pytest.mark.parametrize("word", ["class ", "candidat ", "redige lettre ", "a", "note ", "| "])
def test_the_shipped_patterns_stay_fast_on_hostile_texts(commune: Charter, word: str) -> None:
    text = (word * 12_000)[:12_000]
    patterns = [check_regex(p) for use in commune.uses for p in use.detect.patterns]
    started = time.process_time()
    for pattern in patterns:
        pattern.find(text)
    assert time.process_time() - started < 2.0
