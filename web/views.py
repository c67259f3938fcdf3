"""What each page needs, as plain values: the server fills these, the templates read them.

Times are aware datetimes; energy is in Wh; ``None`` stands for what is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from web.charter_views import ProofView
from web.review_views import ContestStateView, ReviewStateView

if TYPE_CHECKING:
    from web.console_view import Listing


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person who looks at the page. ``csrf`` goes in each form and in ``X-CSRF-Token``."""

    name: str
    role: Literal["employee", "admin", "dpo"]
    service_title: str
    csrf: str


@dataclass(frozen=True, slots=True)
class Page:
    """What every page needs. ``path`` is the request's, for the language switch and the menu.

    ``timezone`` is an IANA name: dates are shown in it. ``installed`` are the addresses that there
    are: the menu shows no other; None for all of them.
    ``to_review`` counts what waits for this reviewer (None: they review nothing), ``news`` the
    decisions on their own requests.
    """

    organisation: str
    locale: Literal["fr", "en"]
    path: str
    viewer: Viewer | None
    notice: str = ""
    error: str = ""
    csrf: str = ""
    timezone: str = "Europe/Paris"
    installed: frozenset[str] | None = None
    to_review: int | None = None
    news: int = 0


@dataclass(frozen=True, slots=True)
class SourceView:
    """A numbered passage beside an answer.

    ``caveats`` are sentences in the reader's language: what is to be known before one relies on it.
    """

    number: int
    passage_id: str
    title: str
    section: str
    reference: str
    publisher: str
    url: str
    date: str
    excerpt: str
    cited: bool
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageView:
    """One turn. ``html`` is safe HTML; ``text`` is the plain text (what copy takes).

    ``receipt`` is the receipt as JSON values (see governance.receipt), None for a person's turn.
    ``masked`` lists the (start, end) character spans of ``text`` that the model did not see.
    ``state`` is «refused» with ``refusal`` filled, «interrupted» after a crash.
    """

    id: str
    author: Literal["person", "machine"]
    text: str
    html: str
    state: Literal["complete", "refused", "interrupted", "cancelled", "failed"]
    created_at: datetime
    exchange_id: str = ""
    masked: tuple[tuple[int, int], ...] = ()
    sources: tuple[SourceView, ...] = ()
    receipt: dict[str, Any] | None = None
    refusal: RefusalView | None = None
    feedback: Literal["up", "down", ""] = ""
    unsupported: tuple[str, ...] = ()
    review: ReviewStateView | None = None
    contest: ContestStateView | None = None

    @property
    def caveats(self) -> tuple[tuple[tuple[int, ...], str], ...]:
        """What is to be known of the passages that are cited: each once, with their numbers."""
        told: dict[str, tuple[int, ...]] = {}
        for source in self.sources:
            for caveat in source.caveats if source.cited else ():
                told[caveat] = (*told.get(caveat, ()), source.number)
        return tuple((numbers, caveat) for caveat, numbers in told.items())

    @property
    def exchanges_left_out(self) -> int:
        """How many of the first questions, with their answers, the model did not read again."""
        return int((self.receipt or {}).get("turns_left_out", 0)) // 2


@dataclass(frozen=True, slots=True)
class RefusalView:
    """A refusal in the reader's language. ``contact`` is a person, service or e-mail address.

    ``passing``: no rule decided it, and the same can be asked again in a moment.
    """

    title: str
    message: str
    reason: str
    legal_basis: tuple[str, ...]
    instead: str
    contact: str
    search: bool = False
    contestable: bool = False
    passing: bool = False


@dataclass(frozen=True, slots=True)
class ConversationItem:
    """A line of the list of conversations; ``day`` is a heading such as «Aujourd'hui»."""

    id: str
    title: str
    day: str
    current: bool


@dataclass(frozen=True, slots=True)
class QuotaView:
    """One quota. ``share`` is what cannot be asked for any more over the limit, 0 to 1.

    ``per`` is service, user or key. ``told`` is True where people must be told now that the quota
    is nearly used up: once in each window. ``granted`` is the part of ``limit`` that was granted.
    """

    metric: Literal["requests", "tokens", "wh", "euros"]
    period: Literal["hour", "day", "month"]
    limit: float
    used: float
    left: float
    share: float
    renews_at: datetime
    per: Literal["service", "user", "key"] = "service"
    told: bool = False
    granted: float = 0.0


@dataclass(frozen=True, slots=True)
class ChatView:
    """The chat page (template ``chat.html``).

    ``passage_first``: where a passage of the sources answers, it is shown, and no model is asked.
    """

    conversation_id: str
    title: str
    messages: tuple[MessageView, ...]
    conversations: tuple[ConversationItem, ...]
    quotas: tuple[QuotaView, ...]
    service_title: str
    mention: str
    assistant_name: str
    examples: tuple[str, ...]
    forbidden: tuple[str, ...]
    max_characters: int
    passages: int
    vectors_ready: float
    passage_first: bool = True


