"""A website is read politely and within what is allowed; what it names cannot lead elsewhere.

A real server on this machine plays the site, under a name that a resolver of the test's own gives
its address to; hostile sites play their tricks with it.
"""

from __future__ import annotations

import datetime as dt
import gzip
import http.server
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from rag.connectors import fetch, sitemap, website
from rag.connectors.addresses import Gate, NotRead, is_of_a_network, is_public
from rag.documents import Document, Item, Known, Problem, Unchanged
from rag.errors import SourceUnavailable
from rag.sources import Source

HOST = "site.example.org"
PAGE = (
    "<html><head><title>Les déchets</title></head><body><nav>Menu</nav><main>"
    "<h1>Collecte</h1><p>Le bac jaune est collecté le mardi.</p></main></body></html>"
)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with what the site holds at a path: a text, an answer, or a function that acts."""

    server: Site

    def do_GET(self) -> None:
        """One answer, noted."""
        self.server.asked.append((self.path, dict(self.headers)))
        content = self.server.files.get(self.path)
        if callable(content):
            content(self)
        elif content is None:
            self.answer(404, b"")
        else:
            data = content.encode() if isinstance(content, str) else content
            kind = "text/xml" if self.path.endswith(".xml") else "text/html; charset=utf-8"
            self.answer(200, data, {"Content-Type": kind})

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        """A whole answer."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged."""


class Site(http.server.ThreadingHTTPServer):
    """A website on this machine: its files, and what was asked of it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, str | bytes | Callable[[Handler], None]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.scheme = "http"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that hangs up is what several tests are about."""

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [path for path, _ in self.asked]

    def url(self, path: str = "/", host: str = HOST) -> str:
        """The address of ``path``."""
        return f"{self.scheme}://{host}:{self.server_port}{path}"

    def lists(self, *paths: str, lastmod: str = "") -> None:
        """Make the sitemap list ``paths`` (or whole addresses)."""
        urls = [path if ":" in path else self.url(path) for path in paths]
        said = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
        self.files["/sitemap.xml"] = (
            '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
            + "".join(f"<url><loc>{url}</loc>{said}</url>" for url in urls)
            + "</urlset>"
        )

    def gate(self, resolve: Callable[[str, int], Sequence[str]] | None = None) -> Gate:
        """What lets this site pass, and the names that ``resolve`` knows."""
        return Gate(
            frozenset({HOST}),
            frozenset({80, 443, self.server_port}),
            resolve or (lambda host, port: ["127.0.0.1"]),
        )

    def source(self, **said: Any) -> Source:
        """A source that reads this site."""
        declared = {
            "id": "ville",
            "title": "Site de la ville",
            "kind": "website",
            "url": self.url(),
            "private_hosts": [HOST],
            "rate": 10,
            "owner": "Ville",
            "licence": "Usage interne",
        }
        return Source.model_validate(declared | said)

    def read(
        self,
        known: Known | None = None,
        gate: Gate | None = None,
        seconds: float = 5.0,
        **said: Any,
    ) -> list[Item]:
        """All that a reading yields."""
        return list(
            website.read(
                self.source(**said),
                known or Known({}),
                gate=gate or self.gate(),
                seconds=seconds,
                wait=lambda _: None,
            )
        )


@pytest.fixture
def site() -> Iterator[Site]:
    """A site with one page."""
    made = Site()
    made.files["/dechets"] = PAGE
    made.lists("/dechets")
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


def _document(item: Item) -> Document:
    assert isinstance(item, Document), str(item)
    return item


def _problems(items: list[Item]) -> list[str]:
    return [item.message_id for item in items if isinstance(item, Problem)]


