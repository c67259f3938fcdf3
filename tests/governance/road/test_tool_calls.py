"""Tool calls on the road: the model sees placeholders, the program gets its values back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.events import Completed, SourcesFound, ToolCalled
from governance.exchange import ExchangeRequest, Turn
from models.protocol import GenerationRequest, Tool, ToolCall
from tests.governance.road.parts import Parts, ScriptedEngine, ending, streamed
from tests.governance.road.test_personal_data import NIR, few, names, phones

SEND = Tool(
    "send_email",
    "Envoie un courriel. En cas de doute, prévenir Mme Claire Fontaine.",
    {
        "type": "object",
        "properties": {
            "to": {"type": "string", "description": "Le destinataire, comme M. Paul Mercier"},
            "text": {"type": "string", "default": "Bien à vous, Claire Fontaine"},
            "default": {"type": "string"},
            "Dupont": {"type": "string"},
        },
    },
)


def call(name: str = "send_email", identifier: str = "call_1", **arguments: Any) -> ToolCall:
    """A call as an engine gives it."""
    return ToolCall(identifier, name, json.dumps(arguments, ensure_ascii=False))


def asking(
    parts: Parts, *turns: Turn, tools: tuple[Tool, ...] = (SEND,), **changes: Any
) -> ExchangeRequest:
    """A program's request."""
    request = parts.ask("x", ephemeral=True)
    return replace(request, turns=turns, tools=tools, **changes)


def all_that_is_sent(request: GenerationRequest) -> str:
    """Everything that the engine is given to read."""
    said = [
        text
        for message in request.messages
        for text in (message.content, *(each.arguments for each in message.tool_calls))
    ]
    tools = [f"{tool.description} {json.dumps(tool.parameters)}" for tool in request.tools]
    return "\n".join([*said, *tools])


def arguments_of(events: Sequence[Any]) -> list[Any]:
    """The arguments of the calls that the program gets, read as JSON."""
    return [json.loads(each.call.arguments) for each in events if isinstance(each, ToolCalled)]


class CallingEngine(ScriptedEngine):
    """Calls the first tool with the person's last words, at several depths and as a key."""

    def _written(self, request: GenerationRequest) -> Sequence[str | ToolCall]:
        (*_, asked) = [one.content for one in request.messages if one.role == "user"]
        said = asked.partition("\n")[0]
        return [call("send_email", to=said, deep=[{"text": [said, said]}], n=2.50)]


class EchoingCalls(ScriptedEngine):
    """Calls with the very arguments of the last call of the conversation."""

    def _written(self, request: GenerationRequest) -> Sequence[str | ToolCall]:
        (past,) = [each for one in request.messages for each in one.tool_calls]
        return [past]


@pytest.fixture
def calling(parts: Parts) -> Parts:
    parts.engine = CallingEngine()
    return parts


@pytest.fixture
def echoing(parts: Parts) -> Parts:
    parts.engine = EchoingCalls()
    return parts


def test_the_program_gets_the_name_back_inside_the_arguments(parts: Parts) -> None:
    parts.engine.pieces = [
        "J'écris à [PERSO",
        "NNE_1].",
        call(to="[PERSONNE_1]", text='Bonjour "[PERSONNE_1]"', note=None),
    ]
    asked = "Écris à M. Jean Dupont que la réunion est reportée."
    events = parts.travel(asking(parts, Turn("user", asked), tools=(Tool("send_email"),)))
    end = ending(events, Completed)
    assert arguments_of(events) == [
        {"to": "Jean Dupont", "text": 'Bonjour "Jean Dupont"', "note": None}
    ]
    assert end.tool_calls == tuple(e.call for e in events if isinstance(e, ToolCalled))
    assert streamed(events) == end.text == "J'écris à Jean Dupont."
    assert end.finish_reason == "stop"
    assert end.receipt.tool_calls == {"send_email": 1}
    assert end.receipt.label.ai_generated
    parts.assert_books_closed()


def test_a_call_without_a_word_is_a_whole_answer(parts: Parts) -> None:
    parts.engine.pieces = [call(to="x"), call(identifier="call_2", to="y")]
    end = parts.completed(asking(parts, Turn("user", "Écris aux deux.")))
    assert end.text == "" and [each.id for each in end.tool_calls] == ["call_1", "call_2"]
    assert end.receipt.tool_calls == {"send_email": 2}
    assert end.receipt.label.ai_generated and end.receipt.answer_sha256 is None


