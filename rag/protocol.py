"""What retrieval promises to the road: passages with their origin, and what supports an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document, with all that a reader needs to find and judge the original.

    ``digest`` is the sha256 of ``text``; ``date`` is ISO 8601, the date that the publisher gives;
    ``reference`` is how people cite it («L3141-3»), empty where there is none.
    """

    id: str
    document_id: str
    source: str
    title: str
    section_path: tuple[str, ...]
    reference: str
    text: str
    url: str
    date: str
    licence: str
    digest: str


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """A question that a passage is known to answer: by its sentences ``first`` to ``last`` (from
    1), or, where these are 0, as a whole."""

    passage: str
    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class Alike:
    """A known question, its ``likeness`` (a cosine, at most 1) to the one that is asked, and how
    far it is ``ahead`` of the likest questions that other passages answer."""

    question: KnownQuestion
    likeness: float
    ahead: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage with its fused score and its rank (from 1) in each index, if any.

    ``alike`` are the questions that it is known to answer and that are like the one asked, the
    likest first.
    """

    passage: Passage
    score: float
    fulltext_rank: int | None
    vector_rank: int | None
    alike: tuple[Alike, ...] = ()


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The result of a search: best first. ``searched`` is the number of passages looked through.

    ``vectors_ready`` is the share (0 to 1) of those passages that have a vector yet.
    ``confidence`` is how probable it is that they answer (0 to 1), and ``weak`` says that it is too
    little to answer from them. ``asked`` are the words (stems) of the question in its context, by
    how much each tells.
    """

    hits: tuple[Hit, ...]
    searched: int
    vectors_ready: float
    confidence: float = 0.0
    weak: bool = True
    asked: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CitedArticle:
    """An article of law that a document cites, by its reference («L3141-3») and its full title.

    ``date`` (ISO 8601) is the day on which its text took effect; of one that was withdrawn, the day
    on which it was no longer published.
    """

    reference: str
    title: str
    date: str


CaveatKind = Literal["amended", "withdrawn", "old", "unread"]


@dataclass(frozen=True, slots=True)
class Caveat:
    """What one must know before one relies on a passage; ``passage`` is its number, from 1.

    «amended»: its document cites ``articles`` that were amended since. «withdrawn»: it cites
    ``articles`` that are no longer published as in force. «old»: its document is old. For these,
    ``date`` (ISO 8601) is that of the document. «unread»: its source was not read for longer than
    it may be; ``date`` is the day on which it last was.
    """

    passage: int
    kind: CaveatKind
    date: str
    articles: tuple[CitedArticle, ...] = ()


class Retriever(Protocol):
    """Finds the passages that answer a question. ``sources`` of None means all of them.

    ``earlier`` are the person's questions before it, oldest first: a follow-up leans on them.
    """

    def count(self, sources: frozenset[str] | None = None) -> int: ...

    def search(
        self,
        query: str,
        *,
        earlier: Sequence[str] = (),
        sources: frozenset[str] | None = None,
        limit: int = 5,
    ) -> Retrieval: ...

    def passage(self, passage_id: str) -> Passage | None: ...


@dataclass(frozen=True, slots=True)
class Extract:
    """What of the sources answers a question, as it stands there.

    ``passage`` is the number (from 1) of a passage, ``start`` and ``end`` the characters of its
    text that answer, which are ``text``. ``confidence`` is how probable it is that they do (0 to
    1), and ``sure`` says that it is enough to show them as the answer. ``known`` is the question,
    like the one asked, that they are known to answer; empty where there is none.
    """

    passage: int
    start: int
    end: int
    text: str
    confidence: float
    sure: bool
    known: str = ""


class Extractor(Protocol):
    """Finds the sentences that answer a question in the passages that were found for it.

    ``found`` is the retrieval; ``passages`` are its passages as they may be shown.
    """

    def extract(
        self,
        question: str,
        found: Retrieval,
        passages: Sequence[Passage],
        *,
        earlier: Sequence[str] = (),
    ) -> Extract | None: ...


class AnswerGate(Protocol):
    """Lets pass of an answer what the sources hold; ``withheld`` counts the sentences held back.

    ``silent`` says at the end that the sources supported none of it, and that none has passed.
    """

    withheld: int
    silent: bool

    def feed(self, text: str) -> str: ...

    def flush(self) -> str: ...


Support = Literal["supported", "corrected", "unsupported", "not_factual"]


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of the answer and the passages (numbers from 1) that hold what it says."""

    text: str
    support: Support
    citations: tuple[int, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Grounding:
    """What the sources say of an answer.

    ``text`` is the answer with its citations corrected: wrong ones removed, missing ones added.
    ``score`` is the share of factual sentences that a passage supports, None where there are none.
    ``cited`` are the numbers of the passages that the corrected text cites.
    """

    text: str
    sentences: tuple[CheckedSentence, ...]
    cited: tuple[int, ...]
    score: float | None


class Reading(Protocol):
    """Passages, read once to check what is said from them."""

    def supports(self, sentence: str) -> bool | None: ...

    def check(self, answer: str) -> Grounding: ...


class CitationChecker(Protocol):
    """Aligns each sentence of an answer with the passages that were given to the model."""

    def read(self, passages: Sequence[Passage], question: str = "") -> Reading: ...
