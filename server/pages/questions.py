"""What a person asks: the question, their choices in the composer, and the turns it goes with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from governance.exchange import Turn
from governance.messages import N_
from governance.pii.choices import Choices
from server.conversations import StoredMessage
from server.errors import RequestError

#: Earlier turns that go with a question, at most: question and answer by pairs.
REMEMBERED_PAIRS = 6
CHARACTERS_A_TOKEN = 2
#: In the place of a conversation's identifier: the one that the question begins.
NEW = "new"
MOST_CHOICES = 50
LONGEST_CHOICE = 500


def _whole(text: str) -> str:
    """Refuse half a character, which JSON can hold and nothing can write. Raises ValueError."""
    text.encode()
    return text


Text = Annotated[str, AfterValidator(_whole)]
Texts = Annotated[
    list[Annotated[Text, Field(min_length=1, max_length=LONGEST_CHOICE)]],
    Field(max_length=MOST_CHOICES),
]


class Chosen(BaseModel):
    """What the person chose for the text: words left in clear, and names that were missed."""

    model_config = ConfigDict(extra="forbid")

    kept: Texts = []
    masked: Texts = []

    def choices(self) -> Choices:
        """The same for governance, which ignores what the charter does not allow."""
        return Choices(tuple(self.kept), tuple(self.masked))


class Asked(Chosen):
    """A question; with ``regenerate``, another answer to the last one, and no other text is read.

    With ``compose`` a model writes, also where a passage answers.
    """

    text: Text = ""
    regenerate: bool = False
    compose: bool = False


class Typed(Chosen):
    """A question that is being typed."""

    text: Text


def max_characters(context_length: int) -> int:
    """How long a question may be, so that it can fit the model's context (in tokens)."""
    return context_length * CHARACTERS_A_TOKEN


def checked(text: str, context_length: int) -> str:
    """``text`` as it would be sent. Raises RequestError where it is empty or too long."""
    text, limit = text.strip(), max_characters(context_length)
    if not 0 < len(text) <= limit:
        raise RequestError(N_("A question has 1 to {limit} characters."), limit=limit)
    return text


def turns_of(stored: Sequence[StoredMessage]) -> tuple[Turn, ...]:
    """The turns to send where the last question is stored. Raises ValueError without a question."""
    questions = [message.text for message in stored if message.role == "person"]
    if not questions:
        raise ValueError("a conversation without a question")
    return turns_with(stored, questions[-1])


def turns_with(stored: Sequence[StoredMessage], question: str) -> tuple[Turn, ...]:
    """The turns to send: ``question``, after the latest questions that were answered.

    What was refused, failed or was interrupted is not sent again with later questions.
    """
    earlier = [turn for pair in _answered(stored)[-REMEMBERED_PAIRS:] for turn in pair]
    return (*earlier, Turn("user", question))


def turns_left_out(stored: Sequence[StoredMessage]) -> int:
    """How many turns are too old to be sent: questions that were answered, and their answers."""
    return 2 * max(0, len(_answered(stored)) - REMEMBERED_PAIRS)


def _answered(stored: Sequence[StoredMessage]) -> list[tuple[Turn, Turn]]:
    pairs: list[tuple[Turn, Turn]] = []
    asked: StoredMessage | None = None
    for message in stored:
        if message.role == "person":
            asked = message
        elif asked is not None and message.text and message.state in {"complete", "cancelled"}:
            pairs.append((Turn("user", asked.text), Turn("assistant", message.text)))
    return pairs
