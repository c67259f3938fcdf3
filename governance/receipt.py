"""The receipt: one small object that says what was done for an answer.

The label under an answer, the footprint page and the audit record are three readings of it. It
holds no personal data: kinds and counts of what was masked, never values.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from governance.clock import iso
from governance.energy.classes import EnergyClass, classify
from governance.energy.reading import Method
from governance.quotas.limits import Metric, Per
from governance.quotas.windows import Period
from models.protocol import ModelInfo
from rag.protocol import CaveatKind

if TYPE_CHECKING:
    from governance.exchange import Exchange


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelPart(_Part):
    """The model that wrote; ``digest`` is the sha256 of its weights."""

    name: str
    digest: str


class RuleDecision(_Part):
    """What one control decided. ``layer`` is what decided: pattern, similarity or model.

    ``score`` is how probable the use is, 0 to 1. ``nearest`` is the charter's own example that the
    request resembles most, where one was compared: never the request. ``seconds`` is the time that
    judging took, the model's answer included. ``unanswered``: the model should have told and has
    not, so that the use was held. Receipts of earlier versions have none of the last three.
    """

    rule: str
    effect: Literal["allow", "review", "forbid"]
    layer: str
    score: float | None = None
    nearest: str | None = None
    seconds: float | None = None
    unanswered: bool = False
    part: Literal["request", "answer"] = "request"
    """What was judged: what was asked, or what the model wrote."""


class ArticlePart(_Part):
    """An article of law that a passage's document cites, and since when it is another one."""

    reference: str
    title: str
    date: str


class CaveatPart(_Part):
    """What the person was told of a passage: that it is dated, or what it stands on is.

    ``kind`` and ``date`` are as :class:`rag.protocol.Caveat` has them.
    """

    kind: CaveatKind
    date: str
    articles: tuple[ArticlePart, ...] = ()


class SourcePart(_Part):
    """A passage that was given to the model, and whether the answer cites it.

    Receipts of earlier versions have no ``caveats``.
    """

    number: int
    passage_id: str
    digest: str
    title: str
    reference: str
    url: str
    date: str
    cited: bool
    caveats: tuple[CaveatPart, ...] = ()


class GroundingPart(_Part):
    """Counts of the answer's sentences by support; ``score`` is supported over factual."""

    supported: int
    unsupported: int
    not_factual: int
    score: float | None
    withheld: int = 0
    """Sentences that gave a figure, a date or an article of no source, and were never shown."""


class InjectionPart(_Part):
    """Instructions found in a document: how many, and the passage's hash; never their text."""

    origin: Literal["passage", "tool", "message"]
    count: int
    digest: str | None = None


class TokenPart(_Part):
    """Token counts."""

    prompt: int
    cached: int
    completion: int


class EnergyPart(_Part):
    """Energy of this exchange. ``steps_wh`` by step in Wh. Unknown is None, never 0."""

    wh: float | None
    method: Method
    steps_wh: dict[str, float] | None
    carbon_grams: float | None
    carbon_source: str
    embodied_grams: float | None
    energy_class: EnergyClass | None


class QuotaPart(_Part):
    """What is left of one quota of the service after this exchange."""

    metric: Metric
    period: Period
    limit: float
    left: float
    renews_at: str
    per: Per = "service"
    near: bool = False
    """Whether 80 % of it are used; receipts of earlier versions do not say."""


class LabelPart(_Part):
    """The AI disclosure (AI Act, article 50)."""

    ai_generated: bool
    mention: str
    review: bool = False


class Receipt(_Part):
    """The receipt of an exchange. Times are ISO 8601 UTC; ``record`` is the audit leaf's number."""

    version: Literal[1] = 1
    exchange: str
    outcome: Literal["completed", "cancelled", "refused", "failed"]
    service: str
    started_at: str
    ended_at: str
    answer_sha256: str | None
    model: ModelPart | None
    charter_revision: str
    decisions: tuple[RuleDecision, ...]
    masked: dict[str, int]
    kept: dict[str, int] = Field(default_factory=dict)
    """What stayed in clear because its author chose so; receipts of earlier versions have none."""
    never_restored: tuple[str, ...]
    output_flags: dict[str, int]
    tool_calls: dict[str, int] = Field(default_factory=dict)
    """The functions that the model asked to call, how many times each; never with what."""
    sources: tuple[SourcePart, ...]
    grounding: GroundingPart | None
    answered: Literal["text", "passage", "silence", "repeat"] = "text"
    """Who answered: a model's text, a passage as it stands, nobody, the sources being silent, or
    the text of a model that had been asked the same."""
    known_question: str = ""
    """Of a passage that answers: the question, like the one asked, that it is known to answer."""
    written_at: str | None = None
    """When an answer that is given again was written; the model and the citations are its own."""
    turns_left_out: int = 0
    """The first turns of the conversation that the model was not given, for want of room; receipts
    of earlier versions do not say."""
    injections: tuple[InjectionPart, ...] = ()
    """Instructions to the assistant that documents held; they were not followed."""
    tokens: TokenPart | None
    energy: EnergyPart
    quota: tuple[QuotaPart, ...]
    label: LabelPart
    record: int | None
    accepted_record: int | None


