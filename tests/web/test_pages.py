"""Every page, in both languages: well formed, labelled, light, and fit for the strict policy."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any, Literal

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from tests.web import samples
from web import views
from web.render import STATIC, TEMPLATES, bar_segments, render, static_url

Locale = Literal["fr", "en"]
LOCALES: tuple[Locale, ...] = ("fr", "en")
NAMES = sorted(samples.every_page())
CASES = [(name, locale) for name in NAMES for locale in LOCALES]
VOID = {"meta", "link", "input", "br", "hr", "img"}
CLOSES_P = {
    "div",
    "ul",
    "ol",
    "dl",
    "p",
    "h1",
    "h2",
    "h3",
    "section",
    "form",
    "table",
    "blockquote",
}
INTERACTIVE = {"a", "button", "select", "textarea", "details"}


class Outline(HTMLParser):
    """A strict reader: each element is closed in its order and lies where HTML lets it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.stack: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.feed(html)
        self.close()
        assert not self.stack

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), self.get_starttag_text()
        if tag in CLOSES_P:
            assert "p" not in self.stack[-3:], (tag, self.getpos())
        if tag in INTERACTIVE and tag != "details":
            assert not {"a", "button"} & set(self.stack), (tag, self.getpos())
        if tag == "li":
            assert self.stack[-1] in ("ul", "ol"), self.getpos()
        if tag in ("ul", "ol", "tr", "dl"):
            assert self.stack[-1] not in ("ul", "ol"), self.getpos()
        self.elements.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack and self.stack[-1] == tag, (tag, self.stack[-1:], self.getpos())
        self.stack.pop()

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        """The attributes of each element of these names."""
        return [attributes for tag, attributes in self.elements if tag in tags]


def html_of(name: str, locale: Locale = "fr") -> str:
    """The sample page ``name``."""
    template, page, view, extra = samples.every_page(locale)[name]
    return render(template, page, view, **extra)


@pytest.mark.parametrize(("name", "locale"), CASES)
def test_a_page_is_well_formed(name: str, locale: Locale) -> None:
    outline = Outline(html_of(name, locale))
    assert outline.html.startswith("<!doctype html>")
    assert outline.all("html") == [{"lang": locale}]
    ids = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    assert len(ids) == len(set(ids)), "an id is used twice"


@pytest.mark.parametrize(("name", "locale"), CASES)
def test_a_page_has_landmarks_and_headings_in_order(name: str, locale: Locale) -> None:
    outline = Outline(html_of(name, locale))
    assert len(outline.all("main")) == len(outline.all("header")) == 1
    headings = outline.headings
    assert headings.count(1) == 1
    for before, after in pairwise(headings):
        assert after <= before + 1, headings


@pytest.mark.parametrize(("name", "locale"), CASES)
def test_every_field_and_every_link_has_a_name(name: str, locale: Locale) -> None:
    outline = Outline(html_of(name, locale))
    labelled = {attributes.get("for") for attributes in outline.all("label")}
    for field in outline.all("input", "select", "textarea"):
        if field.get("type") != "hidden":
            assert field.get("id") in labelled, field
    references = {
        part
        for _, attributes in outline.elements
        for key in ("aria-labelledby", "aria-describedby", "popovertarget", "for")
        for part in (attributes.get(key) or "").split()
    }
    ids = {attributes.get("id") for _, attributes in outline.elements}
    assert references <= ids
    for tag in ("a", "button", "summary"):
        for content in re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", outline.html, re.S):
            assert re.sub(r"<svg.*?</svg>|<[^>]+>", "", content, flags=re.S).strip(), content


@pytest.mark.parametrize(("name", "locale"), CASES)
def test_tables_have_a_caption_and_scopes(name: str, locale: Locale) -> None:
    outline = Outline(html_of(name, locale))
    assert len(outline.all("table")) == len(outline.all("caption"))
    for heading in outline.all("th"):
        assert heading.get("scope") in ("col", "row"), heading


