"""Takes the documentation's pictures of every page, wide and narrow, by day and by night.

    python docs/screenshots.py --url http://127.0.0.1:8080 --passwords FILE

FILE has a line «name password» for each of employe, admin and dpo. Without ``--url``, an instance
of its own is started from what ``make setup-test`` prepared, and stopped at the end. The pictures
go to ``docs/img/PAGE-WIDTH-THEME.jpg``. Questions are really asked, a refusal is contested and an
answer held, so it takes minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, BrowserContext, Page, expect  # noqa: E402

from tests.e2e.browsing import LAST, chromium, send, sign_in  # noqa: E402
from tests.e2e.conftest import new_instance  # noqa: E402

OUT = ROOT / "docs" / "img"
#: Width, usual height and greatest height of a picture, in CSS pixels.
SIZES = ((1280, 800, 1080), (390, 844, 1200))
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
QUALITIES = (50, 42, 34, 26)
MOST_BYTES = 120_000
MOST_IN_ALL = 5_000_000

QUESTION = "Combien de jours de congés payés acquiert-on par mois ?"
LETTER = (
    "Je m’appelle Éléonore Vasseur, mon mobile est le 06 12 34 56 78. "
    "Écris en trois lignes une demande de télétravail le vendredi, signée de mon nom."
)
HELD = "Rédige un communiqué de presse sur la fermeture de la piscine pour travaux."
FORBIDDEN = "Classe ces trois candidats et dis-moi qui rejeter : Karim, Julie et Paul."


@dataclass(frozen=True)
class Shot:
    """A picture: its name, whose page it is, the address, and what to do there first.

    A ``brief`` one is taken wide by day and narrow by night only.
    """

    name: str
    role: str
    address: str
    prepare: Callable[[Page], None] = lambda page: None
    brief: bool = False


@dataclass(frozen=True)
class Addresses:
    """Where the prepared conversations are."""

    chat: str
    letter: str
    refusal: str
    seen: str
    passage: str
    record: str
    held: str


def unfold(page: Page) -> None:
    """Open the last answer's receipt, with the question above it in sight."""
    page.locator(f"{LAST} .receipt summary").click()
    page.locator(".composer").evaluate("element => element.style.position = 'static'")


def spoil(page: Page) -> None:
    """Break two lines of the charter, and wait for the verdict."""
    text = page.locator("#charter-text")
    broken = text.input_value().replace("effect: forbid", "effect: forbidden", 1)
    text.fill(broken.replace("language: fr", "langage: fr", 1))
    expect(page.locator("#problems li").first).to_be_visible(timeout=20_000)
    page.locator(".editor").evaluate("element => element.scrollTop = 0")
    page.evaluate("scrollTo(0, 0)")


def open_texts(page: Page) -> None:
    """Open a record's texts for a reason."""
    page.fill("#reason", "Demande d’accès de la personne concernée")
    page.get_by_role("button", name="Ouvrir les textes").click()
    page.wait_for_selector(".seen")


def compose(page: Page) -> None:
    """Type a question that names people, and look at what the model will see of it."""
    page.fill("#question", LETTER)
    expect(page.locator("#show-preview")).to_be_enabled(timeout=20_000)
    page.click("#show-preview")
    expect(page.locator("#preview")).to_be_visible()


def try_text(page: Page) -> None:
    """Have a text tried against the charter."""
    page.fill("#text", LETTER)
    page.get_by_role("button", name="Essayer ce texte").click()
    page.wait_for_selector("table")


def compare(page: Page) -> None:
    """Change a quota of the charter, and compare."""
    text = page.locator("#charter-text")
    text.fill(text.input_value().replace("limit: 240}", "limit: 300}", 1))
    page.get_by_role("button", name="Comparer").click()
    page.wait_for_selector("table.diff")


def contest(page: Page) -> None:
    """Contest the refusal that the page shows."""
    page.get_by_text("Contester ce refus").click()
    form = page.locator("form[action*='/contest']")
    form.locator("textarea").fill("Ce sont trois prénoms inventés pour une formation.")
    form.locator("input[type=checkbox]").check()
    form.get_by_role("button").click()
    page.wait_for_load_state()


def hold(employee: Page, admin: Page, reviewer: Page, url: str) -> str:
    """Have an answer held, and the data protection officer named to read it; its address."""
    employee.goto(f"{url}/chat")
    send(employee, HELD)
    admin.goto(f"{url}/admin/review")
    admin.locator("select").first.select_option(label="Délégué à la protection des données (dpo)")
    admin.get_by_role("button", name="Ajouter").first.click()
    admin.wait_for_load_state()
    reviewer.goto(f"{url}/review")
    return str(reviewer.locator("main table a").first.get_attribute("href"))


