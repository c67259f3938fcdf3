"""Word lists kept in text files beside the recognizers: ``[section]`` lines, then words."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

_COMMENT: Final = "#"


def sections(file: str, *, separator: str) -> dict[str, frozenset[str]]:
    """The words of each section of ``file``, which is packaged with this module.

    Lines that begin with ``#`` say where the list comes from; a line break counts as a separator.
    """
    words: dict[str, set[str]] = {}
    current: set[str] = set()
    text = (files(__package__) / file).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            current = words.setdefault(line.strip("[]"), set())
        elif not line.startswith(_COMMENT):
            current.update(word.strip() for word in line.split(separator) if word.strip())
    return {name: frozenset(found) for name, found in words.items()}