def test_a_page_is_read_with_its_headings_and_without_its_menus(site: Site) -> None:
    site.lists("/dechets", lastmod="2025-03-01T10:00:00+01:00")
    (page,) = map(_document, site.read())
    assert (page.title, page.url, page.date) == ("Les déchets", site.url("/dechets"), "2025-03-01")
    (part,) = page.sections
    assert (part.path, part.text) == (("Collecte",), "Le bac jaune est collecté le mardi.")
    assert (part.url, page.licence) == (page.url, "Usage interne")
    assert {headers["User-Agent"] for _, headers in site.asked} == {"Sobria"}
    assert {headers["Host"] for _, headers in site.asked} == {f"{HOST}:{site.server_port}"}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html; charset=ISO-8859-1", "<p>L’été à 5 €</p>".encode("cp1252")),
        ("text/html", b"<meta charset='iso-8859-15'>" + "<p>L'été à 5 €</p>".encode("iso-8859-15")),
        ("text/html", "<p>L’été à 5 €</p>".encode("cp1252")),
        ("application/xhtml+xml; charset=utf-8", "<p>L’été à 5 €</p>".encode()),
        ("text/html; charset=zlib", "<p>L’été à 5 €</p>".encode()),
    ],
)
def test_the_encoding_is_the_one_said_or_the_one_that_fits(
    site: Site, kind: str, body: bytes
) -> None:
    site.files["/dechets"] = lambda handler: handler.answer(200, body, {"Content-Type": kind})
    (page,) = map(_document, site.read())
    assert page.sections[0].text.replace("’", "'") == "L'été à 5 €"


def test_a_page_whose_lastmod_is_known_is_not_asked_for_again(site: Site) -> None:
    site.lists("/dechets", lastmod="2025-03-01")
    (page,) = map(_document, site.read())
    site.asked.clear()
    known = Known({page.id: page.digest})
    assert site.read(known) == [Unchanged(page.id)]
    assert "/dechets" not in site.paths
    site.lists("/dechets", lastmod="2025-03-02")
    (again,) = map(_document, site.read(known))
    assert (again.id, again.date) == (page.id, "2025-03-02") and again.digest != page.digest


@pytest.mark.parametrize("lastmod", ["", "today", "hier"])
def test_where_lastmod_tells_nothing_the_content_does(site: Site, lastmod: str) -> None:
    day = dt.datetime.now(dt.UTC).date().isoformat() if lastmod == "today" else lastmod
    site.lists("/dechets", lastmod=day)
    (page,) = map(_document, site.read())
    (same,) = map(_document, site.read(Known({page.id: page.digest})))
    assert same.digest == page.digest
    site.files["/dechets"] = PAGE.replace("mardi", "jeudi")
    (other,) = map(_document, site.read())
    assert other.digest != page.digest


def test_sitemaps_are_found_by_robots_txt_followed_and_unpacked(site: Site) -> None:
    del site.files["/sitemap.xml"]
    site.files["/robots.txt"] = f"Sitemap: {site.url('/index.xml')}\n"
    site.files["/index.xml"] = (
        "<sitemapindex>"
        f"<sitemap><loc>{site.url('/a.xml.gz')}</loc></sitemap>"
        f"<sitemap><loc>{site.url('/index.xml')}</loc></sitemap>"
        f"<sitemap><loc>{site.url('/gone.xml')}</loc></sitemap></sitemapindex>"
    )
    listed = f"<urlset><url><loc>{site.url('/dechets#tri')}</loc></url></urlset>"
    site.files["/a.xml.gz"] = gzip.compress(listed.encode())
    problem, page = site.read()
    assert isinstance(problem, Problem) and problem.where == site.url("/gone.xml")
    assert _document(page).url == site.url("/dechets")
    assert site.paths.count("/index.xml") == 1


def test_only_what_is_allowed_is_read_by_whole_steps_of_the_path(site: Site) -> None:
    paths = ["/aide", "/aide/a", "/aide?b=1", "/aider", "/", "/AIDE/x", "/aide/../secret"]
    paths += ["/aide/%2e%2e/secret", "/aide/..%5csecret", "/aide/..\\secret"]
    site.files |= dict.fromkeys(paths, PAGE)
    site.lists(*paths, "http://other.example.org/aide/a")
    items = site.read(allow=[site.url("/aide")])
    assert [_document(item).url for item in items] == [
        site.url("/aide"),
        site.url("/aide/a"),
        site.url("/aide?b=1"),
    ]


