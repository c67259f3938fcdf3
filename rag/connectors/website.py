"""A website by its sitemaps: the HTML pages below declared addresses, as its robots.txt allows."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

import httpx
from lxml import html as lxml_html
from protego import Protego

from rag.connectors import sitemap
from rag.connectors.addresses import Gate, NotRead, OnPrivateNetwork, host_of
from rag.connectors.fetch import AGENT, SECONDS, Fetched, Fetcher
from rag.connectors.sitemap import Listed
from rag.documents import Document, Item, Known, Problem, Section, Unchanged, document
from rag.errors import SourceUnavailable
from rag.sources import Source
from rag.text import html

MAX_PAGE_BYTES = 5 * 1024**2
MAX_ROBOTS_BYTES = 1024**2
MAX_SITEMAPS = 50
MAX_URL_CHARACTERS = 2_000
# What a robots.txt may ask for between two pages; more would make a sync last for days.
MAX_DELAY_SECONDS = 60.0
# Failures in a row after which the site is taken to be down, and what is held of it is kept.
MAX_FAILURES = 5
# Part of each digest: pages are read again when the way of reading them changes.
VERSION = "1"
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{1,40})", re.I)
_LATIN = frozenset({"iso-8859-1", "latin1", "latin-1", "windows-1252", "cp1252", "us-ascii"})
_LATIN_9 = frozenset({"iso-8859-15", "latin-9", "latin9"})
MAX_TITLE_CHARACTERS = 300
# Pages were laid out so once; the time that a table takes doubles with each that is around it.
MAX_NESTED_TABLES = 5


def read(
    source: Source,
    known: Known,
    *,
    gate: Gate | None = None,
    seconds: float = SECONDS,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[Item]:
    """Each page that the site lists and the source allows, as a document or as a problem.

    A page whose ``lastmod`` is the one that is held is not asked for again. One that is held and
    cannot be read for now is kept as it is.

    ``gate`` says which machines may be connected to: those of the public Internet and the source's
    private hosts unless it is given. ``seconds`` is what one page may take.

    Raises:
        SourceUnavailable: the site does not answer, or lists no page that may be read.
    """
    gate = gate or Gate(frozenset(source.private_hosts))
    site = _Site(source, Fetcher(gate, 1.0 / source.rate, seconds=seconds, wait=wait))
    listed = site.listed()
    yield from site.problems
    failures = 0
    for url, lastmod in listed:
        identity = _identity(source, url)
        digest = _digest(source, url, lastmod)
        if digest and known.holds(identity, digest):
            yield Unchanged(identity)
            continue
        try:
            fetched = site.fetcher.get(url, site.check, MAX_PAGE_BYTES, _HTML)
            found = _document(source, identity, fetched, lastmod)
            yield replace(found, digest=digest) if digest else found
        except NotRead as error:
            yield Problem(_where(url), error.message_id, error.params)
            failures = failures + 1 if error.passing else 0
            if failures == MAX_FAILURES:
                raise _down(source) from error
            if error.passing and known.held_as(identity, "")[0] in known.digests:
                yield Unchanged(identity)
        else:
            failures = 0


class _Site:
    """What a source allows of its site, and what the site's robots.txt does."""

    def __init__(self, source: Source, fetcher: Fetcher) -> None:
        self.fetcher = fetcher
        self.problems: list[Problem] = []
        self._source = source
        self._start = httpx.URL(source.url)
        self._allowed = [httpx.URL(address) for address in source.allow or (source.url,)]
        self._origins = {_origin(url) for url in (self._start, *self._allowed)}
        self._robots: dict[str, Protego] = {}

    def check(self, url: httpx.URL) -> None:
        """Raises NotRead where ``url`` is no page to ask for."""
        if not self._allows(url):
            raise NotRead("this page is outside of what the source allows")
        if not self._robots_of(url).can_fetch(str(url), AGENT):
            raise NotRead("the site's robots.txt asks not to read this page")

    def listed(self) -> list[tuple[httpx.URL, str]]:
        """The pages to read with their ``lastmod``, each once, in the order of the sitemaps."""
        found: dict[str, tuple[httpx.URL, str]] = {}
        forbidden = 0
        for page in self._sitemaps():
            try:
                url = httpx.URL(page.url).copy_with(fragment=None)
            except (httpx.InvalidURL, ValueError):
                continue
            if str(url) in found or not self._allows(url):
                continue
            if not self._robots_of(url).can_fetch(str(url), AGENT):
                forbidden += 1
                continue
            if len(found) == self._source.max_pages:
                self._problem(
                    self._start,
                    NotRead(
                        "the site has more pages than are read: {limit} at most",
                        limit=self._source.max_pages,
                    ),
                )
                break
            found[str(url)] = (url, page.lastmod)
        if forbidden:
            self._problem(
                self._start,
                NotRead(
                    "pages left out because the site's robots.txt asks so: {count}",
                    count=forbidden,
                ),
            )
        if not found:
            raise SourceUnavailable(
                "{source}: the site's sitemaps list no page that may be read",
                source=self._source.id,
            )
        return list(found.values())

    def _sitemaps(self) -> Iterator[Listed]:
        """The pages of all the site's sitemaps. Raises SourceUnavailable where one is not there
        for now: its pages would be taken to be gone.
        """
        robots = self._robots_of(self._start)
        waiting = list(robots.sitemaps) or [str(self._start.join("/sitemap.xml"))]
        met: set[str] = set()
        while waiting and len(met) < MAX_SITEMAPS:
            address = waiting.pop(0)
            if address in met:
                continue
            met.add(address)
            try:
                url = self._start.join(address)
            except (httpx.InvalidURL, ValueError):
                continue
            try:
                read = sitemap.parse(
                    self.fetcher.get(url, self._check_origin, sitemap.MAX_BYTES).body
                )
            except NotRead as error:
                if error.passing:
                    raise _down(self._source) from error
                self._problem(url, error)
            else:
                waiting += read.sitemaps[:MAX_SITEMAPS]
                yield from read.pages

    def _robots_of(self, url: httpx.URL) -> Protego:
        """The rules of the host of ``url``; none where it has no robots.txt (RFC 9309)."""
        origin = _origin(url)
        if origin not in self._robots:
            text = ""
            try:
                fetched = self.fetcher.get(
                    url.join("/robots.txt"), self._check_origin, MAX_ROBOTS_BYTES
                )
                text = fetched.body.decode("utf-8", errors="replace")
            except NotRead as error:
                if isinstance(error, OnPrivateNetwork):
                    raise SourceUnavailable(
                        "{source}: {host} is on a private network; private_hosts must name it",
                        source=self._source.id,
                        host=host_of(url),
                    ) from error
                if not 400 <= error.status < 500 or error.passing:
                    raise SourceUnavailable(
                        "{source}: the site's robots.txt cannot be read, or is on another host",
                        source=self._source.id,
                    ) from error
            rules = Protego.parse(text)
            asked = min(float(rules.crawl_delay(AGENT) or 0), MAX_DELAY_SECONDS)
            self.fetcher.delay = max(self.fetcher.delay, asked)
            self._robots[origin] = rules
        return self._robots[origin]

    def _check_origin(self, url: httpx.URL) -> None:
        if _origin(url) not in self._origins:
            raise NotRead("this page is outside of what the source allows")

    def _allows(self, url: httpx.URL) -> bool:
        """Whether ``url`` is one of the allowed addresses, or below one of them."""
        path = url.raw_path.decode("ascii")
        # Written so, a server may climb out of the path after it was looked at here.
        climbs = any(sign in path.lower() for sign in ("..", "%2e", "%5c", "\\"))
        if url.userinfo or climbs or len(str(url)) > MAX_URL_CHARACTERS:
            return False
        return any(
            _origin(url) == _origin(allowed) and _is_below(path, allowed.raw_path.decode("ascii"))
            for allowed in self._allowed
        )

    def _problem(self, url: httpx.URL, error: NotRead) -> None:
        self.problems.append(Problem(_where(url), error.message_id, error.params))


