"""The pages' scripts in a real browser, against a server that only plays back what it is told.

The server here stands for the HTTP surface of ``server/pages``: it is the contract that the
scripts are written to (events and their order), under the same content security policy.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_core_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.waiting import wait_for
from tests.web import samples
from web import views
from web.render import STATIC, render

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed on this machine"),
]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

#: A little of the charter's schema: what the editor suggests from.
SCHEMA = {
    "$defs": {
        "Use": {
            "type": "object",
            "properties": {
                "id": {"type": "string", "description": "Its name."},
                "effect": {"enum": ["forbid", "review", "allow"], "description": "What it does."},
                "detect": {"$ref": "#/$defs/Detect", "description": "How it is seen."},
            },
        },
        "Detect": {"type": "object", "properties": {"examples": {"type": "array"}}},
        "Quota": {
            "type": "object",
            "properties": {"metric": {"enum": ["requests", "wh"]}, "limit": {"type": "number"}},
        },
    },
    "properties": {
        "charter": {"const": 1},
        "uses": {"type": "array", "items": {"$ref": "#/$defs/Use"}, "description": "The uses."},
        "quotas": {"type": "array", "items": {"$ref": "#/$defs/Quota"}},
        "audit": {"type": "object", "properties": {"require_reason": {"type": "boolean"}}},
    },
}


@dataclass
class Stage:
    """What the server plays, and what it was asked."""

    address: str = ""
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: list[tuple[str, Any, str | None]] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    problems: list[dict[str, Any]] = field(default_factory=list)
    previewed: list[tuple[str, Any]] = field(default_factory=list)
    unpreviewed: str = ""


def sent(stage: Stage, number: int) -> tuple[str, Any, str | None]:
    """What was asked of the server, once it has come: a click does not wait for it."""
    wait_for(lambda: len(stage.asked) > number)
    return stage.asked[number]


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A server on the loopback, for the sample pages and the scripts' requests."""
    played = Stage()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path.startswith("/static/"):
                file = STATIC / Path(path).name
                self._send(file.read_bytes(), TYPES[file.suffix])
                return
            if path == "/charter/schema.json":
                self._send(json.dumps(SCHEMA).encode(), "application/schema+json")
                return
            names = {"/chat": "chat-empty", "/chat/c1": "chat", "/admin/charter": "charter"}
            name = names.get(path) or path.removeprefix("/sample/")
            template, page, view, extra = samples.every_page()[name]
            self._send(render(template, page, view, **extra).encode(), "text/html; charset=utf-8")

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Type"].startswith("application/x-www-form-urlencoded"):
                # A form that a script sends reads the page that it would lead to.
                played.asked.append((self.path, parse_qs(sent.decode()), None))
                template, page, view, extra = samples.every_page()["charter-tests"]
                self._send(render(template, page, view, **extra).encode(), "text/html")
                return
            body = json.loads(sent)
            if self.path.endswith("/preview"):
                played.previewed.append((self.path, body))
                failed, answer = played.unpreviewed, preview_of(body)
                data = json.dumps({"message": failed} if failed else answer).encode()
                self._send(data, "application/json", 503 if failed else 200)
                return
            played.asked.append((self.path, body, self.headers["X-CSRF-Token"]))
            if self.path.endswith("/messages"):
                self._play()
            elif self.path.endswith("/check"):
                answer = {"problems": played.problems, "summary_html": "<p>Vu.</p>"}
                self._send(json.dumps(answer).encode(), "application/json")
            elif self.path.endswith("/feedback"):
                shared = body.get("share", False) and "Camille" not in body["comment"]
                answer = {"value": body["value"], "shared": shared}
                self._send(json.dumps(answer).encode(), "application/json")
            else:
                played.stopped.set()
                self._send(b"{}", "application/json")

        def _play(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for name, data in played.events:
                if name == "until-stopped":
                    played.stopped.wait(10)
                    continue
                frame = f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
                # Cut anywhere, also inside a character: the reader must not mind.
                self.wfile.write(b": keep-alive\n\n" + frame[:23])
                self.wfile.flush()
                self.wfile.write(frame[23:])
                self.wfile.flush()

        def _send(self, body: bytes, kind: str, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    played.address = f"http://127.0.0.1:{server.server_port}"
    yield played
    played.stopped.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a sandbox since tests may run as root in a container."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, stage: Stage) -> Iterator[Page]:
    """A page that fails the test for any error on its console.

    It asks for the server so as to be closed before it: a picture that is still on its way when
    the server goes would be an error.
    """
    context = browser.new_context(locale="fr-FR")
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on(
        "console",
        lambda line: (
            errors.append(f"{line.text} {line.location}") if line.type == "error" else None
        ),
    )
    opened.set_default_timeout(5000)
    yield opened
    context.close()
    assert not errors


def preview_of(typed: dict[str, Any]) -> dict[str, Any]:
    """What the server tells of a text: it finds «Camille», «secret» and the words asked for."""
    text, spans, items, exact = typed["text"], [], [], typed["text"]
    names = {"Camille": "masked", "secret": "blocked", **dict.fromkeys(typed["masked"], "masked")}
    for word, usual in names.items():
        state = "kept" if word in typed["kept"] else usual
        places = [found.start() for found in re.finditer(re.escape(word), text)]
        spans += [{"start": at, "end": at + len(word), "state": state} for at in places]
        if places:
            choice = word if word in typed["masked"] else ""
            keep = word == "Camille"
            items.append(views.MaskedItem(word, "nom", len(places), state, keep, choice))  # type: ignore[arg-type]
            exact = exact if state == "kept" else exact.replace(word, "[PERSONNE_1]")
    spans.sort(key=lambda span: int(span["start"]))
    blocked = ("mot de passe",) if "secret" in text else ()
    count = sum(span["state"] != "kept" for span in spans)
    view = views.PreviewView(count, tuple(items), blocked, exact)
    html = render("_preview.html", samples.page("employee", "/chat"), view)
    return {"spans": spans, "count": count, "blocked": blocked, "text": exact, "html": html}


def answer_events() -> list[tuple[str, dict[str, Any]]]:
    """The events of an exchange that goes well."""
    frame = samples.page("employee", "/chat/c9")
    person, machine = samples.MESSAGES
    return [
        ("conversation", {"id": "c9", "title": "Congés payés", "url": "/chat/c9"}),
        (
            "accepted",
            {
                "exchange": "x1",
                "record": 7,
                "person_html": render("_message.html", frame, person),
                "masked": [],
                "masked_counts": {},
            },
        ),
        ("searching", {"passages": 2219}),
        ("sources", {"html": render("_sources.html", frame, samples.SOURCES)}),
        ("waiting", {"position": 2}),
        ("reading", {"done": 256, "total": 812}),
        ("delta", {"text": "Vous acquérez "}),
        ("delta", {"text": "2,5 jours"}),
        ("completed", {"html": render("_message.html", frame, machine, conversation_id="c9")}),
        ("quota", {"html": render("_quota.html", frame, samples.QUOTAS[:1])}),
    ]


def test_a_question_goes_and_its_answer_comes_with_sources_and_receipt(
    page: Page, stage: Stage
) -> None:
    stage.events = answer_events()
    page.goto(f"{stage.address}/chat")
    page.fill("#question", "Combien de jours ?")
    page.press("#question", "Enter")
    expect(page.locator("article.machine .prose")).to_contain_text("2,5 jours ouvrables")
    path, body, token = sent(stage, 0)
    assert (path, token) == ("/chat/new/messages", "csrf-1")
    assert body == {
        "text": "Combien de jours ?",
        "kept": [],
        "masked": [],
        "regenerate": False,
    }
    assert urlsplit(page.url).path == "/chat/c9"
    expect(page.locator("h1")).to_have_text("Congés payés")
    expect(page.locator("article.person mark.masked").first).to_have_text("Camille Roux")
    expect(page.locator("#sources-list .source")).to_have_count(3)
    expect(page.locator("#quota li")).to_have_count(1)
    expect(page.locator("#conversation-list a[aria-current]")).to_have_text("Congés payés")
    expect(page.locator("#status")).to_have_text("Réponse terminée.")
    expect(page.locator("#spoken")).to_contain_text("2,5 jours ouvrables")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.click(".receipt summary")
    expect(page.locator(".till")).to_contain_text("numéro de sécurité sociale")


def test_shift_enter_breaks_the_line_and_sends_nothing(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.address}/chat")
    page.type("#question", "un")
    page.press("#question", "Shift+Enter")
    page.type("#question", "deux")
    assert page.input_value("#question") == "un\ndeux"
    assert not stage.asked


def test_the_wait_is_told_and_escape_stops(page: Page, stage: Stage) -> None:
    events = answer_events()
    stage.events = [*events[:5], ("until-stopped", {}), *events[8:]]
    page.goto(f"{stage.address}/chat")
    page.fill("#question", "Combien ?")
    page.click("#send")
    expect(page.locator(".state")).to_have_text("Demandes avant la vôtre\N{NO-BREAK SPACE}: 2")
    expect(page.locator("#status")).to_contain_text("Demandes avant la vôtre")
    expect(page.locator("#send")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("article.machine .receipt")).to_be_visible()
    assert sent(stage, 1)[0] == "/chat/exchanges/x1/stop"
    expect(page.locator("#send")).to_be_visible()


def test_a_refusal_takes_the_place_of_the_answer(page: Page, stage: Stage) -> None:
    html = render("_message.html", samples.page("employee", "/chat"), samples.REFUSED[1])
    stage.events = [answer_events()[0], ("refused", {"html": html})]
    page.goto(f"{stage.address}/chat")
    page.fill("#question", "Classe ces candidats")
    page.click("#send")
    expect(page.locator(".refusal h3")).to_contain_text("ce n’est pas possible ici")
    expect(page.locator("#spoken")).to_contain_text("RGPD, article 22")


def test_a_stream_that_breaks_is_told(page: Page, stage: Stage) -> None:
    stage.events = answer_events()[:7]
    page.goto(f"{stage.address}/chat")
    page.fill("#question", "Combien ?")
    page.click("#send")
    expect(page.locator(".state.still")).to_contain_text("La connexion a été coupée")


def test_a_failure_says_why_and_lets_one_ask_again(page: Page, stage: Stage) -> None:
    stage.events = [*answer_events()[:2], ("failed", {"message": "Le modèle ne répond pas."})]
    page.goto(f"{stage.address}/chat")
    page.fill("#question", "Combien ?")
    page.click("#send")
    expect(page.locator(".state.still")).to_have_text("Le modèle ne répond pas.")
    stage.events = answer_events()
    page.click("[data-again]")
    expect(page.locator("article.machine .prose")).to_contain_text("2,5 jours ouvrables")
    assert sent(stage, 1)[1] == {"regenerate": True}
    expect(page.locator("article.machine")).to_have_count(1)


MARKED = "#marks mark"


def test_what_will_be_masked_is_marked_as_one_types(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.address}/chat")
    expect(page.locator("#show-preview")).to_be_disabled()
    page.type("#question", "Bonjour Camille, ")
    expect(page.locator(MARKED)).to_have_text("Camille")
    # One question to the server for all the keystrokes, and the marks follow meanwhile.
    assert len(stage.previewed) <= 2
    assert stage.previewed[-1] == (
        "/chat/new/preview",
        {"text": "Bonjour Camille, ", "kept": [], "masked": []},
    )
    expect(page.locator("#masking-line")).to_have_text("1 donnée sera masquée")
    expect(page.locator("#status")).to_have_text("1 donnée sera masquée")
    page.press("#question", "Home")
    page.keyboard.type("Oh. ")
    expect(page.locator(MARKED)).to_have_text("Camille")
    expect(page.locator("#marks")).to_have_text(re.compile("^Oh. Bonjour Camille, "))
    # The marks lie exactly under their words.
    assert (
        page.evaluate("""() => {
      const [over, under] = ["#question", "#marks"].map((name) => {
        const style = getComputedStyle(document.querySelector(name));
        return ["font", "lineHeight", "padding", "letterSpacing", "wordSpacing", "textIndent",
          "tabSize", "whiteSpace", "overflowWrap", "wordBreak", "borderWidth", "width", "height",
        ].map((key) => style[key]).join("|");
      });
      return over === under ? "" : `${over}\n${under}`;
    }""")
        == ""
    )
    assert page.locator("#marks").get_attribute("aria-hidden") == "true"
    expect(page.locator("#preview .seen")).to_have_text(re.compile("^Oh. Bonjour"))


def test_a_count_is_announced_once_and_an_empty_composer_is_silent(
    page: Page, stage: Stage
) -> None:
    page.goto(f"{stage.address}/chat")
    page.evaluate("""() => {
      window.heard = [];
      const status = document.querySelector("#status");
      const hear = () => window.heard.push(status.textContent);
      new MutationObserver(hear).observe(status, {childList: true});
    }""")
    for text in ("Bonjour", "Bonjour Camille", "Bonjour Camille !", "Camille et Camille", ""):
        page.fill("#question", text)
        page.wait_for_timeout(600)
    assert page.evaluate("window.heard") == ["1 donnée sera masquée", "2 données seront masquées"]
    expect(page.locator("#masking-line")).to_contain_text("seront marquées ici")
    expect(page.locator(MARKED)).to_have_count(0)


def test_a_word_is_left_in_clear_and_masked_again_by_the_keyboard(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.address}/chat")
    page.fill("#question", "Le parfum Camille")
    expect(page.locator("#show-preview")).to_be_enabled()
    page.focus("#show-preview")
    page.keyboard.press("Enter")
    expect(page.locator("#show-preview")).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#preview .seen")).to_have_text("Le parfum [PERSONNE_1]")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("[data-keep=Camille]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#preview .seen")).to_have_text("Le parfum Camille")
    expect(page.locator("[data-unkeep=Camille]")).to_be_focused()
    expect(page.locator(f"{MARKED}.kept")).to_have_text("Camille")
    page.keyboard.press("Enter")
    expect(page.locator("#preview .seen")).to_have_text("Le parfum [PERSONNE_1]")
    expect(page.locator("[data-keep=Camille]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-unkeep=Camille]")).to_be_focused()
    page.click("#send")
    assert sent(stage, 0)[1]["kept"] == ["Camille"]
    # The next message starts anew.
    expect(page.locator("#preview")).to_be_hidden()
    page.fill("#question", "Camille")
    expect(page.locator("#masking-line")).to_have_text("1 donnée sera masquée")


def test_a_missed_name_is_masked_by_selecting_a_part_of_it(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.address}/chat")
    page.fill("#question", "Parle à Zorglub, vite")
    expect(page.locator("#masking-line")).to_have_text("Rien à masquer n’a été trouvé")
    expect(page.locator("#mask-selection")).to_be_disabled()
    page.evaluate("document.querySelector('#question').setSelectionRange(10, 14)")
    expect(page.locator("#mask-selection")).to_be_enabled()
    page.focus("#mask-selection")
    page.keyboard.press("Enter")
    expect(page.locator(MARKED)).to_have_text("Zorglub")
    expect(page.locator("#question")).to_be_focused()
    page.click("#show-preview")
    page.click("[data-unmask=Zorglub]")
    expect(page.locator(MARKED)).to_have_count(0)
    page.evaluate("document.querySelector('#question').setSelectionRange(8, 16)")
    page.click("#mask-selection")
    expect(page.locator(MARKED)).to_have_text("Zorglub")
    page.click("#send")
    assert sent(stage, 0)[1]["masked"] == ["Zorglub"]


def test_a_choice_on_a_word_that_is_gone_is_not_sent(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.address}/chat")
    page.fill("#question", "Le parfum Camille")
    page.click("#show-preview")
    page.click("[data-keep=Camille]")
    expect(page.locator("[data-unkeep=Camille]")).to_be_visible()
    page.fill("#question", "Le parfum")
    page.press("#question", "Enter")
    expect(page.locator("article.machine")).to_have_count(1)
    assert sent(stage, 0)[1]["kept"] == []


def test_what_would_be_refused_is_said_and_can_still_be_sent(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.address}/chat")
    page.fill("#question", "Le secret de Camille")
    expect(page.locator("#masking-line")).to_contain_text("ne peut pas partir tel quel")
    expect(page.locator(f"{MARKED}.blocked")).to_have_text("secret")
    expect(page.locator("#send")).to_be_enabled()


def test_a_preview_that_fails_is_said_plainly_and_shows_no_mark(
    browser: Browser, stage: Stage
) -> None:
    context = browser.new_context(locale="fr-FR")  # its console says that a request failed
    page = context.new_page()
    page.goto(f"{stage.address}/chat")
    page.fill("#question", "Bonjour Camille")
    expect(page.locator(MARKED)).to_have_count(1)
    stage.unpreviewed = "L’analyse ne répond pas."
    page.type("#question", " !")
    expect(page.locator("#masking-line")).to_have_text("L’analyse ne répond pas.")
    expect(page.locator("#status")).to_have_text("L’analyse ne répond pas.")
    expect(page.locator(MARKED)).to_have_count(0)
    expect(page.locator("#show-preview")).to_be_disabled()
    expect(page.locator("#send")).to_be_enabled()
    context.close()


def test_marks_scroll_with_a_long_text_and_break_like_it(page: Page, stage: Stage) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{stage.address}/chat")
    lines = "\n".join(f"Une ligne assez longue pour se couper, numéro {n}," for n in range(40))
    page.fill("#question", f"{lines}\nCamille\n")
    expect(page.locator(MARKED)).to_have_text("Camille")
    tops = """() => ["#question", "#marks"].map((name) => {
      const box = document.querySelector(name);
      return [box.scrollTop, box.scrollHeight];
    })"""
    page.evaluate("document.querySelector('#question').scrollTop = 1e6")
    page.wait_for_timeout(100)
    over, under = page.evaluate(tops)
    assert over[0] > 0 and over == under
    page.evaluate("document.querySelector('#question').scrollTop = 77")
    page.wait_for_timeout(100)
    over, under = page.evaluate(tops)
    assert over[0] == under[0] == 77
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_marks_move_with_the_text_and_those_that_are_edited_go(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.address}/chat")
    address = page.locator("script[src*='chat.js']").get_attribute("src")
    moved = page.evaluate(
        """async (address) => {
          const { moved, words } = await import(address.replace(/chat\\.js.*/, "composer.js"));
          const span = [{ start: 3, end: 6 }];
          return [
            moved(span, "ab CDE fg", "xxab CDE fg"),
            moved(span, "ab CDE fg", "ab CDE fgxx"),
            moved(span, "ab CDE fg", "ab CxE fg"),
            moved(span, "ab CDE fg", "ab CDExx fg"),
            moved(span, "ab CDE fg", ""),
            words("un Zorglub-Énée, là", 6, 8),
            words("un (Zorglub) là", 2, 12),
            words("un , là", 2, 5),
          ];
        }""",
        address,
    )
    assert moved == [
        [{"start": 5, "end": 8}],
        [{"start": 3, "end": 6}],
        [],
        [{"start": 3, "end": 6}],
        [],
        "Zorglub",
        "Zorglub",
        None,
    ]


def test_a_question_that_could_not_be_sent_comes_back_with_its_choices(
    page: Page, stage: Stage
) -> None:
    page.goto(f"{stage.address}/chat")
    page.fill("#question", "Le parfum Camille")
    page.click("#show-preview")
    page.click("[data-keep=Camille]")
    expect(page.locator("[data-unkeep=Camille]")).to_be_visible()
    page.route("**/messages", lambda route: route.fulfill(json={"message": "Pas maintenant."}))
    page.click("#send")
    expect(page.locator(".state.still")).to_have_text("Pas maintenant.")
    expect(page.locator("#question")).to_have_value("Le parfum Camille")
    expect(page.locator(f"{MARKED}.kept")).to_have_text("Camille")


def test_copying_takes_the_label_and_a_thumb_is_sent_with_a_comment(
    page: Page, stage: Stage
) -> None:
    page.goto(f"{stage.address}/chat/c1")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("[data-copy]")
    expect(page.locator("[data-copy]")).to_have_text("Copié, avec sa mention")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith("— Réponse rédigée par une IA, à vérifier avant tout usage.")
    page.click("[data-feedback=down]")
    expect(page.locator("[data-feedback=down]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-opinion] [name=share]")).not_to_be_checked()
    page.fill("[data-opinion] textarea", "Trop long")
    page.select_option("[data-opinion] [name=reason]", "wrong_source")
    page.select_option("[data-opinion] [name=source]", "2")
    page.check("[data-opinion] [name=share]")
    page.click("[data-opinion] button")
    expect(page.locator("[data-opinion]")).to_be_hidden()
    assert sent(stage, 1)[:2] == (
        "/chat/messages/m2/feedback",
        {
            "value": "down",
            "comment": "Trop long",
            "reason": "wrong_source",
            "source": 2,
            "share": True,
        },
    )
    expect(page.locator(".thanks")).to_have_text(re.compile("lira votre question"))
    expect(page.locator("[data-feedback=down]")).to_be_focused()
    page.click("[data-feedback=down]")
    expect(page.locator("[data-feedback=down]")).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".thanks")).to_be_hidden()
    assert sent(stage, 2)[1] == {"value": "", "comment": ""}
    page.click("[data-feedback=up]")
    expect(page.locator("[data-opinion] [name=share]")).not_to_be_checked()
    expect(page.locator("[data-opinion] [name=reason]")).to_be_hidden()


