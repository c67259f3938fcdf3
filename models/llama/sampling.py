"""The choice of the next token: llama.cpp's samplers over logits, in a chain that lives for one
request.

A grammar is asked last, about the one token that the chain chose, and over all only where it
refuses that one: over a vocabulary of 150,000 it costs more than a step.
"""

from __future__ import annotations

import ctypes
import json
import secrets
from collections.abc import Mapping, Sequence
from functools import cache

import llama_cpp
import numpy as np
from llama_cpp.llama_grammar import json_schema_to_gbnf
from numpy.typing import NDArray

from models.protocol import LogitsProcessor, Sampling, UnusableForm

Logits = NDArray[np.float32]

_PENALTY_WINDOW = 64  # tokens, llama.cpp's default
_CANDIDATES = 64  # a penalty over the whole vocabulary costs more than it changes
_LIKELIEST = 512  # tokens that a grammar is asked about, before it is about all
_DATA = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
_NEVER = -np.inf


class Sampler:
    """Chooses tokens as ``sampling`` asks. Temperature 0 is greedy; no seed draws a random one.

    Raises:
        UnusableForm: the grammar, the schema or the choices make no grammar.
    """

    def __init__(
        self,
        sampling: Sampling,
        vocabulary: llama_cpp.llama_vocab_p,
        vocabulary_size: int,
        processor: LogitsProcessor | None = None,
    ) -> None:
        self._processor = processor
        self._bias = _biases(sampling.logit_bias, vocabulary_size)
        self._ids, self._data = _candidates(vocabulary_size)
        self._grammar: ctypes.c_void_p | None = None
        self._chain: ctypes.c_void_p | None = None
        if grammar := grammar_of(sampling):
            self._grammar = llama_cpp.llama_sampler_init_grammar(
                vocabulary, grammar.encode("utf-8", "replace"), b"root"
            )
            if not self._grammar:
                raise UnusableForm("the grammar cannot be used")
        samplers = [] if sampling.choices else _samplers(sampling, vocabulary_size)
        if samplers:
            self._chain = llama_cpp.llama_sampler_chain_init(
                llama_cpp.llama_sampler_chain_default_params()
            )
            for sampler in samplers:
                llama_cpp.llama_sampler_chain_add(self._chain, sampler)

    def choose(self, tokens: Sequence[int], logits: Logits) -> int:
        """Choose the token that follows ``tokens``, and remember it.

        Raises:
            UnusableForm: the grammar lets nothing follow.
        """
        if self._processor is not None:
            logits = logits.copy()
            self._processor(tokens, logits)
        chosen, weight = self._pick(logits, grammar=False)
        if self._grammar is not None:
            if not self._allowed(chosen):
                chosen, weight = self._pick(logits, grammar=True)
            if weight == _NEVER:  # to accept it would end the process
                raise UnusableForm("nothing can follow what the grammar let be written")
            llama_cpp.llama_sampler_accept(self._grammar, chosen)
        if self._chain is not None:
            llama_cpp.llama_sampler_accept(self._chain, chosen)
        return chosen

    def close(self) -> None:
        """Free what llama.cpp holds; the sampler must not be used afterwards."""
        for held in (self._grammar, self._chain):
            if held is not None:
                llama_cpp.llama_sampler_free(held)
        self._grammar = self._chain = None

    def _pick(self, logits: Logits, *, grammar: bool) -> tuple[int, float]:
        """The chosen token and its logit; of those that the grammar allows, if it is asked."""
        if self._bias is not None:
            logits = logits.copy()
            logits[self._bias[0]] += self._bias[1]
        if self._chain is None and not grammar:
            best = int(logits.argmax())
            return best, float(logits[best])
        data = self._held(logits) if grammar else self._all(logits)
        if self._chain is None:
            best = int(data["logit"].argmax())
            return int(data["id"][best]), float(data["logit"][best])
        array = _array(data)
        llama_cpp.llama_sampler_apply(self._chain, ctypes.byref(array))
        chosen = array.data[array.selected]
        return int(chosen.id), float(chosen.logit)

    def _all(self, logits: Logits) -> NDArray[np.void]:
        self._data["id"], self._data["logit"] = self._ids, logits
        return self._data

    def _held(self, logits: Logits) -> NDArray[np.void]:
        """The candidates, as the grammar lets them be: of the likeliest, if it allows one.

        Some grammars take a millisecond a token, and everybody waits.
        """
        if len(logits) > _LIKELIEST:
            ids = np.argpartition(logits, -_LIKELIEST)[-_LIKELIEST:]
            data = np.zeros(_LIKELIEST, dtype=_DATA)
            data["id"], data["logit"] = ids, logits[ids]
            llama_cpp.llama_sampler_apply(self._grammar, ctypes.byref(_array(data)))
            if (data["logit"] != _NEVER).any():
                return data
        data = self._all(logits)
        llama_cpp.llama_sampler_apply(self._grammar, ctypes.byref(_array(data)))
        return data

    def _allowed(self, token: int) -> bool:
        one = np.zeros(1, dtype=_DATA)
        one["id"] = token
        array = _array(one)
        llama_cpp.llama_sampler_apply(self._grammar, ctypes.byref(array))
        return bool(one["logit"][0] != _NEVER)


