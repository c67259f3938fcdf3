"""What is promised of personal data in the organisation's own documents: cleaned, or refused.

This room finds none itself. Whoever reads a source is given a :class:`Cleaner`; nothing that it
takes out can ever be put back, since what is searched is shown to everybody who may search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Policy = Literal["refuse", "pseudonymise", "public"]
"""What a source declares: a document with personal data is refused, has them replaced for good, or
is published as it is."""

Outcome = Literal["cleaned", "refused", "failed"]


class CleaningFailed(Exception):
    """Nothing can be said of a document, which must then not be indexed.

    ``kind`` names the type of the failure beneath, which is all that may be told of it.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The texts and the labels of a document, in the order given, without personal data.

    ``counts`` are the different values that were taken out, by kind: somebody who is named twice,
    in the text and in the name of the file, counts once.
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    counts: Mapping[str, int]


class Cleaner(Protocol):
    """Takes personal data out of a document, for good."""

    @property
    def version(self) -> str:
        """Another one where the same document would be treated otherwise."""
        ...

    def clean(self, texts: Sequence[str], labels: Sequence[str] = ()) -> Cleaned:
        """Clean all the texts of one document together: a person is the same throughout.

        ``labels`` are names of files, references and addresses: they have no sentences, and their
        words may be held together by anything.

        Raises:
            CleaningFailed: nothing of the document may be kept.
        """
        ...

    def seal(self, text: str) -> str:
        """A digest of ``text`` (64 hexadecimal digits) that tells nothing to who lacks the key."""
        ...

    def title(self, kind: str) -> str:
        """The organisation's name for a kind of data that it declared itself, else ``kind``."""
        ...


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What was done with the personal data of one document. Holds none itself.

    ``document_id`` and ``digest`` are as the database knows the document; ``name`` is that of its
    file, cleaned; ``date`` is the document's. ``counts`` are the values found, by kind: replaced
    where the document was ``cleaned``, the reason of the refusal where it was ``refused``, empty
    where the search ``failed``.
    """

    document_id: str
    source: str
    digest: str
    outcome: Outcome
    name: str
    date: str
    counts: Mapping[str, int]
