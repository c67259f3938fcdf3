"""What tokens stand for: text to tokens, tokens to bytes. Reads the vocabulary, never the context,
so any thread may use it.
"""

from __future__ import annotations

import ctypes

import llama_cpp

from models.protocol import EngineError


class Vocabulary:
    """The vocabulary of a loaded model, and the chat template that its file carries."""

    def __init__(self, model: llama_cpp.llama_model_p) -> None:
        self.pointer = llama_cpp.llama_model_get_vocab(model)
        self.size = int(llama_cpp.llama_vocab_n_tokens(self.pointer))
        template = llama_cpp.llama_model_chat_template(model, None)
        self.template = bytes(template or b"").decode("utf-8", "replace")
        self.bos = self.text(llama_cpp.llama_vocab_bos(self.pointer))
        self.eos = self.text(llama_cpp.llama_vocab_eos(self.pointer))
        self.adds_bos = bool(llama_cpp.llama_vocab_get_add_bos(self.pointer))

    def tokens(self, text: str, *, bos: bool) -> list[int]:
        """The tokens of ``text``, control tokens that it writes out included.

        Raises:
            EngineError: llama.cpp cannot tokenize it.
        """
        data = text.encode("utf-8", "replace")
        size = len(data) + 2
        while True:
            made = (llama_cpp.llama_token * size)()
            count = llama_cpp.llama_tokenize(self.pointer, data, len(data), made, size, bos, True)
            if count >= 0:
                return list(made[:count])
            if -count <= size:
                raise EngineError("the prompt cannot be tokenized")
            size = -count

    def piece(self, token: int) -> bytes:
        """The bytes that ``token`` stands for; control tokens stand for none."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = llama_cpp.llama_token_to_piece(self.pointer, token, buffer, size, 0, False)
            if count >= 0:
                return buffer.raw[:count]
            size = -count

    def ends(self, token: int) -> bool:
        """Whether ``token`` ends the answer."""
        return bool(llama_cpp.llama_vocab_is_eog(self.pointer, token))

    def text(self, token: int) -> str:
        """How ``token`` is written in a template; empty for none."""
        if token < 0:
            return ""
        raw = llama_cpp.llama_vocab_get_text(self.pointer, token)
        return bytes(raw or b"").decode("utf-8", "replace")

    def is_mark(self, token: int, template: str) -> bool:
        """Whether ``token`` steers the model: control tokens, and those of the model's makers that
        its template uses.

        The others of these are ordinary text in some vocabularies: HTML tags, runs of blanks.
        """
        kind = llama_cpp.llama_vocab_get_attr(self.pointer, token)
        return bool(
            kind & llama_cpp.LLAMA_TOKEN_ATTR_CONTROL
            or (kind & llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED and self.text(token) in template)
        )
