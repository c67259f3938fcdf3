"""A server whose books are real and whose road follows a script: to test the surfaces alone."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from governance.audit.leaf import AuditRecord
from governance.audit.log import AuditLog
from governance.charter.charter import Charter
from governance.charter.revisions import CharterInForce, CharterStore
from governance.clock import iso, utc_now
from governance.energy.bill import Totals
from governance.energy.book import EnergyBook
from governance.events import (
    Accepted,
    Completed,
    Delta,
    Event,
    Failed,
    Prompted,
    Reading,
    Refusal,
    RefusalCause,
    Refused,
    ReviewAsked,
    Searching,
    SourcesFound,
    ToolCalled,
    Waiting,
)
from governance.exchange import Caller, ExchangeRequest
from governance.pii.analyzer import PiiAnalyzer
from governance.pii.errors import AnalysisFailed
from governance.pii.finding import Finding
from governance.pii.pseudonymise import Pseudonymiser
from governance.pii.vault import MappingVault
from governance.quotas.ledger import QuotaLedger
from governance.receipt import (
    ArticlePart,
    CaveatPart,
    EnergyPart,
    GroundingPart,
    LabelPart,
    ModelPart,
    Receipt,
    SourcePart,
    TokenPart,
)
from governance.sealing import Sealer
from governance.stages.stage import ExchangeRefused
from governance.uses.verdict import Verdict
from models.protocol import Message, ModelInfo, ToolCall, Usage
from rag.protocol import Caveat, CheckedSentence, CitedArticle, Grounding, Passage
from rag.store import Beside
from server.books import Books, open_books
from server.embedding import Embedded
from server.judges import charter_store
from server.settings import Settings
from web.views import SourceStatusView

CHARTER = """
charter: 1
organisation:
  name: "Commune d'Exemple"
  dpo: {name: "Déléguée à la protection des données", email: dpo@exemple.fr}
  contact: {name: "Informatique", email: assistance@exemple.fr}
assistant:
  name: Sobria
  examples: ["Combien de jours de congés payés acquiert-on par mois ?"]
uses:
  - id: tri-candidatures
    title: "Trier des candidatures"
    effect: forbid
    reason: "Choisir qui est reçu engage la vie d'une personne."
    legal_basis: ["Règlement (UE) 2024/1689, annexe III, point 4 a)"]
    detect:
      examples: ["Classe ces trois candidats du meilleur au moins bon."]
      counter_examples: ["Quelles règles encadrent le tri de CV par une IA ?"]
    message: "Sobria ne trie pas les candidatures."
    instead: "Demandez les règles du recrutement."
    contact: dpo
services:
  - id: rh
    title: "Ressources humaines"
    quotas:
      - {metric: requests, period: day, limit: 400}
      - {metric: wh, period: month, limit: 900}
  - id: compta
    title: "Comptabilité"
personal_data:
  may_keep: [PERSON, FR_ADDRESS]
  custom:
    - name: NUMERO_DOSSIER
      title: "Numéro de dossier"
      placeholder: DOSSIER
      pattern: 'DOS-[0-9]{4}'
      examples: ["Le dossier DOS-1234 est clos."]