def _down(source: Source) -> SourceUnavailable:
    return SourceUnavailable("{source}: the site does not answer", source=source.id)


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{host_of(url)}:{url.port or ''}"


def _is_below(path: str, allowed: str) -> bool:
    """Whether ``path`` is ``allowed`` or below it: «/aide» allows «/aide/x» and not «/aider»."""
    return path == allowed or path.startswith((allowed.rstrip("/") + "/", allowed + "?"))


def _where(url: httpx.URL) -> str:
    """An address as a problem names it, without what could be a password."""
    return str(url.copy_with(userinfo=b"", query=None))[:MAX_URL_CHARACTERS]


def _identity(source: Source, url: httpx.URL) -> str:
    name = str(url).partition("://")[2].rstrip("/")
    identity = f"{source.id}/{name}"
    if len(identity) > 255:
        identity = f"{source.id}/{hashlib.sha256(name.encode()).hexdigest()}"
    return identity


def _digest(source: Source, url: httpx.URL, lastmod: str) -> str:
    """The digest of the page's state, as far as the sitemap tells it; «» where it does not.

    A day that is not over yet tells nothing: the page may change again before it is.
    """
    if not lastmod or (len(lastmod) == 10 and lastmod >= datetime.now(UTC).date().isoformat()):
        return ""
    head = json.dumps([VERSION, str(url), source.licence, lastmod])
    return hashlib.sha256(head.encode()).hexdigest()


