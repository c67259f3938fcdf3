"""The exchange: one question, from the person who asks to the receipt they get.

An :class:`ExchangeRequest` is what a surface (web chat, API) hands to the road; it never
changes. An :class:`Exchange` is what the stages know of it so far; each fills its own part.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from governance.charter.charter import Charter, ServiceRules
from governance.charter.schema import Handling
from governance.energy.bill import EnergyBill
from governance.form import held_to_a_form
from governance.pii.choices import NO_CHOICE, Choices
from governance.pii.pseudonymise import Masked
from governance.quotas.limits import Amounts, Asker, Kind, QuotaLimit, QuotaState
from governance.receipt import InjectionPart, Receipt, RuleDecision
from governance.turns import Turn
from governance.uses.verdict import Verdict
from models.protocol import FinishReason, Message, Sampling, Tool, ToolCall, Usage
from rag.protocol import Caveat, Extract, Grounding, Passage, Reading, Retrieval

__all__ = ["Caller", "Exchange", "ExchangeRequest", "Turn", "ephemeral_conversation"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. ``subject`` is an opaque identifier (a user's or a key's), never a name."""

    subject: str
    service: str
    locale: Literal["fr", "en"]
    kind: Kind = "user"

    @property
    def asker(self) -> Asker:
        """The caller as the quotas count them."""
        return Asker(self.kind, self.subject)


@dataclass(frozen=True, slots=True)
class ExchangeRequest:
    """A question with its conversation; the last turn is the person's, or a tool's result.

    ``conversation_id`` is the scope of the pseudonyms. ``ephemeral`` is for surfaces that keep no
    conversation (the API): the pseudonyms are destroyed with the exchange. ``choices`` are those
    that the person made for the last turn: what to leave in clear, and which names to mask.
    ``answer`` is «auto» where the charter says whether a model writes, «text» where it is to write.
    ``left_out`` counts the turns that the surface holds, and which are too old to be in ``turns``.
    ``tools`` are the program's functions that the model may ask to call, one at a time without
    ``parallel_calls``.
    """

    id: str
    caller: Caller
    conversation_id: str
    turns: tuple[Turn, ...]
    sampling: Sampling
    surface: Literal["chat", "api"]
    ephemeral: bool = False
    choices: Choices = NO_CHOICE
    tools: tuple[Tool, ...] = ()
    parallel_calls: bool = True
    answer: Literal["auto", "text"] = "text"
    left_out: int = 0


def ephemeral_conversation(exchange_id: str) -> str:
    """The scope of the pseudonyms of an exchange that belongs to no conversation."""
    return f"api-{exchange_id}"


