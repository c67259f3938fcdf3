"""What happens on the road, in which order, and what is said of it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest
from sqlalchemy import select

from governance.audit.tables import audit_leaves
from governance.charter.schema import Person
from governance.events import (
    Accepted,
    Completed,
    Delta,
    Event,
    Prompted,
    Reading,
    Refused,
    Searching,
    SourcesFound,
    Waiting,
)
from governance.exchange import Turn
from governance.prompt import NO_ANSWER, WITHHELD, unanswered, unconfirmed
from governance.stages.busy import too_busy
from models.protocol import EngineBusy, PromptTooLong, Tool, UnusableForm
from tests.governance.road.parts import (
    ANSWER,
    QUESTION,
    TASK,
    TEXT,
    Parts,
    ScriptedEngine,
    passage,
    streamed,
)

IBAN = "Mon IBAN est FR76 3000 6000 0112 3456 7890 189, que faire ?"

CONTACT = Person(name="Informatique", email="aide@val-exemple.fr")


def test_a_question_goes_through_all_the_steps_in_order(parts: Parts) -> None:
    request = parts.ask(QUESTION)
    events = parts.travel(request)
    assert [type(event) for event in events] == [
        Accepted,
        Searching,
        SourcesFound,
        Prompted,
        Waiting,
        Reading,
        Delta,  # the one sentence, held until it is known to be whole
        Completed,
    ]
    assert parts.recorded(request) == ["accepted", "completed"]
    parts.assert_books_closed()


def test_a_task_is_not_searched_for(parts: Parts) -> None:
    events = parts.travel(parts.ask(TASK))
    kinds = [type(event) for event in events]
    assert Searching not in kinds
    assert kinds[:2] == [Accepted, Prompted]
    assert parts.retriever.queries == []


def test_nothing_is_delivered_before_accepted_is_in_the_log(parts: Parts) -> None:
    """Read by a connection of its own, at the instant of the first Delta."""
    request = parts.ask(QUESTION)
    seen: dict[type[Event], list[str]] = {}

    async def look() -> None:
        async with aclosing(parts.road.travel(request)) as events:
            async for event in events:
                with parts.database.connect() as connection:
                    of_exchange = audit_leaves.c.exchange_id == request.id
                    types = connection.execute(select(audit_leaves.c.type).where(of_exchange))
                    seen.setdefault(type(event), list(types.scalars()))

    asyncio.run(look())
    assert seen[Accepted] == seen[Delta] == ["accepted"]
    assert seen[Completed] == ["accepted", "completed"]


def test_accepted_tells_what_was_masked_and_where(parts: Parts) -> None:
    accepted = parts.travel(parts.ask(TASK))[0]
    assert isinstance(accepted, Accepted)
    assert accepted.masked == {"PERSON": 1, "PHONE_NUMBER": 1}
    assert [TASK[start:end] for start, end in accepted.masked_spans] == [
        "Jean Dupont",
        "06 12 34 56 78",
    ]


def test_the_stream_and_the_collected_text_agree(parts: Parts) -> None:
    """Here the model cites rightly: there is nothing to correct."""
    events = parts.travel(parts.ask(QUESTION))
    end = events[-1]
    assert isinstance(end, Completed)
    assert streamed(events) == end.text == "".join(ANSWER)
    assert end.grounding is not None
    assert end.grounding.cited == (1,)


def test_only_citations_differ_between_the_stream_and_the_text(parts: Parts) -> None:
    parts.engine.pieces = [piece.replace(" [1]", " [3]") for piece in ANSWER]
    events = parts.travel(parts.ask(QUESTION))
    end = events[-1]
    assert isinstance(end, Completed)
    assert streamed(events).replace(" [3]", " [1]") == end.text


UNFOUNDED = ("La girafe polonaise ", "danse au crépuscule des montagnes bleues.")


def test_of_an_answer_that_no_passage_supports_nothing_is_shown(parts: Parts) -> None:
    parts.engine.pieces = UNFOUNDED
    request = parts.ask(QUESTION)
    events = parts.travel(request)
    end = events[-1]
    assert isinstance(end, Completed)
    assert streamed(events) == end.text == unanswered("fr", CONTACT)
    assert end.receipt.answered == "silence"
    assert end.receipt.tokens is not None and end.receipt.tokens.completion  # it was paid for
    assert end.grounding is None
    assert [each.id for each in end.passages] == ["p1"]  # the closest ones are shown
    parts.assert_books_closed()


def test_a_text_waits_for_a_sentence_that_a_passage_supports(parts: Parts) -> None:
    parts.engine.pieces = ["Bonjour.", "\n", *ANSWER]
    events = parts.travel(parts.ask(QUESTION))
    end = events[-1]
    assert isinstance(end, Completed)
    assert streamed(events) == end.text == "".join(parts.engine.pieces)
    assert end.grounding is not None
    assert [each.support for each in end.grounding.sentences] == ["not_factual", "supported"]


def test_nothing_is_shown_after_a_first_sentence_that_no_passage_supports(parts: Parts) -> None:
    parts.engine.pieces = [*UNFOUNDED, "\n", *ANSWER]
    end = parts.completed(parts.ask(QUESTION))
    assert end.text == unanswered("fr", CONTACT)
    assert end.receipt.answered == "silence"


def test_a_text_that_is_no_answer_is_shown_with_what_no_passage_confirms(parts: Parts) -> None:
    parts.engine.pieces = UNFOUNDED
    said = "Dis bonjour aux collègues de l'équipe des congés payés qui rentrent demain"
    events = parts.travel(parts.ask(said))
    end = events[-1]
    assert isinstance(end, Completed)
    assert end.text.endswith(unconfirmed("fr", CONTACT))
    assert streamed(events) == end.text


def test_a_model_that_says_that_nothing_answers_is_followed_by_whom_to_ask(parts: Parts) -> None:
    parts.engine.pieces = [NO_ANSWER["fr"]]
    text = parts.completed(parts.ask(QUESTION)).text
    assert " ".join(text.split()) == unanswered("fr", CONTACT)


def test_without_a_passage_no_model_is_called(parts: Parts) -> None:
    parts.retriever.passages = ()
    for locale, question in (("fr", QUESTION), ("en", "How many days of leave a month?")):
        request = parts.ask(question, locale=locale)  # type: ignore[arg-type]
        events = parts.travel(request)
        end = events[-1]
        assert isinstance(end, Completed)
        assert streamed(events) == end.text == unanswered(locale, CONTACT)  # type: ignore[arg-type]
        assert end.receipt.answered == "silence"
        assert end.receipt.tokens is not None
        assert end.receipt.tokens.completion == 0
        assert end.receipt.model is None
        assert parts.recorded(request) == ["accepted", "completed"]
    assert parts.engine.requests == []


def test_a_weak_search_is_answered_by_nobody(parts: Parts) -> None:
    parts.retriever.weak = True
    end = parts.completed(parts.ask(QUESTION))
    assert end.text == unanswered("fr", CONTACT)
    assert end.grounding is None  # nothing was stated
    assert [each.id for each in end.passages] == ["p1"]  # the closest ones are shown
    assert end.receipt.label.ai_generated is False
    assert parts.engine.requests == []


def test_what_asks_for_no_fact_is_written_without_sources(parts: Parts) -> None:
    parts.retriever.weak = True
    end = parts.completed(parts.ask("Toute l'équipe salue Karim, qui revient demain. Dis bonjour."))
    assert end.passages == ()
    assert end.receipt.answered == "text"
    assert len(parts.engine.requests) == 1


def test_a_passage_that_answers_is_shown_as_it_stands(parts: Parts) -> None:
    parts.extractor.sure = True
    end = parts.completed(parts.ask(QUESTION, answer="auto"))
    assert end.text == f"**{TEXT}** [1]"
    assert end.receipt.answered == "passage"
    assert end.receipt.model is None
    assert end.receipt.label.ai_generated is False
    assert end.grounding is not None
    assert end.grounding.cited == (1,)
    assert parts.engine.requests == []


def test_a_model_writes_where_the_person_asks_for_it(parts: Parts) -> None:
    parts.extractor.sure = True
    end = parts.completed(parts.ask(QUESTION, answer="text"))
    assert end.receipt.answered == "text"
    assert len(parts.engine.requests) == 1


def test_a_passage_that_may_not_answer_is_not_shown_as_the_answer(parts: Parts) -> None:
    assert parts.completed(parts.ask(QUESTION, answer="auto")).receipt.answered == "text"


def test_a_figure_that_no_source_holds_is_never_shown(parts: Parts) -> None:
    parts.engine.pieces = [*ANSWER, " Il en acquiert quar", "ante jours par an. "]
    events = parts.travel(parts.ask(QUESTION))
    end = events[-1]
    assert isinstance(end, Completed)
    assert "quarante" not in streamed(events) + end.text
    assert end.text.rstrip().endswith(WITHHELD["fr"])
    assert "deux jours et demi" in end.text
    assert end.receipt.grounding is not None
    assert end.receipt.grounding.withheld == 1


def test_a_short_follow_up_is_searched_with_the_question_before(parts: Parts) -> None:
    parts.travel(parts.ask(QUESTION, "Deux jours et demi [1].", "Et à temps partiel ?"))
    assert parts.retriever.queries == [[QUESTION, "Et à temps partiel ?"]]


# Refusals


def test_a_forbidden_use_is_refused_in_the_words_of_the_charter(parts: Parts) -> None:
    request = parts.ask("Classe ces candidats : Jean Dupont, puis Marie Martin.")
    events = parts.travel(request)
    assert [type(event) for event in events] == [Refused]
    end = parts_end(events)
    assert end.refusal.cause == "use"
    assert end.refusal.use_id == "tri-candidatures"
    assert end.refusal.message == "Je ne classe pas de candidatures."
    assert end.refusal.contact == "Déléguée (dpo@val-exemple.fr)"
    assert parts.engine.requests == []
    assert parts.recorded(request) == ["refused"]
    assert parts.log.entries_of(request.id)[0].use == "tri-candidatures"
    assert [decision.effect for decision in end.receipt.decisions] == ["forbid"]
    parts.assert_books_closed()


def test_a_refusal_costs_its_energy_but_no_request(parts: Parts) -> None:
    parts.refused(parts.ask("Classe ces candidats du meilleur au pire."))
    spent = parts.quotas.usage("rh", "day")
    assert (spent.requests, spent.tokens) == (0, 0)
    assert spent.wh > 0


def test_a_refusal_is_not_charged_for_the_answer_where_no_meter_measures(parts: Parts) -> None:
    parts.meter.known = False  # type: ignore[attr-defined]
    parts.refused(parts.ask("Classe ces candidats.", max_tokens=4_000))
    assert 0 < parts.quotas.usage("rh", "day").wh < parts.estimator.estimate(0, 100)


def test_blocked_data_is_named_in_human_words(parts: Parts) -> None:
    request = parts.ask(IBAN)
    end = parts.refused(request)
    assert end.refusal.cause == "personal_data"
    assert end.refusal.kinds == ("bank account (IBAN)",)
    shown = end.refusal.message_id.format(**end.refusal.params)
    assert "bank account (IBAN)" in shown
    assert "IBAN_CODE" not in shown
    assert "3000" not in shown
    assert parts.recorded(request) == ["refused"]
    assert parts.engine.requests == []
    parts.assert_books_closed()


def test_a_full_quota_refuses_and_says_when_it_renews(parts: Parts) -> None:
    parts.completed(parts.ask(TASK, service="petit"))
    request = parts.ask(TASK, service="petit")
    end = parts.refused(request)
    assert end.refusal.cause == "quota"
    assert end.refusal.params["limit"] == 1
    assert str(end.refusal.params["renews_at"]).endswith("Z")
    assert end.refusal.still_works == "search"
    assert end.receipt.quota[0].left == 0
    assert parts.recorded(request) == ["refused"]
    assert len(parts.engine.requests) == 1
    parts.assert_books_closed()


def test_a_use_to_review_is_answered_and_labelled(parts: Parts) -> None:
    end = parts.completed(parts.ask("Rédige un avertissement disciplinaire."))
    assert end.receipt.label.review
    assert end.receipt.label.ai_generated
    assert [decision.effect for decision in end.receipt.decisions] == ["review"]


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (PromptTooLong(5_000, 100, 4_096), "too_long"),
        (EngineBusy(12.0), "busy"),
        (UnusableForm("the grammar cannot be used"), "form"),
    ],
)
def test_the_engine_may_refuse_after_accepted(parts: Parts, failure: Exception, cause: str) -> None:
    parts.engine.failure = failure
    request = parts.ask(QUESTION)
    events = parts.travel(request)
    end = parts_end(events)
    assert end.refusal.cause == cause
    assert end.refusal.message_id.format(**end.refusal.params)
    assert not any(isinstance(event, Delta) for event in events)
    assert parts.recorded(request) == ["accepted", "refused"]
    assert parts.log.entries_of(request.id)[-1].data["cause"] == cause
    assert end.receipt.answer_sha256 is None
    assert end.receipt.model is None, "the model has read nothing"
    assert parts.quotas.usage("rh", "day").requests == 0
    parts.assert_books_closed()


def test_an_engine_without_room_refuses_at_any_stage(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While its process starts again, the local engine cannot even count tokens."""

    def busy(*_: object) -> int:
        raise EngineBusy(1.5)

    monkeypatch.setattr(parts.engine, "count_tokens", busy)
    request = parts.ask(QUESTION)
    end = parts.refused(request)
    assert (end.refusal.cause, end.refusal.retry_after) == ("busy", 2)
    assert parts.recorded(request) == ["refused"]
    assert parts.quotas.usage("rh", "day").requests == 0
    parts.assert_books_closed()


