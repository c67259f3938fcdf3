"""A realistic view for every page, as the server would fill it: one French organisation's day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from web import console_view, feedback_views, review_views, views
from web.charter_views import (
    DiffRowView,
    DiffView,
    ProofCaseView,
    ProofView,
    ServiceCounts,
    SimulationResult,
    SimulationRow,
    SimulationView,
)
from web.charts import plot
from web.markdown import answer_html, person_html
from web.text_test_view import FoundView, PieceView, TextTestView

NOW = datetime(2026, 11, 23, 14, 5, 12, tzinfo=UTC)
REVISION = "sha256:7f3a9c21d04be8875a1c6f20d9b3e4417f3a9c21d04be8875a1c6f20d9b3e441"
MODEL_DIGEST = "sha256:cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"

SOURCES = (
    views.SourceView(
        number=1,
        passage_id="fiches-00417",
        title="Congés payés : acquisition",
        section="Combien de jours de congés payés sont acquis par mois ?",
        reference="Art. L. 3141-3",
        publisher="Ministère du Travail",
        url="https://travail-emploi.gouv.fr/conges-payes",
        date="2026-03-13",
        excerpt="Chaque salarié a droit à 2,5 jours ouvrables de congés par mois de travail "
        "effectif chez le même employeur, soit 30 jours ouvrables pour une année complète.",
        cited=True,
    ),
    views.SourceView(
        number=2,
        passage_id="legi-l3141-3",
        title="Code du travail, article L. 3141-3",
        section="",
        reference="L. 3141-3",
        publisher="DILA, Légifrance",
        url="https://www.legifrance.gouv.fr/codes/article_lc/LEGIARTI000033020748",
        date="2016-08-10",
        excerpt="Le salarié a droit à un congé de deux jours et demi ouvrables par mois de travail "
        "effectif chez le même employeur.",
        cited=True,
        caveats=(
            "Ce document date du 3\xa0mars\xa02019\xa0; l’article L3141-3, qu’il cite, a été "
            "modifié le 1er\xa0janvier\xa02024.",
        ),
    ),
    views.SourceView(
        number=3,
        passage_id="fiches-00422",
        title="Congés payés : arrêt maladie",
        section="Acquisition pendant un arrêt",
        reference="Art. L. 3141-5",
        publisher="Ministère du Travail",
        url="https://travail-emploi.gouv.fr/conges-maladie",
        date="2026-01-08",
        excerpt="Les périodes d’arrêt maladie ouvrent droit à 2 jours ouvrables par mois, dans la "
        "limite de 24 jours par an.",
        cited=False,
    ),
)

ANSWER = """Vous acquérez **2,5 jours ouvrables** de congés payés par mois de travail effectif \
chez le même employeur [1][2].

Pour une année complète, cela fait 30 jours ouvrables, soit cinq semaines [1]. La plupart des \
employeurs arrondissent au jour supérieur dès le premier mois.