def test_robots_txt_is_obeyed_with_its_wildcards_and_its_delay(site: Site) -> None:
    site.files["/robots.txt"] = (
        "User-agent: *\nDisallow: /\n\n"
        "User-agent: Sobria\nDisallow: /prive\nAllow: /prive/ouvert\nDisallow: /*?tri=\n"
        "Crawl-delay: 7\n"
    )
    paths = ["/prive/a", "/prive/ouvert", "/dechets?tri=nom", "/dechets"]
    site.files |= dict.fromkeys(paths, PAGE)
    site.lists(*paths)
    waits: list[float] = []
    items = list(website.read(site.source(), Known({}), gate=site.gate(), wait=waits.append))
    assert [_document(item).url for item in items[1:]] == [
        site.url("/prive/ouvert"),
        site.url("/dechets"),
    ]
    assert isinstance(items[0], Problem) and dict(items[0].params) == {"count": 2}
    assert not {"/prive/a", "/dechets?tri=nom"} & set(site.paths)
    assert max(waits) > 6


def test_pages_are_asked_for_at_the_declared_rate(site: Site) -> None:
    site.files |= {f"/{i}": PAGE for i in range(4)}
    site.lists(*(f"/{i}" for i in range(4)))
    started = time.monotonic()
    assert len(list(website.read(site.source(), Known({}), gate=site.gate()))) == 4
    assert time.monotonic() - started >= 0.5  # robots, sitemap and four pages, ten a second


def test_no_more_pages_are_read_than_declared(site: Site) -> None:
    site.files |= {f"/{i}": PAGE for i in range(5)}
    site.lists(*(f"/{i}" for i in range(5)))
    items = site.read(max_pages=3)
    assert isinstance(items[0], Problem) and dict(items[0].params) == {"limit": 3}
    assert [_document(item).url for item in items[1:]] == [site.url(f"/{i}") for i in range(3)]
    site.lists(*(f"/{i}" for i in range(3)))
    assert len(site.read(max_pages=3)) == 3


def _redirect(to: str, status: int = 302) -> Callable[[Handler], None]:
    return lambda handler: handler.answer(status, b"", {"Location": to})


def test_a_redirect_within_the_site_is_followed_a_few_times(site: Site) -> None:
    site.files["/vieux"] = _redirect("/moyen", 301)
    site.files["/moyen"] = _redirect(site.url("/dechets"), 308)
    site.files["/boucle"] = _redirect("/boucle")
    site.lists("/vieux", "/boucle")
    page, problem = site.read()
    assert _document(page).url == site.url("/dechets")
    assert _document(page).id.endswith("/vieux")
    assert _problems([problem]) == ["this page redirects too many times"]
    assert site.paths.count("/boucle") == fetch.MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost/admin",
        "http://127.0.0.1/admin",
        "http://[::1]/admin",
        "http://2130706433/",
        "//evil.example.org/",
        "https://site.example.org/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/_x",
        "http://:secret@site.example.org/",
        "http://[broken/",
        "/secret",
    ],
)
def test_a_redirect_to_elsewhere_is_not_followed(site: Site, elsewhere: str) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    site.files["/aide/a"] = _redirect(elsewhere)
    site.files["/secret"] = PAGE
    site.lists("/aide/a")
    (problem,) = site.read(gate=site.gate(resolve), allow=[site.url("/aide")])
    assert isinstance(problem, Problem) and "secret" not in str(problem)
    assert set(asked) == {HOST} and "/secret" not in site.paths


