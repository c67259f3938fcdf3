"""Calls read out of what a model writes, however the stream is cut."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.tool_calls import CallStream, made_call

NAMES = ("send_email", "search")
CALL = '{"name": "send_email", "arguments": {"to": "[PERSONNE_1]", "text": "a } \\" { \\\\"}}'
ARGUMENTS = {"to": "[PERSONNE_1]", "text": 'a } " { \\'}


def read(*pieces: str) -> tuple[str, list[tuple[str, object]]]:
    """The text and the calls of a stream that comes in ``pieces``."""
    stream = CallStream(NAMES)
    results = [stream.feed(piece) for piece in pieces] + [stream.flush()]
    text = "".join(text for text, _ in results)
    return text, [(c.name, json.loads(c.arguments)) for _, calls in results for c in calls]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (f"<tool_call>\n{CALL}\n</tool_call>", ""),
        (f"Voici :\n<tool_call>\n{CALL}\n</tool_call>\n", "Voici :\n"),
        (f"<tool_call>{CALL}", ""),
        (f"<tools>\n{CALL}\n</tools>", ""),
        (f"```json\n{CALL}\n```", ""),
        (f"Voici :\n```\n{CALL}\n```\nFait.", "Voici :\nFait."),
        (f"{CALL}\n\nFait.", "Fait."),
        (f"<tool_call>\n{CALL}\n</tool_ca", ""),
    ],
)
def test_a_call_is_read_and_its_markup_never_shown(written: str, text: str) -> None:
    assert read(written) == (text, [("send_email", ARGUMENTS)])


def test_several_calls_are_read_in_their_order() -> None:
    other = '{"name": "search", "arguments": "{\\"q\\": 1}"}'
    calls = [("send_email", ARGUMENTS), ("search", {"q": 1})]
    assert read(f"<tool_call>{CALL}</tool_call>\n<tool_call>\n{other}\n</tool_call>") == ("", calls)
    assert read(f"<tool_call>{CALL}\n{other}</tool_call>") == ("", calls)
    assert read(f"```json\n{CALL}\n```\n```json\n{other}\n```") == ("", calls)


BROKEN = [
    '<tool_call>{"name": "send_email", "arguments": {"to": }}</tool_call>',
    '<tool_call>{"name": "unknown", "arguments": {}}</tool_call>',
    '<tool_call>{"name": "send_email", "arguments": [1]}</tool_call>',
    '<tool_call>{"name": "send_email", "arguments": {"x": NaN}}</tool_call>',
    '<tool_call>{"name": "send_email"}</tool_call>',
    '<tool_call>{"name": "send_email", "arguments": {"to": "a"}',
    "<tool_call>{'name': 'send_email'}</tool_call>",
    "<tool_call>send_email()</tool_call>",
    '```json\n{"a": [1, 2]}\n```',
    'Écris {"name": "send_email", "arguments": {}} dans le fichier.',
    "a < b, `x`, ``` et { }",
    "<tool_call",
    "```",
    '{"name": ' + "[" * 3_000,
    "<tool_call>" + " " * 50 + CALL + "</tool_call>",
]


@pytest.mark.parametrize("written", BROKEN)
def test_what_is_no_call_is_given_as_text_to_the_letter(written: str) -> None:
    assert read(written) == (written, [])


def test_a_line_break_inside_a_string_is_forgiven() -> None:
    written = '<tool_call>{"name": "search", "arguments": {"q": "a\nb"}}</tool_call>'
    assert read(written) == ("", [("search", {"q": "a\nb"})])


def test_text_is_held_back_only_where_a_call_may_begin() -> None:
    stream = CallStream(NAMES)
    assert stream.feed("Bonjour, ")[0] == "Bonjour, "
    assert stream.feed("a <")[0] == "a "
    assert stream.feed("b>")[0] == "<b>"
    assert stream.feed('\n{"clé": ')[0] == '\n{"clé": '


MARKS = ("<tool_call>", "</tool_call>", "<tools>", "```json\n", "```", "\n", " ", "{", "}", '"')
pieces = st.lists(
    st.sampled_from(
        [*MARKS, CALL, '{"name": "search", "arguments": {}}', "texte ", "json", "é", *BROKEN]
    ),
    max_size=8,
).map("".join)


@pytest.mark.parametrize("ticks", range(3, 9))
def test_of_a_run_of_backticks_the_last_three_open_a_call(ticks: int) -> None:
    written = f"{'`' * ticks}json\n{CALL}"
    calls = [("send_email", ARGUMENTS)]
    for cut in range(len(written)):
        assert read(written[:cut], written[cut:]) == ("`" * (ticks - 3), calls)


@given(written=pieces, data=st.data())
def test_any_cut_gives_the_same_text_and_calls(written: str, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(written)), max_size=8).map(sorted))
    bounds = [0, *cuts, len(written)]
    parts = [written[a:b] for a, b in pairwise(bounds)]
    assert read(*parts) == read(written) == read(*written)


@given(written=st.text(alphabet='abc \n<>{}[]`"', max_size=80))
def test_text_without_a_call_is_never_swallowed(written: str) -> None:
    assert read(*written) == (written, [])


def test_arguments_that_cannot_be_encoded_are_escaped() -> None:
    call = made_call(None, "search", '{"q": "\\ud800"}')
    assert call is not None and call.arguments.encode() == b'{"q": "\\ud800"}'
    assert made_call(None, "search", "[1]") is made_call(None, "search", "{") is None
