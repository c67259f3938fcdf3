"""The exchange: one question, from the person who asks to the receipt they get.

An :class:`ExchangeRequest` is what a surface (web chat, API) hands to the road; it never
changes. An :class:`Exchange` is what the stages know of it so far; each fills its own part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from governance.charter.charter import Charter, ServiceRules
from governance.charter.schema import Handling
from governance.energy.bill import EnergyBill
from governance.pii.pseudonymise import Masked
from governance.quotas.limits import Amounts, QuotaLimit, QuotaState
from governance.receipt import Receipt, RuleDecision
from governance.uses.judge import Verdict
from models.protocol import FinishReason, Message, Sampling, Usage
from rag.protocol import Grounding, Passage


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. ``subject`` is an opaque identifier (a user's or a key's), never a name."""

    subject: str
    service: str
    locale: Literal["fr", "en"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the conversation, as it was written: in clear, before pseudonymisation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class ExchangeRequest:
    """A question with its conversation; the last turn is the person's.

    ``conversation_id`` is the scope of the pseudonyms. ``ephemeral`` is for surfaces that keep no
    conversation (the API): the pseudonyms are destroyed with the exchange.
    """

    id: str
    caller: Caller
    conversation_id: str
    turns: tuple[Turn, ...]
    sampling: Sampling
    surface: Literal["chat", "api"]
    ephemeral: bool = False


def ephemeral_conversation(exchange_id: str) -> str:
    """The scope of the pseudonyms of an exchange that belongs to no conversation."""
    return f"api-{exchange_id}"


@dataclass(slots=True)
class Exchange:
    """What is known of an exchange so far. Stages fill it from top to bottom.

    ``shown`` are the passages as the model reads them, shortened around the question.
    ``read`` and ``written`` count tokens as they go, for an exchange that ends before its usage.
    """

    request: ExchangeRequest
    started_at: datetime
    charter_revision: str
    charter: Charter
    rules: ServiceRules
    reserved: Amounts | None = None
    masked: Masked | None = None
    verdict: Verdict | None = None
    accepted_record: int | None = None
    searched: bool = False
    read: int = 0
    written: int = 0
    passages: tuple[Passage, ...] = ()
    shown: tuple[Passage, ...] = ()
    prompt: tuple[Message, ...] = ()
    raw_answer: str = ""
    answer: str = ""
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
        """The person's last turn, pseudonymised where it already was."""
        if self.masked is not None:
            return self.masked.texts[-1]
        return self.request.turns[-1].content

    @property
    def limits(self) -> tuple[QuotaLimit, ...]:
        """The quotas of the caller's service."""
        return tuple(
            QuotaLimit(metric, period, limit)
            for (metric, period), limit in self.rules.quotas.items()
        )

    def handling(self, entity: str) -> Handling:
        """What the charter does with a kind of personal data; one it does not know is masked."""
        return self.rules.personal_data.get(entity, "pseudonymise")

    @property
    def decisions(self) -> tuple[RuleDecision, ...]:
        """The decisions of the charter's uses on this exchange."""
        if self.verdict is None:
            return ()
        return tuple(
            RuleDecision(rule=each.use_id, effect=each.effect, layer=each.layer, score=each.score)
            for each in self.verdict.decisions
        )
