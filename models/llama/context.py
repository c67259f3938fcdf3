"""The llama.cpp context: read a prompt in chunks, write tokens, reuse what is public.

Everything here but the tokenizer must be called by the one thread that made it
(abetlen/llama-cpp-python#771, #897, #1529).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import llama_cpp

from models.llama.sampler import SamplerChain
from models.llama.template import PromptTemplate, common_prefix
from models.protocol import EngineError, Message, Sampling, Tool


@dataclass(frozen=True, slots=True)
class Prompt:
    """The tokens of a prompt, of which the first ``public`` hold nothing personal."""

    tokens: list[int]
    public: int


class LlamaContext:
    """One model and one sequence of tokens. ``chunk`` is how many tokens a prefill step reads."""

    def __init__(self, path: Path, context_length: int, threads: int, chunk: int) -> None:
        try:
            self._llama = llama_cpp.Llama(
                str(path),
                n_ctx=context_length,
                n_batch=chunk,
                n_ubatch=chunk,
                n_threads=threads,
                n_threads_batch=threads,
                verbose=False,
            )
        except (ValueError, RuntimeError, OSError) as error:
            raise EngineError(f"llama.cpp cannot load {path.name}") from error
        trained = llama_cpp.llama_model_n_ctx_train(self._llama.model)
        self.length = min(context_length, trained) if trained > 0 else context_length
        self._chunk = chunk
        self._vocabulary = llama_cpp.llama_model_get_vocab(self._llama.model)
        self._vocabulary_size = llama_cpp.llama_vocab_n_tokens(self._vocabulary)
        # recurrent states cannot be cut back to a prefix
        self._can_cut = not (
            llama_cpp.llama_model_is_recurrent(self._llama.model)
            or llama_cpp.llama_model_is_hybrid(self._llama.model)
        )
        self._template = PromptTemplate(self._llama)
        self._held_public: list[int] = []

    @property
    def calls_tools(self) -> bool:
        """Whether the model may be offered tools."""
        return self._template.calls_tools

    def prompt(
        self, messages: Sequence[Message], public_messages: int, tools: Sequence[Tool] = ()
    ) -> Prompt:
        """Tokenize ``messages``. Reads only the vocabulary: any thread may call it.

        ``tools`` are never public: a program's own words may stand in them.

        Raises:
            EngineError: when the chat template refuses them, or makes nothing of them.
        """
        tokens = self._template.tokens(messages, tools)
        if not tokens:
            raise EngineError("the prompt is empty")
        return Prompt(tokens, self._template.public_length(messages, public_messages, tokens))

    def count_tokens(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
        """Tokens of the prompt that these make. Any thread may call it."""
        return len(self._template.tokens(messages, tools))

    def begin(self, prompt: Prompt) -> int:
        """Cut the context back to what ``prompt`` may reuse, and return that length in tokens.

        Only tokens that were public in the request before and are public in this one are kept.
        What is kept ends where a chunk of this prompt would end, so that the rest is read in the
        same chunks with and without reuse: the answer to a seed is then the same to the bit.
        """
        shared = common_prefix(self._held_public, prompt.tokens[: prompt.public])
        whole = shared == prompt.public < len(prompt.tokens)
        reused = (
            shared if whole else min(shared, len(prompt.tokens) - 1) // self._chunk * self._chunk
        )
        if not self._can_cut:
            reused = 0
        if not reused:
            self.reset()
        self._llama.n_tokens = reused  # the next eval removes what lies beyond
        self._held_public = prompt.tokens[:reused]
        return reused

    def read(self, prompt: Prompt) -> int:
        """Read the next chunk of ``prompt``; return how many of its tokens have been read.

        A chunk never spans the end of the public tokens.
        """
        done: int = self._llama.n_tokens
        end = min(done + self._chunk, prompt.public if done < prompt.public else len(prompt.tokens))
        self._llama.eval(prompt.tokens[done:end])
        done = self._llama.n_tokens
        self._held_public = prompt.tokens[: min(done, prompt.public)]
        return done

    def push(self, token: int) -> None:
        """Read one token, the last that was written."""
        self._llama.eval([token])

    def chain(self, sampling: Sampling) -> SamplerChain:
        """A sampler for one request; its owner closes it."""
        return SamplerChain(sampling, self._vocabulary, self._vocabulary_size)

    def sample(self, chain: SamplerChain) -> int:
        """Choose the next token."""
        return chain.sample(self._llama.ctx)

    def ends(self, token: int) -> bool:
        """Whether ``token`` ends the answer."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocabulary, token))

    def piece(self, token: int) -> bytes:
        """The bytes that ``token`` stands for; control tokens stand for none.

        ``Llama.detokenize`` loses the tokens that are longer than 32 bytes, hence this.
        """
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = llama_cpp.llama_token_to_piece(self._vocabulary, token, buffer, size, 0, False)
            if count >= 0:
                return buffer.raw[:count]
            size = -count

    def warm_up(self) -> None:
        """Read one token and forget it: weights are paged in, helper threads started."""
        self._llama.eval([0])
        self.reset()

    def reset(self) -> None:
        """Forget everything, after a failure."""
        self._held_public = []
        self._llama.n_tokens = 0
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self._llama.ctx), True)

    def close(self) -> None:
        """Free the model and its context."""
        self._llama.close()
