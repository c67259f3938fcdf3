"""A road whose controls are the real ones; only the model and the search are scripted."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar

import sqlalchemy
from sqlalchemy import func, select

from governance.audit.log import AuditLog
from governance.charter.charter import Charter
from governance.charter.load import load_text
from governance.clock import utc_now
from governance.energy.book import EnergyBook
from governance.energy.estimate import EnergyEstimator
from governance.energy.ledger import EnergyLedger
from governance.energy.reading import Meter, Method, Reading, Why
from governance.events import Completed, Delta, Event, Failed, Refused
from governance.exchange import Caller, Exchange, ExchangeRequest, Turn
from governance.keys import InstanceKeys
from governance.pii.analyzer import PiiAnalyzer
from governance.pii.pseudonymise import Pseudonymiser
from governance.pii.tables import pii_mappings
from governance.pii.vault import MappingVault
from governance.pii.watch import OutputWatch
from governance.proxy import Road
from governance.quotas.ledger import QuotaLedger
from governance.repetition.store import KeptAnswers
from governance.review.queue import ReviewQueue
from governance.sealing import PersonKeys, Sealer
from governance.stages.accept import Accept
from governance.stages.generate import Generate
from governance.stages.ground import Ground
from governance.stages.hold import Hold
from governance.stages.judge import Judge
from governance.stages.pseudonymise import Pseudonymise
from governance.stages.quote import Quote
from governance.stages.repeat import Repeat
from governance.stages.reserve import Reserve
from governance.stages.retrieve import Caveats, Retrieve
from governance.stages.settle import Settle
from governance.uses.judge import UseJudge
from governance.uses.output import OutputJudge, PassageJudge
from models.protocol import (
    Called,
    EngineEvent,
    Finished,
    FinishReason,
    GenerationRequest,
    Message,
    ModelInfo,
    Prefilled,
    Queued,
    Sampling,
    Token,
    Tool,
    ToolCall,
    Usage,
    Vectors,
    Work,
)
from rag.citations import PassageCitationChecker
from rag.gate import SourceGate
from rag.protocol import Caveat, CitationChecker, Extract, Hit, Passage, Retrieval
from rag.text.repeats import as_meant

CHARTER = r"""
charter: 1
organisation:
  name: Val d'Exemple
  dpo: {name: Déléguée, email: dpo@val-exemple.fr}
  contact: {name: Informatique, email: aide@val-exemple.fr}
uses:
  - id: tri-candidatures
    title: Trier des candidatures
    effect: forbid
    reason: Choisir qui sera reçu engage la vie d'une personne.
    legal_basis: ["Règlement (UE) 2024/1689, annexe III, point 4 a)"]
    detect: {patterns: ['\bclasse\w*\b.{0,60}\bcandidat']}
    message: Je ne classe pas de candidatures.
    instead: Je peux préparer une grille d'entretien.
    contact: dpo
  - id: courrier-disciplinaire
    title: Courrier disciplinaire
    effect: review
    reason: Une personne relit.
    detect: {patterns: ['\bavertissement disciplinaire\b']}
    message: Faites relire ce courrier.
services:
  - id: rh
    title: Ressources humaines
    quotas:
      - {metric: requests, period: day, limit: 500}
      - {metric: tokens, period: month, limit: 10000000}
      - {metric: wh, period: day, limit: 1000}
  - id: petit
    title: Petit service
    weight: 2
    quotas: [{metric: requests, period: day, limit: 1}]
personal_data:
  IBAN_CODE: block
