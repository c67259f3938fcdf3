"""What a rule found by the look of a word alone is weighed against the model's reading."""

from __future__ import annotations

import pytest

from governance.pii.doubts import is_ruled_out
from governance.pii.entities import LOCATION, PERSON
from governance.pii.finding import MATCHED, Finding
from governance.pii.names.name_model import Reading

TEXT = "ici Victor\nA;Victor;B;C;D\n"
WORDS = [(0, 3), (4, 10), (11, 12), (13, 19)]


def reading(person: float, place: float = 0.0) -> Reading:
    """All words alike."""
    starts, ends = (list(each) for each in zip(*WORDS, strict=True))
    count = len(WORDS)
    return Reading([], starts, ends, [person] * count, [place] * count)


def finding(rule: str, start: int = 4, entity: str = PERSON) -> Finding:
    return Finding(entity, start, start + 6, MATCHED, "PersonByContext", rule)


def test_a_given_name_alone_needs_a_chance() -> None:
    assert is_ruled_out(TEXT, finding("given name alone"), reading(0.01), 0)
    assert not is_ruled_out(TEXT, finding("given name alone"), reading(0.6), 0)


def test_a_gazetteer_place_needs_one_too() -> None:
    assert is_ruled_out(TEXT, finding("gazetteer", entity=LOCATION), reading(0.9, 0.0), 0)
    assert not is_ruled_out(TEXT, finding("gazetteer", entity=LOCATION), reading(0.0, 0.5), 0)


@pytest.mark.parametrize("rule", ["civility", "signature", "column of a table", ""])
def test_what_its_surroundings_say_is_not_doubted(rule: str) -> None:
    assert not is_ruled_out(TEXT, finding(rule), reading(0.0), 0)


def test_what_fills_a_cell_is_left_to_the_rules() -> None:
    assert not is_ruled_out(TEXT, finding("given name alone", 13), reading(0.0), 0)


def test_the_reading_of_a_window_is_asked_at_its_own_places() -> None:
    shifted = "x" * 100 + TEXT
    sure = reading(0.0)
    sure.persons[1] = 0.9
    assert not is_ruled_out(shifted, finding("given name alone", 104), sure, 100)
    sure.persons[1], sure.persons[0] = 0.0, 0.9
    assert is_ruled_out(shifted, finding("given name alone", 104), sure, 100)
