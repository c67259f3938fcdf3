"""Tools, calls and results in OpenAI's interface, by its official client and by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import openai
import pytest

from tests.server import scripted, test_api

address, client, post = test_api.address, test_api.client, test_api.post

USER: dict[str, Any] = {"role": "user", "content": "Écris à Élodie Le Gall."}
FUNCTION: dict[str, Any] = {
    "name": "send_email",
    "description": "Envoie un courriel.",
    "parameters": {"type": "object", "properties": {"to": {"type": "string"}}},
}
TOOL: dict[str, Any] = {"type": "function", "function": FUNCTION}
CALL: dict[str, Any] = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "send_email", "arguments": '{"to": "Élodie"}'},
}
CALLING: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT: dict[str, Any] = {"role": "tool", "tool_call_id": "call_1", "content": "envoyé"}


def test_the_official_client_gets_the_calls(client: openai.OpenAI, parts: Any) -> None:
    parts.road.plan = "calls"
    answer = client.chat.completions.create(
        model="default",
        messages=[USER],  # type: ignore[list-item]
        tools=[TOOL],  # type: ignore[list-item]
        tool_choice="auto",
    )
    choice = answer.choices[0]
    assert choice.finish_reason == "tool_calls" and choice.message.content is None
    calls: Any = choice.message.tool_calls
    assert [(c.id, c.type, c.function.name, c.function.arguments) for c in calls] == [
        (c.id, "function", c.name, c.arguments) for c in scripted.CALLS
    ]
    governed: Any = (answer.model_extra or {})["sobria"]
    assert governed["receipt"]["tool_calls"] == {"send_email": 1, "search": 1}


def test_the_official_client_streams_the_same_calls(client: openai.OpenAI, parts: Any) -> None:
    parts.road.plan = "calls"
    with client.chat.completions.stream(
        model="default",
        messages=[USER],  # type: ignore[list-item]
        tools=[TOOL],  # type: ignore[list-item]
    ) as stream:
        stream.until_done()
        choice = stream.get_final_completion().choices[0]
    assert choice.finish_reason == "tool_calls" and not choice.message.content
    calls: Any = choice.message.tool_calls
    assert [(c.id, c.function.name, c.function.arguments) for c in calls] == [
        (c.id, c.name, c.arguments) for c in scripted.CALLS
    ]


def test_calls_results_and_tools_reach_the_road(visitor: Any, secret: str, parts: Any) -> None:
    result = {**RESULT, "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    response = post(
        visitor,
        secret,
        messages=[USER, CALLING, result],
        tools=[TOOL],
        parallel_tool_calls=False,
    )
    assert response.status_code == 200
    (asked,) = parts.road.requests
    assert [turn.role for turn in asked.turns] == ["user", "assistant", "tool"]
    (call,) = asked.turns[1].tool_calls
    assert (call.id, call.name, call.arguments) == ("call_1", "send_email", '{"to": "Élodie"}')
    assert (asked.turns[2].content, asked.turns[2].tool_call_id) == ("a\nb", "call_1")
    (tool,) = asked.tools
    assert (tool.name, tool.parameters) == ("send_email", FUNCTION["parameters"])
    assert not asked.parallel_calls


@pytest.mark.parametrize("changes", [{"tools": [TOOL], "tool_choice": "none"}, {"tools": []}, {}])
def test_tools_that_may_not_be_used_are_not_offered(
    visitor: Any, secret: str, parts: Any, changes: Any
) -> None:
    assert post(visitor, secret, messages=[USER], **changes).status_code == 200
    assert parts.road.requests[0].tools == ()


def function(**changes: Any) -> list[dict[str, Any]]:
    """One tool whose function is changed."""
    return [{"type": "function", "function": {**FUNCTION, **changes}}]


def called(**changes: Any) -> list[dict[str, Any]]:
    """A conversation whose call's function is changed."""
    call = {**CALL, "function": {**CALL["function"], **changes}}
    return [USER, {**CALLING, "tool_calls": [call]}, RESULT]


DEEP: Any = {}
for _ in range(150):
    DEEP = {"properties": DEEP}
