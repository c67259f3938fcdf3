"""Answers held to a form by their program: JSON stays JSON, and names come back inside it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from governance.events import Completed, Refused
from governance.exchange import ExchangeRequest
from governance.pii.mapping import Mapping
from models.protocol import Sampling
from tests.governance.road.parts import QUESTION, Parts, ScriptedEngine, ending, streamed
from tests.governance.road.test_answers import Marked
from tests.governance.road.test_personal_data import NIR

ANY = '{"type": "object"}'
ASKED = "Rédige une fiche de M. Jean Dupont, avec ses congés."


def asking(
    parts: Parts, asked: str = ASKED, schema: str = ANY, grammar: str = "", **changes: Any
) -> ExchangeRequest:
    request = parts.ask(asked, ephemeral=True, **changes)
    return replace(request, sampling=Sampling(100, json_schema=schema, grammar=grammar))


def test_a_name_comes_back_inside_the_json_and_the_rest_stays_to_the_letter(parts: Parts) -> None:
    parts.engine.pieces = ['{"nom": "[PERSO', 'NNE_1]", "jours": 2.50,  "n', 'om": "x"}']
    events = parts.travel(asking(parts))
    end = ending(events, Completed)
    assert streamed(events) == end.text == '{"nom": "Jean Dupont", "jours": 2.50,  "nom": "x"}'


@pytest.mark.parametrize("value", ['Jean "Jo" Dupont', "Jean\\Dupont", "Jean\nDupont"])
def test_any_value_that_comes_back_is_written_as_json_writes_it(
    parts: Parts, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mapping, "value", lambda _self, _wanted: value)
    parts.engine.pieces = ['{"noms": ["M. [PERSONNE_1]"]}']
    end = parts.completed(asking(parts, "Rédige une fiche de M. Jean Dupont."))
    assert json.loads(end.text) == {"noms": [f"M. {value}"]}


@pytest.mark.parametrize(
    ("schema", "grammar"), [(ANY, ""), ("", 'root ::= "{}"')], ids=["schema", "grammar"]
)
def test_nothing_is_searched_quoted_or_added(parts: Parts, schema: str, grammar: str) -> None:
    parts.extractor.sure = True
    parts.engine.pieces = ["{", "}"]
    events = parts.travel(asking(parts, QUESTION, schema, grammar, answer="auto"))
    end = ending(events, Completed)
    assert end.text == streamed(events) == "{}"
    assert parts.retriever.queries == [] and end.passages == () and end.grounding is None
    (sent,) = parts.engine.requests
    assert sent.messages[-1].content == QUESTION
    assert (sent.sampling.json_schema, sent.sampling.grammar) == (schema, grammar)


def test_the_answer_to_a_form_is_not_given_again(parts: Parts) -> None:
    parts.engine.pieces = ["{}"]
    for _ in range(2):
        assert parts.completed(asking(parts, QUESTION)).text == "{}"
    assert len(parts.engine.requests) == 2


def test_what_the_model_made_up_is_masked_inside_the_json(parts: Parts) -> None:
    parts.engine.pieces = [f'{{"numero": "{NIR}", "n": 3}}']
    end = parts.completed(asking(parts, "Rédige une fiche vide."))
    answer = json.loads(end.text)
    assert NIR not in end.text and answer["numero"] and answer["n"] == 3
    assert end.receipt.output_flags


def test_names_in_a_schema_are_masked_and_come_back(parts: Parts) -> None:
    schema = json.dumps({"properties": {"qui": {"enum": ["Jean Dupont", "personne"]}}})
    parts.engine.pieces = ['{"qui": "[PERSONNE_1]"}']
    end = parts.completed(asking(parts, "Qui vient, M. Jean Dupont ou personne ?", schema))
    sent = json.loads(parts.engine.requests[0].sampling.json_schema)
    assert sent["properties"]["qui"]["enum"] == ["[PERSONNE_1]", "personne"]
    assert end.text == '{"qui": "Jean Dupont"}'


def test_names_in_a_grammar_are_masked_and_come_back(parts: Parts) -> None:
    grammar = 'root ::= "Jean Dupont" | "personne" # "Jean Dupont"'
    parts.engine.pieces = ["[PERSONNE_1]"]
    asked = "Qui vient, M. Jean Dupont ou personne ?"
    end = parts.completed(asking(parts, asked, "", grammar))
    sent = parts.engine.requests[0].sampling.grammar
    assert sent.strip() == 'root ::= "[PERSONNE_1]" | "personne"'
    assert end.text == "Jean Dupont"


@pytest.mark.parametrize("size", [1, 1_000])
def test_a_forbidden_value_is_withheld_with_all_the_rest(parts: Parts, size: int) -> None:
    text = '{"avis": "Le meilleur candidat est le premier."}'
    parts.engine = ScriptedEngine([text[i : i + size] for i in range(0, len(text), size)])
    parts.answers = Marked()
    events = parts.travel(asking(parts, "Rédige une fiche vide."))
    end = ending(events, Refused)
    assert streamed(events) == "" and end.refusal.part == "answer"
    parts.assert_books_closed()


def test_json_that_was_cut_short_is_watched_as_a_text(parts: Parts) -> None:
    parts.engine.pieces = ['{"a": "[PERSONNE_1]", "numero": "', f"{NIR} et"]
    parts.engine.reason = "length"
    end = parts.completed(asking(parts, "Rédige une fiche de M. Jean Dupont."))
    assert end.finish_reason == "length"
    assert end.text.startswith('{"a": "Jean Dupont"') and NIR not in end.text


def test_a_string_alone_is_json_too(parts: Parts) -> None:
    parts.engine.pieces = ['"[PERSONNE_1]"']
    end = parts.completed(asking(parts, "Rédige le nom de M. Jean Dupont.", '{"type":"string"}'))
    assert end.text == '"Jean Dupont"'