@pytest.mark.parametrize("name", NAMES)
def test_a_page_needs_nothing_that_the_policy_forbids(name: str) -> None:
    """No inline script, style or handler, and no address but our own static files."""
    outline = Outline(html_of(name))
    assert not outline.all("style", "iframe", "object", "base", "img")
    for tag, attributes in outline.elements:
        assert "style" not in attributes, tag
        assert not [key for key in attributes if key.startswith("on")], tag
        if tag == "script":
            assert attributes.get("src", "").startswith("/static/")  # type: ignore[union-attr]
        if tag == "form":
            assert (attributes.get("action") or "/").startswith("/")
    assert not re.search(r"<script[^>]*>[^<]", outline.html)


@pytest.mark.parametrize("name", NAMES)
def test_every_form_that_changes_something_carries_the_token(name: str) -> None:
    for attributes, body in re.findall(r"<form([^>]*)>(.*?)</form>", html_of(name), re.S):
        if 'method="post"' in attributes:
            assert 'name="csrf" value="csrf-' in body


@pytest.mark.parametrize(("name", "locale"), CASES)
def test_a_page_with_all_that_it_draws_is_under_100_kilobytes(name: str, locale: Locale) -> None:
    html = html_of(name, locale)
    total = len(html.encode())
    drawn = set(re.findall(r"/static/([\w.-]+)\?", html))
    if drawn & {"chat.js", "charter.js", "forms.js"}:
        drawn |= {"page.js", "sse.js"}
    if "charter.js" in drawn:
        drawn |= {"charter-complete.js", "charter-highlight.js", "charter-schema.js"}
    if "chat.js" in drawn:
        drawn |= {"composer.js"}
    total += sum((STATIC / file).stat().st_size for file in drawn)
    assert total < 100_000


@pytest.mark.parametrize("name", NAMES)
def test_the_english_page_is_in_english(name: str) -> None:
    english = html_of(name, "en")
    for french in ("Se connecter", "Reçu<", "Envoyer<", "Journal d’audit", "Énergie<"):
        assert french not in english


def test_the_language_switch_leads_back_to_the_same_page() -> None:
    html = html_of("footprint")
    assert '<input type="hidden" name="next" value="/footprint">' in html
    assert '<button class="quiet" name="locale" value="en" lang="en">English</button>' in html


@pytest.mark.parametrize(
    ("role", "addresses"),
    [
        ("employee", ["/chat", "/search", "/footprint"]),
        (
            "admin",
            [
                "/admin",
                "/admin/charter",
                "/admin/services",
                "/admin/keys",
                "/admin/quotas",
                "/admin/review",
                "/admin/contests",
                "/admin/feedback",
                "/admin/sources",
                "/admin/text",
            ],
        ),
        ("dpo", ["/audit", "/contests"]),
    ],
)
def test_each_role_has_its_own_menu(role: Any, addresses: list[str]) -> None:
    html = render("error.html", samples.page(role, addresses[0]), samples.ERROR)
    menu = html[html.index('<nav class="menu"') : html.index("</nav>")]
    assert re.findall(r'href="([^"]+)"', menu) == addresses
    assert menu.count('aria-current="page"') == 1


def test_the_menu_shows_only_the_pages_that_there_are() -> None:
    page = replace(
        samples.page("admin", "/admin"), installed=frozenset({"/admin", "/admin/keys", "/x"})
    )
    html = render("error.html", page, samples.ERROR)
    menu = html[html.index('<nav class="menu"') : html.index("</nav>")]
    assert re.findall(r'href="([^"]+)"', menu) == ["/admin", "/admin/keys"]


def test_a_chart_speaks_without_colour_and_has_its_table() -> None:
    html = html_of("admin")
    for plot in re.findall(r'<svg class="plot".*?</svg>', html, re.S):
        kinds = set(re.findall(r'fill="url\(#[a-z]+-(\d)\)"', plot))
        assert kinds, "beside the plain one, each kind has its pattern"
        for kind in kinds:
            assert re.search(rf'<pattern id="[a-z]+-{kind}"', plot)
    assert html.count('<svg class="plot"') == html.count("jour par jour") == 2
    assert "valeurs inconnues" in html, "what is not known has its mark, named in the legend"


