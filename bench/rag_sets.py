"""The sets that retrieval and answers are measured on."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ruamel.yaml import YAML

from rag.documents import Document, Section, document
from rag.protocol import Passage
from rag.text.words import fold

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data" / "retrieval"
QUESTIONS = Path(__file__).with_name("rag_questions")


@dataclass(frozen=True, slots=True)
class Query:
    """A question, the keys of the documents that answer it, and the intent that it is one of."""

    text: str
    answers: frozenset[str]
    intent: str = ""


def is_fitted(intent: str) -> bool:
    """Whether an intent is of the half that the ranking was fitted on."""
    return zlib.crc32(intent.encode()) % 2 == 0


def labour_key(passage: Passage) -> str:
    """«article:l3141-3» or «fiche:conges-payes»: addresses changed their small words over time."""
    if passage.source == "fiches-travail":
        return "fiche:" + _slug(passage.document_id.rsplit("/", 1)[-1])
    if passage.source in ("code-du-travail", "crpa"):
        return "article:" + passage.reference.lower()
    return "other:" + passage.document_id


def _slug(address: str) -> str:
    small = {"a", "l", "le", "la", "les", "de", "du", "des", "d"}
    return "-".join(word for word in address.split("-") if word not in small)


def cdtn(held: frozenset[str]) -> Iterator[Query]:
    """The intents and their variants, with the references that the index holds."""
    for intent in json.loads((SHARED / "cdtn_dev.json").read_text(encoding="utf-8")):
        answers = set()
        for reference in intent["refs"]:
            kind, _, rest = reference["url"].strip("/").partition("/")
            name = rest.split("#")[0]
            if kind == "code-du-travail":
                answers.add("article:" + name.lower())
            elif kind == "fiche-ministere-travail":
                answers.add("fiche:" + _slug(name))
        answers &= held
        if answers:
            title = intent["title"].replace("-", " ")
            for text in dict.fromkeys([title, *intent["variants"]]):
                yield Query(text, frozenset(answers), intent["title"])


def piaf() -> tuple[list[Document], list[Query]]:
    """PIAF's paragraphs as documents, and its questions."""
    data = json.loads((SHARED / "piaf_dev.json").read_text(encoding="utf-8"))["data"]
    documents, queries = [], []
    for a, article in enumerate(data):
        for p, paragraph in enumerate(article["paragraphs"]):
            identity = f"piaf/{a}-{p}"
            documents.append(
                document(
                    id=identity,
                    source="piaf",
                    title=article.get("title", ""),
                    url="",
                    date="",
                    licence="",
                    sections=(Section((), paragraph["context"], "", ""),),
                )
            )
            queries += [Query(q["question"], frozenset({identity})) for q in paragraph["qas"]]
    return documents, queries


Part = Literal["dev", "held"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the project's own set. ``must`` are the things that a right answer says, each
    in any of its forms; ``kind`` says why the sources do not answer, empty where they do. ``quote``
    are the source's own words."""

    id: str
    text: str
    answers: frozenset[str]
    answer: str
    must: tuple[tuple[str, ...], ...]
    kind: str
    quote: str = ""

    @property
    def answerable(self) -> bool:
        return not self.kind


def own_questions(part: Part) -> list[Question]:
    """The questions written for this project: half to work with, half set aside."""
    found = []
    for path in sorted(QUESTIONS.glob("*.yaml")):
        held = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        for group in ("answerable", "unanswerable"):
            for place, entry in enumerate(held[group]):
                if (place % 2 == 1) == (part == "held"):
                    found.append(_question(entry))
    return found


def easy_questions() -> list[Question]:
    """The twenty of the end-to-end tests: short and plain."""
    path = ROOT / "tests" / "e2e" / "questions_fr.yaml"
    return [_question(e) for e in YAML(typ="safe").load(path.read_text("utf-8"))["questions"]]


def says(text: str, must: tuple[tuple[str, ...], ...]) -> bool:
    """Whether ``text`` holds each thing of ``must``, in any of its forms."""
    read = plain(text)
    return all(any(plain(form) in read for form in forms) for forms in must)


def plain(text: str) -> str:
    """``text`` as it is compared: without capitals, accents or the kinds of spaces."""
    return " ".join(fold(text.replace("’", "'")).split())


def _question(entry: dict[str, Any]) -> Question:
    expected = entry.get("expected") or {}
    answers = {"article:" + str(a).lower() for a in expected.get("articles") or ()}
    answers |= {"fiche:" + _slug(f) for f in expected.get("fiches") or ()}
    return Question(
        entry["id"],
        entry["question"],
        frozenset(answers),
        entry.get("answer", ""),
        tuple(tuple(str(form) for form in forms) for forms in entry.get("must") or ()),
        entry.get("kind", ""),
        entry.get("quote", ""),
    )