"""

TEXT = "Tout salarié a droit à deux jours et demi ouvrables de congé par mois de travail effectif."
PASSAGE = Passage(
    id="p1",
    document_id="d1",
    source="fiches",
    title="Les congés payés",
    section_path=("Durée", "Acquisition"),
    reference="L3141-3",
    text=TEXT,
    url="https://travail-emploi.gouv.fr/les-conges-payes",
    date="2026-03-13",
    licence="Licence Ouverte 2.0",
    digest=hashlib.sha256(TEXT.encode()).hexdigest(),
    **(
        {"publisher": "Ministère du Travail"} if "publisher" in Passage.__dataclass_fields__ else {}
    ),
)
NEXT = replace(PASSAGE, id="p2", section_path=("Durée", "Report"), text="Les jours se reportent.")
OWN = replace(PASSAGE, id="o1", document_id="d2", source="documents", title="Note interne")
ARTICLE = CitedArticle("L3141-3", "Code du travail, article L3141-3", "2026-06-01")
CAVEAT = Caveat(1, "amended", PASSAGE.date, (ARTICLE,))
ANSWER = "On acquiert 2,5 jours ouvrables par mois [1]. Le reste est incertain."
CALLS = (
    ToolCall("call_1", "send_email", '{"to": "Élodie \\"Lou\\" Le Gall"}'),
    ToolCall("call_2", "search", "{}"),
)
USAGE = Usage(120, 20, 18, 0.1, 0.5, 1.5, 2.0)
MODEL = ModelInfo("test-model", "sha256:" + "ab" * 32, "Apache-2.0", 4096, calls_tools=True)


def receipt(request: ExchangeRequest, outcome: Any, **changes: Any) -> Receipt:
    """A whole receipt."""
    base = Receipt(
        exchange=request.id,
        outcome=outcome,
        service=request.caller.service,
        started_at=iso(utc_now()),
        ended_at=iso(utc_now()),
        answer_sha256=hashlib.sha256(ANSWER.encode()).hexdigest(),
        model=ModelPart(name=MODEL.name, digest=MODEL.digest),
        charter_revision="cd" * 32,
        decisions=(),
        masked={"PERSON": 1},
        never_restored=(),
        output_flags={},
        sources=(
            SourcePart(
                number=1,
                passage_id="p1",
                digest=PASSAGE.digest,
                title=PASSAGE.title,
                reference=PASSAGE.reference,
                url=PASSAGE.url,
                date=PASSAGE.date,
                cited=True,
                caveats=(
                    CaveatPart(
                        kind="amended",
                        date=CAVEAT.date,
                        articles=(
                            ArticlePart(
                                reference=ARTICLE.reference,
                                title=ARTICLE.title,
                                date=ARTICLE.date,
                            ),
                        ),
                    ),
                ),
            ),
        ),
        grounding=GroundingPart(supported=1, unsupported=1, not_factual=0, score=0.5),
        tokens=TokenPart(prompt=120, cached=20, completion=18),
        energy=EnergyPart(
            wh=0.12,
            method="modelled",
            steps_wh={"prefill": 0.05, "decode": 0.07},
            carbon_grams=0.004,
            carbon_source="ADEME 2026",
            embodied_grams=None,
            energy_class="C",
        ),
        quota=(),
        label=LabelPart(ai_generated=outcome == "completed", mention="Réponse d'une IA."),
        record=1,
        accepted_record=0,
    )
    return base.model_copy(update=changes)


def refusal(cause: RefusalCause = "use", **changes: Any) -> Refusal:
    """A refusal, by default that of the charter's use."""
    if cause != "use":
        return replace(Refusal(cause, "The quota is used up.", {}), **changes)
    return Refusal(
        cause="use",
        message_id="",
        params={},
        use_id="tri-candidatures",
        title="Trier des candidatures",
        reason="Choisir qui est reçu engage la vie d'une personne.",
        legal_basis=("Règlement (UE) 2024/1689, annexe III, point 4 a)",),
        message="Sobria ne trie pas les candidatures.",
        instead="Demandez les règles du recrutement.",
        contact="dpo@exemple.fr",
    )


