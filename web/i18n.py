"""Translations and the local forms of numbers, quantities and dates.

The identifier of a message is its English text, with ``{named}`` fields. French texts are in
``translations/fr/*.po``, one file (domain) a room; all domains of a locale answer as one.
"""

from __future__ import annotations

import gettext
import string
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from markupsafe import Markup, escape

LOCALES = ("fr", "en")
DEFAULT_LOCALE = "fr"
TRANSLATIONS = Path(__file__).parent / "translations"
NO_BREAK = "\N{NO-BREAK SPACE}"


def N_(message_id: str) -> str:
    """Mark a text for translation where it is written, and return it as it is."""
    return message_id


@lru_cache(maxsize=len(LOCALES))
def translations(locale: str) -> gettext.NullTranslations:
    """All the catalogues of ``locale`` as one; English needs none, its texts are the identifiers.

    Raises:
        ValueError: for a locale that is not in ``LOCALES``.
        babel.messages.pofile.PoFileError: for a catalogue that cannot be read.
    """
    if locale not in LOCALES:
        raise ValueError(f"unknown locale: {locale!r}")
    merged: gettext.NullTranslations | None = None
    for path in sorted((TRANSLATIONS / locale).glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=locale, domain=path.stem, abort_invalid=True)
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        loaded = gettext.GNUTranslations(compiled)
        if merged is None:
            merged = loaded
        else:
            merged.add_fallback(loaded)
    return merged or gettext.NullTranslations()


def negotiate(accept_language: str | None, cookie: str | None) -> str:
    """The locale to answer in: the person's own choice, else the browser's, else French.

    ``accept_language`` is the header of RFC 9110, section 12.5.4.
    """
    if cookie in LOCALES:
        return str(cookie)
    preferences: list[tuple[float, int, str]] = []
    for rank, part in enumerate((accept_language or "").split(",")):
        tag, _, parameters = part.strip().partition(";")
        quality = 1.0
        if parameters.strip().startswith("q="):
            try:
                quality = float(parameters.strip()[2:])
            except ValueError:
                quality = 0.0
        language = tag.strip().lower().split("-")[0]
        if language in LOCALES and quality > 0:
            preferences.append((-quality, rank, language))
    return min(preferences)[2] if preferences else DEFAULT_LOCALE


class _LocalFormatter(string.Formatter):
    """``str.format`` whose numbers follow the locale: «2 219», «0,42»."""

    def __init__(self, locale: str) -> None:
        self.locale = locale

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(format(value, format_spec))
        if not format_spec:
            return number(self.locale, value)
        text = format(value, format_spec)
        return text.replace(".", ",") if self.locale == "fr" else text


