"""Every text that people read has its French."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.settings import Settings
from web.i18n import translations

SERVER = Path(__file__).resolve().parents[2] / "server"
#: Makers of texts whose first argument is a message.
MARKS = {"N_", "Problem"}


def marked() -> Iterator[str]:
    for path in sorted(SERVER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", "")
            first = node.args[0]
            if name in MARKS and isinstance(first, ast.Constant):
                yield str(first.value)
    for field in Settings.model_fields.values():
        yield str(field.description)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("text", sorted(set(marked())))
def test_a_text_has_its_french_with_the_same_fields(text: str) -> None:
    french = translations("fr").gettext(text)
    assert french != text, "add it to web/translations/fr/server.po"
    assert fields(french) == fields(text)
