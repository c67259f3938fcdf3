"""A server with real books and a scripted road, and browsers signed in by role."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

_spec = importlib.util.spec_from_file_location("scripted", Path(__file__).with_name("scripted.py"))
assert _spec is not None and _spec.loader is not None
scripted = importlib.util.module_from_spec(_spec)
sys.modules.setdefault("scripted", scripted)
_spec.loader.exec_module(scripted)

from server.app import create_app  # noqa: E402
from server.identity import passwords  # noqa: E402

PASSWORD = "correct horse battery"
HTML = {"accept": "text/html"}


class Browser:
    """A client that keeps cookies and sends forms with the proof that the page gave it."""

    def __init__(self, app: Any) -> None:
        self.client = TestClient(app, follow_redirects=False, headers=HTML)
        # All browsers in the event loop of the one server, as in life.
        self.client.portal = app.state.portal
        self.csrf = ""

    def get(self, path: str, **options: Any) -> Any:
        response = self.client.get(path, **options)
        found = re.search(r'name="csrf" (?:content|value)="([0-9a-f]{64})"', response.text)
        if found:
            self.csrf = found[1]
        return response

    def send(self, path: str, **fields: Any) -> Any:
        """Send a form."""
        return self.client.post(path, data={"csrf": self.csrf, **fields})

    def fetch(self, path: str, body: Any) -> Any:
        """Send JSON, as the page's script does."""
        headers = {"X-CSRF-Token": self.csrf, "accept": "*/*"}
        return self.client.post(path, json=body, headers=headers)

    def sign_in(self, name: str, password: str = PASSWORD) -> Any:
        self.get("/sign-in")
        response = self.send("/sign-in", name=name, password=password)
        if response.status_code == 303:
            self.get(self.client.get("/").headers["location"])
        return response


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """Cheap argon2 parameters: what is tested is how passwords are used, not their cost."""
    usual = passwords._hasher, passwords._decoy
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._decoy = passwords._hasher.hash("decoy")
    yield
    passwords._hasher, passwords._decoy = usual


@pytest.fixture
def settings(tmp_path: Path) -> Any:
    return scripted.settings_in(tmp_path / "var")


@pytest.fixture
def parts(settings: Any) -> Iterator[Any]:
    made = scripted.make_parts(settings)
    people = (("alice", "employee"), ("bob", "employee"), ("root", "admin"), ("dora", "dpo"))
    for name, role in people:
        made.users.add(name, display_name=name.title(), role=role, service="rh", password=PASSWORD)
    yield made
    made.database.dispose()


@pytest.fixture
def app(parts: Any) -> Iterator[Any]:
    application = create_app(parts)
    with TestClient(application) as main:
        application.state.portal = main.portal
        yield application


@pytest.fixture
def visitor(app: Any) -> Browser:
    """Nobody is signed in."""
    return Browser(app)


def _signed_in(app: Any, name: str) -> Browser:
    browser = Browser(app)
    assert browser.sign_in(name).status_code == 303
    return browser


@pytest.fixture
def alice(app: Any) -> Browser:
    """An employee."""
    return _signed_in(app, "alice")


@pytest.fixture
def bob(app: Any) -> Browser:
    """Another employee."""
    return _signed_in(app, "bob")


@pytest.fixture
def root(app: Any) -> Browser:
    """An administrator."""
    return _signed_in(app, "root")


@pytest.fixture
def dora(app: Any) -> Browser:
    """The data protection officer."""
    return _signed_in(app, "dora")


@pytest.fixture
def secret(parts: Any) -> str:
    """An API key of the service rh."""
    return str(parts.api_keys.create("rh", "tests", "")[1])