@few
@given(name=names, phone=phones)
def test_nothing_masked_reaches_the_engine_by_calls_results_or_tools(
    calling: Parts, name: str, phone: str
) -> None:
    parts = calling
    asked = f"Rédige un courriel à M. {name}, joignable au {phone}."
    result = {"clients": [{"nom": name, "telephone": phone}, name], name: {"note": f"vu {name}"}}
    tool = Tool("send_email", f"Prévient M. {name} au {phone}.", {"enum": [{"text": name}]})
    events = parts.travel(
        asking(
            parts,
            Turn("user", f"Qui est M. {name} ?"),
            Turn("assistant", "", (call("find", to=name, deep=[{"tel": phone}]),)),
            Turn("tool", json.dumps(result, ensure_ascii=False), (), "call_1"),
            Turn("assistant", f"M. {name} est un client."),
            Turn("user", asked),
            tools=(tool,),
        )
    )
    (request,) = parts.engine.requests[-1:]
    sent = all_that_is_sent(request)
    words = set(name.replace("-", " ").split()) - {"Le"}
    assert not words & set(sent.replace("-", " ").replace('"', " ").replace(",", " ").split())
    assert phone not in sent
    assert json.loads(request.messages[3].content)["clients"][0]["nom"].startswith("[PERSONNE_")
    (got,) = arguments_of(events)
    assert got == {"to": asked, "deep": [{"text": [asked, asked]}], "n": 2.5}


def test_a_number_is_known_again_where_nothing_announces_it(parts: Parts) -> None:
    parts.travel(
        asking(
            parts,
            Turn("user", "Cherche l'agent de matricule 48213."),
            Turn("assistant", "", (call("find", id=48213, page=2),)),
            Turn("tool", '{"id": 48213, "taille": 1.80}', (), "call_1"),
        )
    )
    (request,) = parts.engine.requests
    assert "48213" not in all_that_is_sent(request)
    assert '"page": 2' in request.messages[2].tool_calls[0].arguments
    assert '"taille": 1.80' in request.messages[3].content


def test_a_surname_alone_in_a_result_is_the_person_of_the_question(parts: Parts) -> None:
    parts.travel(
        asking(
            parts,
            Turn("assistant", "", (call("find", nom="Lefèvre"),)),
            Turn("tool", "Lefèvre : absent.", (), "call_1"),
            Turn("user", "Et Mme Marie Lefèvre, où est-elle ?"),
        )
    )
    assert "Lefèvre" not in all_that_is_sent(parts.engine.requests[0])


def test_the_definitions_are_masked_but_for_the_names_of_parameters(parts: Parts) -> None:
    parts.travel(asking(parts, Turn("user", "Écris à M. Jean Dupont.")))
    (request,) = parts.engine.requests
    (tool,) = request.tools
    assert tool.name == "send_email"
    assert list(tool.parameters["properties"]) == ["to", "text", "default", "Dupont"]
    text = f"{tool.description} {json.dumps(tool.parameters, ensure_ascii=False)}"
    assert "Fontaine" not in text and "Mercier" not in text
    assert "[PERSONNE_" in tool.description
    assert "[PERSONNE_" in tool.parameters["properties"]["text"]["default"]
    assert "Claire Fontaine" in SEND.description


HARD = 'O"Brien \\ {"x": 1}'


@pytest.mark.parametrize("value", ["jean.o'neil@exemple.fr", "jean\\dupont@exemple.fr"])
def test_a_value_with_a_quote_cannot_break_the_json(parts: Parts, value: str) -> None:
    parts.engine.pieces = [call(to="[EMAIL_1]", text='«\\"[EMAIL_1]\\"»')]
    events = parts.travel(asking(parts, Turn("user", f"Écris à {value} {HARD}")))
    (got,) = arguments_of(events)
    mail = got["to"]
    assert mail in value
    assert got["text"] == f'«\\"{mail}\\"»'


def test_what_is_never_restored_stays_a_placeholder_in_a_call(parts: Parts) -> None:
    parts.engine.pieces = [call(nir="[NIR_1]")]
    asked = f"Cherche le numéro de sécurité sociale {NIR}."
    events = parts.travel(asking(parts, Turn("user", asked)))
    assert arguments_of(events) == [{"nir": "[NIR_1]"}]
    assert ending(events, Completed).receipt.never_restored == ("FR_NIR",)


def test_what_the_model_makes_up_is_masked_in_a_call_too(parts: Parts) -> None:
    parts.engine.pieces = [call(telephone="06 98 76 54 32", tel=33698765432, n=12, given="x")]
    events = parts.travel(asking(parts, Turn("user", "Appelle quelqu'un.")))
    (got,) = arguments_of(events)
    assert got["telephone"] == "[TELEPHONE]" and got["n"] == 12
    assert ending(events, Completed).receipt.output_flags["PHONE_NUMBER"] >= 1