def test_robots_and_sitemaps_may_not_redirect_to_another_host_either(site: Site) -> None:
    for status in (302, 307):
        site.files["/robots.txt"] = _redirect("http://169.254.169.254/latest/", status)
        with pytest.raises(SourceUnavailable, match=r"robots\.txt"):
            site.read()
    del site.files["/robots.txt"]
    site.files["/sitemap.xml"] = _redirect("http://localhost/sitemap.xml")
    with pytest.raises(SourceUnavailable, match="no page"):
        site.read()


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://site.example.org/x",
        "javascript:alert(1)",
        "http://169.254.169.254/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://user:secret@site.example.org:{port}/dechets",
        "http://site.example.org@evil.example.org/dechets",
        "http://site.example.org.evil.example.org/dechets",
        "http://site.example.org:22/",
        "http://[::ffff:127.0.0.1]/",
        "http://exa mple/",
        "http://[",
        "mailto:a@example.org",
    ],
)
def test_what_a_sitemap_lists_elsewhere_is_never_asked_for(site: Site, address: str) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    site.lists(address.replace("{port}", str(site.server_port)), site.url("/dechets"))
    (page,) = site.read(gate=site.gate(resolve))
    assert _document(page).url == site.url("/dechets")
    assert set(asked) == {HOST}


def test_a_name_that_resolves_to_a_private_address_is_refused_unless_it_is_declared(
    site: Site,
) -> None:
    for found in (["127.0.0.1"], ["93.184.216.34", "10.0.0.8"], ["::ffff:192.168.1.1"]):
        gate = Gate(ports=frozenset({site.server_port}), resolve=lambda h, p, found=found: found)
        with pytest.raises(SourceUnavailable, match="private_hosts must name it"):
            site.read(gate=gate)
    assert site.paths == []
    assert len(site.read()) == 1


def test_even_a_declared_host_may_not_lead_to_a_cloud_s_credentials(site: Site) -> None:
    with pytest.raises(SourceUnavailable):
        site.read(gate=site.gate(lambda host, port: ["169.254.169.254"]))


def test_a_name_is_resolved_once_for_a_connection_that_goes_to_that_very_address(
    site: Site,
) -> None:
    """The name does not exist for the system: that the site answers shows that none asked it."""
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    gate = site.gate(lambda host, port: next(answers))
    fetcher = fetch.Fetcher(gate, 0)
    url = httpx.URL(site.url("/dechets"))
    assert fetcher.get(url, lambda _: None, 10_000).body.decode() == PAGE
    with pytest.raises(NotRead, match="private network"):
        fetcher.get(url, lambda _: None, 10_000)
    assert site.paths == ["/dechets"]


@pytest.mark.parametrize(
    "elsewhere",
    ["http://site.example.org:1/", "http://a:b@site.example.org/", "ftp://site.example.org/"],
)
def test_the_gate_stands_on_the_way_of_each_redirect_whatever_is_allowed(
    site: Site, elsewhere: str
) -> None:
    site.files["/x"] = _redirect(elsewhere)
    with pytest.raises(NotRead, match="only http and https"):
        fetch.Fetcher(site.gate(), 0).get(httpx.URL(site.url("/x")), lambda _: None, 1000)


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return public, private