@dataclass
class ScriptedRoad:
    """Follows ``plan``: answer, calls, a refusal's cause, fail, break, hang in the middle, or queue
    before the answer. ``slow`` are the seconds that the search takes.

    It writes «accepted» and the end in the real log, as the road does.
    """

    audit: AuditLog
    plan: str = "answer"
    held: Callable[[ExchangeRequest], None] = lambda _request: None
    requests: list[ExchangeRequest] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    slow: float = 0.0

    async def travel(self, request: ExchangeRequest) -> AsyncGenerator[Event, None]:
        self.requests.append(request)
        if self.plan in {"use", "quota", "personal_data", "service"}:
            yield Refused(request.id, refusal(self.plan), receipt(request, "refused"))
            return
        self._write(request, "accepted", "la question de [PERSONNE_1]")
        yield Accepted(request.id, self.audit.head().size - 1, ((0, 3),), {"PERSON": 1})
        yield Searching(2219)
        await asyncio.sleep(self.slow)
        yield SourcesFound((PASSAGE,), (CAVEAT,))
        yield Prompted((Message("system", "Consigne."), Message("user", "[PERSONNE_1] ?")))
        try:
            async for event in self._generate(request):
                yield event
        except (GeneratorExit, asyncio.CancelledError):
            self.cancelled.append(request.id)
            self._write(request, "cancelled", None)
            raise

    async def _generate(self, request: ExchangeRequest) -> AsyncGenerator[Event, None]:
        if self.plan in {"busy", "too_long"}:
            wait = 12.0 if self.plan == "busy" else None
            told = refusal(self.plan, retry_after=wait)
            yield Refused(request.id, told, receipt(request, "refused"))
            return
        if self.plan == "queue":
            yield Waiting(3)
            yield Waiting(1)
        yield Waiting(0)
        yield Reading(60, 120)
        if self.plan == "calls":
            for call in CALLS:
                yield ToolCalled(call)
            self._write(request, "completed", None)
            done = receipt(request, "completed", tool_calls={"send_email": 1, "search": 1})
            yield Completed(request.id, "", None, (), "stop", USAGE, done, CALLS)
            return
        if self.plan == "held":
            self._write(request, "completed", ANSWER)
            self.held(request)
            asked = ReviewAsked(request.id, "courrier", "hold", "contact", "Informatique")
            done = receipt(request, "completed")
            yield Completed(request.id, "", None, (), "stop", USAGE, done, (), asked)
            return
        yield Delta("On acquiert 2,5 jours ")
        match self.plan:
            case "fail":
                yield Failed(request.id, "Broken", "It failed: {exchange}.", {"exchange": "x"})
                return
            case "break":
                raise RuntimeError("Jean Dupont, 06 12 34 56 78")
            case "hang":
                await asyncio.Event().wait()
        yield Delta("ouvrables par mois [1]. Le reste est incertain.")
        self._write(request, "completed", ANSWER)
        sentences = (
            CheckedSentence("On acquiert 2,5 jours ouvrables par mois.", "supported", (1,), 0.9),
            CheckedSentence("Le reste est incertain.", "unsupported", (), 0.1),
        )
        yield Completed(
            request.id,
            ANSWER,
            Grounding(ANSWER, sentences, (1,), 0.5),
            (PASSAGE,),
            "stop",
            USAGE,
            receipt(request, "completed", turns_left_out=request.left_out),
        )

    def _write(self, request: ExchangeRequest, kind: Any, text: str | None) -> None:
        data: dict[str, Any] = {"surface": request.surface, "masked": {"PERSON": 1}}
        if kind != "accepted":
            data = {"receipt": receipt(request, kind).model_dump(mode="json", exclude={"record"})}
        caller = request.caller
        record = AuditRecord(kind, request.id, caller.subject, caller.service, "cd" * 32, data)
        self.audit.append(record, text)


class OnePassage:
    """A retriever that finds one passage; ``held`` are those that there are."""

    held: tuple[Passage, ...] = (PASSAGE, NEXT, OWN)

    def count(self, sources: frozenset[str] | None = None) -> int:
        return 1

    def search(self, query: str, **_: Any) -> Any:
        raise AssertionError("the road is scripted")

    def passage(self, passage_id: str) -> Passage | None:
        return next((each for each in self.held if each.id == passage_id), None)


@dataclass
class OneSource:
    """The sources' service, with one source."""

    synced: list[str] = field(default_factory=list)

    def statuses(self) -> tuple[SourceStatusView, ...]:
        return (
            SourceStatusView(
                id="fiches",
                title="Fiches du ministère",
                owner="Ministère du Travail",
                licence="Licence Ouverte 2.0",
                url="https://travail-emploi.gouv.fr",
                kind="npm-fiches",
                documents=269,
                passages=2219,
                vectors=0.5,
                synced_at=utc_now(),
                complete_at=utc_now(),
                problems=(),
            ),
        )

    def caveats(
        self, passages: Sequence[Passage], allowed: frozenset[str] | None
    ) -> tuple[Caveat, ...]:
        return tuple(
            replace(CAVEAT, passage=number)
            for number, passage in enumerate(passages, 1)
            if passage.id == PASSAGE.id
        )

    def beside(self, passage_id: str) -> Beside | None:
        among = {
            "p1": Beside(1, 2, None, NEXT),
            "p2": Beside(2, 2, PASSAGE, None),
            "o1": Beside(1, 1, None, None),
        }
        return among.get(passage_id)

    def held_until(self, title: str, date: str) -> str:
        return "2026-10-01" if (title, date) == (PASSAGE.title, PASSAGE.date) else ""

    def sync(self, source_id: str) -> None:
        self.synced.append(source_id)


class Meter:
    method = "modelled"