def test_what_comes_from_outside_is_escaped() -> None:
    evil = "<script>alert(1)</script>"
    page = replace(samples.page("employee", f"/{evil}"), organisation=evil, error=evil)
    html = render("error.html", page, views.ErrorView(404, evil, evil, (("/chat", evil),)))
    assert "<script>alert" not in html
    message = replace(samples.MESSAGES[0], html="", text=evil, masked=((0, 8),))
    assert "<script>" not in render("_message.html", page, message)
    bad = replace(samples.SOURCES[0], title=evil, excerpt=evil, publisher=evil, url="javascript:x")
    html = render("_sources.html", page, (bad,))
    assert "<script>" not in html
    assert "javascript:" not in html
    passage = replace(samples.PASSAGE, title=evil, text=evil, url="javascript:x")
    assert 'href="javascript:' not in render("passage.html", page, passage)


def test_a_textarea_keeps_the_charter_as_it_is() -> None:
    """HTML drops one line break after the tag: a leading one of the text must survive."""
    html = render(
        "charter.html",
        samples.page("admin", "/admin/charter"),
        replace(samples.CHARTER, text="\n</textarea><b>", problems=()),
    )
    assert 'autocapitalize="none">\n\n&lt;/textarea&gt;&lt;b&gt;</textarea>' in html


def test_an_unknown_energy_is_said_and_is_not_zero() -> None:
    receipt = samples.receipt()
    receipt["energy"].update(
        wh=None, method="unknown", steps_wh=None, carbon_grams=None, energy_class=None
    )
    html = render("_receipt.html", samples.page("employee", "/chat"), receipt)
    assert "énergie inconnue" in html
    assert "carbone inconnu" in html
    assert "≈" not in html


def test_a_figure_that_is_not_measured_says_so() -> None:
    page = samples.page("employee", "/chat")
    assert "≈" in render("_receipt.html", page, samples.receipt())
    assert "≈" not in render("_receipt.html", page, samples.receipt(measured=True))


def test_the_receipt_unfolds_what_was_done() -> None:
    html = render("_receipt.html", samples.page("employee", "/chat"), samples.receipt())
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "IA · à vérifier",
        "0,42 Wh",
        "2 sources",
        "3 données masquées",
        "numéro de sécurité sociale (jamais restitué)",
        "4 sur 5",
        "Rédaction",
        "78 sur 200",
        "cc324af070c2",
        "n° 1 204",
    ):
        assert words in text


def test_the_receipt_says_what_was_left_in_clear_and_at_whose_request() -> None:
    receipt = {**samples.receipt(), "masked": {}, "kept": {"PERSON": 2, "LOCATION": 1}}
    mine = render("_receipt.html", samples.page("employee", "/chat"), receipt)
    assert "3 données laissées en clair" in mine
    assert mine.count("à votre demande") == 2
    assert "Rien à masquer" not in mine
    officers = render("_receipt.html", samples.page("dpo", "/audit/1204"), receipt)
    assert officers.count("à la demande de la personne") == 2
    english = render("_receipt.html", samples.page("employee", "/chat", "en"), receipt)
    assert "3 items left in clear" in english and english.count("at your request") == 2


def test_what_will_be_masked_is_told_in_both_languages() -> None:
    evil = "<script>alert(1)</script>"
    items = (
        views.MaskedItem("Camille Roux", "nom d’une personne", 2, may_keep=True),
        views.MaskedItem("Paris", "ville", state="kept", may_keep=True),
        views.MaskedItem(evil, choice=evil, chosen=True),
        views.MaskedItem("hunter2", "mot de passe", state="blocked"),
    )
    view = views.PreviewView(3, items, (), f"[PERSONNE_1] [PERSONNE_1_NOM] {evil}")
    html = render("_preview.html", samples.page("employee", "/chat"), view)
    Outline(html)
    assert "3 données seront masquées" in html
    assert '<mark class="masked">[PERSONNE_1_NOM]</mark>' in html
    assert 'data-keep="Camille Roux"' in html and "× 2" in html
    assert 'data-unkeep="Paris"' in html and html.count("data-unmask=") == 1
    assert "<script>" not in html
    assert "journal d’audit" in html and "toute la conversation" in html
    blocked = replace(view, blocked=("mot de passe",))
    html = render("_preview.html", samples.page("employee", "/chat"), blocked)
    assert "ne peut pas partir tel quel" in html and "Retirez-le" in html
    html = render("_preview.html", samples.page("employee", "/chat", "en"), view)
    assert "3 items will be masked" in html and "Leave in clear" in html


