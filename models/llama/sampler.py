"""The choice of the next token: a chain of llama.cpp samplers that lives for one request.

``llama_cpp.Llama.sample`` makes a new chain for each token, so that a fixed seed draws the same
number every time and the repeat penalty has no memory; hence a chain of our own.
"""

from __future__ import annotations

import ctypes
import json
import secrets
from collections.abc import Sequence

import llama_cpp

from models.protocol import EngineError, Sampling

_PENALTY_WINDOW = 64  # tokens, llama.cpp's default
_CANDIDATES = 64  # a penalty over the whole vocabulary costs more than it changes


class SamplerChain:
    """Samples tokens as ``sampling`` asks. Temperature 0 is greedy; no seed draws a random one."""

    def __init__(
        self, sampling: Sampling, vocabulary: llama_cpp.llama_vocab_p, vocabulary_size: int
    ) -> None:
        self._chain = llama_cpp.llama_sampler_chain_init(
            llama_cpp.llama_sampler_chain_default_params()
        )
        if sampling.choices:
            grammar = llama_cpp.llama_sampler_init_grammar(
                vocabulary, _grammar(sampling.choices).encode(), b"root"
            )
            if not grammar:
                raise EngineError("the choices make no grammar")
            self._add(grammar)
            self._add(llama_cpp.llama_sampler_init_greedy())
            return
        greedy = sampling.temperature <= 0
        if sampling.repeat_penalty != 1.0:
            self._add(llama_cpp.llama_sampler_init_top_k(max(_CANDIDATES, sampling.top_k)))
            penalties = (_PENALTY_WINDOW, sampling.repeat_penalty, 0.0, 0.0)
            self._add(llama_cpp.llama_sampler_init_penalties(vocabulary_size, *penalties))
        if greedy:
            self._add(llama_cpp.llama_sampler_init_greedy())
            return
        seed = secrets.randbits(32) if sampling.seed is None else sampling.seed & 0xFFFFFFFF
        self._add(llama_cpp.llama_sampler_init_top_k(sampling.top_k))
        self._add(llama_cpp.llama_sampler_init_top_p(sampling.top_p, 1))
        self._add(llama_cpp.llama_sampler_init_min_p(sampling.min_p, 1))
        self._add(llama_cpp.llama_sampler_init_temp(sampling.temperature))
        self._add(llama_cpp.llama_sampler_init_dist(seed))

    def sample(self, context: llama_cpp.llama_context_p) -> int:
        """Choose the token that follows the last one that ``context`` has read."""
        return int(llama_cpp.llama_sampler_sample(self._chain, context, -1))

    def close(self) -> None:
        """Free the chain; it must not be used afterwards."""
        llama_cpp.llama_sampler_free(self._chain)

    def _add(self, sampler: ctypes.c_void_p) -> None:
        llama_cpp.llama_sampler_chain_add(self._chain, sampler)


def _grammar(choices: Sequence[str]) -> str:
    """GBNF of a text that is one of ``choices``; JSON's quotes are those of GBNF."""
    return "root ::= " + " | ".join(json.dumps(choice) for choice in choices)
