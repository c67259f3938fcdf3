"""Builds every component from the settings, and wires the road: the one place that knows all."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from functools import partial

import structlog
from anyio import to_thread
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from governance.audit.errors import AuditError
from governance.audit.recovery import close_interrupted
from governance.charter.charter import Charter
from governance.charter.revisions import CharterInForce, CharterStore
from governance.charter.schema import ENTITIES
from governance.clock import utc_now
from governance.energy.book import EnergyBook
from governance.energy.carbon import carbon_intensity
from governance.energy.estimate import EnergyEstimator
from governance.energy.ledger import EnergyLedger
from governance.energy.meter import detect_meter
from governance.exchange import Caller, Exchange, ExchangeRequest, ephemeral_conversation
from governance.messages import N_
from governance.pii.analyzer import PiiAnalyzer
from governance.pii.entities import WORDS
from governance.pii.errors import PiiError
from governance.pii.pseudonymise import Pseudonymiser
from governance.pii.vault import MappingVault
from governance.pii.watch import OutputWatch
from governance.proxy import Road
from governance.quotas.errors import QuotaUnavailable, UnknownReservation
from governance.quotas.ledger import QuotaLedger
from governance.quotas.retention import Retention
from governance.sealing import Sealer
from governance.stages.accept import Accept
from governance.stages.generate import Generate
from governance.stages.ground import Ground
from governance.stages.hold import Hold
from governance.stages.judge import Judge
from governance.stages.pseudonymise import Pseudonymise
from governance.stages.quote import Quote
from governance.stages.repeat import Repeat
from governance.stages.reserve import Reserve
from governance.stages.retrieve import Retrieve
from governance.stages.settle import Settle
from governance.uses.arbiter import Arbiter
from models.catalogue import load_catalogue
from models.factory import EngineSpec, build_engine
from models.protocol import Embedder, Engine, Work
from rag.citations import PassageCitationChecker
from rag.excerpts import excerpt
from rag.extraction import SentenceExtractor
from rag.gate import SourceGate
from rag.retrieval import HybridRetriever
from server.books import Books, open_books
from server.cleaning import cleaner_of
from server.embedding import Embedded, Embedding
from server.errors import NotStarted
from server.expiry import expire, expire_conversations
from server.following import follow_charter
from server.judges import Judges, charter_store, uses_cache
from server.knowledge import (
    Knowledge,
    configured_embedder,
    configured_reranker,
    models_dir,
)
from server.repetition import edition, same_question
from server.settings import Settings

_log = structlog.get_logger("sobria.assembly")

CONTROLS = frozenset(
    {
        *("quotas", "personal_data", "uses", "audit", "sources", "repetition"),
        *("generation", "citations", "review"),
    }
)
"""Every control that a charter can declare; each must be a stage of the road."""

EXCERPT_CHARACTERS = 600
"""Of a passage, what the model reads: about 150 tokens, two seconds on two cores."""

INDEXING = "indexing"
"""The energy account of the vectors: never billed, so that no request pays for it."""

TOTALS_SECONDS = 60.0
DAY_SECONDS = 86_400.0


class NotWired(NotStarted):
    """The charter declares a control that the code does not have."""


@dataclass(frozen=True, slots=True)
class Assembly(Books):
    """The running parts. Made by :func:`build_assembly`; start and close it once each."""

    charter_store: CharterStore
    charter: CharterInForce
    judges: Judges
    quotas: QuotaLedger
    energy: EnergyLedger
    energy_book: EnergyBook
    vault: MappingVault
    analyzer: PiiAnalyzer
    pseudonymiser: Pseudonymiser
    engine: Engine
    embedder: Embedder
    knowledge: Knowledge
    road: Road
    embedding: Embedding
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def retriever(self) -> HybridRetriever:
        """The search."""
        return self.knowledge.retriever

    @property
    def sources(self) -> Knowledge:
        """The sources."""
        return self.knowledge

    async def embed(self, caller: Caller, texts: Sequence[str]) -> Embedded:
        """Vectors of ``texts``, on the caller's quota. Raises ExchangeRefused."""
        return await self.embedding.embed(caller, texts)

    def ready(self) -> dict[str, bool]:
        """Whether each component answers now. Reads the database and the log's head."""
        return {
            "database": _answers(self._database_answers),
            "audit": _answers(self._audit_answers),
            "charter": self.charter.get() is not None,
            "sources": _answers(lambda: self.retriever.count() > 0),
            # False while its process is started again, or while none of its servers serves.
            "model": self.engine.ready,
        }

    def _database_answers(self) -> bool:
        with self.database.connect() as connection:
            return bool(connection.execute(select(1)).scalar_one())

    def _audit_answers(self) -> bool:
        size: int = self.audit.head().size
        return size >= 0

    def start(self) -> None:
        """Close what a crash left open, then start the background work."""
        closed = close_interrupted(self.audit, self._release)
        for exchange_id in self.quotas.held():
            self._release(exchange_id)
        if closed:
            _log.warning("exchanges_interrupted", count=len(closed))
        self.quotas.beat()
        self.energy.start()
        self.knowledge.start()
        self.knowledge.sync_what_changed()
        threading.Thread(target=self._keep_house, name="housekeeping", daemon=True).start()
        follow_charter(self.charter, self.judges.warm, self.closing)

    async def close(self) -> None:
        """Stop the background work, the engine and the database, in this order."""
        self.closing.set()
        await to_thread.run_sync(self.knowledge.stop)
        await self.engine.close()
        self.energy.stop()
        self.energy_book.record_totals(self.energy.totals(), utc_now())
        self.database.dispose()

    def _release(self, exchange_id: str) -> None:
        # What a crash left: the hold of its quota, and the pseudonyms of a call that kept none.
        self.vault.destroy(ephemeral_conversation(exchange_id))
        self.reviews.withdraw(exchange_id)
        try:
            # Swept, not released: where another replica lives on with it, what it spends counts.
            self.quotas.expire(exchange_id)
        except UnknownReservation:
            _log.info("no_reservation", exchange=exchange_id)

    def _keep_house(self) -> None:
        days = 0.0
        retention = Retention(self.quotas)
        while not self.closing.wait(TOTALS_SECONDS):
            try:
                self.energy_book.record_totals(self.energy.totals(), utc_now())
                self._sweep()
                self.knowledge.sync_what_changed()
                if time.monotonic() >= days:
                    days = time.monotonic() + DAY_SECONDS
                    revision, charter = self.charter.get()
                    kept = charter.audit.retention_days
                    repeated = timedelta(days=charter.answers.repeat_days)
                    self.kept_answers.expire(utc_now() - repeated, revision)
                    expire(self, kept)
                    expire_conversations(self, kept)
                    retention.forget(kept)
            except (SQLAlchemyError, AuditError, QuotaUnavailable, PiiError) as failure:
                _log.error("housekeeping_failed", error=type(failure).__name__)

    def _sweep(self) -> None:
        """Give back the quota that exchanges of dead processes still hold."""
        for exchange_id in self.quotas.sweep():
            _log.warning("hold_swept", exchange=exchange_id)