def test_only_the_data_protection_officer_gets_links_into_the_log() -> None:
    receipt = samples.receipt()
    assert 'href="/audit/1204"' in render("_receipt.html", samples.page("dpo", "/audit"), receipt)
    assert "/audit/" not in render("_receipt.html", samples.page("employee", "/chat"), receipt)


def test_a_refusal_says_why_what_instead_and_how_to_contest() -> None:
    page = samples.page("employee", "/chat")
    html = render("_message.html", page, samples.REFUSED[1], conversation_id="c1")
    for words in (
        "Pourquoi",
        "RGPD, article 22",
        "Ce que vous pouvez faire",
        "Qui peut vous aider",
    ):
        assert words in html
    assert "01JD3KA0ZT7B" in html
    assert "data-copy" not in html
    bare = views.RefusalView("Trop long", "Raccourcissez.", "", (), "", "")
    short = render("_refusal.html", page, bare, exchange_id="x1")
    assert "délégué à la protection des données" in short


def test_an_answer_says_that_a_document_s_instruction_was_not_followed() -> None:
    answer = samples.MESSAGES[1]
    page = samples.page("employee", "/chat")
    note = "instruction adressée à l’assistant\N{NO-BREAK SPACE}; elle n’a pas été suivie."
    assert note not in render("_message.html", page, answer, conversation_id="c1")
    found = [{"origin": "passage", "count": 1, "digest": "ab" * 32}]
    told = replace(answer, receipt={**samples.receipt(), "injections": found})
    assert note in render("_message.html", page, told, conversation_id="c1")


def test_what_is_to_be_known_of_a_passage_is_under_the_answer_if_it_is_cited() -> None:
    known = samples.SOURCES[1].caveats[0]
    answer, page = samples.MESSAGES[1], samples.page("employee", "/chat")
    assert f"[2] {known}" in render("_message.html", page, answer, conversation_id="c1")
    both = tuple(replace(each, caveats=(known,)) for each in samples.SOURCES[:2])
    html = render("_message.html", page, replace(answer, sources=both), conversation_id="c1")
    assert f"[1] [2] {known}" in html and html.count(known) == 1
    uncited = tuple(replace(each, cited=False) for each in samples.SOURCES)
    told = replace(answer, sources=uncited)
    assert known not in render("_message.html", page, told, conversation_id="c1")
    assert known in render("_sources.html", page, uncited, conversation_id="c1")


def test_a_text_that_no_source_confirms_is_said_to_be_withheld() -> None:
    answer, page = samples.MESSAGES[1], samples.page("employee", "/chat")
    usual = samples.receipt()
    label = {**usual["label"], "ai_generated": False}
    withheld = {**usual, "answered": "silence", "label": label}
    told = replace(answer, receipt=withheld)
    html = render("_message.html", page, told, conversation_id="c1")
    assert "Un modèle a rédigé un texte qu’aucune source ne confirme" in html
    assert "Texte de l’IA non affiché" in html and "Non transmis au modèle" not in html
    assert "/seen" in html
    silent = replace(answer, receipt={**withheld, "model": None})
    html = render("_message.html", page, silent, conversation_id="c1")
    assert "Un modèle a rédigé" not in html
    assert "Non transmis au modèle" in html and "/seen" not in html


def test_an_answer_given_again_says_when_it_was_written_and_can_be_written_anew() -> None:
    answer = samples.MESSAGES[1]
    page = samples.page("employee", "/chat")
    repeated = {"answered": "repeat", "written_at": "2026-11-24T09:30:00.000000Z"}
    told = replace(answer, receipt={**samples.receipt(), **repeated})
    html = render("_message.html", page, told, conversation_id="c1").replace("\u00a0", " ")
    assert "Réponse donnée le 24 novembre 2026, d’après les mêmes sources." in html
    assert "24 novembre 2026 à 10 h 30" in html
    assert "Faire rédiger une nouvelle réponse" in html
    assert "IA · à vérifier" in html
    assert "/seen" not in html
    usual = render("_message.html", page, answer, conversation_id="c1")
    assert "Réponse donnée le" not in usual and "/seen" in usual