ARGUMENTS = "messages[1].tool_calls[0].function.arguments"


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"tools": "send_email"}, "tools"),
        ({"tools": [TOOL] * 65}, "tools"),
        ({"tools": function(description="x" * 66_000)}, "tools"),
        ({"tools": ["send_email"]}, "tools[0].type"),
        ({"tools": [{"type": "custom", "custom": {"name": "f"}}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": function(name="envoyer à")}, "tools[0].function.name"),
        ({"tools": [TOOL, TOOL]}, "tools[1].function.name"),
        ({"tools": function(description=3)}, "tools[0].function.description"),
        ({"tools": function(parameters=[])}, "tools[0].function.parameters"),
        ({"tools": function(parameters={"type": "string"})}, "tools[0].function.parameters"),
        ({"tools": function(parameters=DEEP)}, "tools"),
        ({"tools": function(strict=True)}, "tools[0].function.strict"),
        ({"tools": [TOOL], "tool_choice": "required"}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": TOOL}, "tool_choice"),
        ({"parallel_tool_calls": "often"}, "parallel_tool_calls"),
        ({"messages": called(arguments="{")}, ARGUMENTS),
        ({"messages": called(arguments="[1]")}, ARGUMENTS),
        ({"messages": called(arguments={"to": 1})}, ARGUMENTS),
        ({"messages": called(arguments='{"a":' * 500 + "1" + "}" * 500)}, ARGUMENTS),
        ({"messages": called(arguments='{"a": NaN}')}, ARGUMENTS),
        ({"messages": called(name="a b")}, "messages[1].tool_calls[0].function.name"),
        ({"messages": [USER, {**CALLING, "tool_calls": {}}, RESULT]}, "messages[1].tool_calls"),
        ({"messages": [{**USER, "tool_calls": [CALL]}]}, "messages[0].tool_calls"),
        (
            {"messages": [USER, {**CALLING, "tool_calls": [CALL, CALL]}, RESULT]},
            "messages[1].tool_calls[1].id",
        ),
        ({"messages": [USER, CALLING]}, "messages[1].tool_calls[0]"),
        ({"messages": [USER, CALLING, USER]}, "messages[1].tool_calls[0]"),
        ({"messages": [USER, RESULT]}, "messages[1].tool_call_id"),
        ({"messages": [USER, CALLING, {**RESULT, "content": str([1] * 5_001)}]}, "messages"),
        ({"messages": [USER, CALLING, RESULT, RESULT]}, "messages[3].tool_call_id"),
        (
            {"messages": [USER, CALLING, {**RESULT, "tool_call_id": None}]},
            "messages[2].tool_call_id",
        ),
        (
            {"messages": [USER, CALLING, {**RESULT, "content": [{"type": "image_url"}]}]},
            "messages[2].content[0]",
        ),
    ],
)
def test_a_wrong_field_is_named(
    visitor: Any, secret: str, parts: Any, changes: Any, param: str
) -> None:
    response = post(visitor, secret, **{"messages": [USER], **changes})
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["param"] == param and error["type"] == "invalid_request_error"
    assert "{" not in error["message"]
    assert parts.road.requests == []


@pytest.mark.parametrize(
    ("changes", "param"),
    [({"tools": [TOOL]}, "tools"), ({"messages": [USER, CALLING, RESULT]}, "messages")],
)
def test_a_model_that_knows_no_tools_is_named(
    visitor: Any, secret: str, parts: Any, changes: Any, param: str
) -> None:
    parts.engine.info = replace(scripted.MODEL, calls_tools=False)
    response = post(visitor, secret, **changes)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["param"] == param and "test-model" in error["message"]
    assert parts.road.requests == []


def test_an_empty_result_and_empty_arguments_are_served(
    visitor: Any, secret: str, parts: Any
) -> None:
    messages = called(arguments="")
    messages[2] = {**RESULT, "content": ""}
    assert post(visitor, secret, messages=messages, tools=[TOOL]).status_code == 200
    (asked,) = parts.road.requests
    assert json.loads(asked.turns[1].tool_calls[0].arguments) == {}
