"""Turns a view into HTML: one Jinja2 environment a locale, strict and escaping by default.

Whole pages take ``(page, view)``. Fragments, whose names begin with «_», are what the chat's event
stream and the charter's check send; for these ``view`` is also known under the name in
``FRAGMENTS``: ``render("_message.html", page, message, conversation_id="c1")``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from web import i18n, labels, markdown, plain
from web.views import Page

HERE = Path(__file__).parent
STATIC = HERE / "static"
TEMPLATES = HERE / "templates"

FRAGMENTS: Mapping[str, str] = {
    "_message.html": "message",
    "_sources.html": "sources",
    "_quota.html": "quotas",
    "_refusal.html": "refusal",
    "_receipt.html": "receipt",
    "_charter_meaning.html": "charter",
    "_preview.html": "preview",
}


@lru_cache
def static_url(name: str) -> str:
    """The address of a file of ``static/``, with the hash of its content: it may be kept for ever.

    Raises:
        FileNotFoundError: when there is no such file.
    """
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@pass_context
def _when(context: Context, value: datetime | str | None) -> str:
    page = cast(Page, context["page"])
    return i18n.when(page.locale, value, page.timezone)


@pass_context
def _day(context: Context, value: datetime | date | str | None) -> str:
    page = cast(Page, context["page"])
    return i18n.day(page.locale, value, page.timezone)


@pass_context
def _clock(context: Context, value: datetime | str) -> str:
    page = cast(Page, context["page"])
    return i18n.clock(page.locale, value, page.timezone)


@pass_context
def _compact(context: Context, value: datetime) -> str:
    page = cast(Page, context["page"])
    return i18n.compact(page.locale, value, page.timezone)


def _iso(value: datetime | date | str) -> str:
    """The value of a ``datetime`` attribute."""
    return value if isinstance(value, str) else value.isoformat()


def web_address(address: str) -> bool:
    """Whether ``address`` is one that a link may lead to: a source is data, and not trusted."""
    return address.startswith(("https://", "http://"))


def _short(digest: str, length: int = 12) -> str:
    """The first characters of a digest, its algorithm's name left out."""
    return digest.rpartition(":")[2][:length]


def bar_segments(steps: Mapping[str, float]) -> list[tuple[str, float, float]]:
    """The parts of a bar 100 wide: for each step its code, where it begins and how wide it is."""
    total = sum(steps.values())
    segments: list[tuple[str, float, float]] = []
    start = 0.0
    for code, value in steps.items():
        width = 100 * value / total if total > 0 else 0.0
        segments.append((code, round(start, 2), round(width, 2)))
        start += width
    return segments


def in_order(steps: Mapping[str, float]) -> dict[str, float]:
    """Energy by step in the order of the work, whatever the order that JSON keeps."""
    order = [*labels.STEPS, *steps]
    return {code: steps[code] for code in sorted(steps, key=order.index)}


@lru_cache
def environment(locale: str) -> Environment:
    """The environment of ``locale``: its texts and its filters.

    Raises:
        ValueError: for a locale that is not in ``i18n.LOCALES``.
    """
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )

    def gettext(message_id: str, **params: Any) -> str:
        return i18n.translate(locale, message_id, **params)

    def ngettext(singular: str, plural: str, n: int, **params: Any) -> str:
        return i18n.translate_plural(locale, singular, plural, n, **params)

    i18n.translations(locale)
    install = cast(Any, env).install_gettext_callables
    install(gettext, ngettext, newstyle=False)
    env.filters.update(
        number=lambda value, digits=2: i18n.number(locale, value, digits),
        wh=lambda value: i18n.wh(locale, value),
        grams=lambda value: i18n.grams(locale, value),
        percent=lambda share: i18n.percent(locale, share),
        words=lambda code, table: i18n.translate(locale, labels.message_id(table, code)),
        listed=lambda items: i18n.join(locale, list(items)),
        when=_when,
        day=_day,
        clock=_clock,
        compact=_compact,
        iso=_iso,
        web_address=web_address,
        short=_short,
        segments=bar_segments,
        ordered=in_order,
        part=lambda code: list(labels.STEPS).index(code) if code in labels.STEPS else 4,
        passage=plain.passage_html,
        running=plain.running,
        spaced=plain.spaced,
        placeholders=plain.placeholders_html,
        every_day=plain.every_day,
        person=lambda text, spans: Markup(markdown.person_html(text, spans, locale)),
    )
    env.globals.update(contest=None)
    env.globals.update(static_url=static_url, conversation_id="", unfolded=False, exchange_id="")
    return env


def render(template: str, page: Page, view: object | None = None, **extra: object) -> str:
    """The HTML of ``template`` in the page's language.

    Args:
        template: a name in ``templates/``.
        page: what every page needs.
        view: the values of this page (see ``web.views``), or the fragment's own value.
        extra: more names for the template, such as ``conversation_id`` for a fragment.

    Raises:
        jinja2.TemplateNotFound: for an unknown template.
        jinja2.UndefinedError: when the template reads a value that it was not given.
    """
    context: dict[str, object] = {
        "page": page,
        "view": view,
        "csrf": page.viewer.csrf if page.viewer else page.csrf,
    }
    if template in FRAGMENTS:
        context[FRAGMENTS[template]] = view
    return environment(page.locale).get_template(template).render(**context, **extra)
