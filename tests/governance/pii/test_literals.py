"""Literals are found in a text all at once, as if each were sought alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.pii.literals import Literals, literals_in

_TEXTS = st.text("abcé ", max_size=60)


@given(st.lists(st.text("abcé ", min_size=1, max_size=5), min_size=1), _TEXTS)
def test_a_text_holds_what_it_holds(sought: list[str], text: str) -> None:
    of_a_rule = Literals(*sought)
    assert literals_in(text) & of_a_rule == {literal for literal in sought if literal in text}


def test_one_literal_inside_another_is_found_too() -> None:
    of_a_rule = Literals("tribunal", "bun", "l")
    assert literals_in("le tribunal") >= of_a_rule


def test_literals_declared_later_are_sought_as_well() -> None:
    Literals("avant")
    assert "après-coup" not in literals_in("un mot après-coup")
    Literals("après-coup")
    assert "après-coup" in literals_in("un mot après-coup")


def test_an_empty_literal_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        Literals("mot", "")
