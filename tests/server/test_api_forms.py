"""How an answer is written: penalties, biases and forms in OpenAI's interface."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from tests.server import test_api, test_api_tools

address, client, post = test_api.address, test_api.client, test_api.post

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"days": {"type": "number"}},
    "required": ["days"],
    "additionalProperties": False,
}
DEEP: Any = {"type": "object"}
for _ in range(40):
    DEEP = {"type": "object", "properties": {"a": DEEP}}


def schema_format(schema: Any = SCHEMA, **more: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "leave", "schema": schema, **more}}


def test_what_chooses_the_tokens_reaches_the_road(visitor: Any, secret: str, parts: Any) -> None:
    response = post(
        visitor,
        secret,
        top_k=5,
        min_p=0,
        repeat_penalty=1.0,
        frequency_penalty=-2,
        presence_penalty=0.5,
        logit_bias={"7": -100, "12": 1.5},
        stop=["A", "", "B"],
        logprobs=False,
        top_logprobs=0,
        response_format={"type": "text"},
    )
    assert response.status_code == 200
    sampling = parts.road.requests[0].sampling
    assert (sampling.top_k, sampling.min_p, sampling.repeat_penalty) == (5, 0, 1.0)
    assert (sampling.frequency_penalty, sampling.presence_penalty) == (-2, 0.5)
    assert sampling.logit_bias == {7: -100.0, 12: 1.5}
    assert (sampling.stop, sampling.logprobs) == (("A", "B"), None)
    assert not sampling.json_schema and not sampling.grammar


@pytest.mark.parametrize(
    ("given", "schema"),
    [
        ({"type": "json_object"}, {"type": "object"}),
        ({"type": "json_object", "schema": SCHEMA}, SCHEMA),
        (schema_format(), SCHEMA),
        (schema_format(strict=True, description="Les jours"), SCHEMA),
    ],
)
def test_a_form_reaches_the_road(
    visitor: Any, secret: str, parts: Any, given: Any, schema: Any
) -> None:
    assert post(visitor, secret, response_format=given).status_code == 200
    assert json.loads(parts.road.requests[0].sampling.json_schema) == schema


def test_a_grammar_reaches_the_road(visitor: Any, secret: str, parts: Any) -> None:
    assert post(visitor, secret, grammar='root ::= "a"').status_code == 200
    assert parts.road.requests[0].sampling.grammar == 'root ::= "a"'


def test_the_official_client_asks_for_its_own_class(client: openai.OpenAI, parts: Any) -> None:
    class Leave(BaseModel):
        days: float

    with pytest.raises(ValueError, match="JSON"):  # the script answers with a sentence
        client.chat.completions.parse(model="default", messages=test_api.ASK, response_format=Leave)
    asked = json.loads(parts.road.requests[0].sampling.json_schema)
    assert asked["properties"]["days"]["type"] == "number"


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"top_k": -2}, "top_k"),
        ({"min_p": 1.5}, "min_p"),
        ({"repeat_penalty": 0}, "repeat_penalty"),
        ({"frequency_penalty": 2.5}, "frequency_penalty"),
        ({"presence_penalty": "much"}, "presence_penalty"),
        ({"seed": 2**63}, "seed"),
        ({"logit_bias": [7]}, "logit_bias"),
        ({"logit_bias": {str(n): 0 for n in range(301)}}, "logit_bias"),
        ({"logit_bias": {"the": -100}}, "logit_bias"),
        ({"logit_bias": {"-1": 1}}, "logit_bias"),
        ({"logit_bias": {"²": 1}}, "logit_bias"),
        ({"logit_bias": {"7": -101}}, "logit_bias"),
        ({"logit_bias": {"7": True}}, "logit_bias"),
        ({"logprobs": True}, "logprobs"),
        ({"top_logprobs": 5}, "top_logprobs"),
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"response_format": schema_format(None)}, "response_format.json_schema.schema"),
        ({"response_format": schema_format(strict=1)}, "response_format.json_schema.strict"),
        ({"response_format": schema_format(DEEP)}, "response_format.json_schema.schema"),
        (
            {"response_format": schema_format({"type": "colour"})},
            "response_format.json_schema.schema",
        ),
        (
            {"response_format": schema_format({"type": "integer", "minimum": 3}, strict=True)},
            "response_format.json_schema.schema",
        ),
        (
            {"response_format": {"type": "json_object", "schema": {"enum": ["x" * 9_000]}}},
            "response_format.schema",
        ),
        ({"grammar": "root ::= ((("}, "grammar"),
        ({"grammar": ["root"]}, "grammar"),
        (
            {"grammar": 'root ::= "a"', "response_format": {"type": "json_object"}},
            "grammar",
        ),
        (
            {"response_format": schema_format(), "tools": [test_api_tools.TOOL]},
            "response_format",
        ),
        ({"grammar": 'root ::= "a"', "tools": [test_api_tools.TOOL]}, "grammar"),
    ],
)
def test_a_wrong_field_is_named(
    visitor: Any, secret: str, parts: Any, changes: Any, param: str
) -> None:
    response = post(visitor, secret, **changes)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["param"] == param and error["type"] == "invalid_request_error"
    assert parts.road.requests == []


@pytest.mark.parametrize("field", ["temperature", "min_p", "presence_penalty", "repeat_penalty"])
@pytest.mark.parametrize("value", ["NaN", "Infinity"])
def test_what_is_no_number_is_refused(visitor: Any, secret: str, field: str, value: str) -> None:
    body = json.dumps({"model": "test-model", "messages": test_api.ASK})
    response = visitor.client.post(
        "/v1/chat/completions",
        content=f'{body[:-1]}, "{field}": {value}}}',
        headers={"authorization": f"Bearer {secret}", "content-type": "application/json"},
    )
    assert response.status_code == 400
    assert response.json()["error"]["param"] == field


def test_a_form_is_refused_beside_tools_only_where_they_may_be_called(
    visitor: Any, secret: str, parts: Any
) -> None:
    response = post(
        visitor,
        secret,
        tools=[test_api_tools.TOOL],
        tool_choice="none",
        response_format=schema_format(),
    )
    assert response.status_code == 200


def test_why_probabilities_are_not_given_is_said_in_french(visitor: Any, secret: str) -> None:
    visitor.client.headers["accept-language"] = "fr"
    message = post(visitor, secret, logprobs=True).json()["error"]["message"]
    assert "probabilités" in message and "logprobs" in message
