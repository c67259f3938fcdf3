"""The sets: published ones from the data folder, and Sobria's own office texts."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.pii_parts.engines import Span
from governance.pii.names.marked import read

OFFICE = Path(__file__).resolve().parents[2] / "tests" / "governance" / "pii" / "office"
_NAME = re.compile(r"((?:[^\s<>\"«»(),.;:!?’']+(?:['’][A-Z])?[^\s<>]*?)?)<(first_name|last_name)>")
_ELISION = re.compile(r"(?:[dljnmtsc]|qu)['’](?=[A-ZÀ-Þ])")
_KIND = {"NIR": "FR_NIR", "NIF": "FR_NIF", "SIREN": "FR_SIREN", "SIRET": "FR_SIRET"}
_KIND |= {"TVA": "FR_TVA", "IBAN": "IBAN_CODE"}


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its marks."""

    name: str
    text: str
    marks: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number in a sentence, and whether it is one of its kind."""

    text: str
    value: str
    entity: str
    valid: bool


def office(half: Literal["dev", "held"]) -> list[Text]:
    """The office texts worked on (``dev``), or those set aside (``held``)."""
    return [
        Text(each.name, each.text, each.marks)
        for file in sorted(OFFICE.glob(f"{half}_*.txt"))
        for each in read(file)
    ]


def identifiers(data: Path) -> list[Identifier]:
    """``pii/ids_fr.csv``: each number in a sentence."""
    with (data / "pii" / "ids_fr.csv").open(encoding="utf-8") as file:
        return [
            Identifier(
                f"Le numéro est {row['value']}, merci.",
                row["value"],
                _KIND.get(row["type"], "PHONE_NUMBER"),
                row["valid"] == "1",
            )
            for row in csv.DictReader(file)
        ]


def names_in_sentences(data: Path) -> list[Text]:
    """``pii/names_in_sentences_fr.csv``: given names and surnames, each a mark."""
    with (data / "pii" / "names_in_sentences_fr.csv").open(encoding="utf-8") as file:
        rows = [row["text"] for row in csv.DictReader(file)]
    texts = []
    for number, tagged in enumerate(rows):
        parts: list[str] = []
        marks: list[Span] = []
        length = position = 0
        for match in _NAME.finditer(tagged):
            before, word = tagged[position : match.start(1)], match.group(1)
            # «l'Alice» or «d'Anne»: the elision before the name is not the name.
            elided = _ELISION.match(word)
            start = length + len(before) + (elided.end() if elided else 0)
            length += len(before) + len(word)
            marks.append(Span(start, length, "PERSON"))
            parts += [before, word]
            position = match.end()
        texts.append(Text(str(number), "".join([*parts, tagged[position:]]), tuple(marks)))
    return texts


def court_texts(data: Path) -> list[Text]:
    """``pii/echr_fr_train.tsv``, cut at each «PROCÉDURE»; marks carry the set's own tags."""
    documents: list[list[tuple[str, str]]] = [[]]
    for line in (data / "pii" / "echr_fr_train.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("PROCÉDURE ") and documents[-1]:
            documents.append([])
        fields = line.split()
        if len(fields) >= 2:
            documents[-1].append((" ".join(fields[:-1]), fields[-1]))
    return [Text(str(number), *_joined(rows)) for number, rows in enumerate(documents)]


def _joined(rows: Sequence[tuple[str, str]]) -> tuple[str, tuple[Span, ...]]:
    """The text of (token, BIO tag) rows, and what is tagged."""
    parts: list[str] = []
    last = ""
    length = 0
    spans: list[Span] = []
    for token, tag in rows:
        glue = not last or last.endswith(("'", "’", "(", "-")) or token in {".", ",", ")", "'"}
        glue = glue or token.startswith("-")  # «Stoke-on» «-Trent»
        if not glue:
            parts.append(" ")
            length += 1
        start, length = length, length + len(token)
        parts.append(token)
        last = token
        if tag.startswith("B-"):
            spans.append(Span(start, length, tag[2:]))
        elif tag.startswith("I-") and spans and spans[-1].entity == tag[2:]:
            spans[-1] = Span(spans[-1].start, length, tag[2:])
    return "".join(parts), tuple(spans)


_BORN = re.compile(r"\b(?:né|née|nés|nées)\b(?P<between>[^.;]{0,60})$")
_BETWEEN = re.compile(r"(?:\s|,|et|en|le|respectivement|à|\d|[A-ZÀ-Þ][\w’'-]*|\(|\))*")


def birth_dates(text: Text) -> list[Span]:
    """The dates of a court text that follow «né(e)(s)», alone or in a row of dates."""
    found = []
    for span in text.marks:
        born = _BORN.search(text.text[max(0, span.start - 80) : span.start])
        if span.entity == "DATE" and born and _BETWEEN.fullmatch(born["between"]):
            found.append(span)
    return found


def everyday(data: Path) -> list[str]:
    """``safety/benign_everyday_fr.json``: prompts of everyday life."""
    content = json.loads((data / "safety" / "benign_everyday_fr.json").read_text(encoding="utf-8"))
    return [text for topic in content for text in topic["suggestions"]]