def test_tls_is_checked_for_the_name_though_the_connection_goes_by_the_address(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, private = _certificate(tmp_path, HOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    site.scheme = "https"
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    fetcher = fetch.Fetcher(site.gate(), 0, seconds=5)
    got = fetcher.get(httpx.URL(site.url("/dechets")), lambda _: None, 10_000)
    assert got.body.decode() == PAGE
    other = Gate(frozenset({"other.example.org"}), site.gate().ports, lambda h, p: ["127.0.0.1"])
    with pytest.raises(NotRead, match="cannot be reached"):
        fetch.Fetcher(other, 0, seconds=5).get(
            httpx.URL(site.url("/dechets", "other.example.org")), lambda _: None, 10_000
        )


@pytest.mark.parametrize(
    "address",
    [
        "http://2130706433/",
        "http://127.1/",
        "http://0x7f.0.0.1/",
        "http://1.2.3.0x4/",
        "http://0x7f000001/",
        "http://user@example.org/",
        "http://example.org:22/",
        "https://example.org:8443/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http:///x",
    ],
)
def test_an_address_of_another_kind_is_refused_before_anything_is_resolved(address: str) -> None:
    with pytest.raises(NotRead):
        Gate().check(httpx.URL(address))
    Gate().check(httpx.URL("https://www.example.org/"))
    Gate().check(httpx.URL("http://example.org:80/a?b=c"))


NOT_PUBLIC = """
    0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 192.0.0.192
    192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255
    :: ::1 ::7f00:1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1
    2001:db8::1 2001::1 2002:7f00:1::1 2002:a00:1::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0
    fec0::1 ff02::1 3fff::1 site.example.org 127.1
"""
PUBLIC = """
    93.184.216.34 1.1.1.1 2606:4700::1111 ::ffff:1.1.1.1 64:ff9b::101:101 2002:101:101::1
"""


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_no_way_to_write_an_address_makes_it_public(address: IPv4Address | IPv6Address) -> None:
    if isinstance(address, IPv6Address):
        assert not is_public(str(address)) or is_public(address.exploded)
        return
    written = [f"::ffff:{address}", str(ip_address((0x64FF9B << 96) | int(address)))]
    assert {is_public(each) for each in written} == {is_public(str(address))}
    assert not is_public(str(address)) or (address.is_global and not address.is_private)


def test_a_private_host_may_have_any_address_of_one_machine() -> None:
    for address in ("10.0.0.1", "127.0.0.1", "192.168.0.4", "fd12::1", "::1", "1.1.1.1"):
        assert is_of_a_network(address)
    for address in ("169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "::", "240.0.0.1"):
        assert not is_of_a_network(address)
    assert not is_of_a_network("::ffff:169.254.169.254")


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE u [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<urlset><url><loc>&b;</loc></url></urlset>"
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LAUGHS.encode(), "XML entities"),
        (LAUGHS.replace('"haha"', 'SYSTEM "file:///etc/hostname"').encode(), "XML entities"),
        (LAUGHS.encode("utf-16"), "XML entities"),
        (gzip.compress(b" " * (sitemap.MAX_BYTES + 1)), "too large"),
        (gzip.compress(gzip.compress(b"<urlset/>")), "not a sitemap"),
        (gzip.compress(b"<urlset/>")[:-9], "damaged"),
        (b"\x1f\x8bgarbage", "damaged"),
        (b"", "not a sitemap"),
        (b"<html></html>", "not a sitemap"),
        (b"<urlset>" + b"<url>" * 5000, "not a sitemap"),
    ],
    ids=["laughs", "file", "utf-16", "bomb", "twice", "cut", "garbage", "empty", "html", "deep"],
)
def test_a_hostile_sitemap_is_refused_with_its_reason(content: bytes, said: str) -> None:
    with pytest.raises(NotRead, match=said):
        sitemap.parse(content)


def test_a_hostile_sitemap_does_not_hide_the_others(site: Site) -> None:
    addresses = ["http://[", site.url("/bad.xml"), site.url("/sitemap.xml")]
    site.files["/robots.txt"] = "".join(f"Sitemap: {address}\n" for address in addresses)
    site.files["/bad.xml"] = LAUGHS
    *problems, page = site.read()
    assert _problems(problems) == [
        "this page is outside of what the source allows",
        "this file declares XML entities, which are refused",
    ]
    assert isinstance(page, Document)


def test_an_answer_that_swells_or_never_ends_is_cut(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(website, "MAX_PAGE_BYTES", 300_000)
    head = {"Content-Type": "text/html"}
    bomb = gzip.compress(b"<p>" + b" " * 30_000_000)

    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        while True:
            handler.wfile.write(b"<p>encore</p>" * 1000)

    site.files["/sans-fin"] = endless
    site.files["/bombe"] = lambda h: h.answer(200, bomb, head | {"Content-Encoding": "gzip"})
    site.files["/autre"] = lambda h: h.answer(200, b"x", head | {"Content-Encoding": "br"})
    site.files["/gzip"] = lambda h: h.answer(
        200, gzip.compress(PAGE.encode()), head | {"Content-Encoding": "gzip"}
    )
    site.lists("/sans-fin", "/bombe", "/autre", "/gzip")
    *problems, page = site.read()
    too_large = "this is too large: at most {limit} MB are read"
    assert _problems(problems) == [too_large, too_large, "the site's answer is damaged"]
    assert _document(page).title == "Les déchets"


def _dripping(before: bytes) -> Callable[[Handler], None]:
    def drip(handler: Handler) -> None:
        handler.wfile.write(before)
        for _ in range(200):
            handler.wfile.write(b"a")
            handler.wfile.flush()
            time.sleep(0.05)

    return drip


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>",
    ],
    ids=["nothing", "headers", "body"],
)
def test_a_server_that_drips_is_left_in_time(site: Site, before: bytes) -> None:
    site.files["/lent"] = _dripping(before)
    site.lists("/lent", "/dechets")
    started = time.monotonic()
    problem, page = site.read(seconds=0.6)
    assert _problems([problem]) == ["the site takes too long to answer"]
    assert time.monotonic() - started < 3
    assert isinstance(page, Document)


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("application/pdf", "%PDF-1.4", "this is not an HTML page"),
        ("", "<p>Bonjour</p>", "this is not an HTML page"),
        ("text/html", "", "this page holds no text"),
        ("text/html", "<nav>Menu</nav><script>x()</script>", "this page holds no text"),
        ("text/html", "<table><tr><td>1.</td><td>" * 40 + "x", "this page is nested too deep"),
    ],
)
def test_what_is_no_page_of_text_is_reported(site: Site, kind: str, body: str, said: str) -> None:
    site.files["/x"] = lambda h: h.answer(200, body.encode(), {"Content-Type": kind})
    site.lists("/x", "/dechets")
    problem, page = site.read()
    assert _problems([problem]) == [said]
    assert isinstance(page, Document)


