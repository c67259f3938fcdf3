"""Text that leaves the engine: whole characters, nothing of a stop string, nothing lost."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from models.llama.text import TextStream


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """``data`` cut at each of ``cuts``."""
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(places)]


@given(st.text(), st.lists(st.integers(min_value=0)))
def test_text_is_the_same_wherever_its_bytes_are_cut(text: str, cuts: list[int]) -> None:
    stream = TextStream()
    shown = "".join(stream.feed(piece) for piece in pieces(text.encode(), cuts))
    assert shown + stream.end() == text


@given(
    st.text(alphabet="ab\né<|", max_size=60),
    st.lists(st.text(alphabet="ab\né<|", min_size=1, max_size=4), max_size=3),
)
def test_a_stop_string_ends_the_text_just_before_it(text: str, stops: list[str]) -> None:
    stream = TextStream(tuple(stops))
    shown = ""
    given_so_far = ""
    for piece in (character.encode() for character in text):
        shown += stream.feed(piece)
        given_so_far += piece.decode()
        if stream.stopped:
            break
    shown += stream.end()
    places = [place for stop in stops if (place := given_so_far.find(stop)) >= 0]
    assert stream.stopped == any(stop in text for stop in stops)
    assert shown == (given_so_far[: min(places)] if places else text)


def test_what_may_begin_a_stop_string_waits_and_is_given_back() -> None:
    stream = TextStream(("\n\nUser:",))
    assert stream.feed(b"Yes.\n") == "Yes."
    assert stream.feed(b"\nUs") == ""
    assert stream.feed(b"ually") == "\n\nUsually"


def test_an_unfinished_character_is_dropped_at_the_end() -> None:
    stream = TextStream()
    assert stream.feed("é".encode()[:1]) == ""
    assert stream.end() == ""
