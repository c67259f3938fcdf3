"""What tells against relying on a passage as it stands: it is dated, or what it stands on is.

Dates and references decide, and no model. A document stands on the articles that the passage itself
cites, and on those that it cites anywhere and that are shown beside; an old one, on all that it
cites. With all of them always, one answer in four would come with an article that has nothing to do
with it. Whether two passages contradict each other is not judged: of 23 pairs of sentences of the
shipped sources that are alike but for their figures, one was a contradiction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from rag import changes
from rag.freshness import is_stale
from rag.protocol import Caveat, CitedArticle, Passage
from rag.runs import last_complete
from rag.sources import LAW, Source
from rag.store import Store
from rag.text import codes, days, references
from rag.text.codes import Cited

OLD_YEARS = 5
"""Of the articles that the Ministry of Labour's pages cite, one in twelve was amended within three
years, one in six within five: beyond, a page that nobody has touched since is worth a doubt."""
LISTED = 3
"""Articles that one caveat names."""
_READ = 200_000
"""Characters of a document that are looked through: the cost of this is linear in them."""
# Their date is that of the law, which holds until it is amended: it grows old by no other way.
_IN_FORCE = LAW | {"eurlex-html"}


@dataclass(frozen=True, slots=True)
class _Read:
    """Of a whole document: the latest day that it names, its code if it has one, its articles."""

    latest: str
    code: codes.Name
    cites: list[Cited]


@dataclass(frozen=True, slots=True)
class _Dated:
    """A passage whose document has a date, and may be overtaken; ``cites`` are the articles on
    which it stands.

    ``written`` is how recent the document shows itself to be: a page that says more recent things
    than its date was amended without another one.
    """

    number: int
    date: str
    written: str
    old: bool
    cites: tuple[Cited, ...]


def caveats(
    passages: Sequence[Passage],
    store: Store,
    declared: Sequence[Source],
    now: datetime,
    allowed: Collection[str] | None = None,
) -> tuple[Caveat, ...]:
    """The caveats on ``passages`` that are shown together, in their order.

    ``declared`` are the sources, and ``allowed`` those that may be told of (None: all of them).
    """
    today = now.astimezone(UTC).date()
    by_id = {source.id: source for source in declared}
    laws = frozenset(
        s.id for s in declared if s.kind in LAW and (allowed is None or s.id in allowed)
    )
    dated = _dated(passages, by_id, store, today)
    titles = list({t: None for each in dated for cited in each.cites for t in cited.titles})
    current, gone = _dates(titles, laws, store)
    found = [caveat for each in dated for caveat in _judged(each, current, gone, today)]
    unread = _unread({passage.source for passage in passages}, by_id, store, now)
    found += [
        Caveat(number, "unread", unread[passage.source])
        for number, passage in enumerate(passages, start=1)
        if passage.source in unread
    ]
    return tuple(sorted(found, key=lambda caveat: caveat.passage))


def _dated(
    passages: Sequence[Passage], by_id: Mapping[str, Source], store: Store, today: date
) -> list[_Dated]:
    limit = _years_before(today, OLD_YEARS).isoformat()
    kinds = [by_id[p.source].kind if p.source in by_id else None for p in passages]
    beside = {p.title: p.date for p, kind in zip(passages, kinds, strict=True) if kind in LAW}
    read: dict[str, _Read] = {}
    found = []
    for number, (passage, kind) in enumerate(zip(passages, kinds, strict=True), start=1):
        if kind is None or kind in _IN_FORCE or not passage.date:
            continue
        own = next(references.located(passage.text), None) is not None
        overtaken = any(passage.date < day for day in beside.values())
        if not own and not overtaken and passage.date >= limit:
            continue  # nothing of it would be told: most passages are not looked into further
        document = passage.document_id
        if document not in read:
            read[document] = _reading(store.text_of(document)[:_READ], today)
        known = read[document]
        written = max(passage.date, known.latest)
        old = written < limit
        cites = [
            *codes.cited(passage.text, known.code),
            *(c for c in known.cites if old or any(title in beside for title in c.titles)),
        ]
        found.append(_Dated(number, passage.date, written, old, tuple(dict.fromkeys(cites))))
    return found


def _reading(text: str, today: date) -> _Read:
    code = codes.usual(text)
    return _Read(days.latest(text, today), code, codes.cited(text, code))


def _dates(
    titles: Sequence[str], laws: Collection[str], store: Store
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Since when the articles of these titles hold, and until when those did that are gone."""
    if not titles or not laws:
        return {}, {}
    current = store.dates(titles, laws)
    missing = [title for title in titles if title not in current]
    return current, changes.withdrawn(store.engine, missing, laws) if missing else {}


def _judged(
    dated: _Dated, current: Mapping[str, str], gone: Mapping[str, str], today: date
) -> list[Caveat]:
    found: list[Caveat] = []
    if amended := _since(dated, current, today):
        found.append(Caveat(dated.number, "amended", dated.date, amended[:LISTED]))
    if withdrawn := _since(dated, gone, today):
        found.append(Caveat(dated.number, "withdrawn", dated.date, withdrawn[:LISTED]))
    if not found and dated.old:
        found.append(Caveat(dated.number, "old", dated.date))
    return found


def _since(dated: _Dated, dates: Mapping[str, str], today: date) -> tuple[CitedArticle, ...]:
    """The articles that it cites whose date is after what it shows to know."""
    articles = (
        CitedArticle(cited.reference, title, dates[title])
        for cited in dated.cites
        for title in cited.titles
        if title in dates and dated.written < dates[title] <= today.isoformat()
    )
    return tuple(dict.fromkeys(articles))


def _unread(
    ids: Collection[str], by_id: Mapping[str, Source], store: Store, now: datetime
) -> dict[str, str]:
    """The sources of these that were last read longer ago than they may be, and on which day."""
    limited = [s for i in ids if (s := by_id.get(i)) is not None and s.fresh_days is not None]
    if not limited:
        return {}
    complete = last_complete(store.engine)
    return {
        source.id: datetime.fromtimestamp(complete[source.id], UTC).date().isoformat()
        for source in limited
        if is_stale(source, complete.get(source.id), now.timestamp())
    }


def _years_before(day: date, years: int) -> date:
    """The same day ``years`` earlier; the 28th for a 29 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
