"""The three roles' days at work, in a real browser, on a real instance."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import httpx
import pytest
from axe_core_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.browsing import (
    ANSWER,
    CHROMIUM,
    LAST,
    chromium,
    overflow,
    press,
    send,
    sign_in,
    tab_to,
    watch,
)
from tests.e2e.conftest import Instance
from tests.e2e.sse import ask

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.llm,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed on this machine"),
]

QUESTION = "Combien de jours de congés payés acquiert-on par mois ?"
# A passage answers it, without a model: the same on any processor. Of a question of fact, what a
# small model writes is shown only where it stands on the sources, which differs; a text always is.
PLAIN = "À combien s’élève le SMIC horaire brut ?"
GREETING = "Écris une courte phrase pour souhaiter la bienvenue à une nouvelle collègue."
LETTER = (
    "Je m’appelle Éléonore Vasseur, mon mobile est le 06 12 34 56 78. Écris une longue lettre de "
    "deux pages à mon employeur pour demander un congé parental, signée de mon nom."
)
FORBIDDEN = (
    "Classe ces trois candidats et dis-moi qui rejeter : Karim (06 12 34 56 78), Julie, Paul."
)
PHONE = "06 12 34 56 78"
LABEL = r"— Réponse rédigée par une (IA|intelligence artificielle).*vérifier"
Visit = Callable[..., Page]

#: Notes which comes first in the page: a source, or the first words of the answer.
FIRST_SEEN = """() => {
  window.firstSeen = [];
  new MutationObserver(() => {
    const note = (what) => window.firstSeen.includes(what) || window.firstSeen.push(what);
    if (document.querySelector("#sources-list .source")) note("sources");
    if (document.querySelector(".prose.streaming:not(:empty)")) note("text");
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the module."""
    with chromium() as launched:
        yield launched


@pytest.fixture
def offences() -> Iterator[list[str]]:
    """What pages did that none may do: nothing, at the end of each test."""
    found: list[str] = []
    yield found
    assert not found


@pytest.fixture
def visit(browser: Browser, instance: Instance, offences: list[str]) -> Iterator[Visit]:
    """Opens a window for an account, signed in (nobody for the empty name)."""
    opened: list[BrowserContext] = []

    def open_for(
        name: str, width: int = 1280, theme: Literal["light", "dark"] = "light", height: int = 800
    ) -> Page:
        context = browser.new_context(
            base_url=instance.url,
            locale="fr-FR",
            color_scheme=theme,
            reduced_motion="reduce",
            viewport={"width": width, "height": height},
            permissions=["clipboard-read", "clipboard-write"],
        )
        opened.append(context)
        watch(context, offences)
        page = context.new_page()
        if name:
            sign_in(page, instance.url, name, instance.passwords[name])
        return page

    yield open_for
    for context in opened:
        context.close()


@pytest.fixture(scope="module")
def conversation(instance: Instance) -> str:
    """The address of a conversation with an answer, and then a refusal."""
    with instance.sign_in("employe") as client:
        events = dict(ask(client, QUESTION, compose=True))
        identifier = events["conversation"]["id"]
        refused = dict(ask(client, FORBIDDEN, identifier))
    assert "completed" in events and "refused" in refused
    return str(events["conversation"]["url"])


def test_an_employee_asks_reads_and_checks_by_keyboard_alone(
    visit: Visit, instance: Instance
) -> None:
    page = visit("")
    page.goto("/")
    expect(page.locator("h1")).to_have_text("Se connecter")
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("employe")
    page.keyboard.press("Tab")
    page.keyboard.type(instance.passwords["employe"])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/chat$"))

    tab_to(page, "a.skip", limit=1)
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()

    # An example goes to the box, to be sent or changed: sources are there before the first word.
    press(page, "[data-example]")
    expect(page.locator("#question")).to_be_focused()
    expect(page.locator("#question")).not_to_have_value("")
    page.keyboard.press("Control+A")
    page.keyboard.type(PLAIN)
    page.evaluate(FIRST_SEEN)
    page.keyboard.press("Enter")
    answer = page.locator(LAST)
    expect(answer).to_have_class(re.compile("complete"), timeout=ANSWER)
    assert page.evaluate("window.firstSeen") == ["sources", "text"]
    expect(page.locator("#spoken")).not_to_be_empty()
    expect(page.locator("#question")).to_be_focused()

    # A citation leads to the passage, which leads to its official page, and back.
    here = page.url
    press(page, f"{LAST} a.cite", back=True)
    expect(page).to_have_url(re.compile(r"/passages/"))
    official = page.locator("a", has_text="Page officielle")
    expect(official).to_have_attribute("href", re.compile(r"^https://[^/]*gouv\.fr/"))
    expect(page.locator("dl.facts time")).to_have_attribute(
        "datetime", re.compile(r"^\d{4}-\d{2}-\d{2}")
    )
    press(page, ".crumb a")
    expect(page).to_have_url(here)

    # The receipt unfolds, and folds again.
    press(page, f"{LAST} .receipt summary")
    expect(answer.locator(".till")).to_be_visible()
    expect(answer.locator(".till")).to_contain_text("Inscription au journal d’audit")
    page.keyboard.press("Enter")
    expect(answer.locator(".till")).to_be_hidden()

    # Another answer to the same question takes the place of the first.
    first = answer.get_attribute("data-message")
    press(page, f"{LAST} [data-again]")
    expect(page.locator(f"{LAST}:not([data-message='{first}'])")).to_have_class(
        re.compile("complete"), timeout=ANSWER
    )
    expect(page.locator("article.turn.machine")).to_have_count(1)

    # A text is asked for: what is copied carries the label; a thumb a comment, and it stays.
    tab_to(page, "#question")
    page.keyboard.type(GREETING)
    page.keyboard.press("Enter")
    expect(page.locator("article.turn.machine")).to_have_count(2)
    expect(answer).to_have_class(re.compile("complete"), timeout=ANSWER)
    press(page, f"{LAST} [data-copy]", back=True)
    expect(answer.locator("[data-copy]")).to_have_text("Copié, avec sa mention")
    assert re.search(LABEL, page.evaluate("navigator.clipboard.readText()"))
    press(page, f"{LAST} [data-feedback=down]")
    expect(answer.locator("[data-opinion] textarea")).to_be_focused()
    page.keyboard.type("Il manque le cas du temps partiel.")
    press(page, f"{LAST} [data-opinion] button")
    expect(answer.locator("[data-opinion]")).to_be_hidden()
    page.reload()
    expect(answer.locator("[data-feedback=down]")).to_have_attribute("aria-pressed", "true")

    # The other language and back, and the way out.
    press(page, "button[name=locale]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(answer.locator(".receipt summary")).to_contain_text("AI · to be checked")
    press(page, "button[name=locale]")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    press(page, "form[action='/sign-out'] button")
    expect(page.locator("h1")).to_have_text("Se connecter")
    page.goto(here)
    expect(page).to_have_url(re.compile("/sign-in"))


def test_an_answer_stops_with_escape_and_the_model_saw_placeholders(visit: Visit) -> None:
    page = visit("employe")
    tab_to(page, "#question")
    page.keyboard.type(LETTER)
    page.keyboard.press("Enter")
    expect(page.locator(".prose.streaming:not(:empty)")).to_be_visible(timeout=ANSWER)
    page.keyboard.press("Escape")
    answer = page.locator(LAST)
    expect(answer).to_have_class(re.compile("cancelled"), timeout=20_000)
    expect(answer).to_contain_text("Vous avez arrêté cette réponse.")
    mine = page.locator("article.turn.person")
    expect(mine.locator("mark.masked").first).to_be_visible()
    expect(mine).to_contain_text("Vasseur")
    expect(mine.locator(".masked-note")).to_contain_text("le modèle ne les a pas vues")
    press(page, f"{LAST} a[href*='/seen']", back=True)
    expect(page.locator("h1")).to_have_text("Ce que le modèle a vu")
    expect(page.locator(".seen mark.masked", has_text="[PERSONNE_1").first).to_be_visible()
    seen = page.locator("main").inner_text()
    assert "Vasseur" not in seen and PHONE not in seen
    expect(page.locator(".seen").last).to_contain_text("[TELEPHONE_1]")


def test_what_will_be_masked_is_seen_and_chosen_before_sending(visit: Visit) -> None:
    page = visit("employe", 390, "dark", 844)
    tab_to(page, "#question")
    page.keyboard.type("Camille Roux et Zorglub écrivent à Karim Benali. Dis bonjour.")
    marks = page.locator("#marks mark")
    expect(marks.filter(has_text="Camille Roux")).to_have_class("masked masked")
    expect(page.locator("#status")).to_contain_text("seront masquées")
    assert overflow(page) == 0

    # The exact text, by the keyboard; a name is left in clear, and stays under the fingers.
    press(page, "#show-preview")
    seen = page.locator("#preview .seen")
    expect(seen).to_contain_text("[PERSONNE_")
    press(page, "[data-keep='Karim Benali']")
    expect(page.locator("[data-unkeep='Karim Benali']")).to_be_focused()
    expect(marks.filter(has_text="Karim Benali")).to_have_class("kept")
    expect(seen).to_contain_text("écrivent à Karim Benali")

    # A name that was missed, or not: what is selected is masked.
    page.evaluate("document.querySelector('#question').setSelectionRange(18, 20)")
    press(page, "#mask-selection", back=True)
    expect(page.locator("#question")).to_be_focused()
    expect(page.locator("[data-unmask='Zorglub']")).to_be_visible()
    expect(marks.filter(has_text="Zorglub")).to_have_class("masked masked")
    exact = seen.inner_text()
    assert "Zorglub" not in exact and "Roux" not in exact

    # What was shown is what the model read, and the receipt says what was left in clear.
    page.keyboard.press("Enter")
    answer = page.locator(LAST)
    expect(answer).to_have_class(re.compile("complete"), timeout=ANSWER)
    expect(answer.locator(".receipt summary")).to_contain_text("1 donnée laissée en clair")
    answer.locator("a[href*='/seen']").click()
    expect(page.locator(".seen", has_text=exact)).to_have_count(1)


def test_a_refusal_says_why_by_which_law_and_whom_to_turn_to(visit: Visit) -> None:
    page = visit("employe")
    send(page, FORBIDDEN, "refused")
    refusal = page.locator(f"{LAST} .refusal")
    for words in ("Pourquoi", "Ce que vous pouvez faire", "Qui peut vous aider", "contester"):
        expect(refusal).to_contain_text(words)
    expect(refusal.locator(".legal")).to_contain_text(re.compile("annexe III|article 22"))
    exchange = page.locator(LAST).get_attribute("data-exchange")
    expect(refusal).to_contain_text(str(exchange))
    expect(page.locator(f"{LAST} [data-copy]")).to_have_count(0)
    expect(page.locator(f"{LAST} .receipt summary")).to_contain_text("Non transmis au modèle")


def test_the_footprint_counts_the_requests(visit: Visit, conversation: str) -> None:
    page = visit("employe")
    page.get_by_role("link", name="Mon empreinte").click()
    sentence = page.locator(".sentence").first
    expect(sentence).to_contain_text(re.compile(r"[1-9]\d* demandes"))
    expect(sentence).to_contain_text("Wh")
    page.get_by_text("La même chose en tableau").click()
    expect(page.get_by_role("table").get_by_role("row")).not_to_have_count(1)
    expect(page.locator("svg.chart rect").first).to_be_visible()


def test_an_employee_does_not_reach_what_belongs_to_others(visit: Visit, conversation: str) -> None:
    page = visit("employe")
    for address in ("/admin", "/admin/charter", "/admin/services", "/admin/sources", "/audit"):
        assert page.request.get(address).status == 403, address
    assert visit("dpo").request.get(conversation).status == 403


def test_an_administrator_reads_the_day_and_the_sources(visit: Visit) -> None:
    page = visit("admin")
    expect(page.locator("h1")).to_have_text("Vue d’ensemble")
    expect(page.locator("main")).to_contain_text("Aujourd’hui")
    quotas = page.get_by_role("region", name="Les services et leurs quotas")
    expect(quotas).to_contain_text("Ressources humaines")
    page.get_by_role("link", name="Sources", exact=True).click()
    code = page.get_by_role("region", name=re.compile("Code du travail"))
    expect(code).to_contain_text("à jour")
    for address in ("/audit", "/audit/0", "/chat", "/footprint"):
        assert page.request.get(address).status == 403, address


def test_a_charter_with_an_error_is_not_published_and_a_good_one_is(visit: Visit) -> None:
    page = visit("admin")
    page.get_by_role("link", name="Charte").click()
    text = page.locator("#charter-text")
    good = text.input_value()
    before = page.locator("input[name=parent]").input_value()
    line = good[: good.index("effect: forbid")].count("\n") + 1
    text.fill(good.replace("effect: forbid", "effect: forbidden", 1))
    problem = page.locator("#problems li")
    expect(problem).to_contain_text(f"Ligne {line}", timeout=20_000)
    expect(page.locator("#gutter li.wrong")).to_have_text(str(line))
    expect(page.locator("#publish")).to_be_disabled()
    problem.locator("a").click()
    expect(text).to_be_focused()
    # The server refuses it too, whatever the page lets through.
    form: dict[str, str | float | bool] = {
        "csrf": page.locator("form[action='/admin/charter'] input[name=csrf]").input_value(),
        "parent": before,
        "text": text.input_value(),
        "reason": "Un essai",
    }
    refused = page.request.post("/admin/charter", form=form)
    assert refused.status == 422 and f"Ligne {line}" in refused.text().replace("\xa0", " ")

    text.fill(f"{good.rstrip()}\n# Relue par le comité social territorial.\n")
    expect(page.locator("#problems .fine")).to_be_visible(timeout=20_000)
    expect(page.locator("#publish")).to_be_enabled()
    page.fill("#reason", "Relecture du comité social territorial")
    page.click("#publish")
    expect(page.get_by_role("status").first).to_contain_text("en vigueur", timeout=60_000)
    newest = page.get_by_role("table").get_by_role("row").nth(1)
    expect(newest).to_contain_text("en vigueur")
    expect(newest).to_contain_text("Relecture du comité social territorial")
    assert page.locator("input[name=parent]").input_value() != before
    expect(text).to_have_value(re.compile("# Relue par le comité"))


def test_a_key_is_shown_once_works_and_is_revoked(visit: Visit, instance: Instance) -> None:
    page = visit("admin")
    page.get_by_role("link", name="Clés").click()
    page.select_option("#service", "rh")
    page.fill("#label", "Intranet de la mairie")
    page.get_by_role("button", name="Créer la clé").click()
    secret = page.locator("#secret").inner_text()
    assert re.fullmatch(r"sob_[A-Za-z0-9_-]{40,}", secret)
    page.get_by_role("button", name="Copier la clé").click()
    expect(page.get_by_role("button", name="Copié")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    models = f"{instance.url}/v1/models"
    bearer = {"Authorization": f"Bearer {secret}"}
    assert httpx.get(models, headers=bearer).status_code == 200

    page.goto("/admin/keys")
    expect(page.locator("#secret")).to_have_count(0)
    assert secret not in page.content()
    row = page.get_by_role("row", name=re.compile("Intranet de la mairie"))
    row.locator("summary").click()
    row.get_by_role("button", name=re.compile("Révoquer")).click()
    expect(row).to_contain_text("révoquée le")
    assert httpx.get(models, headers=bearer).status_code == 401


def test_a_member_is_invited_and_comes_in_by_the_keyboard_alone(visit: Visit) -> None:
    page = visit("admin")
    press(page, "a[href='/admin?days=30']")
    page.wait_for_url("**/admin?days=30")
    press(page, "#refusals ~ details > summary")
    expect(page.locator("#refusals ~ details").first).to_have_attribute("open", "")
    press(page, "nav.menu a[href='/admin/services']", back=True)
    page.wait_for_url("**/admin/services")
    for field, text in (("#name", "lea.morel"), ("#display_name", "Léa Morel")):
        tab_to(page, field)
        page.keyboard.type(text)
    tab_to(page, "#service")
    page.keyboard.press("ArrowDown")
    press(page, "form[action='/admin/services/members'] button.primary")
    link = page.locator("#secret").inner_text()

    theirs = visit("", 390, "dark")
    theirs.goto(link[link.index("/welcome/") :])
    assert overflow(theirs) == 0 and not Axe().run(theirs)["violations"]
    for field in ("#password", "#again"):
        tab_to(theirs, field)
        theirs.keyboard.type("une phrase assez longue")
    theirs.keyboard.press("Enter")
    expect(theirs.get_by_role("status")).to_contain_text("enregistré")
    theirs.fill("#name", "lea.morel")
    theirs.fill("#password", "une phrase assez longue")
    theirs.press("#password", "Enter")
    expect(theirs.locator("#question")).to_be_visible()


def test_an_officer_finds_opens_exports_and_verifies(
    visit: Visit, instance: Instance, conversation: str, tmp_path: Path
) -> None:
    page = visit("dpo")
    expect(page.locator("h1")).to_have_text("Journal d’audit")
    page.select_option("#type", "refused")
    page.get_by_role("button", name="Filtrer").click()
    expect(page).to_have_url(re.compile(r"[?&]type=refused"))
    rows = page.locator("table.statement tbody tr")
    kinds = rows.locator("td:nth-of-type(2)").all_inner_texts()
    assert kinds and set(kinds) == {"demande refusée"}

    # A record's texts open for a reason, pseudonymised; the opening is a record itself.
    rows.first.locator("a").click()
    expect(page.locator("#texts + p")).to_contain_text("scellés")
    index = page.url.rpartition("/")[2]
    reason = "Contestation reçue de la personne concernée"
    page.fill("#reason", reason)
    page.get_by_role("button", name="Ouvrir les textes").click()
    opened = page.locator("section", has=page.locator("#texts")).locator(".seen")
    expect(opened).to_contain_text("candidats")
    assert PHONE not in opened.inner_text()
    page.goto("/audit?type=consulted")
    expect(rows.first).to_contain_text(index)
    rows.first.locator("a").click()
    expect(page.locator("main")).to_contain_text(reason)

    page.goto("/audit?type=refused")
    page.fill("#export-reason", "Contrôle annuel du journal")
    with page.expect_download() as download:
        page.get_by_role("button", name="Exporter").click()
    assert download.value.suggested_filename.endswith(".zip")
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert instance.cli("audit", "verify", str(file)).returncode == 0
    page.goto("/audit?type=exported")
    expect(rows).not_to_have_count(0)

    page.goto("/audit")
    page.get_by_role("button", name="Vérifier tout le journal").click()
    expect(page.locator("main")).to_contain_text("rien n’y a été modifié", timeout=30_000)
    for address in ("/admin", "/admin/charter", "/admin/services", "/chat"):
        assert page.request.get(address).status == 403, address


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize("role", ["", "employe", "admin", "dpo"])
def test_every_page_is_accessible_and_nothing_is_wider_than_the_window(
    visit: Visit, conversation: str, role: str, theme: Literal["light", "dark"], width: int
) -> None:
    page = visit(role, width, theme)
    addresses = {
        "": ["/sign-in"],
        "employe": ["/chat", conversation, "/footprint"],
        "admin": ["/admin", "/admin/charter", "/admin/services", "/admin/keys", "/admin/sources"],
        "dpo": ["/audit", "/audit/0"],
    }[role]
    if role == "employe":
        page.goto(conversation)
        for link in ("a[href*='/seen']", "#sources .source-title a"):
            addresses.append(str(page.locator(link).first.get_attribute("href")))
    for address in addresses:
        page.goto(address)
        for summary in page.locator("details:not([open]) > summary").all():
            if summary.is_visible():
                summary.click()
        assert overflow(page) == 0, address
        found = Axe().run(page)["violations"]
        grave = [rule for rule in found if rule["impact"] in {"serious", "critical"}]
        assert not grave, [
            (address, rule["id"], [node["target"] for node in rule["nodes"]]) for rule in grave
        ]