@pytest.mark.parametrize(
    ("comment", "share", "told"),
    [
        ("Trop long", False, "votre avis est compté."),
        ("Camille se trompe", True, "n’ont pas pu être transmises"),
    ],
)
def test_a_person_is_told_what_became_of_an_opinion(
    page: Page, stage: Stage, comment: str, share: bool, told: str
) -> None:
    page.goto(f"{stage.address}/chat/c1")
    page.click("[data-feedback=down]")
    page.fill("[data-opinion] textarea", comment)
    page.locator("[data-opinion] [name=share]").set_checked(share)
    page.click("[data-opinion] button")
    expect(page.locator(".thanks")).to_have_text(re.compile(told))
    assert "lira" not in page.inner_text(".thanks")


def test_an_opinion_that_could_not_be_sent_stays_in_its_form(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.address}/chat/c1")
    page.click("[data-feedback=down]")
    page.fill("[data-opinion] textarea", "Trop long")
    page.route("**/feedback", lambda route: route.fulfill(status=200, body="null"))
    page.click("[data-opinion] button")
    expect(page.locator(".thanks")).to_have_text(re.compile("n’a pas pu être envoyée"))
    expect(page.locator("[data-opinion] textarea")).to_have_value("Trop long")


def test_on_a_narrow_screen_the_sources_are_a_drawer(page: Page, stage: Stage) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{stage.address}/chat/c1")
    expect(page.locator("#sources")).to_be_hidden()
    page.click(".thread-tools [popovertarget=sources]")
    expect(page.locator("#sources .source").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sources")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_charter_is_checked_as_one_types(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.address}/admin/charter")
    stage.problems = [{"line": 2, "column": 3, "field": "uses", "message": "une liste"}]
    page.fill("#charter-text", "version: 1\nuses: x\n")
    expect(page.locator("#problems li")).to_have_text("Ligne 2 uses – une liste")
    expect(page.locator("#gutter li.wrong")).to_have_text("2")
    expect(page.locator("#publish")).to_be_disabled()
    expect(page.locator("#meaning")).to_have_text("Vu.")
    page.click("#problems a")
    assert page.evaluate("document.querySelector('#charter-text').selectionStart") == 13
    stage.problems = []
    page.type("#charter-text", "y")
    expect(page.locator("#problems")).to_have_text(
        "Aucune erreur\N{NO-BREAK SPACE}: ce texte peut être publié."
    )
    expect(page.locator("#publish")).to_be_enabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", sorted(samples.every_page()))
