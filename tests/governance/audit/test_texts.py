"""Every text of the audit log that a person reads is there in French, with the same fields."""

from __future__ import annotations

import ast
import string
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[3]
FILES = [
    *sorted((ROOT / "governance/audit").glob("*.py")),
    ROOT / "governance/keys.py",
    ROOT / "governance/sealing.py",
]


def texts_in(path: Path) -> set[str]:
    """The texts that ``path`` marks for translation."""
    return {
        str(node.args[0].value)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"N_", "_"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_text_is_translated_and_nothing_else() -> None:
    with (ROOT / "web/translations/fr/audit.po").open("rb") as file:
        catalogue = {str(m.id): str(m.string) for m in read_po(file, locale="fr") if m.id}
    assert set(catalogue) == set().union(*(texts_in(path) for path in FILES))
    for english, french in catalogue.items():
        assert french
        assert fields(english) == fields(french)