"""
REVISION = "sha256:" + "0" * 64
TEXT = "Le salarié acquiert deux jours et demi ouvrables de congés payés par mois de travail."
ANSWER = ("Le salarié acquiert ", "deux jours et demi ouvrables ", "de congés par mois [1].")
QUESTION = "Combien de jours de congés payés par mois ?"
TASK = "Rédige un courriel pour Jean Dupont, joignable au 06 12 34 56 78."

E = TypeVar("E", Completed, Refused, Failed)


def passage(number: int = 1, text: str = TEXT) -> Passage:
    """A passage of a code."""
    return Passage(
        id=f"p{number}",
        document_id=f"d{number}",
        source="code-travail",
        title="Code du travail",
        section_path=("Congés payés",),
        reference="L3141-3",
        text=text,
        url=f"https://example.org/{number}",
        date="2026-01-01",
        licence="Licence Ouverte 2.0",
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


@dataclass
class ScriptedEngine:
    """Writes ``pieces``, whatever it is asked, of which some may be calls; a token a word.

    ``failure`` is raised before the piece of number ``fails_at`` (None: before anything).
    ``pauses_at`` makes it wait for ever before that piece.
    """

    pieces: Sequence[str | ToolCall] = ANSWER
    info: ModelInfo = field(
        default_factory=lambda: ModelInfo("modele", "sha256:" + "a" * 64, "Apache-2.0", 4_096)
    )
    failure: Exception | None = None
    fails_at: int | None = None
    pauses_at: int | None = None
    reason: FinishReason | None = "stop"
    requests: list[GenerationRequest] = field(default_factory=list)
    running: int = 0
    ready: bool = True
    paused: asyncio.Event = field(default_factory=asyncio.Event)

    def count_tokens(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
        """A token a word, and one a message, a call or a tool."""
        calls = sum(len(message.tool_calls) for message in messages)
        return sum(len(message.content.split()) + 1 for message in messages) + calls + len(tools)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[EngineEvent, None]:
        """Queued, Prefilled, a Token a piece, Finished."""
        self.requests.append(request)
        self.running += 1
        try:
            if self.failure is not None and self.fails_at is None:
                raise self.failure
            total = self.count_tokens(request.messages, request.tools)
            yield Queued(0)
            yield Prefilled(total, total, 0, _work())
            for number, piece in enumerate(self._written(request)):
                if self.failure is not None and self.fails_at == number:
                    raise self.failure
                if self.pauses_at == number:
                    self.paused.set()
                    await asyncio.Event().wait()
                await asyncio.sleep(0)
                if isinstance(piece, ToolCall):
                    yield Called(piece)
                else:
                    yield Token(piece, 1, _work())
            if self.reason is not None:
                usage = Usage(total, 0, len(self._written(request)), 0.0, 0.1, 0.1, 0.1)
                yield Finished(self.reason, usage)
        finally:
            self.running -= 1

    def _written(self, request: GenerationRequest) -> Sequence[str | ToolCall]:
        return self.pieces

    async def watch(self) -> None:
        """Nothing to do."""

    def forget(self, conversation: str) -> None:
        """Nothing is kept."""

    async def close(self) -> None:
        """Nothing to close."""


class EchoingEngine(ScriptedEngine):
    """Gives back the person's last turn, a character at a time."""

    def _written(self, request: GenerationRequest) -> Sequence[str | ToolCall]:
        return list(request.messages[-1].content.partition("\n")[0])


def _work() -> Work:
    now = time.monotonic()
    return Work(now - 0.001, now, 0.001)


@dataclass
class ScriptedRetriever:
    """Finds ``passages``, whatever is searched; ``unfound`` are held, and not found."""

    passages: tuple[Passage, ...] = (passage(),)
    weak: bool = False
    queries: list[list[str]] = field(default_factory=list)
    public: frozenset[str] = frozenset({"code-travail"})
    version: str = "1"
    unfound: tuple[Passage, ...] = ()
    known: tuple[Caveat, ...] = ()

    def open_to_all(self) -> frozenset[str]:
        """Those of the script."""
        return self.public

    def revision(self, sources: frozenset[str] | None) -> str:
        """That of the script."""
        return self.version

    def caveats(
        self, passages: Sequence[Passage], sources: frozenset[str] | None
    ) -> tuple[Caveat, ...]:
        """Those of the script."""
        return self.known

    def count(self, sources: frozenset[str] | None = None) -> int:
        """As many as the script holds."""
        return len(self.passages)

    def search(
        self,
        query: str,
        *,
        earlier: Sequence[str] = (),
        sources: frozenset[str] | None = None,
        limit: int = 5,
    ) -> Retrieval:
        """The first ``limit`` of the script."""
        self.queries.append([*earlier, query])
        hits = tuple(Hit(each, 1.0, 1, 1) for each in self.passages[:limit])
        return Retrieval(hits, len(self.passages), 1.0, 0.9, self.weak)

    def passage(self, passage_id: str) -> Passage | None:
        """By its identifier."""
        held = (*self.passages, *self.unfound)
        return next((each for each in held if each.id == passage_id), None)


