"""The forms that a program may hold a model to: what is refused before an engine sees it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.grammars import (
    MOST_CHARACTERS,
    FormError,
    check_grammar,
    check_schema,
    literals,
    with_literals,
)

DEEP: Any = {"type": "object"}
for _ in range(40):
    DEEP = {"type": "object", "properties": {"a": DEEP}}


@pytest.mark.parametrize(
    "grammar",
    [
        "root ::= [0-9]+",
        'root ::= "oui" | "non"',
        'root ::= item+ # a list\nitem ::= "- " [^\\n]* "\\n"\n',
        'root ::= (\n"a"\n|"b")',
        'root ::= "a" |\n"b"',
        'root ::= "a"{2,5} .',
        'root ::= "(" root? ")"',
    ],
)
def test_gbnf_is_taken(grammar: str) -> None:
    check_grammar(grammar)


@pytest.mark.parametrize(
    "grammar",
    [
        "root ::= (((",
        "root ::= a)",
        'x ::= "a"',
        "root ::= y",
        "root ::= *",
        'root ::= "\\q"',
        'root ::= "a',
        'root ::= "a"\n"b"',
        "a table of contents",
        'root ::= root "x" | "y"',
        'root ::= b\nb ::= "a"? root',
        'root ::= ("a"?)*',  # these are taken by llama.cpp, and may never end
        'root ::= ("a"?){900}',
        'root ::= "a"{5,2}',  # this took all the machine's memory
        'root ::= "a"{1001}',
        f'root ::= "{"a" * 100}"{{1000}}',
        f"root ::= {'[a-z]? ' * 9}",  # their combinations are tried for each token
        f"root ::= a a\na ::= {'[a-z]* ' * 5}",
        f"root ::= {'(' * 40}[a]{')' * 40}",
        f'root ::= "{"a" * MOST_CHARACTERS}"',
        "\0",
    ],
)
def test_a_grammar_that_cannot_be_used_or_is_too_large_is_refused(grammar: str) -> None:
    with pytest.raises(FormError):
        check_grammar(grammar)


@given(st.text(alphabet='ro:=t "[]()|*?{}1,-a\\\n#', max_size=60))
def test_any_text_is_taken_or_refused(text: str) -> None:
    try:
        check_grammar(text)
    except FormError:
        pass
    else:
        check_grammar(with_literals(text, literals(text)))


def test_what_stands_between_quotes_is_found_and_put_back() -> None:
    grammar = 'root ::= "Jean" | ["x] "\\"" # "no"'
    assert literals(grammar) == ["Jean", '\\"']
    assert with_literals(grammar, ["[PERSONNE_1]", "b"]) == 'root ::= "[PERSONNE_1]" | ["x] "b" '


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "properties": {"a": {"type": "string", "maxLength": 900}}},
        {"type": "array", "items": {"enum": ["a", 1, None]}, "minItems": 2},
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/n"}},
            "$defs": {"n": {"type": "object", "properties": {"n": {"$ref": "#/$defs/n"}}}},
        },
    ],
)
def test_a_schema_is_taken(schema: dict[str, Any]) -> None:
    assert json.loads(check_schema(schema, strict=True, convert=True)) == schema


@pytest.mark.parametrize(
    "schema",
    [
        DEEP,
        {"enum": ["x" * MOST_CHARACTERS]},
        {"type": "colour"},
        {"properties": True},
        {"$ref": "https://example.org/schema"},
        {"$ref": 3},
        {"$defs": {"n": {"$ref": "#/$defs/n"}}, "$ref": "#/$defs/n"},
        {"type": "string", "pattern": "^a{99999999999}$"},
        {"type": "string", "pattern": "^((a{99}){99}){99}$"},
        {"type": "string", "pattern": "^(a?)*$"},
        {"type": "string", "pattern": f"^{'[a-z]?' * 9}$"},
        {"type": "string", "minLength": 1e9},
        {"type": "array", "items": {"type": "null"}, "maxItems": 100_000},
        {"type": "number", "const": float("nan")},
        {"const": "\ud800"},
    ],
)
def test_a_schema_that_cannot_be_used_or_is_too_large_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(FormError):
        check_schema(schema, strict=False, convert=True)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 3},
        {"type": "object", "properties": {"a": {"type": "string", "format": "email"}}},
        {"type": ["string", "null"], "enum": ["a", None]},
        {"type": "array", "items": {"type": "null"}, "uniqueItems": True},
    ],
)
def test_strict_refuses_what_the_model_is_not_held_to(schema: dict[str, Any]) -> None:
    check_schema(schema, strict=False, convert=True)
    with pytest.raises(FormError):
        check_schema(schema, strict=True, convert=True)


def test_a_parameter_may_have_the_name_of_a_keyword() -> None:
    schema = {"type": "object", "properties": {"minimum": {"type": "integer"}}}
    check_schema(schema, strict=True, convert=True)
