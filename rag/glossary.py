"""The glossaries: what people say, and the words that the sources write for it.

``glossary.yaml`` is shipped; an organisation adds its own acronyms and names for things in a file
of the same form, whose entries go before the shipped ones. Both are checked entry by entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from rag.declared import parsed
from rag.errors import GlossaryError
from rag.text.vocabulary import Vocabulary, key_of

SHIPPED = Path(__file__).with_name("glossary.yaml")
MAX_BYTES = 1_000_000
MAX_ENTRIES = 20_000
MAX_WORDS = 8
"""How many words a key may have: a search compares so many at each word of a question."""
MAX_MEANING = 200
"""How many characters a meaning may have: all of them are searched."""
_SHOWN = 80
_TWICE = "{file}, line {line}: the same words are there twice"


def load(path: Path = SHIPPED) -> dict[str, str]:
    """What ``path`` says that people say, and what it means.

    Raises:
        GlossaryError: naming the file, the line and the entry.
    """
    raw = _read(path)
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise GlossaryError(
            "{file}, line {line}: a list of “word: meaning” is expected", file=str(path), line=1
        )
    if len(raw) > MAX_ENTRIES:
        raise GlossaryError(
            "{file}: a glossary has at most {most} entries", file=str(path), most=MAX_ENTRIES
        )
    entries: dict[str, str] = {}
    told: dict[tuple[str, ...], str] = {}
    for said, meaning in raw.items():
        line = raw.lc.key(said)[0] + 1  # type: ignore[attr-defined]
        problem = _problem(said, meaning)
        if problem is None and told.setdefault(key_of(said), meaning) != meaning:
            problem = "{file}, line {line}, “{said}”: they have another meaning on a line before it"
        if problem is not None:
            raise GlossaryError(problem, file=str(path), line=line, said=str(said)[:_SHOWN])
        entries[said] = " ".join(meaning.split())
    return entries


def _read(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            held = file.read(MAX_BYTES + 1)
        if len(held) > MAX_BYTES:
            raise GlossaryError(
                "{file}: a glossary has at most {most} bytes", file=str(path), most=MAX_BYTES
            )
        text = held.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GlossaryError("{file}: the glossary cannot be read", file=str(path)) from error
    return parsed(text, str(path), GlossaryError, twice=_TWICE)


def _problem(said: Any, meaning: Any) -> str | None:
    """What is wrong with an entry, in words that are translated; None where nothing is."""
    if not isinstance(said, str):
        return (
            "{file}, line {line}, “{said}”: "
            "the words that people say are text: put them in quotation marks"
        )
    if not 1 <= len(key_of(said)) <= MAX_WORDS:
        return (
            "{file}, line {line}, “{said}”: "
            "between one and eight words are expected before the colon"
        )
    if not isinstance(meaning, str):
        return "{file}, line {line}, “{said}”: the meaning is text: put it in quotation marks"
    if not key_of(meaning) or len(meaning) > MAX_MEANING:
        return "{file}, line {line}, “{said}”: a meaning of 1 to 200 characters is expected"
    return None


@lru_cache(maxsize=1)
def shipped() -> Vocabulary:
    """The vocabulary of the shipped glossary."""
    return Vocabulary(load())


def vocabulary(own: Path | None = None) -> Vocabulary:
    """The shipped vocabulary, with what an organisation's ``own`` glossary adds or says otherwise.

    Raises:
        GlossaryError: as :func:`load`.
    """
    if own is None:
        return shipped()
    ours = load(own)
    said = {key_of(words) for words in ours}
    return Vocabulary({**{w: m for w, m in load().items() if key_of(w) not in said}, **ours})
