"""The engine without its surroundings: ``step`` is the algorithm. One thread owns it."""

from __future__ import annotations

import time
from collections.abc import Callable

from models.llama.runner import Logits, Runner, RunnerError
from models.llama.scheduler import Part, QueueFull, Scheduler
from models.llama.sequence import Sequence, State
from models.llama.vocabulary import Vocabulary
from models.llama.writer import Writer
from models.protocol import (
    EngineBusy,
    EngineError,
    EngineEvent,
    Finished,
    FinishReason,
    GenerationRequest,
    Prefilled,
    Queued,
    Token,
    Usage,
    Work,
)

_FIRST_GUESS = 20.0  # seconds that an answer takes, until one has been timed
_NEWEST = 0.2  # weight of the newest answer in that average

Tell = Callable[[int, EngineEvent | EngineError], None]


class Core:
    """Serves sequences, many at a time. ``tell`` is given the events, by the key of the request.

    CPU time is that of the whole process: nothing else is to run in it.
    """

    def __init__(
        self,
        runner: Runner,
        scheduler: Scheduler,
        vocabulary: Vocabulary,
        tell: Tell,
        *,
        speculate: bool = True,
        running: int = 1,
    ) -> None:
        self._runner = runner
        self._scheduler = scheduler
        self._vocabulary = vocabulary
        self._tell = tell
        self._speculate = speculate
        self._running = running
        self._sequences: dict[int, Sequence] = {}
        self._writers: dict[int, Writer] = {}
        self._average = _FIRST_GUESS
        self._ended, self._cpu = time.monotonic(), time.process_time()

    @property
    def busy(self) -> bool:
        """Whether there is anything to compute."""
        return bool(self._sequences)

    def submit(self, key: int, request: GenerationRequest, tokens: list[int], public: int) -> None:
        """Take a request in, or tell why not.

        Raises:
            EngineBusy: the queue is full.
            EngineError: its sampling cannot be done.
        """
        if not self._sequences:
            self._ended, self._cpu = time.monotonic(), time.process_time()  # nobody's time
        sequence = Sequence(
            key,
            tokens,
            public=public,
            limit=max(0, request.sampling.max_tokens),
            conversation=request.conversation,
            service=request.queue,
            user=request.user,
            weight=request.weight,
        )
        writer = Writer(request, self._vocabulary, speculate=self._speculate)
        try:
            self._scheduler.add(sequence)
        except QueueFull as full:
            writer.close()
            raise EngineBusy(self._average * (full.ahead / self._running + 1)) from full
        self._sequences[key], self._writers[key] = sequence, writer

    def cancel(self, key: int) -> None:
        """End a request, which holds nothing from here on; unknown or done, nothing happens."""
        if sequence := self._sequences.get(key):
            self._finish(sequence, "cancelled")

    def forget(self, conversation: str) -> None:
        """Keep nothing of ``conversation``, nor of what it has running."""
        self._scheduler.forget(conversation)

    def close(self) -> None:
        """End what runs, refuse what waits."""
        for sequence in list(self._sequences.values()):
            if sequence.state is State.WAITING:
                self._fail(sequence, EngineError("the engine is closed"))
            else:
                self._finish(sequence, "cancelled")

    def step(self) -> None:
        """Plan, compute, choose, tell."""
        for one in self._scheduler.running:
            if one.state is State.WRITING:
                one.draft = self._writers[one.key].guess(one.tokens)
        parts = self._scheduler.plan()
        self._tell_places()
        if not parts:
            return
        try:
            rows = self._runner.decode(parts)
        except RunnerError as error:
            self._lose(error)
            return
        written = [self._write(part, logits) for part, logits in zip(parts, rows, strict=True)]
        total = sum(len(part.tokens) for part in parts)
        started, ended, cpu = self._lap()
        for part, token in zip(parts, written, strict=True):
            work = Work(started, ended, cpu * len(part.tokens) / total)
            self._report(part, token, work)

    def _write(self, part: Part, rows: list[Logits]) -> Token | EngineError | None:
        """What the sequence of ``part`` writes after it; its work is added later."""
        sequence = part.sequence
        if not rows or sequence.limit == 0:
            self._scheduler.advance(part, [])
            return None
        writer = self._writers[sequence.key]
        drafted = part.tokens[1:] if sequence.state is State.WRITING else []
        try:
            tokens, text, logprobs = writer.write(sequence.tokens, sequence.prompt, drafted, rows)
        except EngineError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a processor's; its message may quote the text
            return EngineError(f"the engine failed: {type(error).__name__}")
        self._scheduler.advance(part, tokens)
        return Token(text, len(tokens), Work(0.0, 0.0, 0.0), logprobs)

    def _report(self, part: Part, written: Token | EngineError | None, work: Work) -> None:
        sequence, key = part.sequence, part.sequence.key
        seconds = work.ended - work.started
        sequence.cpu += work.cpu_seconds
        if part.reads:
            sequence.prefill += seconds
            done = part.start + len(part.tokens)
            self._tell(key, Prefilled(done, sequence.prompt, sequence.cached, work))
            work = Work(work.ended, work.ended, 0.0)
        else:
            sequence.decode += seconds
        if isinstance(written, EngineError):
            self._fail(sequence, written)
            return
        if written is not None:
            self._tell(key, Token(written.text, written.count, work, written.logprobs))
        reason = self._writers[key].reason
        if sequence.limit == 0 and sequence.state is State.WRITING:
            reason = "length"
        if reason:
            self._finish(sequence, reason)

    def _finish(self, sequence: Sequence, reason: FinishReason) -> None:
        now = time.monotonic()
        started = sequence.admitted or now
        usage = Usage(
            sequence.prompt,
            sequence.cached,
            sequence.written,
            started - sequence.arrived,
            sequence.prefill,
            sequence.decode,
            sequence.cpu,
        )
        self._average += _NEWEST * (now - started - self._average)
        self._forget(sequence)
        self._tell(sequence.key, Finished(reason, usage))

    def _fail(self, sequence: Sequence, error: EngineError) -> None:
        self._forget(sequence)
        self._tell(sequence.key, error)

    def _forget(self, sequence: Sequence) -> None:
        self._scheduler.finish(sequence)
        del self._sequences[sequence.key]
        self._writers.pop(sequence.key).close()

    def _lose(self, error: RunnerError) -> None:
        """All that ran fail; those who wait do not."""
        self._runner.reset()
        for sequence in self._scheduler.lose():
            self._fail(sequence, EngineError(f"the engine failed: {error}"))
        self._lap()

    def _lap(self) -> tuple[float, float, float]:
        """When the step began and ended, and its CPU seconds; steps follow without a gap."""
        started, cpu = self._ended, self._cpu
        self._ended, self._cpu = time.monotonic(), time.process_time()
        return started, self._ended, self._cpu - cpu

    def _tell_places(self) -> None:
        for place, sequence in enumerate(self._scheduler.line()):
            if sequence.told != place:
                sequence.told = place
                self._tell(sequence.key, Queued(place))