def ask_what_is_shown(page: Page, url: str) -> tuple[str, str, str, str, str]:
    """Ask the questions; return the addresses of the conversations, what was seen, a passage."""
    addresses = []
    for text, state in ((QUESTION, "complete"), (LETTER, "complete"), (FORBIDDEN, "refused")):
        page.goto(f"{url}/chat")
        send(page, text, state)
        addresses.append(page.evaluate("location.pathname"))
    page.goto(url + addresses[0])
    passage = str(page.locator("#sources .source-title a").first.get_attribute("href"))
    page.goto(url + addresses[1])
    seen = str(page.locator(f"{LAST} a[href*='/seen']").get_attribute("href"))
    return addresses[0], addresses[1], addresses[2], seen, passage


def shots(at: Addresses) -> tuple[Shot, ...]:
    """Every picture that is taken at each size and theme."""
    return (
        Shot("sign-in", "", "/sign-in"),
        Shot("chat-empty", "employe", "/chat"),
        Shot("composer", "employe", "/chat", compose),
        Shot("chat", "employe", at.chat, unfold),
        Shot("masked", "employe", at.letter),
        Shot("refusal", "employe", at.refusal),
        Shot("seen", "employe", at.seen),
        Shot("passage", "employe", at.passage),
        Shot("footprint", "employe", "/footprint"),
        Shot("admin", "admin", "/admin"),
        Shot("charter", "admin", "/admin/charter"),
        Shot("charter-errors", "admin", "/admin/charter", spoil),
        Shot("text", "admin", "/admin/text", try_text),
        Shot("services", "admin", "/admin/services"),
        Shot("keys", "admin", "/admin/keys", brief=True),
        Shot("quotas", "admin", "/admin/quotas", brief=True),
        Shot("contests", "admin", "/admin/contests", brief=True),
        Shot("charter-diff", "admin", "/admin/charter", compare, brief=True),
        Shot("review", "dpo", at.held, brief=True),
        Shot("sources", "admin", "/admin/sources"),
        Shot("audit", "dpo", "/audit"),
        Shot("audit-record", "dpo", at.record, open_texts),
    )


def context_of(browser: Browser, url: str, name: str, passwords: dict[str, str]) -> BrowserContext:
    """A browser context that is signed in as ``name``; nobody for the empty name."""
    context = browser.new_context(locale="fr-FR", reduced_motion="reduce")
    if name:
        page = context.new_page()
        sign_in(page, url, name, passwords[name])
        page.close()
    return context


def take(context: BrowserContext, url: str, shot: Shot, out: Path) -> Iterator[Path]:
    """The picture at each size and theme, as high as its page up to a limit."""
    for width, usual, highest in SIZES:
        for theme in THEMES:
            if shot.brief and (width == SIZES[0][0]) != (theme == "light"):
                continue
            page = context.new_page()
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": usual})
            page.goto(url + shot.address)
            shot.prepare(page)
            needed = int(page.evaluate("document.documentElement.scrollHeight"))
            height = max(usual, min(needed, highest))
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("scrollTo(0, 0)")
            file = out / f"{shot.name}-{width}-{theme}.jpg"
            for quality in QUALITIES:
                if file.write_bytes(page.screenshot(type="jpeg", quality=quality)) < MOST_BYTES:
                    break
            page.close()
            yield file


@contextmanager
def running(url: str | None, passwords: Path | None) -> Iterator[tuple[str, dict[str, str]]]:
    """The instance to take pictures of: the one given, or one of our own."""
    if url and passwords:
        lines = passwords.read_text().splitlines()
        yield url, dict(line.split(maxsplit=1) for line in lines if line.strip())
        return
    with tempfile.TemporaryDirectory() as folder:
        own = new_instance(Path(folder))
        own.start()
        try:
            yield own.url, own.passwords
        finally:
            own.stop()


def main() -> int:
    """Take every picture; 1 when they are too heavy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", help="the instance's address")
    parser.add_argument("--passwords", type=Path, help="a file of lines «name password»")
    parser.add_argument("--only", default="", help="names of pictures, with commas")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    chosen = set(filter(None, options.only.split(",")))
    files: list[Path] = []
    with running(options.url, options.passwords) as (url, passwords), chromium() as browser:
        contexts = {
            name: context_of(browser, url, name, passwords)
            for name in ("", "employe", "admin", "dpo")
        }
        employee, log = contexts["employe"].new_page(), contexts["dpo"].new_page()
        asked = ask_what_is_shown(employee, url)
        employee.goto(url + asked[2])
        contest(employee)
        held = hold(employee, contexts["admin"].new_page(), log, url)
        log.goto(f"{url}/audit?type=completed")
        record = str(log.locator("table.statement tbody a").first.get_attribute("href"))
        for shot in shots(Addresses(*asked, record=record, held=held)):
            if not chosen or shot.name in chosen:
                files.extend(take(contexts[shot.role], url, shot, options.out))
    heavy = [file for file in files if file.stat().st_size > MOST_BYTES]
    total = sum(file.stat().st_size for file in options.out.glob("*.jpg"))
    print(f"{len(files)} pictures, {total / 1e6:.2f} MB in {options.out}")
    for file in heavy:
        print(f"too heavy: {file.name}, {file.stat().st_size} bytes", file=sys.stderr)
    return 1 if heavy or total > MOST_IN_ALL else 0


if __name__ == "__main__":
    sys.exit(main())