class _MarkupFormatter(_LocalFormatter):
    """The same, in which whatever is not already safe HTML is escaped."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if hasattr(value, "__html__"):
            return str(value.__html__())
        return str(escape(super().format_field(value, format_spec)))


def fill(locale: str, text: str, params: Mapping[str, Any]) -> str:
    """Put ``params`` in the ``{fields}`` of a translated ``text``; numbers follow the locale.

    With a parameter that is safe HTML, all the rest is escaped and the result is safe HTML.

    Raises:
        KeyError: when a field of ``text`` has no parameter.
    """
    if any(hasattr(value, "__html__") for value in params.values()):
        return Markup(_MarkupFormatter(locale).vformat(str(escape(text)), (), params))
    return _LocalFormatter(locale).vformat(text, (), params) if params else text


def translate(locale: str, message_id: str, **params: Any) -> str:
    """The text of ``message_id`` in ``locale``, its fields filled; an unknown one stays English."""
    text = translations(locale).gettext(message_id) if message_id else ""
    return fill(locale, text, params)


def translate_plural(locale: str, singular: str, plural: str, n: int, **params: Any) -> str:
    """The right one of two texts for ``n`` things; the texts may have the field ``{n}``."""
    text = translations(locale).ngettext(singular, plural, n)
    return fill(locale, text, {"n": n, **params})


def number(locale: str, value: float | None, digits: int = 2) -> str:
    """``value`` with at most ``digits`` decimals: «2 219», «0,42»; «–» when unknown."""
    if value is None:
        return "–"
    pattern = "#,##0." + "#" * digits if digits else "#,##0"
    return format_decimal(value, format=pattern, locale=locale).replace(
        "\N{NARROW NO-BREAK SPACE}", NO_BREAK
    )


def _significant(locale: str, value: float) -> str:
    size = abs(value)
    if size == 0 or size >= 100:
        return number(locale, value, 0)
    if size >= 10:
        return number(locale, value, 1)
    if size >= 0.01:
        return number(locale, value, 2)
    return number(locale, float(f"{value:.2g}"), 6)


def wh(locale: str, value: float | None) -> str:
    """An energy given in Wh: «0,42 Wh», «1,2 kWh»; an unknown one says so, and is never 0."""
    if value is None:
        return translate(locale, N_("unknown energy"))
    if abs(value) >= 1000:
        return f"{_significant(locale, value / 1000)}{NO_BREAK}kWh"
    return f"{_significant(locale, value)}{NO_BREAK}Wh"


def grams(locale: str, value: float | None) -> str:
    """A mass of CO₂ equivalent given in grams: «0,02 g CO₂e»."""
    if value is None:
        return translate(locale, N_("unknown carbon"))
    if abs(value) >= 1000:
        return f"{_significant(locale, value / 1000)}{NO_BREAK}kg{NO_BREAK}CO₂e"
    return f"{_significant(locale, value)}{NO_BREAK}g{NO_BREAK}CO₂e"


def percent(locale: str, share: float | None) -> str:
    """A share from 0 to 1 as a percentage: «61 %» in French, “61%” in English."""
    if share is None:
        return "–"
    return f"{number(locale, share * 100, 0)}{NO_BREAK + '%' if locale == 'fr' else '%'}"


def _moment(value: datetime | date | str) -> datetime | date | None:
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    except ValueError:
        return None


def day(locale: str, value: datetime | date | str | None, timezone: str) -> str:
    """A date in words: «13 mars 2026». An ISO 8601 text is read; any other text stays as it is."""
    moment = _moment(value) if value else None
    if moment is None:
        return str(value or "")
    if isinstance(moment, datetime) and moment.tzinfo:
        moment = moment.astimezone(ZoneInfo(timezone))
    text = format_date(moment, "d MMMM y", locale=locale)
    if locale == "fr" and text.startswith("1 "):
        text = "1er" + text[1:]
    return text.replace(" ", NO_BREAK)


def clock(locale: str, value: datetime | str, timezone: str) -> str:
    """A time of day: «14 h 05» in French, “14:05” in English."""
    moment = _moment(value)
    if not isinstance(moment, datetime):
        return str(value)
    if moment.tzinfo:
        moment = moment.astimezone(ZoneInfo(timezone))
    separator = f"{NO_BREAK}h{NO_BREAK}" if locale == "fr" else ":"
    return f"{moment.hour:d}{separator}{moment.minute:02d}"


def when(locale: str, value: datetime | str | None, timezone: str) -> str:
    """A date and time: «13 mars 2026 à 14 h 05», in the time zone given (IANA name)."""
    moment = _moment(value) if value else None
    if not isinstance(moment, datetime):
        return day(locale, value, timezone)
    return translate(
        locale,
        N_("{day} at {time}"),
        day=day(locale, moment, timezone),
        time=clock(locale, moment, timezone),
    )


def compact(locale: str, value: datetime, timezone: str) -> str:
    """A date and time to the second, for dense tables: «23/11/2026 15:05:12»."""
    moment = value.astimezone(ZoneInfo(timezone)) if value.tzinfo else value
    return moment.strftime("%d/%m/%Y %H:%M:%S" if locale == "fr" else "%Y-%m-%d %H:%M:%S")


def join(locale: str, items: Sequence[str]) -> str:
    """A list in words: «a, b et c»."""
    if len(items) < 2:
        return "".join(items)
    return translate(locale, N_("{first} and {last}"), first=", ".join(items[:-1]), last=items[-1])
