"""Drives Debian's Chromium through a running Sobria: its flags, sign-in, keys and questions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
#: No sandbox, since tests may run as root in a container; nothing that calls home.
FLAGS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: How long an answer may take, in milliseconds: two cores, shared.
ANSWER = 180_000
#: The last answer of the thread, once the server has rendered it.
LAST = "article.turn.machine[data-message]:last-of-type"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, closed at the end."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


def sign_in(page: Page, url: str, name: str, password: str) -> None:
    """Sign in by the form, and wait for the first page of the role."""
    page.goto(f"{url}/sign-in")
    page.fill("#name", name)
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.wait_for_selector("nav.menu")


def send(page: Page, text: str, state: str = "complete") -> None:
    """Type a question on a chat page, send it, and wait for how it ended."""
    turns = page.locator(LAST.removesuffix(":last-of-type"))
    count = turns.count()
    page.fill("#question", text)
    page.press("#question", "Enter")
    expect(turns).to_have_count(count + 1, timeout=ANSWER)
    expect(turns.last).to_have_class(f"turn machine {state}")


def watch(context: BrowserContext, offences: list[str]) -> None:
    """Note in ``offences`` what no page may do.

    That is: an error in the console (a violation of the content security policy is one), a script
    that fails, and a request to another host.
    """

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            offences.append(f"console: {message.text} ({message.location.get('url', '')})")

    def request(made: Request) -> None:
        parts = urlsplit(made.url)
        if parts.scheme not in {"data", "blob"} and parts.hostname != "127.0.0.1":
            offences.append(f"request to {made.url}")

    context.on("console", console)
    context.on("weberror", lambda error: offences.append(f"script: {error.error}"))
    context.on("request", request)


def tab_to(page: Page, selector: str, *, back: bool = False, limit: int = 120) -> None:
    """Press Tab (or Shift + Tab) until an element of ``selector`` has the focus."""
    for _ in range(limit):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def press(page: Page, selector: str, *, back: bool = False) -> None:
    """Reach an element by the keyboard, and press Enter on it."""
    tab_to(page, selector, back=back)
    page.keyboard.press("Enter")


def overflow(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(page.evaluate(wider))
