"""What the road says while an exchange goes down it, in this order.

Refused                                   (the exchange ends there), or
Accepted → … → Waiting* → Refused         (the model is busy, or the prompt too long), or
Accepted → Searching → SourcesFound → Quoted → Delta → Completed   (the sources answer), or
Accepted → Searching → SourcesFound → SourcesFound → Delta → Completed   (an answer is given again,
                                      under its own passages), or
Accepted → Searching → SourcesFound → Prompted → Waiting* → Reading* → Delta* → Completed
                                      (ToolCalled* among the Deltas, where tools are offered)
Failed                                    (at any point: the exchange ends there)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from governance.receipt import Receipt
from models.protocol import FinishReason, Message, ToolCall, Usage
from rag.protocol import Caveat, Extract, Grounding, Passage

RefusalCause = Literal["use", "quota", "personal_data", "service", "busy", "too_long", "form"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an exchange was not answered, in the words that the person reads.

    For the cause ``use`` the texts are the charter's own; for the others, ``message_id`` and
    ``params`` give a text to translate and the charter's fields are empty. ``kinds`` are the kinds
    of personal data that ``params["kinds"]`` lists in English, as messages to translate.
    ``still_works`` of «search» says that the sources can still be searched, without the model.
    ``layer``, ``score`` and ``nearest`` say how the use was recognised, for whoever answers a
    contest.
    """

    cause: RefusalCause
    message_id: str
    params: dict[str, str | int | float]
    use_id: str = ""
    title: str = ""
    reason: str = ""
    legal_basis: tuple[str, ...] = ()
    message: str = ""
    instead: str = ""
    contact: str = ""
    retry_after: float | None = None
    kinds: tuple[str, ...] = ()
    still_works: str = ""
    layer: str = ""
    score: float | None = None
    nearest: str = ""
    part: Literal["request", "answer"] = "request"
    """What was refused: what was asked, or what the model was writing."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The exchange ends by rule: before anything is generated, or because of what is."""

    exchange_id: str
    refusal: Refusal
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Accepted:
    """«accepted» is committed to the audit log at leaf ``record``.

    ``masked_spans`` are the (start, end) characters of the person's last turn that the model does
    not see; ``masked`` counts them by kind.
    """

    exchange_id: str
    record: int
    masked_spans: tuple[tuple[int, int], ...]
    masked: dict[str, int]


@dataclass(frozen=True, slots=True)
class Searching:
    """The passages are being searched; ``passages`` is how many there are."""

    passages: int


@dataclass(frozen=True, slots=True)
class SourcesFound:
    """The passages that the model is given, numbered from 1 in this order, with their caveats."""

    passages: tuple[Passage, ...]
    caveats: tuple[Caveat, ...] = ()


@dataclass(frozen=True, slots=True)
class InstructionsFound:
    """Documents hold instructions to the assistant, which are not followed.

    ``passages`` are the numbers of the passages that hold some; ``tools`` and ``pasted`` count
    those in the results of tools and in what the person pasted.
    """

    passages: tuple[int, ...]
    tools: int
    pasted: int


@dataclass(frozen=True, slots=True)
class Quoted:
    """The answer is what a passage says, in its own words: no model writes."""

    extract: Extract


@dataclass(frozen=True, slots=True)
class Prompted:
    """The exact prompt that the model is given, placeholders in place of personal data."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """``position`` requests go first."""

    position: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The model has read ``done`` of ``total`` prompt tokens."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer, names restored."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The model asks the program to call a function; whole, names restored in the arguments."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class ReviewAsked:
    """A person must validate the answer: which role, and whether it is held until then."""

    id: str
    use_id: str
    delivery: Literal["draft", "hold"]
    role: str
    role_title: str


@dataclass(frozen=True, slots=True)
class Completed:
    """The answer as it stands after citation checking, with its receipt.

    ``text`` may differ from the joined deltas by its citations only; it may be empty where there
    are ``tool_calls``. With ``review`` a person must validate it; held, it has no text at all.
    """

    exchange_id: str
    text: str
    grounding: Grounding | None
    passages: tuple[Passage, ...]
    finish_reason: FinishReason
    usage: Usage
    receipt: Receipt
    tool_calls: tuple[ToolCall, ...] = ()
    review: ReviewAsked | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The exchange could not go on; ``message_id`` and ``params`` give a text to translate."""

    exchange_id: str
    code: str
    message_id: str
    params: dict[str, str | int | float]


Event = (
    Refused
    | Accepted
    | Searching
    | SourcesFound
    | InstructionsFound
    | Quoted
    | Prompted
    | Waiting
    | Reading
    | Delta
    | ToolCalled
    | Completed
    | Failed
)
