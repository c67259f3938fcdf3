"""The French catalogues are complete, consistent and well typed."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from tests.web.messages import ROOMS, every_message
from web.i18n import TRANSLATIONS, translations

FILES = sorted((TRANSLATIONS / "fr").glob("*.po"))
NB = "\N{NO-BREAK SPACE}"
NNB = "\N{NARROW NO-BREAK SPACE}"


def entries(path: Path) -> Iterator[Message]:
    """The messages of a catalogue, its header left out."""
    with path.open("rb") as file:
        for message in read_po(file, abort_invalid=True):
            if message.id:
                yield message


def pairs(message: Message) -> Iterator[tuple[str, str]]:
    """(English, French) of a message, of each of its plural forms."""
    if isinstance(message.id, str):
        yield message.id, str(message.string or "")
    else:
        yield from zip(message.id, message.string or ("", ""), strict=True)


def fields(text: str) -> set[str]:
    """The names of the ``{fields}`` of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("room", ROOMS)
def test_every_text_of_the_code_and_the_templates_is_in_french(room: str) -> None:
    known = {
        message.id if isinstance(message.id, str) else message.id[0]
        for path in FILES
        for message in entries(path)
    }
    missing = {text: where for text, where in every_message(room).items() if text not in known}
    assert not missing


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_catalogue_has_no_hole_and_no_doubt(path: Path) -> None:
    for message in entries(path):
        assert not message.fuzzy, message.id
        for english, french in pairs(message):
            assert french, english


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_both_languages_have_the_same_fields(path: Path) -> None:
    for message in entries(path):
        for english, french in pairs(message):
            assert fields(english) == fields(french), english


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_french_typography(path: Path) -> None:
    """A no-break space goes with « : ; ! ? », and one kind of apostrophe is used in a file."""
    straight = curly = 0
    for message in entries(path):
        for _, french in pairs(message):
            words = re.sub(r"\{[^}]*\}|https?://\S+|[\w./-]+:[\w./-]+|“[^”]*”|`[^`]*`", "x", french)
            for found in re.finditer(r"(.)([:;!?»])(?=\s|$|\.|\))", words):
                assert found[1] in NB + NNB + "!?", french
            assert not re.search(r"«(?![\u00a0\u202f])", words), french
            straight += len(re.findall(r"\w'\w", words))
            curly += len(re.findall(r"\w’\w", words))
    assert not (straight and curly), f"{straight} straight and {curly} curly apostrophes"


def test_one_english_text_has_one_french_text_whatever_the_file() -> None:
    """All files answer as one: of two translations, one would never be seen."""
    texts: dict[str, dict[str, str]] = {}
    for path in FILES:
        for message in entries(path):
            for english, french in pairs(message):
                texts.setdefault(english, {})[path.stem] = french
    assert not {english: by for english, by in texts.items() if len(set(by.values())) > 1}


def test_the_merged_catalogue_loads() -> None:
    assert translations("fr").gettext("Sources") == "Sources"
    assert translations("en").gettext("Sources") == "Sources"