def _document(source: Source, identity: str, fetched: Fetched, lastmod: str) -> Document:
    """The page as a document. Raises NotRead where it holds no text."""
    try:
        tree = html.parse(_decoded(fetched))
        if tree.xpath(f"//table[count(ancestor::table) >= {MAX_NESTED_TABLES}]"):
            raise NotRead("this page is nested too deep")
        pieces = list(html.cut_at_headings(list(html.element_blocks(_main(tree)))))
    except ValueError as error:
        raise NotRead("this page holds no text") from error
    url = str(fetched.url)
    sections = tuple(Section(path, text, "", url) for path, text in pieces if text.strip())
    if not sections:
        raise NotRead("this page holds no text")
    return document(
        id=identity,
        source=source.id,
        title=_title(tree) or url,
        url=url,
        date=_day(lastmod) or _last_modified(fetched),
        licence=source.licence,
        sections=sections,
    )


def _decoded(fetched: Fetched) -> str:
    """The page's text, in the encodings that the Web's French pages have."""
    charset = fetched.charset
    if not charset and (match := _META_CHARSET.search(fetched.body[:2048])):
        charset = match.group(1).decode("ascii").lower()
    if charset in _LATIN_9:
        return fetched.body.decode("iso-8859-15")
    if charset not in _LATIN:
        try:
            return fetched.body.decode("utf-8-sig")
        except UnicodeDecodeError:
            pass
    return fetched.body.decode("cp1252", errors="replace")


def _main(tree: lxml_html.HtmlElement) -> lxml_html.HtmlElement:
    """The part of a page that says something, where the page marks it."""
    found = tree.xpath("//main | //*[@role='main']") or tree.xpath("//article")
    return found[0] if len(found) == 1 else tree


def _title(tree: lxml_html.HtmlElement) -> str:
    for place in ("//title", "//h1"):
        for element in tree.xpath(place):
            if title := html.squeeze(element.text_content()):
                return title[:MAX_TITLE_CHARACTERS]
    return ""


def _last_modified(fetched: Fetched) -> str:
    try:
        return parsedate_to_datetime(fetched.headers.get("last-modified", "")).date().isoformat()
    except (ValueError, TypeError):
        return ""


def _day(lastmod: str) -> str:
    try:
        return date.fromisoformat(lastmod[:10]).isoformat()
    except ValueError:
        return ""