def _grounding(exchange: Exchange) -> GroundingPart | None:
    if exchange.grounding is None:
        return None
    counts = Counter(sentence.support for sentence in exchange.grounding.sentences)
    return GroundingPart(
        supported=counts["supported"] + counts["corrected"],
        unsupported=counts["unsupported"],
        not_factual=counts["not_factual"],
        score=exchange.grounding.score,
        withheld=exchange.unsourced,
    )


def _sources(exchange: Exchange) -> tuple[SourcePart, ...]:
    cited = exchange.grounding.cited if exchange.grounding is not None else ()
    return tuple(
        SourcePart(
            number=number,
            passage_id=passage.id,
            digest=passage.digest,
            title=passage.title,
            reference=passage.reference,
            url=passage.url,
            date=passage.date,
            cited=number in cited,
            caveats=tuple(
                CaveatPart.model_validate(told, from_attributes=True)
                for told in exchange.caveats
                if told.passage == number
            ),
        )
        for number, passage in enumerate(exchange.passages, start=1)
    )


def _known_question(exchange: Exchange) -> str:
    extract = exchange.extract
    return extract.known if extract is not None and exchange.answered == "passage" else ""


def _energy(exchange: Exchange) -> EnergyPart:
    bill = exchange.bill
    if bill is None:
        return EnergyPart(
            wh=None,
            method="unknown",
            steps_wh=None,
            carbon_grams=None,
            carbon_source="",
            embodied_grams=None,
            energy_class=None,
        )
    return EnergyPart(
        wh=bill.wh,
        method=bill.method,
        steps_wh=bill.steps_wh,
        carbon_grams=bill.carbon_grams,
        carbon_source=bill.carbon_source,
        embodied_grams=bill.embodied_grams,
        energy_class=classify(bill.wh, exchange.charter.energy.classes_wh),
    )


def _label(exchange: Exchange) -> LabelPart:
    """What no model wrote, such as the answer that there is no answer, is not marked as AI text."""
    return LabelPart(
        ai_generated=exchange.answered in ("text", "repeat")
        and _by_a_model(exchange)
        and bool(exchange.raw_answer or exchange.tool_calls),
        mention=exchange.charter.labelling.mention,
        review=any(decision.effect == "review" for decision in exchange.decisions),
    )


def _by_a_model(exchange: Exchange) -> bool:
    return exchange.passed_on or exchange.answered == "repeat"


def build_receipt(
    exchange: Exchange,
    *,
    outcome: Literal["completed", "cancelled", "refused", "failed"],
    ended_at: datetime,
    model: ModelInfo,
) -> Receipt:
    """The receipt of ``exchange`` as it ended; its own record's number is added once written."""
    masked = exchange.masked
    usage = exchange.usage
    return Receipt(
        exchange=exchange.id,
        outcome=outcome,
        service=exchange.request.caller.service,
        started_at=iso(exchange.started_at),
        ended_at=iso(ended_at),
        answer_sha256=(
            hashlib.sha256(exchange.answer.encode()).hexdigest() if exchange.answer else None
        ),
        model=ModelPart(name=model.name, digest=model.digest) if _by_a_model(exchange) else None,
        charter_revision=exchange.charter_revision,
        decisions=exchange.decisions,
        masked=dict(masked.counts) if masked else {},
        kept=dict(masked.kept) if masked else {},
        never_restored=tuple(sorted(masked.never_restored)) if masked else (),
        output_flags=exchange.output_flags,
        tool_calls=dict(Counter(call.name for call in exchange.tool_calls)),
        sources=_sources(exchange),
        grounding=_grounding(exchange),
        answered=exchange.answered,
        known_question=_known_question(exchange),
        written_at=iso(exchange.written_at) if exchange.written_at else None,
        turns_left_out=exchange.turns_left_out,
        injections=exchange.injections,
        tokens=(
            TokenPart(
                prompt=usage.prompt_tokens,
                cached=usage.cached_tokens,
                completion=usage.completion_tokens,
            )
            if usage
            else None
        ),
        energy=_energy(exchange),
        quota=tuple(
            QuotaPart(
                metric=state.metric,
                period=state.period,
                limit=state.limit,
                left=state.left,
                renews_at=iso(state.renews_at),
                per=state.per,
                near=state.near,
            )
            for state in exchange.quota
        ),
        label=_label(exchange),
        record=None,
        accepted_record=exchange.accepted_record,
    )