def test_axe_finds_nothing_and_nothing_overflows(
    browser: Browser, stage: Stage, name: str, scheme: Literal["light", "dark"]
) -> None:
    width = 390 if scheme == "dark" else 1280
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 844}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{stage.address}/sample/{name}")
    for summary in page.locator(".receipt:not([open]) summary").all():
        summary.click()
    if name.startswith("chat"):
        page.fill("#question", "Camille a un secret, dit Camille")
        page.click("#show-preview")
    found = Axe().run(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()
    assert not [
        (rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found["violations"]
    ]


def settled(page: Page) -> None:
    """Wait for the server's verdict on the last text: no request is then under way."""
    expect(page.locator("#problems .fine")).to_be_visible()


SUGGESTED = "[...document.querySelectorAll('#suggestions [role=option] b')].map(b => b.textContent)"


def write(page: Page, text: str) -> None:
    """Put ``text`` in the editor, its caret where «¦» stands."""
    page.fill("#charter-text", text.replace("¦", ""))
    at = text.index("¦")
    page.evaluate(f"document.querySelector('#charter-text').setSelectionRange({at}, {at})")


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        ("¦", ["charter", "uses", "quotas", "audit"]),
        ("charter: 1\nu¦", ["uses"]),
        ("charter: ¦", ["1"]),
        ("uses:\n  - ¦", ["id", "effect", "detect"]),
        ("uses:\n  - id: a\n    ¦", ["effect", "detect"]),
        ("uses:\n- id: a\n  ¦", ["effect", "detect"]),
        ("uses:\n  - id: a\n    effect: ¦", ["forbid", "review", "allow"]),
        ("uses:\n  - id: a\n    effect: re¦", ["review"]),
        ("uses:\n  - id: a\n    detect:\n      ¦", ["examples"]),
        ("uses:\n  - id: a\n    detect:\n      examples: [b]\n    ¦", ["effect"]),
        ("uses:\n  - id: a\n  - id: b\n    e¦", ["effect"]),
        ("quotas:\n  - {¦", ["metric", "limit"]),
        ("quotas: [{metric: ¦", ["requests", "wh"]),
        ("quotas: [{metric: wh, ¦", ["limit"]),
        ("audit: {require_reason: ¦", ["true", "false"]),
    ],
)
def test_the_editor_suggests_what_the_schema_lets_one_write(
    stage: Stage, page: Page, text: str, suggested: list[str]
) -> None:
    page.goto(f"{stage.address}/sample/charter")
    write(page, text)
    page.keyboard.press("Control+Space")
    expect(page.locator("#suggestions")).to_be_visible()
    assert page.evaluate(SUGGESTED) == suggested
    settled(page)