@dataclass(frozen=True, slots=True)
class MaskedItem:
    """A word of the text being typed, and what becomes of it; ``kind`` is in the reader's language.

    ``count``: how often it stands there. ``may_keep``: the person may leave it in clear, or mask
    it again. ``choice``: the name for which the person asked, who may take it back. ``chosen``: it
    is masked because somebody asked for it, now or earlier in the conversation.
    """

    word: str
    kind: str = ""
    count: int = 1
    state: Literal["masked", "kept", "blocked"] = "masked"
    may_keep: bool = False
    choice: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class PreviewView:
    """What sending the text being typed would mask (``_preview.html``).

    ``count`` are the stretches masked; ``blocked`` are the kinds for which it would be refused, in
    the reader's language; ``text`` is the exact text that the model would read.
    """

    count: int
    items: tuple[MaskedItem, ...]
    blocked: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class SeenView:
    """«What the model saw» (``seen.html``): the exact texts of the prompt, by role.

    ``conversation_id`` is where one came from, if any.
    """

    exchange_id: str
    turns: tuple[tuple[str, str], ...]
    conversation_id: str = ""


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage in full (``passage.html``). ``conversation_id`` is where one came from, if any.

    ``caveats`` are as those of a source; ``place`` is its number, from 1, of the ``total`` of its
    document, and ``before`` and ``after`` are those around it.
    """

    title: str
    section_path: tuple[str, ...]
    reference: str
    text: str
    url: str
    date: str
    licence: str
    publisher: str
    digest: str
    conversation_id: str = ""
    caveats: tuple[str, ...] = ()
    place: int = 1
    total: int = 1
    before: NeighbourView | None = None
    after: NeighbourView | None = None


@dataclass(frozen=True, slots=True)
class NeighbourView:
    """The passage before or after another one in its document; ``section`` may be empty."""

    passage_id: str
    section: str


@dataclass(frozen=True, slots=True)
class FootprintDay:
    """One day of one person's use."""

    day: str
    requests: int
    wh: float | None
    carbon_grams: float | None


@dataclass(frozen=True, slots=True)
class FootprintView:
    """My footprint (``footprint.html``): the last thirty days, and classes by count."""

    days: tuple[FootprintDay, ...]
    total_requests: int
    total_wh: float | None
    total_carbon_grams: float | None
    method: str
    classes: dict[str, int]
    carbon_source: str


@dataclass(frozen=True, slots=True)
class CharterProblemView:
    """An error in the charter's text, translated.

    ``lines`` are file, number and text of the lines concerned: a loosening has its parent's too.
    """

    line: int
    column: int
    field: str
    message: str
    lines: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RevisionView:
    """A saved revision of the charter. ``signature`` is its state; ``number`` counts from 1."""

    revision: str
    author: str
    reason: str
    created_at: datetime
    current: bool
    signature: Literal["signed", "unsigned", "invalid", "unchecked"] = "unchecked"
    number: int = 0


@dataclass(frozen=True, slots=True)
class CharterUseView:
    """What one use of the charter means, for the right-hand column; ``id`` finds it in the text."""

    id: str
    title: str
    effect: Literal["forbid", "review", "allow"]
    reason: str
    legal_basis: tuple[str, ...]
    examples: int
    counter_examples: int