class Energy:
    """An energy ledger at rest."""

    meter = Meter()

    def totals(self) -> Totals:
        return Totals(7200.0, 3600.0, 3000.0, 600.0)


class Embedder:
    """Unit vectors of three dimensions."""

    name, digest, dimension = "test-embedder", "sha256:" + "ef" * 32, 3


class OneEngine:
    info = MODEL
    ready = True

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    async def watch(self) -> None:
        """Nothing to do."""

    def forget(self, conversation: str) -> None:
        self.forgotten.append(conversation)


@cache
def analyzer() -> PiiAnalyzer:
    """The real one, of which a process needs one; its model takes a second to load."""
    return PiiAnalyzer()


@dataclass
class Analyzer:
    """The real analyser, loaded by the first test that needs it; ``broken`` has it fail."""

    broken: bool = False

    def find(self, text: str, language: str = "fr", **more: Any) -> list[Finding]:
        if self.broken:
            raise AnalysisFailed("OSError")
        return analyzer().find(text, language, **more)


class ByFirstUse:
    """A judge that holds what speaks of candidates, unless it asks for rules, as the first use
    says."""

    def __init__(self, charter: Charter) -> None:
        self._use = charter.uses[0]

    def judge(self, service: str, texts: Sequence[str]) -> Verdict:
        held = "candidat" in texts[-1]
        effect = self._use.effect if held else "allow"
        name = self._use.id if held else None
        return Verdict(effect, name, "pattern", 1.0, None, 0.0, ())

    def judge_left_out(self, service: str, text: str) -> Verdict:
        return self.judge(service, [text])


@dataclass
class Judges:
    """Counts how often the judge of the charter in force was made."""

    warmed: int = 0
    charter: CharterInForce | None = None

    def warm(self) -> None:
        self.warmed += 1

    def in_force(self) -> ByFirstUse:
        assert self.charter is not None
        return ByFirstUse(self.charter.get()[1])

    def make(self, charter: Charter) -> ByFirstUse:
        return ByFirstUse(charter)


@dataclass
class Parts:
    """What the app needs of an assembly."""

    books: Books
    charter: CharterInForce
    charter_store: CharterStore
    road: ScriptedRoad
    quotas: QuotaLedger
    energy_book: EnergyBook
    vault: MappingVault
    analyzer: Analyzer
    pseudonymiser: Pseudonymiser
    embedding_refused: bool = False
    healthy: bool = True
    retriever: OnePassage = field(default_factory=OnePassage)
    sources: OneSource = field(default_factory=OneSource)
    energy: Energy = field(default_factory=Energy)
    embedder: Embedder = field(default_factory=Embedder)
    engine: OneEngine = field(default_factory=OneEngine)
    judges: Judges = field(default_factory=Judges)
    started: bool = False
    closed: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.books, name)

    def ready(self) -> dict[str, bool]:
        return {"database": True, "model": self.healthy}

    def start(self) -> None:
        self.started = True

    async def close(self) -> None:
        self.closed = True

    async def embed(self, caller: Caller, texts: Sequence[str]) -> Embedded:
        if self.embedding_refused:
            raise ExchangeRefused(refusal("quota"))
        vectors = np.array([[len(text), 0.5, -1.0] for text in texts], dtype=np.float32)
        return Embedded("e1", vectors, 3 * len(texts), 7)


def make_parts(settings: Settings) -> Parts:
    """Real books in the settings' folder, and a scripted road."""
    books = open_books(settings)
    store = charter_store(books)
    store.save(CHARTER, "tests", "first", None)
    charter = CharterInForce(store)
    vault = MappingVault(books.database, Sealer(books.keys.derive("pseudonyms")))
    analyzer = Analyzer()
    return Parts(
        books=books,
        charter=charter,
        charter_store=store,
        judges=Judges(charter=charter),
        road=ScriptedRoad(books.audit),
        quotas=QuotaLedger(books.database),
        energy_book=EnergyBook(books.database),
        vault=vault,
        analyzer=analyzer,
        pseudonymiser=Pseudonymiser(cast(PiiAnalyzer, analyzer), vault),
    )


def settings_in(folder: Path, **changes: Any) -> Settings:
    """Settings for tests: everything in ``folder``, nothing from the environment's files."""
    build: Callable[..., Settings] = Settings
    return build(_env_file=None, data_dir=folder, allowed_hosts="testserver", **changes)