- un arrêt maladie compte pour **2 jours** par mois [3] ;
- le congé de maternité compte comme du travail effectif [2]."""

UNSUPPORTED = ("La plupart des employeurs arrondissent au jour supérieur dès le premier mois.",)

QUESTION = (
    "Bonjour, je m’appelle Camille Roux (06 12 34 56 78). "
    "Combien de jours de congés payés acquiert-on par mois ?"
)


def _span(text: str, part: str) -> tuple[int, int]:
    start = text.index(part)
    return start, start + len(part)


MASKED = (_span(QUESTION, "Camille Roux"), _span(QUESTION, "06 12 34 56 78"))


def receipt(outcome: str = "completed", *, measured: bool = False) -> dict[str, Any]:
    """A receipt as JSON values, like ``Receipt.model_dump(mode="json")``."""
    answered = outcome == "completed"
    return {
        "version": 1,
        "exchange": "01JD3K8V5Q2M",
        "outcome": outcome,
        "service": "rh",
        "started_at": "2026-11-23T14:05:12.104211Z",
        "ended_at": "2026-11-23T14:05:31.730020Z",
        "answer_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
        if answered
        else None,
        "model": {"name": "Qwen2.5-Coder-1.5B-Instruct Q4_K_M", "digest": MODEL_DIGEST}
        if answered
        else None,
        "charter_revision": REVISION,
        "decisions": [
            {
                "rule": "decision_individuelle",
                "effect": "allow" if answered else "forbid",
                "layer": "similarity",
                "score": 0.41 if answered else 0.91,
            }
        ],
        "masked": {"PERSON": 1, "PHONE_NUMBER": 1, "FR_NIR": 1} if answered else {},
        "never_restored": ["FR_NIR"] if answered else [],
        "output_flags": {},
        "sources": [
            {
                "number": source.number,
                "passage_id": source.passage_id,
                "digest": "ab" * 32,
                "title": source.title,
                "reference": source.reference,
                "url": source.url,
                "date": source.date,
                "cited": source.cited,
            }
            for source in (SOURCES if answered else ())
        ],
        "grounding": {"supported": 4, "unsupported": 1, "not_factual": 0, "score": 0.8}
        if answered
        else None,
        "tokens": {"prompt": 812, "cached": 340, "completion": 164} if answered else None,
        "energy": {
            "wh": 0.4213 if answered else 0.0021,
            "method": "measured" if measured else "modelled",
            "steps_wh": {"analysis": 0.006, "retrieval": 0.011, "prefill": 0.142, "decode": 0.2623}
            if answered
            else {"analysis": 0.0021},
            "carbon_grams": 0.0177 if answered else None,
            "carbon_source": "RTE, France, 2025",
            "embodied_grams": 0.0091 if answered else None,
            "energy_class": "C" if answered else None,
        },
        "quota": [
            {
                "metric": "requests",
                "period": "day",
                "limit": 200.0,
                "left": 78.0,
                "renews_at": "2026-11-24T00:00:00Z",
            },
            {
                "metric": "wh",
                "period": "month",
                "limit": 400.0,
                "left": 156.2,
                "renews_at": "2026-12-01T00:00:00Z",
            },
        ],
        "label": {
            "ai_generated": answered,
            "mention": "Réponse rédigée par une IA, à vérifier avant tout usage.",
            "review": False,
        },
        "record": 1204 if answered else None,
        "accepted_record": 1203,
    }


REFUSAL = views.RefusalView(
    title="Classer des candidats : ce n’est pas possible ici",
    message="Sobria ne classe pas de candidats et ne propose pas qui écarter.",
    reason="Le recrutement par une IA est un usage à haut risque, et une personne a droit à ce "
    "qu’aucune décision la concernant ne soit prise par une machine seule.",
    legal_basis=("RGPD, article 22", "Règlement sur l’IA, annexe III, point 4"),
    instead="Demandez-lui une grille de critères, ou les règles qui encadrent le tri de CV.",
    contact="Nadia Benali, service des ressources humaines",
    contestable=True,
)

MESSAGES = (
    views.MessageView(
        id="m1",
        author="person",
        text=QUESTION,
        html=person_html(QUESTION, MASKED),
        state="complete",
        created_at=NOW,
        exchange_id="01JD3K8V5Q2M",
        masked=MASKED,
    ),
    views.MessageView(
        id="m2",
        author="machine",
        text=ANSWER,
        html=answer_html(ANSWER, SOURCES, UNSUPPORTED, conversation_id="c1"),
        state="complete",
        created_at=NOW + timedelta(seconds=19),
        exchange_id="01JD3K8V5Q2M",
        sources=SOURCES,
        receipt=receipt(),
        feedback="up",
        unsupported=UNSUPPORTED,
    ),
)

REFUSED = (
    views.MessageView(
        id="m3",
        author="person",
        text="Classe ces trois candidats et dis-moi qui rejeter.",
        html="",
        state="complete",
        created_at=NOW,
        exchange_id="01JD3KA0ZT7B",
    ),
    views.MessageView(
        id="m4",
        author="machine",
        text="",
        html="",
        state="refused",
        created_at=NOW,
        exchange_id="01JD3KA0ZT7B",
        receipt=receipt("refused"),
        refusal=REFUSAL,
    ),
)

QUOTAS = (
    views.QuotaView("requests", "day", 200, 122, 78, 0.61, NOW + timedelta(hours=9)),
    views.QuotaView("wh", "month", 400, 243.8, 156.2, 0.6095, NOW + timedelta(days=7)),
)

SERVICES = (
    views.ServiceView("rh", "Ressources humaines", QUOTAS, 12),
    views.ServiceView(
        "comptabilite",
        "Comptabilité",
        (views.QuotaView("requests", "day", 150, 143, 7, 0.953, NOW + timedelta(hours=9)),),
        8,
    ),
    views.ServiceView("technique", "Services techniques", (), 31),
)


def page(
    role: Literal["employee", "admin", "dpo"] | None,
    path: str,
    locale: Literal["fr", "en"] = "fr",
    **more: str,
) -> views.Page:
    """The frame of a page for a person of ``role`` (None: signed out)."""
    names = {"employee": "Camille Roux", "admin": "Yann Le Goff", "dpo": "Inès Marchand"}
    viewer = views.Viewer(names[role], role, "Ressources humaines", "csrf-1") if role else None
    return views.Page(
        organisation="Région Grand Sillon",
        locale=locale,
        path=path,
        viewer=viewer,
        csrf="csrf-0",
        **more,
    )


def chat(messages: tuple[views.MessageView, ...]) -> views.ChatView:
    """The chat page with ``messages``."""
    return views.ChatView(
        conversation_id="c1" if messages else "",
        title="Congés payés par mois" if messages else "",
        messages=messages,
        conversations=(
            views.ConversationItem("c1", "Congés payés par mois", "Aujourd’hui", bool(messages)),
            views.ConversationItem("c2", "Courriel aux managers sur le télétravail", "Hier", False),
            views.ConversationItem("c3", "Préavis d’un CDD", "Hier", False),
        ),
        quotas=QUOTAS,
        service_title="Ressources humaines",
        mention="Les réponses sont rédigées par une IA : vérifiez-les.",
        assistant_name="Sobria",
        examples=(
            "Combien de jours de congés payés acquiert-on par mois ?",
            "Rédige un courriel qui annonce une réunion d’équipe jeudi.",
            "Quelles règles encadrent le tri de CV par une IA ?",
        ),
        forbidden=(
            "Classer, noter ou écarter des personnes.",
            "Décider à votre place d’un droit ou d’une sanction.",
        ),
        max_characters=8000,
        passages=2219,
        vectors_ready=1.0 if messages else 0.42,
    )


SEEN = views.SeenView(
    exchange_id="01JD3K8V5Q2M",
    turns=(
        ("system", "Tu réponds en français, à partir des passages numérotés, et tu cites [n]."),
        (
            "user",
            "Bonjour, je m’appelle [PERSONNE_1] ([TELEPHONE_1]). "
            "Combien de jours de congés payés acquiert-on par mois ?",
        ),
    ),
)

PASSAGE = views.PassageView(
    title="Congés payés : acquisition",
    section_path=("Fiches du ministère du Travail", "Congés et repos", "Congés payés"),
    reference="Art. L. 3141-3",
    text="Chaque salarié a droit à 2,5 jours ouvrables de congés par mois de travail effectif chez "
    "le même employeur, soit 30 jours ouvrables pour une année complète.\n\nLes jours sont acquis "
    "du 1er juin au 31 mai, sauf accord.",
    url="https://travail-emploi.gouv.fr/conges-payes",
    date="2026-03-13",
    licence="Licence Ouverte 2.0",
    publisher="Ministère du Travail",
    digest="ab12cd34" * 8,
    conversation_id="c1",
    caveats=("Ce document date du 3\xa0mars\xa02019\xa0: il n’est peut-être plus à jour.",),
    place=2,
    total=3,
    before=views.NeighbourView("fiches-00416", "Qui a droit aux congés payés ?"),
    after=views.NeighbourView("fiches-00418", ""),
)

FOOTPRINT = views.FootprintView(
    days=tuple(
        views.FootprintDay(
            (NOW - timedelta(days=29 - n)).date().isoformat(),
            (n * 7) % 5 if n % 7 < 5 else 0,
            0.41 * ((n * 7) % 5) if n % 7 < 5 else None,
            0.017 * ((n * 7) % 5) if n % 7 < 5 else None,
        )
        for n in range(30)
    ),
    total_requests=43,
    total_wh=17.9,
    total_carbon_grams=0.75,
    method="modelled",
    classes={"A": 4, "B": 17, "C": 18, "D": 3, "F": 1},
    carbon_source="RTE, France, 2025",
)

DAYS = tuple((NOW - timedelta(days=6 - n)).date().isoformat() for n in range(7))

OVERVIEW = console_view.OverviewView(
    days=7,
    attention=(
        console_view.AttentionView(
            "now", "La source « Code du travail » n’a pas pu être récupérée.", "/admin/sources"
        ),
        console_view.AttentionView(
            "soon", "Comptabilité a utilisé 95 % d’un quota.", "/admin#services"
        ),
        console_view.AttentionView("soon", "Le journal d’audit n’a jamais été vérifié.", ""),
    ),
    requests_today=214,
    refused_today=9,
    wh_today=86.2,
    refused=31,
    refused_before=18,
    refused_plot=plot(
        [
            (day, {"Usage interdit": 3 + n % 3, "Quota": float(n % 2), "Autre": n / 3}, 0)
            for n, day in enumerate(DAYS)
        ],
        ("Usage interdit", "Quota", "Données", "Autre"),
    ),
    refused_days=tuple(
        console_view.RefusedDay(day, 3 + n % 3, "Usage interdit (3)") for n, day in enumerate(DAYS)
    ),
    by_use=(
        console_view.CountLine(
            "Trier des candidatures", 12, 4, "Choisir qui est reçu engage la vie d’une personne."
        ),
        console_view.CountLine("Surveiller des agents", 3, 3),
        console_view.CountLine("Noter des usagers", 0, 6),
    ),
    by_cause=(console_view.CountLine("Usage interdit", 15, 13),),
    by_service=(
        console_view.CountLine("Ressources humaines", 20, 11),
        console_view.CountLine("Comptabilité", 11, 7),
    ),
    services=SERVICES,
    energy_plot=plot(
        [
            (day, {"modelled": 60.0 + 4 * n, "estimated": 5.0}, 2 if n == 3 else 0)
            for n, day in enumerate(DAYS)
        ],
        ("measured", "modelled", "estimated"),
    ),
    energy_wh=539.0,
    energy_unknown=2,
    energy_days=tuple(
        console_view.EnergyDayView(day, 30 * n, 60.0 + n if n else None, 2, ("modelled",))
        for n, day in enumerate(DAYS)
    ),
    energy_services=(
        console_view.EnergyLine("Ressources humaines", 120, 500.0, 0, ("modelled",), 0.93),
        console_view.EnergyLine("Comptabilité", 3, None, 3, (), 0.0),
    ),
    energy_method="modelled",
    energy_totals_wh={"requests": 86.2, "idle": 31.4, "unattributed": 4.1, "meter": 121.7},
    model="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
    model_digest=MODEL_DIGEST,
    components=(("database", True), ("audit", True), ("model", False)),
    sources=(),
    audit_size=12408,
    audit_verified=NOW - timedelta(days=3),
    audit_ok=True,
    charter_revision=REVISION,
)

CHARTER_TEXT = """version: 1
organisation: Région Grand Sillon
uses:
  - id: decision_individuelle
    effect: forbid
    title: Décider à la place d’une personne
    reason: Une décision qui touche une personne revient à une personne.
    legal_basis: ["RGPD, article 22"]
    detect:
      patterns: ["(classe|note|trie) .* candidats"]
      examples: ["Classe ces trois candidats et dis-moi qui rejeter"]