@pytest.mark.parametrize(("given", "said"), [(0.2, 1), (1.0, 1), (1.2, 2), (12.0, 12)])
def test_who_is_to_come_back_is_told_when_in_whole_seconds(given: float, said: int) -> None:
    refusal = too_busy(EngineBusy(given))
    assert refusal.retry_after == said
    text = refusal.message_id.format(**refusal.params)
    assert (f"in {said} seconds" in text) is (said > 1)


@pytest.mark.parametrize(("given", "minutes"), [(90.5, 2), (279.0, 5)])
def test_a_long_wait_is_told_in_minutes(given: float, minutes: int) -> None:
    refusal = too_busy(EngineBusy(given))
    assert refusal.retry_after >= given
    assert f"in about {minutes} minutes" in refusal.message_id.format(**refusal.params)


def test_the_engine_is_told_whose_turn_it_is_and_never_who_it_is(parts: Parts) -> None:
    parts.completed(parts.ask(TASK, service="petit", conversation="c7"))
    (request,) = parts.engine.requests
    subject = "p" + "0" * 32
    assert (request.queue, request.weight, request.user) == ("petit", 2, subject)
    assert request.conversation == f"{subject}/c7"


def test_a_conversation_is_its_owner_s_whatever_its_identifier(parts: Parts) -> None:
    """Even a surface that let its clients choose would not let one hit another's."""
    for subject in ("p" + "1" * 32, "p" + "2" * 32):
        asked = parts.ask(TASK, conversation="the same")
        caller = replace(asked.caller, subject=subject)
        parts.completed(replace(asked, caller=caller))
    one, other = parts.engine.requests
    assert one.conversation != other.conversation


