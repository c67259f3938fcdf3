"""Every text of the room that people read is in the French catalogue, with the same fields."""

from __future__ import annotations

import ast
import string
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]


def marked_texts() -> set[str]:
    """The texts given to ``N_`` or ``_`` anywhere in the room."""
    texts = set[str]()
    for path in (ROOT / "models").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"N_", "_"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                texts.add(str(node.args[0].value))
    return texts


def fields(text: str) -> set[str]:
    """The ``{named}`` fields of a template."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_french_catalogue_has_each_text_and_no_other() -> None:
    with (ROOT / "web" / "translations" / "fr" / "models.po").open("rb") as stream:
        catalogue = read_po(stream, locale="fr", abort_invalid=True)
    french = {str(message.id): str(message.string) for message in catalogue if message.id}
    assert set(french) == marked_texts()
    for english, text in french.items():
        assert text
        assert fields(text) == fields(english)