@dataclass
class ScriptedExtractor:
    """Finds the whole text of the first passage, and is as sure as it is told to be."""

    sure: bool = False

    def extract(
        self,
        question: str,
        found: Retrieval,
        passages: Sequence[Passage],
        *,
        earlier: Sequence[str] = (),
    ) -> Extract | None:
        """All of the first."""
        text = passages[0].text
        return Extract(1, 0, len(text), text, 0.9, self.sure)


@dataclass
class SteadyMeter:
    """Twenty watts, with two cores at work."""

    method: Method = "modelled"
    idle_watts: float = 2.0
    cores: int = 2
    why: Why = field(default_factory=lambda: Why("A test."))
    known: bool = True

    def read(self) -> Reading:
        """Joules of a steady power since the machine began."""
        at = time.monotonic()
        return Reading(20.0 * at if self.known else None, 2.0 * at, at)


class NoEmbedder:
    """The charter of these tests recognises its uses by patterns: nothing is embedded."""

    name, digest, dimension = "none", "sha256:0", 1

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Not called."""
        raise AssertionError("nothing is to be embedded")

    embed_passages = embed_queries


@dataclass
class Parts:
    """What the road is made of. Change a part before the first journey."""

    database: sqlalchemy.Engine
    folder: Path
    analyzer: PiiAnalyzer
    engine: ScriptedEngine = field(default_factory=ScriptedEngine)
    retriever: ScriptedRetriever = field(default_factory=ScriptedRetriever)
    extractor: ScriptedExtractor = field(default_factory=ScriptedExtractor)
    checker: CitationChecker = field(default_factory=PassageCitationChecker)
    meter: Meter = field(default_factory=SteadyMeter)
    caveats: Caveats = field(default=lambda _passages, _sources: ())
    answers: PassageJudge = field(default_factory=lambda: OutputJudge((), NoEmbedder()))
    edition: str = "1"
    revision: str = REVISION
    later: timedelta = timedelta(0)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    @cached_property
    def keys(self) -> InstanceKeys:
        """The instance's keys."""
        return InstanceKeys.load_or_create(self.folder / "keys")

    @cached_property
    def log(self) -> AuditLog:
        """The real log."""
        return AuditLog(self.database, self.keys.signing_key, self.persons, "sobria.test/audit")

    @cached_property
    def persons(self) -> PersonKeys:
        """The persons' keys."""
        return PersonKeys(self.database, self.keys)

    @cached_property
    def reviews(self) -> ReviewQueue:
        """The real queue."""
        return ReviewQueue(self.database, self.persons, self.log)

    @cached_property
    def kept_answers(self) -> KeptAnswers:
        """The real store."""
        return KeptAnswers(self.database, self.keys, now=lambda: utc_now() + self.later)

    @cached_property
    def quotas(self) -> QuotaLedger:
        """The real ledger."""
        return QuotaLedger(self.database)

    @cached_property
    def energy(self) -> EnergyLedger:
        """The real ledger, on a steady meter."""
        return EnergyLedger(self.meter)

    @cached_property
    def estimator(self) -> EnergyEstimator:
        """The real estimator."""
        return EnergyEstimator()

    @cached_property
    def book(self) -> EnergyBook:
        """The real book."""
        return EnergyBook(self.database)

    @cached_property
    def vault(self) -> MappingVault:
        """The real vault."""
        return MappingVault(self.database, Sealer(self.keys.derive("pseudonyms")))

    @cached_property
    def pseudonymiser(self) -> Pseudonymiser:
        """The real pseudonymiser."""
        return Pseudonymiser(self.analyzer, self.vault)

    @cached_property
    def watch(self) -> OutputWatch:
        """The real watch of the output."""
        return OutputWatch(self.analyzer)

    @cached_property
    def judge(self) -> UseJudge:
        """The real judge of the small charter."""
        return UseJudge(self._charter.rules, NoEmbedder())

    @cached_property
    def _charter(self) -> Charter:
        return load_text(CHARTER)

    @cached_property
    def settle(self) -> Settle:
        """The end of every exchange."""
        return Settle(
            energy=self.energy,
            book=self.book,
            estimator=self.estimator,
            quotas=self.quotas,
            log=self.log,
            vault=self.vault,
            model=self.engine.info,
        )

    @cached_property
    def reserve(self) -> Reserve:
        """The stage of the quotas."""
        return Reserve(self.quotas, self.engine.count_tokens, self.estimator.estimate)

    @cached_property
    def road(self) -> Road:
        """The whole road, as the server wires it."""
        return Road(
            self.identify,
            [
                self.reserve,
                Pseudonymise(self.pseudonymiser, self.energy),
                Judge(lambda _exchange: self.judge, self.energy, 1),
                Accept(self.log, self.engine.info.name),
                Retrieve(self.retriever, self.energy, 1, caveats=self.caveats),
                Quote(self.extractor, self.energy, 1),
                Repeat(
                    self.kept_answers,
                    self.energy,
                    self.engine.info,
                    self.retriever,
                    lambda question, _locale: as_meant(question),
                    self.edition,
                ),
                Generate(
                    self.engine,
                    self.pseudonymiser,
                    self.watch,
                    self.energy,
                    lambda _exchange: self.answers,
                    self.checker,
                    SourceGate,
                    1,
                ),
                Ground(self.watch, self.pseudonymiser, self.energy),
                Hold(self.reviews),
            ],
            self.settle,
        )

    def identify(self, request: ExchangeRequest) -> Exchange:
        """An exchange under the small charter, with its energy account open."""
        rules = self._charter.effective(request.caller.service)
        self.energy.account(request.id)
        return Exchange(request, utc_now(), self.revision, self._charter, rules)

    def ask(
        self,
        *texts: str,
        service: str = "rh",
        locale: Literal["fr", "en"] = "fr",
        conversation: str | None = None,
        ephemeral: bool = False,
        max_tokens: int = 100,
        answer: Literal["auto", "text"] = "text",
    ) -> ExchangeRequest:
        """A request whose turns alternate, the person's last."""
        number = next(self._numbers)
        roles: list[Literal["user", "assistant"]] = ["user", "assistant"]
        last = len(texts) - 1
        return ExchangeRequest(
            id=f"e{number}-{secrets.token_hex(4)}",
            caller=Caller("p" + "0" * 32, service, locale),
            conversation_id=conversation or f"c{number}",
            turns=tuple(Turn(roles[(last - i) % 2], text) for i, text in enumerate(texts)),
            sampling=Sampling(max_tokens=max_tokens),
            surface="api" if ephemeral else "chat",
            ephemeral=ephemeral,
            answer=answer,
        )

    async def travelled(self, request: ExchangeRequest) -> list[Event]:
        """All the events of an exchange."""
        async with aclosing(self.road.travel(request)) as events:
            return [event async for event in events]

    def travel(self, request: ExchangeRequest) -> list[Event]:
        """All the events of an exchange, in an event loop of its own."""
        return asyncio.run(self.travelled(request))

    def completed(self, request: ExchangeRequest) -> Completed:
        """The end of an exchange that succeeds."""
        return ending(self.travel(request), Completed)

    def refused(self, request: ExchangeRequest) -> Refused:
        """The end of an exchange that is refused."""
        return ending(self.travel(request), Refused)

    def failed(self, request: ExchangeRequest) -> Failed:
        """The end of an exchange that fails."""
        return ending(self.travel(request), Failed)

    def recorded(self, request: ExchangeRequest) -> list[str]:
        """The types of the log's records about an exchange, in order."""
        return [entry.type for entry in self.log.entries_of(request.id)]

    def mappings(self) -> int:
        """How many conversations have a mapping at rest."""
        with self.database.connect() as connection:
            return connection.execute(select(func.count()).select_from(pii_mappings)).scalar_one()

    def assert_books_closed(self) -> None:
        """No reservation held, no energy account open, no generation running."""
        assert self.quotas.held() == []
        assert self.energy.accounts() == []
        assert self.engine.running == 0
        assert self.log.open_exchanges() == []


def ending(events: Sequence[Event], kind: type[E]) -> E:
    """The last event, which must be of ``kind``, the only end among them."""
    ends = [event for event in events if isinstance(event, Completed | Refused | Failed)]
    assert len(ends) == 1
    assert events[-1] is ends[0]
    assert isinstance(ends[0], kind), ends[0]
    return ends[0]


def streamed(events: Sequence[Event]) -> str:
    """The text that was streamed."""
    return "".join(event.text for event in events if isinstance(event, Delta))
