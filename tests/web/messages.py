"""Finds the texts that the code and the templates give to translate."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from web.render import TEMPLATES, environment

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("web", "server", "governance", "rag", "models")
MARKS = {"_", "N_", "gettext"}


def _constant(node: ast.expr | None) -> str | None:
    """The text of a literal, of literals joined by «+» too; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _constant(node.left), _constant(node.right)
        return left + right if left is not None and right is not None else None
    return None


def python_messages(path: Path) -> Iterator[tuple[str, str]]:
    """(text, where) of each marked text of a Python file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        found: list[ast.expr | None] = []
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in MARKS and node.args:
                found.append(node.args[0])
            elif name in ("ngettext", "translate_plural"):
                found.extend(node.args[:3])
            found.extend(word.value for word in node.keywords if word.arg == "message_id")
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {getattr(target, "id", getattr(target, "attr", "")) for target in targets}
            if "message_id" in names:
                found.append(node.value)
        for expression in found:
            text = _constant(expression)
            if text:
                yield text, f"{path.relative_to(ROOT)}:{line}"


def template_messages() -> Iterator[tuple[tuple[str, ...], str]]:
    """(text, or singular and plural; where) of each marked text of the templates."""
    env = environment("en")
    for path in sorted(TEMPLATES.glob("*.html")):
        source = path.read_text(encoding="utf-8")
        for line, _function, message in env.extract_translations(source):  # type: ignore[attr-defined]
            texts = (message,) if isinstance(message, str) else message
            yield tuple(text for text in texts if text), f"web/templates/{path.name}:{line}"


def every_message(room: str) -> dict[str, str]:
    """Each text of ``room`` to translate (a plural counts under its singular), and where it is."""
    messages: dict[str, str] = {}
    for path in sorted((ROOT / room).rglob("*.py")):
        for text, where in python_messages(path):
            messages.setdefault(text, where)
    if room == "web":
        for message, where in template_messages():
            messages.setdefault(message[0], where)
    return messages
