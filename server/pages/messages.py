"""Turns of a conversation as pages show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from governance.events import Refusal
from governance.messages import N_
from governance.receipt import Receipt
from governance.review.contests import Contest
from governance.review.queue import Standing
from rag.protocol import Caveat, Passage, Retriever
from server.conversations import StoredMessage
from server.reviewing import as_released
from web.caveats import gone, sentence
from web.i18n import translate, when
from web.markdown import answer_html
from web.review_views import ContestStateView, ReviewStateView
from web.views import MessageView, RefusalView, SourceView

EXCERPT = 360

TITLES = {
    "use": N_("This use is not allowed"),
    "quota": N_("A quota is used up"),
    "personal_data": N_("This request holds data that must not be sent"),
    "service": N_("Your service may not do this"),
    "busy": N_("Too many requests at the same time"),
    "too_long": N_("This request is too long"),
    "form": N_("This form cannot be used"),
}


def excerpt(text: str) -> str:
    """The beginning of a passage, cut between words."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else line[:EXCERPT].rsplit(" ", 1)[0] + "…"


def source_view(
    number: int,
    passage: Passage,
    publishers: Mapping[str, str],
    *,
    cited: bool,
    caveats: tuple[str, ...] = (),
) -> SourceView:
    """A numbered passage. ``publishers`` are the sources' owners, by source."""
    return SourceView(
        number=number,
        passage_id=passage.id,
        title=passage.title,
        section=" › ".join(passage.section_path),
        reference=passage.reference,
        publisher=publishers.get(passage.source, ""),
        url=passage.url,
        date=passage.date,
        excerpt=excerpt(passage.text),
        cited=cited,
        caveats=caveats,
    )


def refusal_values(refusal: Refusal) -> dict[str, Any]:
    """A refusal as it is stored: JSON values."""
    return asdict(refusal)


def refusal_view(
    refusal: Mapping[str, Any], locale: str, timezone: str, contact: str
) -> RefusalView:
    """A stored refusal in the reader's language. ``contact`` helps where the charter names none."""
    params = dict(refusal["params"])
    if "renews_at" in params:
        params["renews_at"] = when(locale, str(params["renews_at"]), timezone)
    if refusal.get("kinds"):
        params["kinds"] = ", ".join(translate(locale, kind) for kind in refusal["kinds"])
    own = translate(locale, refusal["message_id"], **params) if refusal["message_id"] else ""
    return RefusalView(
        title=refusal["title"] or translate(locale, TITLES[refusal["cause"]]),
        message=refusal["message"] or own,
        reason=refusal["reason"],
        legal_basis=tuple(refusal["legal_basis"]),
        instead=refusal["instead"],
        contact=refusal["contact"] or contact,
        search=refusal.get("still_works", "") == "search",
        contestable=refusal["cause"] in {"use", "personal_data"},
        passing=refusal["cause"] == "busy",
    )


class MessageViews:
    """Makes the views of a conversation's turns. Reads passages, so: in a worker thread."""

    def __init__(
        self,
        retriever: Retriever,
        publishers: Mapping[str, str],
        *,
        locale: str,
        timezone: str,
        contact: str,
        conversation_id: str,
        standings: Callable[[Sequence[StoredMessage]], Mapping[str, Standing]] = lambda _: {},
        contests: Callable[[], Mapping[str, Contest]] = dict,
        role_title: Callable[[str], str] = str,
        held_until: Callable[[str, str], str] = lambda _title, _date: "",
    ) -> None:
        self._retriever = retriever
        self._publishers = publishers
        self._locale = locale
        self._timezone = timezone
        self._contact = contact
        self._conversation_id = conversation_id
        self._standings = standings
        self._contests = contests
        self._role_title = role_title
        self._held_until = held_until

    def views(self, stored: Sequence[StoredMessage]) -> tuple[MessageView, ...]:
        """The views of these turns: of a held one, its text once it is approved."""
        standings, contests = self._standings(stored), self._contests()
        return tuple(
            self._view(as_released(message, standings), standings, contests) for message in stored
        )

    def view(self, message: StoredMessage) -> MessageView:
        """The view of a stored turn."""
        return self.views((message,))[0]

    def _view(
        self,
        message: StoredMessage,
        standings: Mapping[str, Standing],
        contests: Mapping[str, Contest],
    ) -> MessageView:
        sources = self._sources(message)
        refusal = None
        if message.refusal is not None:
            refusal = refusal_view(message.refusal, self._locale, self._timezone, self._contact)
        html = ""
        if message.role == "machine":
            html = answer_html(
                message.text,
                sources,
                message.unsupported,
                locale=self._locale,
                conversation_id=self._conversation_id,
            )
        return MessageView(
            id=message.id,
            author=message.role,
            text=message.text,
            html=html,
            state=message.state,
            created_at=message.created_at,
            exchange_id=message.exchange_id,
            masked=message.masked,
            sources=sources,
            receipt=message.receipt,
            refusal=refusal,
            feedback=message.feedback,
            unsupported=message.unsupported,
            review=self._review(standings.get(message.exchange_id)),
            contest=_contest(contests.get(message.exchange_id)),
        )

    def _review(self, standing: Standing | None) -> ReviewStateView | None:
        if standing is None:
            return None
        entry = standing.entry
        return ReviewStateView(
            entry.state,
            entry.delivery,
            self._role_title(entry.role),
            entry.decided_at,
            standing.reason,
        )

    def found(
        self, passages: tuple[Passage, ...], caveats: tuple[Caveat, ...] = ()
    ) -> tuple[SourceView, ...]:
        """The passages of an answer to come: none is cited yet."""
        told = told_of(caveats, self._locale, self._timezone)
        return tuple(
            source_view(
                number, passage, self._publishers, cited=False, caveats=told.get(number, ())
            )
            for number, passage in enumerate(passages, 1)
        )

    def _sources(self, message: StoredMessage) -> tuple[SourceView, ...]:
        """The passages as they are now; of one that is gone, what the receipt says."""
        receipt = Receipt.model_validate(message.receipt) if message.receipt else None
        parts = {part.number: part for part in receipt.sources} if receipt else {}
        views = []
        for number, passage_id in enumerate(message.sources, 1):
            part = parts.get(number)
            passage = self._retriever.passage(passage_id)
            if passage is not None:
                cited = part is not None and part.cited
                caveats = tuple(
                    sentence(told, self._locale, self._timezone)
                    for told in (part.caveats if part is not None else ())
                )
                views.append(
                    source_view(number, passage, self._publishers, cited=cited, caveats=caveats)
                )
            elif part is not None:
                views.append(
                    SourceView(
                        number=number,
                        passage_id=passage_id,
                        title=part.title,
                        section="",
                        reference=part.reference,
                        publisher="",
                        url=part.url,
                        date=part.date,
                        excerpt="",
                        cited=part.cited,
                        caveats=(self._gone(part.title, part.date),),
                    )
                )
        return tuple(views)

    def _gone(self, title: str, date: str) -> str:
        return gone(self._held_until(title, date), self._locale, self._timezone)


def told_of(caveats: Sequence[Caveat], locale: str, timezone: str) -> dict[int, tuple[str, ...]]:
    """The caveats as sentences, by the number of their passage."""
    told: dict[int, tuple[str, ...]] = {}
    for caveat in caveats:
        said = sentence(caveat, locale, timezone)
        told[caveat.passage] = (*told.get(caveat.passage, ()), said)
    return told


def _contest(contest: Contest | None) -> ContestStateView | None:
    if contest is None:
        return None
    return ContestStateView(
        contest.state, contest.text is not None, contest.answered_at, contest.answer
    )