def test_suggestions_are_worked_with_the_keyboard(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.address}/sample/charter")
    area = page.locator("#charter-text")
    write(page, "uses:\n  - id: a\n    ¦")
    page.keyboard.press("Control+Space")
    expect(area).to_have_attribute("aria-activedescendant", "suggestion-0")
    page.keyboard.press("ArrowDown")
    expect(area).to_have_attribute("aria-activedescendant", "suggestion-1")
    page.keyboard.press("Enter")
    assert area.input_value() == "uses:\n  - id: a\n    detect: "
    expect(page.locator("#suggestions")).to_be_hidden()
    write(page, "¦")
    page.keyboard.type("u")
    expect(page.locator("#suggestions")).to_be_visible()
    assert area.get_attribute("aria-activedescendant") is None
    # Nothing was chosen: Enter is a line break, and Tab leaves the field.
    page.keyboard.press("Enter")
    assert area.input_value() == "u\n"
    page.keyboard.press("Control+Space")
    expect(page.locator("#suggestions")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#suggestions")).to_be_hidden()
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.matches('#charter-text')")
    settled(page)


def test_the_colours_hold_the_text_exactly(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.address}/sample/charter")
    text = 'a: "b: c # d" # e\n# f\n\n  - {g: 1, h: forbid}\ni: |\n  j: k\n  # l\nm: allow\n'
    back = "[...document.querySelector('.code pre').children].map(l => l.textContent.slice(0, -1))"
    for typed in (text, text.replace("i: |", "i: x"), "", "\n\n", text):
        page.fill("#charter-text", typed)
        page.evaluate("new Promise(requestAnimationFrame)")
        assert page.evaluate(back) == typed.split("\n")
    comments = "[...document.querySelectorAll('.y-comment')].map(each => each.textContent)"
    assert page.evaluate(comments) == ["# f"]
    page.fill("#charter-text", "a: b # c\n")
    page.evaluate("new Promise(requestAnimationFrame)")
    assert page.evaluate(comments) == [" # c"]
    settled(page)


def test_what_is_typed_before_the_script_is_there_is_checked(stage: Stage, page: Page) -> None:
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    page.route("**/static/charter.js*", hold)
    page.goto(f"{stage.address}/sample/charter", wait_until="commit")
    page.fill("#charter-text", "charter: 1\n")
    page.wait_for_timeout(100)
    late[0].continue_()
    settled(page)


def test_a_use_leads_to_its_line(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.address}/sample/charter")
    page.fill("#charter-text", "charter: 1\nuses:\n  - id: other\n  - id: use-1\n")
    page.locator("[data-use=use-1]").click()
    expect(page.locator("#charter-text")).to_be_focused()
    start = page.evaluate("document.querySelector('#charter-text').selectionStart")
    assert page.locator("#charter-text").input_value()[start:].startswith("  - id: use-1")
    settled(page)


def test_the_tests_run_in_place_and_go_with_their_text(stage: Stage, page: Page) -> None:
    page.goto(f"{stage.address}/sample/charter")
    page.fill("#charter-text", "charter: 1\n")
    page.click("#test")
    expect(page.locator("#tests")).to_contain_text("Les tests échouent.")
    (asked,) = [form for path, form, _ in stage.asked if path == "/admin/charter/test"]
    assert asked["text"] == ["charter: 1\r\n"] or asked["text"] == ["charter: 1\n"]
    page.type("#charter-text", "x")
    expect(page.locator("#tests")).to_be_empty()
    settled(page)


@pytest.mark.parametrize(
    "name", ["charter", "charter-tests", "charter-diff", "charter-unified", "charter-simulate"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_charter_s_pages_are_accessible(
    stage: Stage, page: Page, name: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{stage.address}/sample/{name}")
    found = Axe().run(page)["violations"]
    assert not found, [(each["id"], each["nodes"][0]["html"]) for each in found]
