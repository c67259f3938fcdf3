"""A question asked again is answered without the model, and never across what a person may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import OperationalError

from governance.charter.load import load_text
from governance.events import Completed, Delta, Prompted, SourcesFound
from governance.pii.choices import AS_BEFORE, Choices
from governance.repetition.tables import kept_answers
from rag.protocol import Caveat, Passage
from tests.governance.road.parts import (
    ANSWER,
    CHARTER,
    QUESTION,
    REVISION,
    TEXT,
    Parts,
    ending,
    passage,
    streamed,
)
from tests.governance.road.test_answers import Marked

NEAR = "Bonjour, combien de jours de congé payé par mois ? Merci !"
OTHER = "Combien de jours de congés payés par an ?"


def entries(parts: Parts) -> int:
    """How many answers are kept."""
    with parts.database.connect() as connection:
        return connection.execute(select(func.count()).select_from(kept_answers)).scalar_one()


def written(parts: Parts) -> int:
    """How many answers the model wrote."""
    return len(parts.engine.requests)


def ask(parts: Parts, *texts: str, **how: object) -> Completed:
    """Ask as the chat does: what answers is left to the charter."""
    return parts.completed(parts.ask(*(texts or (QUESTION,)), **{"answer": "auto", **how}))  # type: ignore[arg-type]


@pytest.mark.parametrize("question", [QUESTION, QUESTION.lower().rstrip(" ?"), NEAR])
def test_a_repetition_is_answered_without_the_model(parts: Parts, question: str) -> None:
    first = ask(parts)
    request = parts.ask(question, answer="auto")
    events = parts.travel(request)
    second = ending(events, Completed)
    assert written(parts) == 1
    assert not [each for each in events if isinstance(each, Prompted)]
    assert [type(each) for each in events].count(Delta) == 1
    assert streamed(events) == second.text == first.text
    assert (second.grounding, second.passages) == (first.grounding, first.passages)
    parts.assert_books_closed()


def test_the_receipt_and_the_log_say_when_it_was_written_and_never_for_whom(parts: Parts) -> None:
    first, request = ask(parts), parts.ask(NEAR, answer="auto")
    second = parts.completed(request)
    receipt = second.receipt
    assert (receipt.answered, first.receipt.answered) == ("repeat", "text")
    assert receipt.written_at is not None
    assert first.receipt.ended_at <= receipt.written_at < receipt.started_at
    assert receipt.label.ai_generated
    assert receipt.model == first.receipt.model
    assert receipt.answer_sha256 == first.receipt.answer_sha256
    assert receipt.tokens is not None
    assert (receipt.tokens.prompt, receipt.tokens.completion) == (0, 0)
    assert first.exchange_id not in receipt.model_dump_json()
    *_, last = parts.log.entries_of(request.id)
    assert last.data["receipt"]["answered"] == "repeat"
    assert last.data["receipt"]["written_at"] == receipt.written_at
    assert parts.recorded(request) == ["accepted", "completed"]


def test_it_costs_what_the_search_costs_and_counts_as_one_request(parts: Parts) -> None:
    first, second = ask(parts).receipt, ask(parts).receipt
    assert first.energy.steps_wh is not None and second.energy.steps_wh is not None
    assert "decode" in first.energy.steps_wh
    assert set(second.energy.steps_wh) <= {"analysis", "retrieval", "other"}
    left = {(q.metric, q.period): q.left for q in first.quota}
    after = {(q.metric, q.period): q.left for q in second.quota}
    assert after["requests", "day"] == left["requests", "day"] - 1
    assert after["tokens", "month"] == left["tokens", "month"]


def test_the_passages_stand_under_the_numbers_that_the_answer_cites(parts: Parts) -> None:
    one, two = passage(1), passage(2, "Le congé est pris dans l'année de référence.")
    parts.retriever.passages = (one, two)
    first = ask(parts)
    parts.retriever.passages = (two, one)
    second = ask(parts)
    assert written(parts) == 1
    assert second.passages == first.passages == (one, two)
    assert [part.cited for part in second.receipt.sources] == [True, False]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda parts: ask(parts, service="petit"), id="another service"),
        pytest.param(lambda parts: ask(parts, locale="en"), id="another language"),
        pytest.param(lambda parts: ask(parts, OTHER), id="another question"),
        pytest.param(lambda parts: ask(parts, max_tokens=99), id="another sampling"),
        pytest.param(lambda parts: ask(parts, answer="text"), id="a text is asked for"),
    ],
)
def test_another_request_is_answered_anew(parts: Parts, change: Callable[[Parts], None]) -> None:
    ask(parts)
    change(parts)
    assert written(parts) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"revision": "sha256:" + "1" * 64},
        {"edition": "2"},
        {"later": timedelta(days=7)},
    ],
    ids=["charter", "code", "a week later"],
)
def test_another_state_of_the_instance_answers_anew(
    parts: Parts, changes: dict[str, object]
) -> None:
    ask(parts)
    rebuild(parts, **changes)
    ask(parts)
    assert written(parts) == 2


def test_another_model_answers_anew(parts: Parts) -> None:
    ask(parts)
    rebuild(parts)
    parts.engine.info = replace(parts.engine.info, digest="sha256:" + "b" * 64)
    ask(parts)
    assert written(parts) == 2


def test_it_is_given_again_to_the_end_of_its_days(parts: Parts) -> None:
    ask(parts)
    rebuild(parts, later=timedelta(days=7) - timedelta(minutes=1))
    ask(parts)
    assert written(parts) == 1


def test_a_charter_may_forbid_repetitions(parts: Parts) -> None:
    parts.__dict__["_charter"] = load_text(f"{CHARTER}answers: {{repeat_days: 0}}\n")
    ask(parts)
    ask(parts)
    assert written(parts) == 2
    assert entries(parts) == 0


@pytest.mark.parametrize(
    "now",
    [
        (),
        (passage(2),),
        (passage(1, TEXT.replace("deux", "trois")),),
        (replace(passage(1), date="2026-06-01"),),
        (replace(passage(1), title="Code du travail, version modifiée"),),
    ],
    ids=["none", "another", "amended", "of another date", "of another title"],
)
def test_other_passages_answer_anew(parts: Parts, now: tuple[Passage, ...]) -> None:
    first = ask(parts)
    parts.retriever.passages = now
    second = ask(parts)
    assert second.receipt.answered != "repeat"
    assert second.text != first.text or written(parts) == 2


@pytest.mark.parametrize(
    ("public", "version"), [(frozenset(), "1"), (frozenset({"code-travail"}), "2")]
)
def test_a_source_that_changed_or_is_no_longer_public_answers_anew(
    parts: Parts, public: frozenset[str], version: str
) -> None:
    ask(parts)
    parts.retriever.public, parts.retriever.version = public, version
    ask(parts)
    assert written(parts) == 2


def test_what_the_answer_does_not_cite_may_have_another_rank(parts: Parts) -> None:
    """Two forms of one question have vectors of their own, and find passages a little apart."""
    cited, other, third = passage(1), passage(2, "Autre texte."), passage(3, "Troisième texte.")
    parts.retriever.passages = (cited, other)
    first = ask(parts)
    parts.retriever.passages, parts.retriever.unfound = (third, cited), (other,)
    events = parts.travel(parts.ask(NEAR, answer="auto"))
    second = ending(events, Completed)
    assert written(parts) == 1
    assert second.passages == first.passages == (cited, other)
    told = [each.passages for each in events if isinstance(each, SourcesFound)]
    assert told == [(third, cited), (cited, other)], "the page shows those of the answer"


@pytest.mark.parametrize(
    "now",
    [
        (),
        (passage(2, "Autre texte, modifié."),),
        (replace(passage(2, "Autre texte."), source="documents"),),
    ],
    ids=["gone", "amended", "of a source of the organisation"],
)
def test_each_passage_of_the_answer_must_be_what_it_was(
    parts: Parts, now: tuple[Passage, ...]
) -> None:
    parts.retriever.passages = (passage(1), passage(2, "Autre texte."))
    ask(parts)
    parts.retriever.passages, parts.retriever.unfound = (passage(1),), now
    ask(parts)
    assert written(parts) == 2


def test_a_cited_passage_that_this_search_does_not_find_is_not_shown(parts: Parts) -> None:
    ask(parts)
    parts.retriever.passages, parts.retriever.unfound = (passage(2, TEXT),), (passage(1),)
    ask(parts)
    assert written(parts) == 2


def test_what_is_to_be_known_of_the_passages_today_is_told(parts: Parts) -> None:
    ask(parts)
    parts.retriever.known = (Caveat(1, "old", "2019-03-03"),)
    events = parts.travel(parts.ask(QUESTION, answer="auto"))
    end = ending(events, Completed)
    assert end.receipt.answered == "repeat"
    assert [each.kind for each in end.receipt.sources[0].caveats] == ["old"]
    told = [each for each in events if isinstance(each, SourcesFound)][-1]
    assert told.caveats == parts.retriever.known


def test_a_service_is_given_passages_of_its_own_sources_only(parts: Parts) -> None:
    other = replace(passage(2, "Autre texte."), source="crpa")
    parts.retriever.public = frozenset({"code-travail", "crpa"})
    parts.retriever.passages = (passage(1), other)
    ask(parts)
    parts.retriever.passages, parts.retriever.unfound = (passage(1),), (other,)
    assert ask(parts).passages == (passage(1), other)
    # The charter's revision would change with it: this is checked all the same.
    charter = CHARTER.replace(
        "    title: Ressources humaines", "    title: RH\n    sources: [code-travail]"
    )
    parts.__dict__["_charter"] = load_text(charter)
    ask(parts)
    assert written(parts) == 2


def test_own_documents_are_never_kept(parts: Parts) -> None:
    own = replace(passage(2, "Chez nous, le congé est de trois jours."), source="documents")
    parts.retriever.passages = (passage(1), own)
    ask(parts)
    assert entries(parts) == 0
    ask(parts)
    assert written(parts) == 2


@pytest.mark.parametrize(
    "question",
    [
        "Combien de jours de congés payés par mois pour Jean Dupont ?",
        "Combien de jours de congés par mois ? Mon numéro est le 06 12 34 56 78.",
        "Combien de jours de congés payés par mois ? " + "Je précise ma question. " * 12,
    ],
    ids=["a name", "a number", "a long story"],
)
def test_a_question_that_may_tell_of_somebody_is_not_kept(parts: Parts, question: str) -> None:
    ask(parts, question)
    assert written(parts) == 1
    assert entries(parts) == 0


def test_what_was_left_in_clear_is_personal_all_the_same(parts: Parts) -> None:
    parts.__dict__["_charter"] = load_text(
        CHARTER.replace("  IBAN_CODE: block", "  PERSON: keep\n  IBAN_CODE: block")
    )
    ask(parts, "Combien de jours de congés payés par mois pour Jean Dupont ?")
    assert written(parts) == 1
    assert entries(parts) == 0


def test_a_question_with_choices_is_not_kept(parts: Parts) -> None:
    request = replace(parts.ask(QUESTION, answer="auto"), choices=Choices(masked=("congés",)))
    parts.completed(request)
    assert entries(parts) == 0


def test_only_a_first_question_is_kept_or_answered_again(parts: Parts) -> None:
    ask(parts)
    ask(parts, "Bonjour", "Bonjour.", QUESTION)
    assert written(parts) == 2
    assert entries(parts) == 1


def test_who_asks_again_wants_another_answer_which_takes_its_place(parts: Parts) -> None:
    ask(parts)
    parts.engine.pieces = ("Deux jours et demi ouvrables ", "de congés payés par mois [1].")
    again = replace(parts.ask(QUESTION, answer="auto"), choices=AS_BEFORE)
    second = parts.completed(again)
    assert written(parts) == 2
    assert second.text.startswith("Deux jours")
    assert ask(parts).text == second.text
    assert (written(parts), entries(parts)) == (2, 1)


@pytest.mark.parametrize(
    "pieces",
    [
        ("La girafe polonaise danse au crépuscule des montagnes bleues.",),
        ("Le salarié acquiert quarante jours de congés par mois. ", *ANSWER),
        (*ANSWER, " Écrivez à Paul Martin, au 06 98 76 54 32."),
        (*ANSWER, " La girafe polonaise danse au crépuscule des montagnes bleues."),
    ],
    ids=["no source", "a figure withheld", "personal data", "a sentence unsupported"],
)
def test_an_answer_with_a_reserve_is_not_kept(parts: Parts, pieces: tuple[str, ...]) -> None:
    parts.engine.pieces = pieces
    ask(parts)
    assert entries(parts) == 0


def test_an_answer_that_was_cut_is_not_kept(parts: Parts) -> None:
    parts.engine.reason = "length"
    ask(parts)
    assert entries(parts) == 0


def test_an_answer_of_a_use_to_review_is_not_kept(parts: Parts) -> None:
    parts.answers = Marked("deux jours", "courrier-disciplinaire", "review")
    ask(parts)
    assert entries(parts) == 0


def test_a_question_of_a_use_to_review_is_never_answered_by_a_repetition(parts: Parts) -> None:
    question = "Il nous faut un avertissement disciplinaire pour trois retards."
    for _ in range(2):
        assert ask(parts, question).review is not None
    assert written(parts) == 2
    assert entries(parts) == 0


def test_a_passage_that_answers_is_never_kept_and_goes_first(parts: Parts) -> None:
    parts.extractor.sure = True
    assert ask(parts).receipt.answered == "passage"
    ask(parts, answer="text")
    assert entries(parts) == 0
    assert ask(parts).receipt.answered == "passage"


def test_what_did_not_end_well_is_not_kept(parts: Parts) -> None:
    parts.engine.failure, parts.engine.fails_at = RuntimeError("gone"), 2
    parts.failed(parts.ask(QUESTION, answer="auto"))
    assert entries(parts) == 0


def test_what_could_not_be_recorded_is_not_kept(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = type(parts.settle).__call__

    def broken(*args: object) -> None:
        settled(*args)  # type: ignore[arg-type]
        raise RuntimeError("no room left")

    monkeypatch.setattr(type(parts.settle), "__call__", broken)
    parts.failed(parts.ask(QUESTION, answer="auto"))
    assert entries(parts) == 0


def test_a_damaged_entry_is_deleted_and_written_anew(parts: Parts) -> None:
    first = ask(parts)
    with parts.database.begin() as connection:
        connection.execute(update(kept_answers).values(sealed=b"\x01" + b"x" * 60))
    with structlog.testing.capture_logs() as logs:
        second = ask(parts)
    assert written(parts) == 2
    assert second.text == first.text
    (told,) = [each for each in logs if each["event"] == "kept_answer_unreadable"]
    assert set(told) == {"event", "log_level", "error"}
    assert ask(parts).receipt.answered == "repeat"


@pytest.mark.parametrize("statement", ["SELECT", "INSERT"])
def test_a_store_that_fails_never_stops_an_answer(parts: Parts, statement: str) -> None:
    @event.listens_for(parts.database, "before_cursor_execute")
    def fail(_c: object, _u: object, sql: str, *_: object) -> None:
        if "kept_answers" in sql and sql.startswith(statement):
            raise OperationalError(sql, {}, Exception(QUESTION))

    with structlog.testing.capture_logs() as logs:
        end = ask(parts)
    assert end.text == "".join(ANSWER)
    assert QUESTION not in str(logs) and "congés" not in str(logs)
    assert {each["error"] for each in logs if each["log_level"] == "error"} == {"OperationalError"}


def test_at_rest_nothing_of_the_question_or_of_the_answer_can_be_read(parts: Parts) -> None:
    end = ask(parts)
    with parts.database.connect() as connection:
        row = connection.execute(select(kept_answers)).one()
    stored = b"|".join(
        value if isinstance(value, bytes) else str(value).encode() for value in row
    ).lower()
    for text in ("cong", "jours", "salari", end.exchange_id, "p" + "0" * 32):
        assert text.encode() not in stored
    assert row.charter_revision == REVISION


def rebuild(parts: Parts, **changes: object) -> None:
    """The same instance, started again with something changed."""
    for name, value in changes.items():
        setattr(parts, name, value)
    for made in ("road", "settle", "kept_answers"):
        parts.__dict__.pop(made, None)