def test_a_page_that_cannot_be_read_for_now_is_kept_and_one_that_is_gone_is_not(
    site: Site,
) -> None:
    (page,) = map(_document, site.read())
    known = Known({page.id: page.digest})
    for status in (500, 503, 429):
        site.files["/dechets"] = lambda h, status=status: h.answer(status, b"")
        problem, kept = site.read(known)
        assert isinstance(problem, Problem) and dict(problem.params) == {"status": status}
        assert kept == Unchanged(page.id)
        assert len(site.read()) == 1  # nothing is kept of what was never held
    for status in (404, 410, 403):
        site.files["/dechets"] = lambda h, status=status: h.answer(status, b"")
        assert len(site.read(known)) == 1


def test_a_page_is_kept_by_the_id_under_which_it_is_held(site: Site) -> None:
    site.files["/dechets"] = lambda h: h.answer(500, b"")
    identity = f"ville/{HOST}:{site.server_port}/dechets"
    known = Known({f"sealed {identity}": "x"}, lambda name, digest: (f"sealed {name}", digest))
    assert site.read(known)[1] == Unchanged(identity)


def test_a_site_that_is_down_is_unavailable_rather_than_empty(site: Site) -> None:
    site.files |= {f"/{i}": lambda h: h.answer(502, b"") for i in range(9)}
    site.lists(*(f"/{i}" for i in range(9)))
    with pytest.raises(SourceUnavailable, match="does not answer"):
        site.read()
    assert sum(path[1:].isdigit() for path in site.paths) == website.MAX_FAILURES
    site.files["/sitemap.xml"] = lambda h: h.answer(503, b"")
    with pytest.raises(SourceUnavailable, match="does not answer"):
        site.read()
    site.files["/robots.txt"] = lambda h: h.answer(500, b"")
    with pytest.raises(SourceUnavailable, match=r"robots\.txt"):
        site.read()


def test_a_host_that_is_not_found_makes_the_source_unavailable(site: Site) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(SourceUnavailable):
        site.read(gate=site.gate(resolve))


def test_long_addresses_have_ids_that_fit(site: Site) -> None:
    path = "/" + "a" * 400
    site.files[path] = PAGE
    site.lists(path, "/" + "b" * website.MAX_URL_CHARACTERS)
    (page,) = map(_document, site.read())
    assert len(page.id) <= 255 and page.url.endswith(path)


def test_a_problem_does_not_show_what_follows_the_question_mark(site: Site) -> None:
    site.lists("/absent?jeton=secret")
    (problem,) = site.read()
    assert str(problem) == f"{site.url('/absent')}: the site answered with the error 404"