def _answers(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (SQLAlchemyError, AuditError, OSError):
        return False


def build_assembly(settings: Settings) -> Assembly:
    """Open the books, load the models, check that every control is wired.

    Raises:
        NotWired: the charter declares what the code does not have.
        KeysRefused, SQLAlchemyError, ModelsError, RagError, CharterInvalid: as the parts do.
    """
    books = open_books(settings)
    database = books.database
    weights = models_dir(settings)
    store = charter_store(books)
    charter = CharterInForce(store)
    books.audit.name_revision(lambda: charter.get()[0])
    embedder = configured_embedder(settings)
    judges = Judges(charter, embedder, uses_cache(settings))
    reranker = configured_reranker(settings)
    # The three slow ones load side by side; whichever fails, nothing starts.
    with ThreadPoolExecutor() as loading:
        engine_loaded = loading.submit(build_engine, _engine_spec(settings), weights)
        analyzer_loaded = loading.submit(PiiAnalyzer)
        judge_made = loading.submit(judges.warm)
        meter = detect_meter()
    engine, analyzer = engine_loaded.result(), analyzer_loaded.result()
    judge_made.result()
    energy = EnergyLedger(meter, carbon=carbon_intensity(charter.get()[1].energy.zone))
    energy_book = EnergyBook(database, settings.timezone)
    quotas = QuotaLedger(database, lambda: charter.get()[1].organisation.timezone)
    vault = MappingVault(database, Sealer(books.keys.derive("pseudonyms")))
    pseudonymiser = Pseudonymiser(analyzer, vault)
    watch = OutputWatch(analyzer)
    energy.account(INDEXING)
    knowledge = Knowledge(
        settings,
        database,
        embedder,
        lambda: cleaner_of(charter, books.keys, lambda: analyzer),
        busy=lambda: any(account != INDEXING for account in energy.accounts()),
        on_work=partial(_record_indexing, energy),
        reranker=reranker,
    )
    _check_declared(charter.get()[1], knowledge)
    charter.require(lambda declared: _check_declared(declared, knowledge))
    estimator = EnergyEstimator()
    cores = os.cpu_count() or 1
    settle = Settle(
        energy=energy,
        book=energy_book,
        estimator=estimator,
        quotas=quotas,
        log=books.audit,
        vault=vault,
        model=engine.info,
    )
    reserve = Reserve(quotas, engine.count_tokens, estimator.estimate)
    identify = _identification(charter, energy)
    road = Road(
        identify,
        [
            reserve,
            Pseudonymise(pseudonymiser, energy),
            Judge(judges.of, energy, cores, _arbiter(settings, engine, energy)),
            Accept(books.audit, engine.info.name),
            Retrieve(knowledge.retriever, energy, cores, _shorten, knowledge.caveats),
            Quote(SentenceExtractor(embedder), energy, cores),
            Repeat(books.kept_answers, energy, engine.info, knowledge, same_question, edition()),
            Generate(
                engine,
                pseudonymiser,
                watch,
                energy,
                judges.answers_of,
                PassageCitationChecker(embedder, knowledge.vocabulary),
                SourceGate,
                cores,
            ),
            Ground(watch, pseudonymiser, energy),
            Hold(books.reviews),
        ],
        settle,
    )
    _check_wired(road)
    return Assembly(
        **{each.name: getattr(books, each.name) for each in fields(books)},
        charter_store=store,
        charter=charter,
        judges=judges,
        quotas=quotas,
        energy=energy,
        energy_book=energy_book,
        vault=vault,
        analyzer=analyzer,
        pseudonymiser=pseudonymiser,
        engine=engine,
        embedder=embedder,
        knowledge=knowledge,
        road=road,
        embedding=Embedding(
            identify, reserve, books.audit, embedder, engine.count_tokens, energy, settle, cores
        ),
    )


def _engine_spec(settings: Settings) -> EngineSpec:
    if settings.model_url is not None:
        key = settings.model_api_key.get_secret_value() if settings.model_api_key else None
        return EngineSpec(
            "openai", settings.model, settings.model_url, key, settings.context_length
        )
    return EngineSpec(
        "llama",
        settings.model,
        context_length=settings.context_length,
        threads=settings.threads,
        memory=settings.engine_memory,
        reproducible=settings.engine_reproducible,
    )


def _arbiter(settings: Settings, engine: Engine, energy: EnergyLedger) -> Arbiter | None:
    """What asks the model where likeness is in doubt; None where the model is known not to be able
    to tell, so that nobody waits for an answer that says nothing."""
    entry = load_catalogue(models_dir(settings)).get(settings.model)
    if settings.model_url is None and entry is not None and not entry.arbitrates:
        return None
    return Arbiter(engine, energy.record)


def _identification(
    charter: CharterInForce, energy: EnergyLedger
) -> Callable[[ExchangeRequest], Exchange]:
    """Opens an exchange under the charter in force; the service bounds the answer."""

    def identify(request: ExchangeRequest) -> Exchange:
        revision, declared = charter.get()
        rules = declared.effective(request.caller.service)
        sampling = replace(
            request.sampling, max_tokens=min(request.sampling.max_tokens, rules.max_tokens)
        )
        energy.account(request.id)
        return Exchange(
            request=replace(request, sampling=sampling),
            started_at=utc_now(),
            charter_revision=revision,
            charter=declared,
            rules=rules,
        )

    return identify


def _record_indexing(energy: EnergyLedger, work: Work) -> None:
    energy.record(INDEXING, "other", work)


def _shorten(text: str, query: str) -> str:
    return excerpt(text, query, EXCERPT_CHARACTERS)


def _check_wired(road: Road) -> None:
    """Every control that a charter declares is a stage of the road, or nothing starts."""
    missing = CONTROLS - road.controls
    if missing:
        raise NotWired(
            N_("These controls are not wired, so the server does not start: {controls}."),
            controls=", ".join(sorted(missing)),
        )


def _check_declared(charter: Charter, knowledge: Knowledge) -> None:
    """What the charter names must exist here: nothing is governed on paper only."""
    undetected = set(ENTITIES) - set(WORDS)
    if undetected:
        raise NotWired(
            N_("The charter names personal data that nothing detects: {names}."),
            names=", ".join(sorted(undetected)),
        )
    known = {source.id for source in knowledge.declared}
    for service in charter.services:
        unknown = (charter.effective(service.id).sources or frozenset()) - known
        if unknown:
            raise NotWired(
                N_("The charter's service “{service}” names sources that do not exist: {names}."),
                service=service.id,
                names=", ".join(sorted(unknown)),
            )