@cache
def _candidates(size: int) -> tuple[NDArray[np.int32], NDArray[np.void]]:
    """All tokens, and room to sort them in, for one choice at a time: one thread chooses."""
    return np.arange(size, dtype=np.int32), np.empty(size, dtype=_DATA)


def _array(data: NDArray[np.void]) -> llama_cpp.llama_token_data_array:
    pointer = data.ctypes.data_as(ctypes.POINTER(llama_cpp.llama_token_data))
    return llama_cpp.llama_token_data_array(pointer, len(data), -1, False)


def _samplers(sampling: Sampling, vocabulary_size: int) -> list[ctypes.c_void_p]:
    """The chain that chooses; none for the likeliest token."""
    made = []
    penalties = (sampling.repeat_penalty, sampling.frequency_penalty, sampling.presence_penalty)
    if penalties != (1.0, 0.0, 0.0):
        made.append(llama_cpp.llama_sampler_init_top_k(max(_CANDIDATES, sampling.top_k)))
        made.append(
            llama_cpp.llama_sampler_init_penalties(vocabulary_size, _PENALTY_WINDOW, *penalties)
        )
    if sampling.temperature <= 0:
        return [*made, llama_cpp.llama_sampler_init_greedy()] if made else []
    seed = secrets.randbits(32) if sampling.seed is None else sampling.seed & 0xFFFFFFFF
    return [
        *made,
        llama_cpp.llama_sampler_init_top_k(sampling.top_k),
        llama_cpp.llama_sampler_init_top_p(sampling.top_p, 1),
        llama_cpp.llama_sampler_init_min_p(sampling.min_p, 1),
        llama_cpp.llama_sampler_init_temp(sampling.temperature),
        llama_cpp.llama_sampler_init_dist(seed),
    ]


def _biases(
    biases: Mapping[int, float], size: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]] | None:
    known = {token: bias for token, bias in biases.items() if 0 <= token < size}
    if not known:
        return None
    return np.array(list(known)), np.array(list(known.values()), dtype=np.float32)


def grammar_of(sampling: Sampling) -> str:
    """The GBNF that ``sampling`` asks for; empty where it asks for none.

    Raises:
        UnusableForm: the schema cannot be made one, or more than one thing is asked for.
    """
    if sum(map(bool, (sampling.choices, sampling.grammar, sampling.json_schema))) > 1:
        raise UnusableForm("choices, a grammar and a schema exclude one another")
    if sampling.choices:
        # JSON's quotes are those of GBNF
        return "root ::= " + " | ".join(json.dumps(choice) for choice in sampling.choices)
    if sampling.json_schema:
        try:
            return str(json_schema_to_gbnf(sampling.json_schema))
        except Exception as error:  # it raises whatever it meets
            raise UnusableForm("the JSON schema cannot be used") from error
    return sampling.grammar


def log_probabilities(logits: Logits, count: int) -> tuple[Logits, list[int]]:
    """The logarithms of all probabilities, and the ``count`` likeliest tokens, the first first."""
    shifted = logits - logits.max()
    logs = shifted - np.log(np.exp(shifted).sum())
    count = min(count, len(logs))
    if not count:
        return logs, []
    best = np.argpartition(logs, -count)[-count:]
    return logs, [int(token) for token in best[np.argsort(logs[best])[::-1]]]