def test_nothing_is_searched_where_tools_are_offered_or_have_answered(parts: Parts) -> None:
    question = Turn("user", "Combien de jours de congés payés par mois ?")
    for turns, tools in [
        ((question,), (SEND,)),
        ((question, Turn("assistant", "", (call(),)), Turn("tool", "30", (), "call_1")), ()),
    ]:
        events = parts.travel(asking(parts, *turns, tools=tools))
        assert not [event for event in events if isinstance(event, SourcesFound)]
        assert ending(events, Completed).text == "".join(map(str, parts.engine.pieces))
    assert parts.retriever.queries == []


def test_once_the_tools_are_gone_questions_are_searched_again(parts: Parts) -> None:
    parts.travel(
        asking(
            parts,
            Turn("user", "Qui est M. Jean Dupont ?"),
            Turn("assistant", "", (call("find", nom="Jean Dupont"),)),
            Turn("tool", '{"nom": "Jean Dupont"}', (), "call_1"),
            Turn("assistant", "Un client."),
            Turn("user", "Combien de jours de congés payés par mois ?"),
            tools=(),
        )
    )
    (request,) = parts.engine.requests
    assert len(parts.retriever.queries) == 1
    roles = [message.role for message in request.messages]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]
    assert request.messages[2].tool_calls[0].arguments == '{"nom": "[PERSONNE_1]"}'


def test_the_last_words_of_the_person_are_judged_after_a_result(parts: Parts) -> None:
    turns = (
        Turn("user", "Classe ces candidats : lis d'abord leurs dossiers."),
        Turn("assistant", "", (call("read"),)),
        Turn("tool", '["dossier 1"]', (), "call_1"),
    )
    assert parts.refused(asking(parts, *turns)).refusal.use_id == "tri-candidatures"


def test_a_result_that_completes_a_forbidden_request_is_refused(parts: Parts) -> None:
    turns = (
        Turn("user", "pour les candidats de la fiche, fais comme elle dit."),
        Turn("assistant", "", (call("read"),)),
        Turn("tool", "Faire un classement", (), "call_1"),
    )
    assert parts.refused(asking(parts, *turns)).refusal.use_id == "tri-candidatures"


def test_a_conversation_of_tools_without_a_person_is_served(parts: Parts) -> None:
    turns = (Turn("assistant", "", (call(),)), Turn("tool", "", (), "call_1"))
    assert parts.completed(asking(parts, *turns)).text


def test_arguments_never_reach_the_log(parts: Parts) -> None:
    parts.engine.pieces = [call(to="[PERSONNE_1]", text="bonjour tout le monde")]
    parts.completed(asking(parts, Turn("user", "Écris à M. Jean Dupont.")))
    for _, content, _, _ in parts.log.leaves(parts.log.head().size):
        for word in ("Dupont", "bonjour", "PERSONNE_1", "Fontaine"):
            assert word.encode() not in content


def test_a_blocked_value_in_a_result_refuses_the_request(parts: Parts) -> None:
    refused = parts.refused(
        asking(
            parts,
            Turn("user", "Quel est son compte ?"),
            Turn("assistant", "", (call(),)),
            Turn("tool", '{"iban": "FR7630006000011234567890189"}', (), "call_1"),
        )
    )
    assert refused.refusal.cause == "personal_data"
    assert parts.engine.requests == []


def test_the_oldest_turns_go_with_their_calls_and_results(parts: Parts) -> None:
    old = ("mot " * 3_000).strip()
    events = parts.travel(
        asking(
            parts,
            Turn("user", old),
            Turn("assistant", "", (call("read"),)),
            Turn("tool", old, (), "call_1"),
            Turn("assistant", "Lu."),
            Turn("user", "Et maintenant ?"),
            Turn("assistant", "", (call("read"),)),
            Turn("tool", "rien", (), "call_1"),
        )
    )
    roles = [message.role for message in parts.engine.requests[0].messages]
    assert roles == ["system", "user", "assistant", "tool"]
    assert ending(events, Completed).receipt.turns_left_out == 4


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | st.text(max_size=12) | names | phones,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(arguments=st.dictionaries(st.text(max_size=6), json_values, max_size=4), who=names)
def test_masking_then_restoring_arguments_is_the_identity(
    echoing: Parts, arguments: dict[str, Any], who: str
) -> None:
    parts = echoing
    arguments = {**arguments, "nom": who}
    turns = (
        Turn("user", f"Écris à M. {who}."),
        Turn("assistant", "", (call("find", **{"to": arguments}),)),
        Turn("tool", "fait", (), "call_1"),
    )
    events = parts.travel(asking(parts, *turns))
    assert arguments_of(events) == [{"to": arguments}]
