"""Overlaps are settled once, by rule."""

from governance.pii.finding import GUESSED, MATCHED, VALIDATED, Finding, resolve

TEXT = "Jean Dupont 06 12 34 56 78 rue Victor Hugo"


def finding(entity: str, start: int, end: int, score: float) -> Finding:
    return Finding(entity, start, end, score, "test")


def test_validated_beats_matched_beats_guessed() -> None:
    weak = finding("PERSON", 12, 26, GUESSED)
    strong = finding("FR_PLATE", 12, 26, MATCHED)
    sure = finding("PHONE_NUMBER", 12, 26, VALIDATED)
    assert resolve(TEXT, [weak, strong, sure]) == [sure]
    assert resolve(TEXT, [strong, weak]) == [strong]


def test_then_the_longest_wins() -> None:
    short, long = finding("FR_SIREN", 12, 20, 1.0), finding("FR_SIRET", 12, 26, 1.0)
    assert resolve(TEXT, [short, long]) == [long]


def test_names_that_overlap_are_one() -> None:
    joined = resolve(TEXT, [finding("PERSON", 0, 4, MATCHED), finding("PERSON", 0, 11, GUESSED)])
    assert [(each.start, each.end, each.score) for each in joined] == [(0, 11, MATCHED)]


def test_what_sticks_out_of_a_beaten_finding_stays_found() -> None:
    phone = finding("PHONE_NUMBER", 12, 26, VALIDATED)
    assert [
        (each.entity, each.start, each.end)
        for each in resolve(TEXT, [finding("PERSON", 0, 20, GUESSED), phone])
    ] == [("PERSON", 0, 11), ("PHONE_NUMBER", 12, 26)]