def test_a_passage_says_which_question_it_is_known_to_answer() -> None:
    answer = samples.MESSAGES[1]
    page = samples.page("employee", "/chat")
    known = {"answered": "passage", "known_question": "Qui paie la visite médicale ?"}
    told = replace(answer, receipt={**samples.receipt(), **known})
    html = render("_message.html", page, told, conversation_id="c1").replace("\u00a0", " ")
    assert "Il répond à une question proche de la vôtre : « Qui paie la visite médicale ? »" in html
    unknown = replace(answer, receipt={**samples.receipt(), "answered": "passage"})
    assert "question proche" not in render("_message.html", page, unknown, conversation_id="c1")


def test_a_refusal_says_whether_the_answer_was_stopped() -> None:
    page = samples.page("employee", "/chat")
    note = "La réponse a été arrêtée pendant sa rédaction."
    assert note not in render("_message.html", page, samples.REFUSED[1], conversation_id="c1")
    receipt = samples.receipt("refused")
    receipt["decisions"] = [{**receipt["decisions"][0], "part": "answer"}]
    stopped = replace(samples.REFUSED[1], receipt=receipt)
    assert note in render("_message.html", page, stopped, conversation_id="c1")


def test_what_is_copied_carries_the_label() -> None:
    html = render("_message.html", samples.page("employee", "/chat"), samples.MESSAGES[1])
    copied = html[html.index('<template class="copy-text">') : html.index("</template>")]
    assert "2,5 jours ouvrables" in copied
    assert copied.strip().endswith("— Réponse rédigée par une IA, à vérifier avant tout usage.")


@pytest.mark.parametrize("state", ["interrupted", "cancelled", "failed"])
def test_an_answer_that_did_not_end_well_says_so(state: Any) -> None:
    message = replace(samples.MESSAGES[1], state=state, receipt=None)
    html = render("_message.html", samples.page("employee", "/chat"), message)
    assert 'class="aside"' in html
    assert "data-feedback" not in html


def test_streamed_text_is_not_in_a_live_region() -> None:
    """States and the finished answer are announced; tokens are not (RGAA 7.5)."""
    outline = Outline(html_of("chat"))
    live = [a.get("id") for _, a in outline.elements if "aria-live" in a]
    assert live == ["status", "spoken"]
    assert "aria-live" not in re.search(r'<div id="turns"[^>]*>', outline.html)[0]  # type: ignore[index]


def test_fragments_are_whole_on_their_own() -> None:
    page = samples.page("employee", "/chat")
    assert "reste 78 sur 200" in render("_quota.html", page, samples.QUOTAS).replace("\xa0", " ")
    assert "from=c1" in render("_sources.html", page, samples.SOURCES, conversation_id="c1")
    assert "Aucun passage" in render("_sources.html", page, ())
    meaning = render("_charter_meaning.html", page, samples.CHARTER)
    assert "Demandes par jour" in meaning


def test_a_static_address_changes_with_the_content() -> None:
    assert re.fullmatch(r"/static/sobria\.css\?v=[0-9a-f]{12}", static_url("sobria.css"))
    with pytest.raises(FileNotFoundError):
        static_url("absent.css")


def test_errors_of_the_server_are_loud() -> None:
    page = samples.page("employee", "/chat")
    with pytest.raises(TemplateNotFound):
        render("absent.html", page)
    with pytest.raises(UndefinedError):
        render("error.html", page, None)


def test_the_parts_of_a_bar_make_a_whole() -> None:
    parts = bar_segments({"a": 1.0, "b": 3.0})
    assert parts == [("a", 0.0, 25.0), ("b", 25.0, 75.0)]
    assert bar_segments({"a": 0.0}) == [("a", 0.0, 0.0)]
    assert bar_segments({}) == []


def test_no_template_asks_for_what_the_policy_forbids() -> None:
    for path in TEMPLATES.glob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son\w+=|javascript:", source), path.name
