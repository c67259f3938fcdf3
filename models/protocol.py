"""What a language-model engine and an embedder promise to the rest of Sobria."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Role = Literal["system", "user", "assistant", "tool"]
FinishReason = Literal["stop", "length", "cancelled"]


@dataclass(frozen=True, slots=True)
class Tool:
    """A function of the caller's program, which the model may ask to call.

    ``parameters`` is the JSON Schema of its arguments.
    """

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What the model asks to call. ``arguments`` is the text of a JSON object."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a prompt, before the model's chat template is applied.

    ``tool_calls`` are those that an assistant's turn asked for; ``tool_call_id`` is the call whose
    result a tool's turn gives.
    """

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen, and when to stop. ``max_tokens`` bounds the completion.

    ``choices`` are all that may be written, the likeliest first token at each step; ``grammar`` is
    GBNF, ``json_schema`` the text of a JSON Schema; of these three, one at most. ``logit_bias``
    adds to the logits of tokens; ``logprobs`` asks for those of so many likeliest tokens, and of
    the chosen one. An engine that cannot hold its model to these (a remote one) writes freely, so
    the reader must check.
    """

    max_tokens: int = 512
    temperature: float = 0.2
    top_p: float = 0.95
    top_k: int = 40
    min_p: float = 0.05
    repeat_penalty: float = 1.1
    seed: int | None = None
    stop: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    logprobs: int | None = None
    grammar: str = ""
    json_schema: str = ""


class LogitsProcessor(Protocol):
    """Changes the logits of one sequence before each of its tokens is chosen: a watermark."""

    def __call__(self, tokens: Sequence[int], logits: NDArray[np.float32]) -> None:
        """Change ``logits`` in place; ``tokens`` are the prompt's and those written so far."""
        ...


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """A prompt for an engine.

    ``queue`` names who waits together (a service), so that a scheduler can be fair; ``weight`` is
    the service's share against the others, ``user`` whose turn it is within (empty: unknown).
    ``public_prefix`` is the number of leading messages that hold nothing personal: only their
    computation may be reused for another conversation. ``conversation`` names the one whose earlier
    turns may be reused besides; it must be no other's (empty: none is). ``tools`` are offered to
    the model; without ``parallel_calls``, the generation ends with the first call. ``processor``
    must be picklable.
    """

    id: str
    messages: tuple[Message, ...]
    sampling: Sampling = field(default_factory=Sampling)
    queue: str = ""
    public_prefix: int = 1
    tools: tuple[Tool, ...] = ()
    parallel_calls: bool = True
    user: str = ""
    weight: float = 1.0
    conversation: str = ""
    processor: LogitsProcessor | None = None


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The identity of a loaded model. ``digest`` is ``sha256:…`` or, for a remote, ``remote:…``.

    ``calls_tools`` tells whether it may be offered tools.
    """

    name: str
    digest: str
    licence: str
    context_length: int
    calls_tools: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """CPU time spent between two instants of ``time.monotonic()``, all in seconds."""

    started: float
    ended: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Queued:
    """The request waits; ``position`` is how many requests go before it (0: it is next)."""

    position: int


@dataclass(frozen=True, slots=True)
class Prefilled:
    """A chunk of the prompt was read. Counts are tokens; ``done`` of ``total`` so far.

    ``cached`` tokens of ``done`` were not computed again. ``work`` is this chunk's own.
    """

    done: int
    total: int
    cached: int
    work: Work


@dataclass(frozen=True, slots=True)
class Logprob:
    """A token that could be written: its bytes, and the logarithm of its probability."""

    piece: bytes
    logprob: float
    likeliest: tuple[tuple[bytes, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """``count`` tokens were written; ``text`` is whole characters, and may be empty.

    ``logprobs`` are the tokens' own, where they were asked for.
    """

    text: str
    count: int
    work: Work
    logprobs: tuple[Logprob, ...] = ()


@dataclass(frozen=True, slots=True)
class Called:
    """The model asks for a call of one of the request's tools."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class Usage:
    """What a generation took. Counts are tokens, times are seconds."""

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    queue_seconds: float
    prefill_seconds: float
    decode_seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a generation."""

    reason: FinishReason
    usage: Usage


EngineEvent = Queued | Prefilled | Token | Called | Finished


class EngineError(Exception):
    """The engine could not serve a request. The message never holds text of the prompt."""


class PromptTooLong(EngineError):
    """The prompt and the completion asked for do not fit the context. All in tokens."""

    def __init__(self, prompt_tokens: int, max_tokens: int, context_length: int) -> None:
        self.prompt_tokens = prompt_tokens
        self.max_tokens = max_tokens
        self.context_length = context_length
        self.excess = prompt_tokens + max_tokens - context_length
        super().__init__(
            f"prompt of {prompt_tokens} tokens and completion of {max_tokens} exceed "
            f"the context of {context_length} by {self.excess}"
        )


class TooLittleMemory(EngineError):
    """The memory given to an engine does not hold one context of ``context`` tokens. In bytes."""

    def __init__(self, given: int, needed: int, context: int) -> None:
        self.given, self.needed, self.context = given, needed, context
        super().__init__(f"{given} bytes do not hold {context} tokens: they take {needed}")


class UnusableForm(EngineError):
    """The grammar or the schema of a request makes none, or lets nothing follow."""


class EngineBusy(EngineError):
    """The queue is full. ``retry_after`` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(f"queue full, retry after {retry_after:.0f} s")


class Engine(Protocol):
    """A language model that streams what it writes."""

    @property
    def info(self) -> ModelInfo: ...

    @property
    def ready(self) -> bool:
        """Whether it would serve a request now; asks nobody."""
        ...

    def count_tokens(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
        """Tokens of the prompt that these make under the model's chat template."""
        ...

    def generate(self, request: GenerationRequest) -> AsyncGenerator[EngineEvent, None]:
        """Stream a generation; closing the generator cancels it within one step.

        Raises:
            PromptTooLong: before anything is computed.
            EngineBusy: when the queue is full.
            EngineError: when the model or its server fails.
        """
        ...

    def forget(self, conversation: str) -> None:
        """Give up what was kept of a conversation, named as in ``GenerationRequest``."""
        ...

    async def watch(self) -> None:
        """Keep ``ready`` true to the facts, until cancelled; may return where nothing is to do."""
        ...

    async def close(self) -> None: ...


Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors, shape ``(len(texts), dimension)``; safe between threads.

    Queries and questions are compared with passages. What an embedder has learnt of questions that
    people ask of sources is in ``embed_questions`` alone, under ``questions_digest``.
    """

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str: ...

    @property
    def questions_digest(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors: ...

    def embed_questions(self, texts: Sequence[str]) -> Vectors: ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors: ...


class Reranker(Protocol):
    """Says how well texts answer a question, the higher the better; safe between threads."""

    @property
    def name(self) -> str: ...

    def scores(self, question: str, texts: Sequence[str]) -> list[float]: ...