@dataclass(frozen=True, slots=True)
class CharterView:
    """The charter's page (``charter.html``). ``revision`` is the parent of what will be saved.

    ``proof`` is what the text's own tests say, once they were run; ``confirm`` that they fail and
    that publishing nevertheless must be asked for.
    """

    text: str
    revision: str
    problems: tuple[CharterProblemView, ...]
    uses: tuple[CharterUseView, ...]
    services: tuple[ServiceView, ...]
    revisions: tuple[RevisionView, ...]
    editable: bool
    reason: str = ""
    proof: ProofView | None = None
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service of the charter, with its quotas."""

    id: str
    title: str
    quotas: tuple[QuotaView, ...]
    members: int


@dataclass(frozen=True, slots=True)
class SentenceView:
    """A sentence to be translated: its English text, and the values of its ``{fields}``.

    ``where`` names what it is said of, if anything.
    """

    message_id: str
    params: Mapping[str, str | int | float] = field(default_factory=dict)
    where: str = ""


Health = Literal["ready", "stale", "failed", "never", "syncing", "disabled"]


@dataclass(frozen=True, slots=True)
class SourceStatusView:
    """A source's state (``sources.html``). ``vectors`` is the share embedded, 0 to 1.

    ``health`` says whether it is read, and as fresh as it must be, and ``advice`` what to do.
    ``synced_at`` is the end of the last reading, ``complete_at`` that of the last complete one, of
    which ``fresh_days`` is the greatest age (None for any). ``details`` are ``problems``, to be
    translated. ``version`` is that of its package; ``law``: its documents are articles of law.
    ``seen_by`` are the titles of the services that may search it, None for all of them; ``changed``
    is the last reading that changed something.
    """

    id: str
    title: str
    owner: str
    licence: str
    url: str
    kind: str
    documents: int
    passages: int
    vectors: float
    synced_at: datetime | None
    problems: tuple[str, ...]
    personal_data: Literal["refuse", "pseudonymise", "public"] = "public"
    treatment: TreatmentView | None = None
    health: Health = "ready"
    advice: SentenceView | None = None
    failure: SentenceView | None = None
    details: tuple[SentenceView, ...] = ()
    complete_at: datetime | None = None
    fresh_days: int | None = None
    version: str = ""
    law: bool = False
    seen_by: tuple[str, ...] | None = None
    changed: SyncView | None = None


@dataclass(frozen=True, slots=True)
class SyncView:
    """A reading of a source that changed documents: exact counts, and how many are ``listed``.

    ``first``: nothing whole had been read before, so that its documents are only counted.
    """

    id: int
    at: datetime
    status: Literal["complete", "failed", "running"]
    version: str
    added: int
    changed: int
    removed: int
    listed: int
    first: bool = False


@dataclass(frozen=True, slots=True)
class ChangedDocumentView:
    """A document that a reading changed. Dates are ISO 8601, «» where there is none.

    ``valid_until`` is the day until which its former text held; ``kept``: that can be read.
    """

    id: int
    kind: Literal["added", "changed", "removed"]
    title: str
    title_before: str
    url: str
    date_before: str
    date_after: str
    valid_until: str
    kept: bool


@dataclass(frozen=True, slots=True)
class SourceChangesView:
    """What the last readings of a source changed (``source_changes.html``).

    ``law``: its documents are articles of law. ``keeps_texts``: former texts are kept. ``shown`` is
    the reading of which ``changes`` are a page, and ``listing`` its neighbours.
    """

    id: str
    title: str
    law: bool
    keeps_texts: bool
    syncs: tuple[SyncView, ...]
    shown: SyncView | None
    changes: tuple[ChangedDocumentView, ...]
    listing: Listing | None


@dataclass(frozen=True, slots=True)
class SourceChangeView:
    """One document before and after (``source_change.html``). ``back`` is the list it is on.

    ``pieces`` are (same, gone or new; text), empty where there are not two texts, or where they are
    too long to be compared. ``before`` and ``after`` are None where there is none, or not kept.
    """

    id: str
    title: str
    back: str
    law: bool
    change: ChangedDocumentView
    before: str | None
    after: str | None
    pieces: tuple[tuple[Literal["same", "gone", "new"], str], ...] = ()


@dataclass(frozen=True, slots=True)
class TreatmentView:
    """What was done with the personal data of a source's documents.

    ``found`` are the values, by kind, for which documents were refused; ``replaced`` those that the
    indexed ones held. ``listed`` are the documents to tell of, ``more`` how many are left out.
    """

    documents: int
    indexed: int
    refused: int
    failed: int
    unreadable: int
    found: tuple[tuple[str, int], ...]
    replaced: tuple[tuple[str, int], ...]
    listed: tuple[TreatedDocumentView, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class TreatedDocumentView:
    """One of them. ``name`` is that of its file, pseudonymised; ``date`` is ISO 8601."""

    name: str
    date: str
    outcome: Literal["cleaned", "refused", "failed"]
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SourcesView:
    """Sources (``sources.html``)."""

    sources: tuple[SourceStatusView, ...]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A line of the audit log."""

    index: int
    time: datetime
    type: str
    service: str
    subject: str
    exchange_id: str
    summary: str
    use_id: str
    charter_revision: str


@dataclass(frozen=True, slots=True)
class AuditFilterView:
    """The filters of the audit page, as they stand in the address bar."""

    since: str = ""
    until: str = ""
    service: str = ""
    type: str = ""
    use: str = ""
    exchange: str = ""


@dataclass(frozen=True, slots=True)
class AuditView:
    """The audit page (``audit.html``). ``older`` is the address of the next page, if any."""

    rows: tuple[AuditRow, ...]
    filters: AuditFilterView
    services: tuple[tuple[str, str], ...]
    types: tuple[str, ...]
    uses: tuple[tuple[str, str], ...]
    size: int
    root: str
    verified: bool | None
    older: str = ""


@dataclass(frozen=True, slots=True)
class AuditRecordView:
    """One record (``audit_record.html``). ``texts``: once a reason was given and logged."""

    row: AuditRow
    leaf: str
    leaf_hash: str
    data: dict[str, Any]
    receipt: dict[str, Any] | None
    related: tuple[AuditRow, ...]
    sealed: bool
    texts: tuple[tuple[str, str], ...] = ()
    erased: bool = False


@dataclass(frozen=True, slots=True)
class SignInView:
    """The sign-in page (``sign_in.html``)."""

    name: str = ""
    next: str = "/"


@dataclass(frozen=True, slots=True)
class ErrorView:
    """An error page (``error.html``)."""

    status: int
    title: str
    message: str
    actions: tuple[tuple[str, str], ...] = field(default_factory=tuple)
