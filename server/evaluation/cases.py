"""A test of the assistant: a question, and what a right answer to it rests on and holds."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

CASE_ID = r"^[a-z0-9][a-z0-9-]{0,62}$"
MAX_CASES = 1_000


def _written(value: Any) -> Any:
    """A number that YAML read as one, as it is written."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number else value


Line = Annotated[
    str,
    BeforeValidator(_written),
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
]
Lines = Annotated[tuple[Line, ...], Field(max_length=20)]
Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]


class Case(BaseModel):
    """One test, as it stands in the file.

    ``sources`` are those of which one must be found: an address, an article's reference or a
    document's id. ``words`` are what the answer must hold, each by one of its spellings, separated
    by «|». ``unanswerable``: the sources do not answer it, and the assistant must say so.
    ``origin`` is the exchange of the opinion that it was made of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, BeforeValidator(_written), Field(pattern=CASE_ID)]
    question: Question
    service: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    sources: Lines = ()
    words: Lines = ()
    unanswerable: bool = False
    origin: Annotated[str, StringConstraints(max_length=64)] = ""

    @property
    def digest(self) -> str:
        """What tells whether it is the same test as in another run."""
        said = self.model_dump_json(exclude={"id", "origin"})
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def fault(self) -> Literal["", "contradiction", "nothing"]:
        """Why it tests nothing, if so."""
        if self.unanswerable:
            return "contradiction" if self.sources or self.words else ""
        return "" if self.sources or self.words else "nothing"
