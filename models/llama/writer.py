"""What one sequence writes: tokens chosen, guessed and checked, and the text that they make."""

from __future__ import annotations

from collections.abc import Sequence

from models.llama.sampling import Logits, Sampler, log_probabilities
from models.llama.speculation import Speculation
from models.llama.text import TextStream
from models.llama.vocabulary import Vocabulary
from models.protocol import FinishReason, GenerationRequest, Logprob


class Writer:
    """Takes the logits of a sequence's rows. ``reason`` tells why it has ended, once it has.

    Raises:
        EngineError: its grammar cannot be used.
    """

    def __init__(
        self, request: GenerationRequest, vocabulary: Vocabulary, *, speculate: bool
    ) -> None:
        self.reason: FinishReason | None = None
        self._vocabulary = vocabulary
        self._limit = request.sampling.max_tokens
        self._logprobs = request.sampling.logprobs
        self._text = TextStream(request.sampling.stop)
        self._speculation = Speculation() if speculate else None
        self._sampler = Sampler(
            request.sampling, vocabulary.pointer, vocabulary.size, request.processor
        )

    def guess(self, tokens: Sequence[int]) -> list[int]:
        """What may follow ``tokens``."""
        return self._speculation.guess(tokens) if self._speculation else []

    def write(
        self, tokens: list[int], prompt: int, drafted: list[int], rows: list[Logits]
    ) -> tuple[list[int], str, tuple[Logprob, ...]]:
        """Choose a token for each row, as long as those before were chosen as they were drafted.

        Returns the tokens, the text that became sure, and what was asked of their probabilities.
        """
        written, shown = list[int](), ""
        logprobs = list[Logprob]()
        text = list(tokens)
        for place, logits in enumerate(rows):
            token = self._sampler.choose(text, logits)
            written.append(token)
            text.append(token)
            if self._logprobs is not None:
                logprobs.append(self._logprob(logits, token, self._logprobs))
            ended = self._vocabulary.ends(token)
            if not ended:
                shown += self._text.feed(self._vocabulary.piece(token))
            if ended or self._text.stopped:
                self.reason = "stop"
            elif len(text) - prompt >= self._limit:
                self.reason = "length"
            if self.reason or place == len(drafted) or token != drafted[place]:
                break
        if self.reason:
            shown += self._text.end()
        if self._speculation:
            self._speculation.told(len(drafted), len(written) - 1)
        return written, shown, tuple(logprobs)

    def close(self) -> None:
        """Free what llama.cpp holds."""
        self._sampler.close()

    def _logprob(self, logits: Logits, token: int, count: int) -> Logprob:
        logs, best = log_probabilities(logits, count)
        piece = self._vocabulary.piece
        likeliest = tuple((piece(one), float(logs[one])) for one in best)
        return Logprob(piece(token), float(logs[token]), likeliest)
