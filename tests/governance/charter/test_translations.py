"""Every message of the charter's problems and commands has its French text, fields and all."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import governance.charter as room
from web.i18n import TRANSLATIONS, translate

SOURCES = sorted(Path(room.__file__).parent.glob("*.py"))
_TIGHTEN = (
    " A charter may only tighten the one that it extends ({parent_file}, line {parent_line})."
)

# Each message of these files is said with the sentence above.
_INHERITANCE = {"inherit.py", "inherit_personal.py", "merging.py"}
# A default of the charter, and a description in its JSON Schema.
_NOT_SAID = ("Réponse rédigée", "A parent file;")
# The same in both languages.
_SAME = {"Service"}


def _messages(path: Path) -> Iterator[str]:
    """Sentences that are not docstrings, and what stands within ``_(…)``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
            if isinstance(node.args[0], ast.Constant):
                yield str(node.args[0].value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            sentence = re.fullmatch(r"[A-Z«{][^\n]* [^\n]*[.?]", node.value)
            if sentence and id(node) not in spoken and not node.value.startswith(_NOT_SAID):
                yield node.value


def _all() -> set[str]:
    found: set[str] = set()
    for path in SOURCES:
        for message in _messages(path):
            found.add(message + _TIGHTEN if path.name in _INHERITANCE else message)
    return found


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.fixture(scope="module")
def french() -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in sorted((TRANSLATIONS / "fr").glob("charter*.po")):
        with path.open("rb") as file:
            texts |= {str(m.id): str(m.string) for m in read_po(file) if m.id}
    return texts


def test_every_message_is_translated(french: dict[str, str]) -> None:
    assert len(_all()) > 60
    # A word may be another room's too («Service»), and stands then in its catalogue.
    missing = _all() - set(french) - _SAME
    untold = {text for text in missing if translate("fr", text) == text}
    assert untold == set()


def test_translations_keep_the_fields(french: dict[str, str]) -> None:
    for english, text in french.items():
        assert text
        assert _fields(text) <= _fields(english), english
