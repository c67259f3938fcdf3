"""The third layer: where likeness cannot tell, the language model answers yes or no.

The answer is held to two words by a grammar where the engine can; where it cannot, anything but one
of the two counts as no answer. Without an answer the request is treated as being of the use: the
charter's cautious side.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import structlog

from governance.charter.schema import Use
from models.protocol import (
    Engine,
    EngineBusy,
    EngineError,
    GenerationRequest,
    Message,
    Prefilled,
    Sampling,
    Token,
    Work,
)

__all__ = ["Arbiter", "Question"]

_YES: Final = "oui"
_NO: Final = "non"
_SECONDS: Final = 60.0
"""How long an answer is waited for."""
_CHARACTERS: Final = 700
"""Of the request, what the model reads: its beginning and its end."""
_QUOTES: Final = re.compile(r"«{2,}|»{2,}")
"""What sets the request apart in the prompt: it must not be able to end itself."""
_SYSTEM: Final = (
    "Tu vérifies à quoi une demande veut faire servir un assistant. Tu réponds par un seul mot : "
    "oui ou non. Demander ce que dit la loi, un modèle vierge, une aide pour son propre cas, de la "
    "prévention ou de la formation, ce n'est pas demander l'acte lui-même."
)
_log = structlog.get_logger("sobria.uses")


@dataclass(frozen=True, slots=True)
class Question:
    """Whether ``text``, what the judge compared of a pseudonymised request, is of ``use``.

    ``example`` is the nearest of the use's examples, ``other`` the nearest legitimate text. The
    question waits for its turn as the request itself will: ``queue`` is the service, ``weight`` its
    share, ``user`` the caller's pseudonym.
    """

    exchange_id: str
    queue: str
    use: Use
    text: str
    example: str
    other: str
    weight: float = 1.0
    user: str = ""


class Arbiter:
    """Asks the engine. ``record`` is told what each step took: exchange, step, work."""

    def __init__(self, engine: Engine, record: Callable[[str, str, Work], object]) -> None:
        self._engine = engine
        self._record = record

    async def is_of_the_use(self, question: Question) -> bool | None:
        """The model's answer; None where it gives none, in time or at all.

        Raises:
            EngineBusy: the queue is full: nobody is to be told that their use is held for that.
        """
        request = GenerationRequest(
            id=f"{question.exchange_id}-use",
            messages=prompt_of(question),
            sampling=Sampling(
                max_tokens=4, temperature=0.0, repeat_penalty=1.0, choices=(_YES, _NO)
            ),
            queue=question.queue,
            weight=question.weight,
            user=question.user,
        )
        try:
            async with asyncio.timeout(_SECONDS):
                written = await self._written(question.exchange_id, request)
        except EngineBusy:
            raise
        except (EngineError, TimeoutError) as failure:
            _log.warning("use_not_arbitrated", error=type(failure).__name__)
            return None
        word = written.strip().strip(".!»« ").lower()
        return {_YES: True, _NO: False}.get(word)

    async def _written(self, exchange_id: str, request: GenerationRequest) -> str:
        text = ""
        async with aclosing(self._engine.generate(request)) as events:
            async for event in events:
                if isinstance(event, Prefilled | Token):
                    step = "prefill" if isinstance(event, Prefilled) else "decode"
                    self._record(exchange_id, step, event.work)
                if isinstance(event, Token):
                    text += event.text
        return text


def prompt_of(question: Question) -> tuple[Message, ...]:
    """The question, in the charter's words: some 200 tokens."""
    use = question.use
    text = _QUOTES.sub(lambda found: found.group()[0], question.text)
    if len(text) > _CHARACTERS:
        text = f"{text[: _CHARACTERS // 2]} […] {text[-_CHARACTERS // 2 :]}"
    asked = (
        f"Usage : {use.title}.\n"
        f"Exemple qui en relève : {question.example}\n"
        f"Exemple qui n'en relève pas : {question.other}\n\n"
        f"Demande :\n«««\n{text}\n»»»\n\n"
        f"Cette demande veut-elle faire faire ceci : {use.title} ? Réponds oui ou non."
    )
    return (Message("system", _SYSTEM), Message("user", asked))