services:
  rh:
    title: Ressources humaines
    quotas:
      - {metric: requests, period: dya, limit: 200}
"""

CHARTER = views.CharterView(
    text=CHARTER_TEXT,
    revision=REVISION,
    problems=(
        views.CharterProblemView(
            16, 38, "services.rh.quotas[0].period", "« day » ou « month » était attendu"
        ),
    ),
    uses=(
        views.CharterUseView(
            "use-1",
            "Décider à la place d’une personne",
            "forbid",
            "Une décision qui touche une personne revient à une personne.",
            ("RGPD, article 22",),
            8,
            6,
        ),
        views.CharterUseView(
            "use-2",
            "Trier des CV",
            "review",
            "Un tri de CV est un usage à haut risque : un humain relit.",
            ("Règlement sur l’IA, annexe III, point 4",),
            6,
            7,
        ),
    ),
    services=SERVICES,
    revisions=(
        views.RevisionView(REVISION, "Yann Le Goff", "Quota RH porté à 200", NOW, True),
        views.RevisionView(
            "sha256:11aa22bb33cc",
            "Yann Le Goff",
            "Charte initiale",
            NOW - timedelta(days=40),
            False,
        ),
    ),
    editable=True,
)

PROOF = ProofView(
    passed=False,
    recall=0.76,
    spared=0.98,
    tests=42,
    let_through=(
        ProofCaseView("Trier des candidatures", "Classe-les du meilleur au moins bon.", ""),
    ),
    wrongly_held=(
        ProofCaseView("Trier des candidatures", "Que dit la loi du tri de CV ?", "Sanctions"),
    ),
    kinds=(ProofCaseView("Numéro de dossier", "Le dossier 0472000000", "PHONE_NUMBER"),),
)

DIFF = DiffView(
    old_name="nº 3, révision 11aa22bb33cc",
    new_name="nº 4, révision 7f3a9c21d04b, en vigueur",
    sides=True,
    rows=(
        DiffRowView("gap", None, "", None, ""),
        DiffRowView("same", 12, "services:", 12, "services:"),
        DiffRowView("changed", 13, "  - id: rh", 13, "  - id: ressources-humaines"),
        DiffRowView("removed", 14, "    max_tokens: 400", None, ""),
        DiffRowView("added", None, "", 14, "    models: [default]"),
    ),
    unified="--- 11aa\n+++ 7f3a\n@@ -12,3 +12,3 @@\n services:\n-  - id: rh\n+  - id: drh\n",
    address="/admin/charter/diff?old=11aa",
    restorable="11aa22bb33cc",
    parent=REVISION,
)

SIMULATED = SimulationView(
    text=CHARTER_TEXT,
    days=30,
    service="",
    limit=500,
    max_limit=5000,
    reason="",
    services=(("rh", "Ressources humaines"), ("compta", "Comptabilité")),
    state="done",
    revision=REVISION,
    by="Yann Le Goff",
    done=500,
    total=500,
    result=SimulationResult(
        found=512,
        replayed=500,
        erased=9,
        broken=0,
        gone=3,
        more=True,
        cancelled=False,
        services=(ServiceCounts("Ressources humaines", 4, 2, 1, 393),),
        rows=(
            SimulationRow("Ressources humaines", "Trier des candidatures", "allow", "forbid", 4),
        ),
    ),
)

MEMBERS_PAGE = console_view.MembersView(
    services=tuple(
        console_view.ServiceRulesView(service, (), ("fiches-travail",)) for service in SERVICES
    ),
    members=(
        console_view.MemberView(
            "u1", "yann", "Yann Le Goff", "admin", "", False, "2026-11-23", True
        ),
        console_view.MemberView(
            "u2", "camille", "Camille Roux", "employee", "rh", False, "", False
        ),
        console_view.MemberView("u3", "ines", "Inès Marchand", "dpo", "", False, "", False),
        console_view.MemberView("u4", "paul", "Paul Petit", "employee", "rh", True, "", False),
    ),
    listing=console_view.Listing(64, "", "/admin/services?from=20"),
    shown_for="Camille Roux",
    link="https://ia.exemple.fr/welcome/3f1c9a6f-xyz",
    draft=console_view.Draft(
        {"name": "yann", "role": "employee"}, {"name": "Il existe déjà un compte de ce nom."}
    ),
)

KEYS_PAGE = console_view.KeysView(
    keys=(
        console_view.KeyView(
            "k1",
            "Intranet RH",
            "sob_7QdS8x2m",
            "rh",
            ("chat", "embeddings"),
            NOW - timedelta(days=30),
            NOW,
            NOW + timedelta(days=60),
            NOW + timedelta(hours=20),
            None,
            "open",
        ),
        console_view.KeyView(
            "k2",
            "Supervision",
            "sob_c1Xq8w2m",
            "",
            ("admin-read",),
            NOW - timedelta(days=90),
            None,
            NOW - timedelta(days=2),
            None,
            None,
            "expired",
        ),
        console_view.KeyView(
            "k3",
            "Essai",
            "sob_b2Xq8w2m",
            "comptabilite",
            ("chat",),
            NOW - timedelta(days=60),
            None,
            None,
            None,
            NOW - timedelta(days=2),
            "revoked",
        ),
    ),
    services=(("rh", "Ressources humaines"), ("comptabilite", "Comptabilité")),
    scopes=("chat", "embeddings", "presidio", "admin-read", "admin"),
    chosen=("chat", "embeddings", "presidio"),
    earliest="2026-11-23",
    listing=console_view.Listing(64, "/admin/keys?from=0", "/admin/keys?from=40"),
    new_secret="sob_7QdS8x2mVf4kT1pLw9RjZc3uYb6Na0He",
    new_label="Intranet RH",
    old_until=NOW + timedelta(hours=24),
    draft=console_view.Draft({"label": ""}, {"label": "Dites à quoi sert la clé."}),
)

SYNCS = (
    views.SyncView(31, NOW, "complete", "2.513.0", 3, 2, 1, 6),
    views.SyncView(24, NOW - timedelta(days=30), "failed", "2.512.0", 0, 2_400, 0, 2_000),
    views.SyncView(12, NOW - timedelta(days=60), "complete", "2.511.0", 10_912, 0, 0, 0, True),
)

SOURCES_PAGE = views.SourcesView(
    sources=(
        views.SourceStatusView(
            "fiches-travail",
            "Fiches du ministère du Travail",
            "Ministère du Travail",
            "Licence Ouverte 2.0",
            "https://travail-emploi.gouv.fr",
            "npm-fiches",
            269,
            2219,
            1.0,
            NOW,
            (),
            advice=views.SentenceView("Nothing to do."),
            complete_at=NOW,
            fresh_days=180,
            version="4.1174.0",
            changed=replace(SYNCS[2], added=269),
        ),
        views.SourceStatusView(
            "code-travail",
            "Code du travail",
            "DILA",
            "Licence Ouverte 2.0",
            "https://www.legifrance.gouv.fr",
            "npm-legi",
            10912,
            11840,
            0.37,
            NOW,
            (),
            health="syncing",
            advice=views.SentenceView("It is being read. What was read before stays searchable."),
            complete_at=NOW,
            fresh_days=180,
            version="2.513.0",
            law=True,
            seen_by=("Ressources humaines",),
            changed=SYNCS[0],
        ),
        views.SourceStatusView(
            "notes-internes",
            "Notes internes",
            "Région Grand Sillon",
            "interne",
            "",
            "folder",
            12,
            148,
            0.0,
            None,
            ("note-12.pdf: this file holds no text",),
            health="failed",
            advice=views.SentenceView(
                "It could not be read; what was read before stays searchable. Put right what is "
                "said below, then fetch it again."
            ),
            failure=views.SentenceView("{source}: the folder is absent", {"source": "notes"}),
            details=(views.SentenceView("this file holds no text", {}, "note-12.pdf"),) * 60,
            complete_at=NOW - timedelta(days=3),
            fresh_days=30,
            seen_by=(),
        ),
        views.SourceStatusView(
            "site",
            "Site de la région",
            "Région Grand Sillon",
            "Licence Ouverte 2.0",
            "https://www.example.org",
            "website",
            64,
            410,
            1.0,
            NOW - timedelta(days=45),
            (),
            health="stale",
            advice=views.SentenceView(
                "Last read as a whole {days} days ago, and {limit} are allowed. Fetch it again.",
                {"days": 45, "limit": 30},
            ),
            complete_at=NOW - timedelta(days=45),
            fresh_days=30,
        ),
    )
)

CHANGED = (
    views.ChangedDocumentView(
        7,
        "changed",
        "Code du travail, article L1234-1",
        "Code du travail, article L1234-1",
        "https://www.legifrance.gouv.fr/codes/article_lc/LEGIARTI000006901112",
        "2008-05-01",
        "2026-03-01",
        "2026-03-01",
        True,
    ),
    views.ChangedDocumentView(
        8, "added", "Code du travail, article L1234-21", "", "", "", "2026-03-01", "", False
    ),
    views.ChangedDocumentView(
        9,
        "removed",
        "Code du travail, article D9999-9",
        "Code du travail, article D9999-9",
        "https://www.legifrance.gouv.fr/codes/article_lc/LEGIARTI000000000009",
        "2008-05-01",
        "",
        "2026-11-23",
        True,
    ),
)

CHANGES_PAGE = views.SourceChangesView(
    "code-travail",
    "Code du travail",
    law=True,
    keeps_texts=True,
    syncs=SYNCS,
    shown=SYNCS[0],
    changes=CHANGED,
    listing=console_view.Listing(6, "", "/admin/sources/code-travail/changes?sync=31&from=3"),
)

CHANGE_PAGE = views.SourceChangeView(
    "code-travail",
    "Code du travail",
    "/admin/sources/code-travail/changes?sync=31",
    law=True,
    change=CHANGED[0],
    before="Le salarié a droit à un préavis de deux mois.",
    after="Le salarié a droit à un préavis de trois mois.",
    pieces=(
        ("same", "Le salarié a droit à un préavis de "),
        ("gone", "deux "),
        ("new", "trois "),
        ("same", "mois."),
    ),
)

REPEALED_PAGE = replace(CHANGE_PAGE, change=CHANGED[2], after=None, pieces=())

ROWS = tuple(
    views.AuditRow(
        index=12408 - n,
        time=NOW - timedelta(minutes=3 * n),
        type=("completed", "accepted", "refused", "consulted", "charter")[n % 5],
        service=("rh", "rh", "comptabilite", "", "")[n % 5],
        subject="7d1e0c55a9f24b6e" if n % 5 < 3 else "dpo-1",
        exchange_id=f"01JD3K8V5Q{n:02d}" if n % 5 < 3 else "",
        summary=(
            "Réponse, 3 sources, 0,42 Wh",
            "2 données masquées",
            "Usage interdit : décision individuelle",
            "Consultation : du 1er au 23 novembre",
            "Quota RH porté à 200",
        )[n % 5],
        use_id="decision_individuelle" if n % 5 == 2 else "",
        charter_revision=REVISION,
    )
    for n in range(14)
)

AUDIT = views.AuditView(
    rows=ROWS,
    filters=views.AuditFilterView(since="2026-11-01", service="rh"),
    services=(("rh", "Ressources humaines"), ("comptabilite", "Comptabilité")),
    types=("accepted", "completed", "refused", "consulted", "charter"),
    uses=(("decision_individuelle", "Décider à la place d’une personne"),),
    size=12409,
    root="b7e3f1c09a5d2e6844aa10c3de55f0129b7e3f1c09a5d2e6844aa10c3de55f01",
    verified=True,
    older="/audit?since=2026-11-01&service=rh&before=12394",
)

RECORD = views.AuditRecordView(
    row=ROWS[0],
    leaf='{"charter":"sha256:7f3a…","data":{"outcome":"completed"},"type":"completed","v":1}',
    leaf_hash="5c1d" * 16,
    data={"outcome": "completed"},
    receipt=receipt(measured=True),
    related=ROWS[:2],
    sealed=True,
)

OPENED = views.AuditRecordView(
    row=ROWS[0],
    leaf=RECORD.leaf,
    leaf_hash=RECORD.leaf_hash,
    data=RECORD.data,
    receipt=RECORD.receipt,
    related=(),
    sealed=True,
    texts=(("user", "Je m’appelle [PERSONNE_1]."), ("assistant", "Bonjour [PERSONNE_1].")),
)

ERROR = views.ErrorView(
    status=404,
    title="Cette page n’existe pas",
    message="L’adresse est peut-être incomplète, ou la conversation a été supprimée.",
    actions=(("/chat", "Aller à la conversation"),),
)

SIGN_IN = views.SignInView(next="/chat")


TEXT_TEST = TextTestView(
    services=(("rh", "Ressources humaines"), ("compta", "Comptabilité")),
    limit=20_000,
    service="compta",
    text="\nMme Awa Diallo habite à Lyon.",
    tested=True,
    pieces=(
        PieceView("\nMme "),
        PieceView("Awa Diallo", 1, "masked"),
        PieceView(" habite à "),
        PieceView("Lyon", 2, "kept"),
        PieceView("."),
    ),
    found=(
        FoundView(
            number=1,
            text="Awa Diallo",
            entity="PERSON",
            label="nom d’une personne",
            state="masked",
            handling="masqué avant que le modèle ne le lise, rétabli dans la réponse",
            recognizer="PersonByContext",
            rule="civility",
            why="une civilité (M., Mme, Dr…) le précède",
            score=0.8,
            sureness="reconnu par un motif et son contexte",
        ),
        FoundView(
            number=2,
            text="Lyon",
            entity="LOCATION",
            label="ville, région ou pays",
            state="kept",
            handling="laissé en clair : le modèle le lit",
            recognizer="Place",
            rule="gazetteer",
            why="il figure dans la liste des villes, régions et pays",
            score=0.6,
            sureness="vraisemblable",
        ),
    ),
    seen="\nMme [PERSONNE_1] habite à Lyon.",
)


HELD = views.MessageView(
    id="m9",
    author="machine",
    text="",
    html="",
    state="complete",
    created_at=NOW,
    exchange_id="x9",
    review=review_views.ReviewStateView("waiting", "hold", "La direction", None, ""),
)
REVIEWED = (
    HELD,
    views.MessageView(
        id="m10",
        author="machine",
        text="Madame, Monsieur…",
        html="<p>Madame, Monsieur…</p>",
        state="complete",
        created_at=NOW,
        exchange_id="x10",
        review=review_views.ReviewStateView("approved", "hold", "La direction", NOW, "Relu."),
    ),
    views.MessageView(
        id="m11",
        author="machine",
        text="",
        html="",
        state="complete",
        created_at=NOW,
        exchange_id="x11",
        review=review_views.ReviewStateView(
            "rejected", "hold", "La direction", NOW, "Le ton ne convient pas."
        ),
    ),
)
ROW = review_views.ReviewRow(
    id="x9",
    use="Courrier de conséquence pour un agent nommé",
    service="Ressources humaines",
    role="La direction",
    delivery="hold",
    layer="pattern",
    score=0.42,
    created_at=NOW,
    waited="3 h",
)
QUEUE = review_views.QueueView((ROW,), ("La direction",))
ENTRY = review_views.EntryView(
    ROW,
    "Une personne relit ce qui engage la carrière d’un agent.",
    ("Règlement (UE) 2016/679, article 22",),
    "Rédige un avertissement pour Jean Dupont.",
    "<p>Monsieur, votre retard du 3 mars…</p>",
    (),
)
MEMBERS = review_views.MembersView(
    (
        review_views.RoleView("drh", "La direction", (("lea", "Léa Petit"),), 1, 4),
        review_views.RoleView("contact", "Informatique", (), 2, 0),
    ),
    (("lea", "Léa Petit"), ("bob", "Bob Roux")),
)
CONTEST = review_views.ContestView(
    id="x5",
    use_id="tri-candidatures",
    title="Trier des candidatures",
    service="Ressources humaines",
    layer="similarity",
    score=0.04,
    nearest="Classe ces trois candidats du meilleur au moins bon.",
    state="open",
    created_at=NOW,
    comment="Je demandais seulement la règle.",
    text="Que dit la loi sur le tri de CV ?",
    line='- "Que dit la loi sur le tri de CV ?"',
    answered_at=None,
    answer="",
)
FEEDBACK = feedback_views.FeedbackView(
    state="new",
    states=(("new", 1), ("kept", 3), ("dismissed", 0)),
    entries=(
        feedback_views.FeedbackEntryView(
            id="x6",
            service="Ressources humaines",
            value="down",
            reason="wrong_source",
            created_at=NOW,
            question="[PERSONNE_1] demande combien de jours elle acquiert par mois.",
            answer="<p><strong>Deux jours</strong> ouvrables par mois [3].</p>",
            comment="C’est la règle de l’arrêt maladie.",
            sources=(
                feedback_views.FeedbackSourceView(
                    1,
                    "Congés payés : acquisition",
                    "L3141-3",
                    "https://travail-emploi.gouv.fr/conges-payes",
                    "2026-03-13",
                    cited=False,
                    right=True,
                ),
                feedback_views.FeedbackSourceView(
                    2, "Note interne", "", "", "", cited=True, right=False
                ),
            ),
            expected="L3141-3",
            decided_at=None,
            test_id="",
        ),
    ),
    counts=(
        feedback_views.FeedbackCountView(
            "Ressources humaines", 41, 7, (("wrong_source", 4), ("incomplete", 3))
        ),
        feedback_views.FeedbackCountView("Comptabilité", 3, 0, ()),
    ),
    tests=12,
    problem="",
    listing=console_view.Listing(1),
)
CONTESTS = review_views.ContestsView((CONTEST,), "/admin/contests", "/admin/charter")


def every_page(
    locale: Literal["fr", "en"] = "fr",
) -> dict[str, tuple[str, views.Page, object, dict[str, object]]]:
    """All pages by a short name: template, frame, view, and what else the template takes."""
    return {
        "sign-in": ("sign_in.html", page(None, "/sign-in", locale), SIGN_IN, {}),
        "sign-in-error": (
            "sign_in.html",
            page(None, "/sign-in", locale, error="Ce nom et ce mot de passe ne vont pas ensemble."),
            views.SignInView(name="camille.roux"),
            {},
        ),
        "chat": ("chat.html", page("employee", "/chat/c1", locale), chat(MESSAGES), {}),
        "chat-empty": ("chat.html", page("employee", "/chat", locale), chat(()), {}),
        "chat-refused": ("chat.html", page("employee", "/chat/c1", locale), chat(REFUSED), {}),
        "chat-reviewed": (
            "chat.html",
            replace(page("employee", "/chat/c1", locale), to_review=2, news=1),
            chat((MESSAGES[0], *REVIEWED)),
            {},
        ),
        "review": (
            "review.html",
            replace(page("employee", "/review", locale), to_review=1),
            QUEUE,
            {},
        ),
        "review-entry": (
            "review_entry.html",
            replace(page("employee", "/review", locale), to_review=1),
            ENTRY,
            {},
        ),
        "review-members": (
            "review_members.html",
            page("admin", "/admin/review", locale),
            MEMBERS,
            {},
        ),
        "contests": ("contests.html", page("admin", "/admin/contests", locale), CONTESTS, {}),
        "feedback": ("feedback.html", page("admin", "/admin/feedback", locale), FEEDBACK, {}),
        "feedback-empty": (
            "feedback.html",
            page("admin", "/admin/feedback", locale, error="Cet avis est déjà traité."),
            replace(FEEDBACK, entries=(), counts=(), problem="evaluation.yaml ne se lit pas."),
            {},
        ),
        "seen": ("seen.html", page("employee", "/chat/exchanges/x/seen", locale), SEEN, {}),
        "passage": (
            "passage.html",
            page("employee", "/passages/fiches-00417", locale),
            PASSAGE,
            {},
        ),
        "footprint": ("footprint.html", page("employee", "/footprint", locale), FOOTPRINT, {}),
        "charter-tests": (
            "charter.html",
            page("admin", "/admin/charter", locale),
            replace(CHARTER, problems=(), proof=PROOF, confirm=True),
            {},
        ),
        "charter-diff": (
            "charter_diff.html",
            page("admin", "/admin/charter/diff", locale),
            DIFF,
            {},
        ),
        "charter-unified": (
            "charter_diff.html",
            page("admin", "/admin/charter/diff", locale),
            replace(DIFF, sides=False, rows=(), address="", restorable="", text="charter: 1\n"),
            {},
        ),
        "charter-simulate": (
            "charter_simulate.html",
            page("admin", "/admin/charter/simulate", locale),
            SIMULATED,
            {},
        ),
        "charter-simulating": (
            "charter_simulate.html",
            page("admin", "/admin/charter/simulate", locale),
            replace(SIMULATED, state="running", result=None, done=120, total=500),
            {},
        ),
        "admin": ("admin.html", page("admin", "/admin", locale), OVERVIEW, {}),
        "charter": ("charter.html", page("admin", "/admin/charter", locale), CHARTER, {}),
        "text-test": ("text_test.html", page("admin", "/admin/text", locale), TEXT_TEST, {}),
        "text-test-empty": (
            "text_test.html",
            page("admin", "/admin/text", locale, error="Écrivez ou collez un texte à essayer."),
            TextTestView(TEXT_TEST.services, TEXT_TEST.limit),
            {},
        ),
        "services": ("services.html", page("admin", "/admin/services", locale), MEMBERS_PAGE, {}),
        "keys": ("keys.html", page("admin", "/admin/keys", locale), KEYS_PAGE, {}),
        "welcome": (
            "welcome.html",
            page(None, "/welcome/x", locale),
            console_view.WelcomeView("x", "camille", 12, "Trop court."),
            {},
        ),
        "sources": ("sources.html", page("admin", "/admin/sources", locale), SOURCES_PAGE, {}),
        "source-changes": (
            "source_changes.html",
            page("admin", "/admin/sources/code-travail/changes", locale),
            CHANGES_PAGE,
            {},
        ),
        "source-change": (
            "source_change.html",
            page("admin", "/admin/sources/code-travail/changes/7", locale),
            CHANGE_PAGE,
            {},
        ),
        "source-repealed": (
            "source_change.html",
            page("admin", "/admin/sources/code-travail/changes/9", locale),
            REPEALED_PAGE,
            {},
        ),
        "audit": ("audit.html", page("dpo", "/audit", locale), AUDIT, {}),
        "audit-record": ("audit_record.html", page("dpo", "/audit/12408", locale), RECORD, {}),
        "audit-opened": ("audit_record.html", page("dpo", "/audit/12408/open", locale), OPENED, {}),
        "error": ("error.html", page("employee", "/nulle-part", locale), ERROR, {}),
    }
