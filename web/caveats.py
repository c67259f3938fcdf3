"""What is to be known of a passage before one relies on it, as sentences for who reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from web.i18n import N_, day, translate

_ONE = {
    "amended": N_(
        "This document is dated {day}; article {article}, which it cites, was amended on {since}."
    ),
    "withdrawn": N_(
        "This document is dated {day}; article {article}, which it cites, was no longer published "
        "as in force on {since}."
    ),
}
_SEVERAL = {
    "amended": N_(
        "This document is dated {day}; articles {articles}, which it cites, were amended since, "
        "the last on {since}."
    ),
    "withdrawn": N_(
        "This document is dated {day}; articles {articles}, which it cites, are no longer "
        "published as in force."
    ),
}
_OF_ITSELF = {
    "old": N_("This document is dated {day}: it may no longer be up to date."),
    "unread": N_("This source was last read on {day}: its publisher may have amended it since."),
}
NO_BREAK_HYPHEN = "\u2011"
GONE = N_("This passage has left the sources: it was amended or withdrawn since.")
GONE_SINCE = N_("This passage has left the sources: its text held until {day}.")


class Article(Protocol):
    """An article that was amended or withdrawn; ``date`` is ISO 8601."""

    @property
    def reference(self) -> str: ...

    @property
    def date(self) -> str: ...


class Told(Protocol):
    """A caveat, as the sources or a receipt have it."""

    @property
    def kind(self) -> str: ...

    @property
    def date(self) -> str: ...

    @property
    def articles(self) -> Sequence[Article]: ...


def sentence(told: Told, locale: str, timezone: str) -> str:
    """The caveat in the reader's language."""
    written = day(locale, told.date, timezone)
    articles = told.articles
    if not articles:
        return translate(locale, _OF_ITSELF[told.kind], day=written)
    names = [article.reference.replace("-", NO_BREAK_HYPHEN) for article in articles]
    since = day(locale, max(article.date for article in articles), timezone)
    if len(articles) == 1:
        return translate(locale, _ONE[told.kind], day=written, article=names[0], since=since)
    named = ", ".join(names)
    return translate(locale, _SEVERAL[told.kind], day=written, articles=named, since=since)


def gone(until: str, locale: str, timezone: str) -> str:
    """That a passage is there no longer; ``until`` is the last day of its text, «» if not known."""
    if not until:
        return translate(locale, GONE)
    return translate(locale, GONE_SINCE, day=day(locale, until, timezone))
