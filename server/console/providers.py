"""The console's own providers of attention: what is broken, full, old or waiting."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from math import ceil

from sqlalchemy import func, select

from governance.audit.reading import reading
from governance.audit.tables import audit_leaves
from governance.clock import iso
from governance.messages import N_
from server.console.attention import Notice, Provider
from server.console.situation import Situation
from server.evaluation.feedback import feedback_of
from server.judges import charter_store

QUOTA_SHARE = 0.8
DAY = timedelta(days=1)
VERIFIED_WITHIN = timedelta(days=31)
EXPIRES_WITHIN = timedelta(days=14)
UNUSED_AFTER = timedelta(days=180)
#: Refusals rise where there are this many more than before, and half as many again.
MORE = 5


def components(situation: Situation) -> Iterable[Notice]:
    """A component that does not answer: model, database, sources."""
    for name, answers in (situation.ready or {}).items():
        if answers or name == "audit":
            continue
        if name == "model":
            yield Notice(
                "now",
                "model",
                N_("The model {model} does not answer: nobody gets an answer."),
                "/health/ready",
                {"model": situation.model.name},
            )
        elif name == "sources":
            yield Notice(
                "now",
                "sources",
                N_("No source holds a passage: nothing can be answered from the sources."),
                "/admin/sources",
            )
        else:
            yield Notice(
                "now",
                "component",
                N_("The component «{name}» does not answer."),
                "/health/ready",
                {"name": name},
            )


def audit(situation: Situation) -> Iterable[Notice]:
    """The log: readable and signed, and verified as a whole not too long ago."""
    if situation.audit_size is None or (situation.ready or {}).get("audit") is False:
        yield Notice(
            "now",
            "audit",
            N_(
                "The audit log does not answer, or its signature does not hold: nobody gets an "
                "answer."
            ),
            "/health/ready",
        )
        return
    check = situation.audit_check
    if check is None:
        if situation.audit_size > 0:
            yield Notice(
                "soon",
                "audit_unverified",
                N_("The audit log was never verified as a whole: ask the data protection officer."),
                "",
            )
    elif not check.ok:
        yield Notice(
            "now",
            "audit_broken",
            N_("The last verification found that the audit log was changed."),
            "",
        )
    elif situation.now - check.time > VERIFIED_WITHIN:
        yield Notice(
            "soon",
            "audit_unverified",
            N_("The audit log was last verified {days} days ago: ask the data protection officer."),
            "",
            {"days": (situation.now - check.time).days},
        )


def quotas(situation: Situation) -> Iterable[Notice]:
    """A service that has used 80 % of a quota, or all of it."""
    for service in situation.services:
        fullest = max(service.quotas, key=lambda quota: quota.share, default=None)
        if fullest is None or fullest.share < QUOTA_SHARE:
            continue
        full = fullest.left <= 0
        yield Notice(
            "now" if full else "soon",
            "quota",
            N_("{service} has used all of a quota.")
            if full
            else N_("{service} has used {share} % of a quota."),
            "/admin#services",
            # Rounded as the table under it is, and never to «100 %» before it is full.
            {"service": service.title, "share": min(99, round(fullest.share * 100))},
        )


def sources(situation: Situation) -> Iterable[Notice]:
    """A source that failed, was never read, or is older than it may be."""
    for source in situation.sources:
        title: dict[str, str | int | float] = {"source": source.title}
        if source.health == "failed":
            yield Notice(
                "now",
                "source_failed",
                N_("The last reading of the source «{source}» failed, or did not end."),
                "/admin/sources",
                title,
            )
        elif source.health == "never":
            yield Notice(
                "soon",
                "source_never",
                N_("The source «{source}» was never fetched."),
                "/admin/sources",
                title,
            )
        elif source.health == "stale" and source.complete_at is not None:
            yield Notice(
                "soon",
                "source_old",
                N_(
                    "The source «{source}» was last read as a whole {days} days ago, and {limit} "
                    "are allowed."
                ),
                "/admin/sources",
                {
                    **title,
                    "days": (situation.now - source.complete_at).days,
                    "limit": source.fresh_days or 0,
                },
            )


def refusals_rising(situation: Situation) -> Iterable[Notice]:
    """More refusals than in the same time before: tell people, or change the charter."""
    count, before = situation.refusals.total, situation.refusals.before
    if count - before >= MORE and count >= before * 1.5:
        yield Notice(
            "soon",
            "refusals",
            N_("Refusals rise: {count} in {days} days, {before} in the {days} days before."),
            "/admin#refusals",
            {"count": count, "before": before, "days": situation.refusals.days},
        )


def keys(situation: Situation) -> Iterable[Notice]:
    """A key that is about to expire, or has no use and no end."""
    for key in situation.books.api_keys.all():
        if not key.in_force(situation.now):
            continue
        if key.expires_at is not None and key.expires_at - situation.now <= EXPIRES_WITHIN:
            yield Notice(
                "soon",
                "key_expires",
                N_("The key «{key}» expires in {days} days."),
                "/admin/keys",
                {"key": key.label, "days": ceil((key.expires_at - situation.now) / DAY)},
            )
        elif situation.now - (key.last_used_at or key.created_at) > UNUSED_AFTER:
            yield Notice(
                "soon",
                "key_unused",
                N_(
                    "The key «{key}» has not been used for {days} days: revoke it if nobody needs "
                    "it."
                ),
                "/admin/keys",
                {
                    "key": key.label,
                    "days": (situation.now - (key.last_used_at or key.created_at)).days,
                },
            )


def charter(situation: Situation) -> Iterable[Notice]:
    """A revision published on the command line, which a running server has not taken up."""
    current = charter_store(situation.books).current()
    if current is not None and current.revision != situation.revision:
        yield Notice(
            "now",
            "charter_stale",
            N_("Revision {revision} of the charter was published and is not applied: restart."),
            "/admin/charter",
            {"revision": current.short},
        )


def failures(situation: Situation) -> Iterable[Notice]:
    """Requests that did not end well since yesterday: people waited for nothing."""
    failed = select(func.count()).where(
        audit_leaves.c.type.in_(("failed", "interrupted")),
        audit_leaves.c.time >= iso(situation.now - DAY),
    )
    with reading(situation.books.database) as connection:
        count = connection.execute(failed).scalar_one()
    if count:
        yield Notice(
            "soon",
            "failures",
            N_("Requests that failed or were interrupted in the last 24 hours: {count}."),
            "/health/ready",
            {"count": count},
        )


def reviews(situation: Situation) -> Iterable[Notice]:
    """Answers that wait for a person, above all where the role has nobody."""
    for (role, state), count in sorted(situation.books.reviews.counts().items()):
        if state != "waiting":
            continue
        nobody = not situation.books.members.of(role)
        yield Notice(
            "now" if nobody else "soon",
            "reviews",
            N_("Answers wait for «{role}» ({count}), and nobody holds this role: name somebody.")
            if nobody
            else N_("Answers wait for «{role}»: {count}."),
            "/admin/review",
            {"role": situation.charter.reviewer_title(role), "count": count},
        )


def contests(situation: Situation) -> Iterable[Notice]:
    """Refusals that people contest, and that nobody has answered."""
    count = situation.books.contests.waiting()
    if count:
        yield Notice(
            "soon",
            "contests",
            N_("Contested refusals that wait for an answer: {count}."),
            "/admin/contests",
            {"count": count},
        )


def opinions(situation: Situation) -> Iterable[Notice]:
    """Opinions on answers that people share, and that nobody has reviewed."""
    count = feedback_of(situation.books).states()["new"]
    if count:
        yield Notice(
            "soon",
            "opinions",
            N_("Shared opinions on the answers that wait for a review: {count}."),
            "/admin/feedback",
            {"count": count},
        )


PROVIDERS: tuple[Provider, ...] = (
    components,
    audit,
    charter,
    failures,
    quotas,
    sources,
    refusals_rising,
    keys,
    reviews,
    contests,
    opinions,
)
"""Those of the console itself."""