@dataclass(slots=True)
class Exchange:
    """What is known of an exchange so far. Stages fill it from top to bottom.

    ``whole`` are the passages without the instructions that they hold, and ``shown`` as the model
    reads them, shortened around the question; ``caveats`` are what is to be known of them.
    ``found`` is what the search found, and ``extract`` the sentences of it that answer best;
    ``answered`` is who answers: a model, a passage, nobody, or an answer that is given again,
    ``written_at`` then. ``repetition`` is the key under which the answer may be kept, empty where
    it may not.
    ``passed_on`` says that the model has begun to read, or that another machine has the prompt.
    ``read`` and ``written`` count tokens as they go, for an exchange that ends before its usage.
    ``turns_left_out`` counts the turns that the model did not read, the first of the conversation.
    ``unsourced`` counts the sentences withheld for a figure or an article that no source holds.
    ``reading`` are the passages as the answer is checked against them, and ``unsupported`` says
    that they supported none of it: nothing of it was shown.
    ``withheld`` is the passage that stopped the answer, ``injections`` the instructions found in
    documents. ``turns``, ``tools`` and ``sampling`` are those of the request, pseudonymised.
    ``tool_calls`` are what the model asked for, names restored; ``called_texts`` the texts of their
    arguments before.
    """

    request: ExchangeRequest
    started_at: datetime
    charter_revision: str
    charter: Charter
    rules: ServiceRules
    reserved: Amounts | None = None
    question_tokens: int = 0
    masked: Masked | None = None
    turns: tuple[Turn, ...] = ()
    tools: tuple[Tool, ...] = ()
    sampling: Sampling = field(default_factory=Sampling)
    verdict: Verdict | None = None
    accepted_record: int | None = None
    searched: bool = False
    read: int = 0
    written: int = 0
    passages: tuple[Passage, ...] = ()
    whole: tuple[Passage, ...] = ()
    shown: tuple[Passage, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    found: Retrieval | None = None
    extract: Extract | None = None
    answered: Literal["text", "passage", "silence", "repeat"] = "text"
    repetition: str = ""
    written_at: datetime | None = None
    prompt: tuple[Message, ...] = ()
    turns_left_out: int = 0
    passed_on: bool = False
    raw_answer: str = ""
    answer: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    called_texts: tuple[str, ...] = ()
    answer_decisions: tuple[RuleDecision, ...] = ()
    withheld: str = ""
    unsourced: int = 0
    reading: Reading | None = None
    unsupported: bool = False
    injections: tuple[InjectionPart, ...] = ()
    grounding: Grounding | None = None
    output_flags: dict[str, int] = field(default_factory=dict)
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    bill: EnergyBill | None = None
    quota: tuple[QuotaState, ...] = ()
    receipt: Receipt | None = None

    @property
    def id(self) -> str:
        """The exchange's identifier."""
        return self.request.id

    @property
    def subject(self) -> str:
        """The pseudonym of who asks."""
        return self.request.caller.subject

    @property
    def question(self) -> str:
        """The person's last turn, pseudonymised where it already was; tools may have the last."""
        if self.masked is not None:
            return self.masked.texts[self.question_place]
        return self.request.turns[self.question_place].content

    @property
    def question_place(self) -> int:
        """Where the person's last turn stands; the last turn where no person spoke."""
        turns = self.request.turns
        asked = [number for number, turn in enumerate(turns) if turn.role == "user"]
        return asked[-1] if asked else len(turns) - 1

    @property
    def with_tools(self) -> bool:
        """Whether tools are offered, or the last turn is one's result.

        The program then has its own way to the facts: no passage is searched, and the person's
        words are given to the model as they are. To search as well would put excerpts between a
        call and its result, and have them compete for a small model's attention.
        """
        return bool(self.request.tools) or self.request.turns[-1].role == "tool"

    @property
    def has_form(self) -> bool:
        """Whether the program holds the answer to a form, a JSON Schema's or a grammar's."""
        return held_to_a_form(self.request.sampling)

    @property
    def for_program(self) -> bool:
        """Whether the answer is a step of a program's own: nothing is searched, nor put in its
        place or behind it.

        A form is filled from what the program gives: a sentence of Sobria's would break it.
        """
        return self.with_tools or self.has_form

    @property
    def given(self) -> list[str]:
        """All that the model was given to read, in placeholders."""
        read = [message.content for message in self.prompt]
        read += [call.arguments for message in self.prompt for call in message.tool_calls]
        read += filter(None, (self.sampling.json_schema, self.sampling.grammar))
        return read + [
            f"{tool.description}\n{json.dumps(dict(tool.parameters), ensure_ascii=False)}"
            for tool in self.tools
        ]

    @property
    def limits(self) -> tuple[QuotaLimit, ...]:
        """The quotas of the caller's service, those of each person and key among them."""
        return tuple(
            QuotaLimit(metric, period, limit, per)
            for (metric, period, per), limit in self.rules.quotas.items()
        )

    def handling(self, entity: str) -> Handling:
        """What the charter does with a kind of personal data; one it does not know is masked."""
        return self.rules.handling(entity)

    @property
    def decisions(self) -> tuple[RuleDecision, ...]:
        """The decisions of the charter's uses on this exchange, request first, then answer."""
        seconds = round(self.verdict.seconds, 4) if self.verdict is not None else None
        asked = tuple(
            RuleDecision(
                rule=each.use_id,
                effect=each.effect,
                layer=each.layer,
                score=each.score,
                nearest=each.nearest,
                seconds=seconds,
                unanswered=each.unanswered,
            )
            for each in (self.verdict.decisions if self.verdict is not None else ())
        )
        return asked + self.answer_decisions

    @property
    def stopped_use(self) -> str | None:
        """The use for which the answer was stopped, if it was."""
        banned = (each.rule for each in self.answer_decisions if each.effect == "forbid")
        return next(banned, None)