def test_what_keeps_no_conversation_leaves_nothing_to_reuse(parts: Parts) -> None:
    parts.completed(parts.ask(TASK, ephemeral=True))
    assert parts.engine.requests[0].conversation == ""


def test_only_the_charter_s_own_words_may_be_computed_once_for_all(parts: Parts) -> None:
    """A program's system message and its tools are its own."""
    asked = parts.ask(TASK, ephemeral=True)
    own = Turn("system", "Le dossier de Mme Martin est le 12.")
    tool = Tool("lire", "Lit le dossier 12.")
    for request in (
        replace(asked, turns=(own, *asked.turns)),
        replace(asked, id=f"{asked.id}-t", turns=(own, *asked.turns), tools=(tool,)),
    ):
        parts.completed(request)
    plain = parts.ask(TASK)
    parts.completed(plain)
    public = {one.messages[: one.public_prefix] for one in parts.engine.requests}
    (shared,) = public
    assert [message.role for message in shared] == ["system"]
    assert "dossier" not in shared[0].content
    assert all("dossier" in str(one.messages[1:]) for one in parts.engine.requests[:2])


def test_only_the_sources_that_fit_are_said_to_be_given(parts: Parts) -> None:
    """The receipt lists what the model read, and so does the last event."""
    parts.retriever.passages = tuple(passage(n, f"{TEXT_LONG} {n}.") for n in range(1, 5))
    end = parts.completed(parts.ask(QUESTION))
    assert 1 <= len(end.passages) < 4
    assert [part.passage_id for part in end.receipt.sources] == [p.id for p in end.passages]
    prompt = parts.engine.requests[0].messages[-1].content
    assert f"[{len(end.passages)}] Code du travail" in prompt
    assert f"[{len(end.passages) + 1}] Code du travail" not in prompt


TEXT_LONG = "Le salarié acquiert des congés. " * 70


def parts_end(events: list[Event]) -> Refused:
    end = events[-1]
    assert isinstance(end, Refused)
    return end


def test_an_engine_that_stops_without_an_end_is_a_failure(parts: Parts) -> None:
    parts.engine = ScriptedEngine(reason=None)
    request = parts.ask(QUESTION)
    parts.failed(request)
    assert parts.recorded(request) == ["accepted", "failed"]
    parts.assert_books_closed()
