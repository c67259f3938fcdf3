"""Messages to tokens, by the chat template that the GGUF file carries."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import jinja2
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from models.llama.prefix import common
from models.llama.vocabulary import Vocabulary
from models.protocol import EngineError, Message, Tool
from models.tool_calls import MARK, dumped

# For the rare GGUF without a template: ChatML, which most instruction models understand.
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class PromptTemplate:
    """Renders and tokenizes prompts. Reads the vocabulary only, never the context."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        template = vocabulary.template or CHATML
        self._formatters = {
            open_turn: Jinja2ChatFormatter(
                template, vocabulary.eos, vocabulary.bos, add_generation_prompt=open_turn
            )
            for open_turn in (True, False)
        }
        # A template that writes the first token itself must not get it twice.
        self._add_bos = vocabulary.adds_bos and "bos_token" not in template
        self._marks = _marks_of(vocabulary, template)
        self.calls_tools = MARK in template and re.search(r"\btools\b", template) is not None
        """Whether the template offers tools, and asks for calls that can be read."""

    def tokens(
        self, messages: Sequence[Message], tools: Sequence[Tool] = (), *, open_turn: bool = True
    ) -> list[int]:
        """The prompt that ``messages`` make; ``open_turn`` begins the assistant's answer.

        Raises:
            EngineError: when the template refuses this sequence of roles, or knows no tools.
        """
        needed = tools or any(one.tool_calls or one.role == "tool" for one in messages)
        if needed and not self.calls_tools:
            raise EngineError("the model's chat template knows no tools")
        turns = [self._turn(one) for one in messages]
        offered = [self._offered(tool) for tool in tools] or None
        try:
            written = self._formatters[open_turn](messages=turns, tools=offered)  # type: ignore[arg-type]
        except (jinja2.TemplateError, ValueError) as error:
            raise EngineError("the model's chat template refuses these messages") from error
        return self._vocabulary.tokens(written.prompt, bos=self._add_bos)

    def public_length(self, messages: Sequence[Message], count: int, prompt: list[int]) -> int:
        """How many tokens of ``prompt`` come from its first ``count`` messages alone."""
        if count <= 0:
            return 0
        try:
            public = self.tokens(messages[:count], open_turn=False)
        except EngineError:  # this template needs more than those messages
            return 0
        return common(public, prompt)

    def _turn(self, message: Message) -> dict[str, Any]:
        turn: dict[str, Any] = {"role": message.role, "content": self._defused(message.content)}
        if message.tool_calls:
            turn["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {
                        "name": self._defused(call.name),
                        "arguments": self._defused_json(json.loads(call.arguments)),
                    },
                }
                for call in message.tool_calls
            ]
        if message.tool_call_id:
            turn["tool_call_id"] = message.tool_call_id
        return turn

    def _offered(self, tool: Tool) -> Any:
        function = {
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.parameters),
        }
        return self._defused_json({"type": "function", "function": function})

    def _defused_json(self, value: Any) -> Any:
        """``value`` with the control tokens broken in its strings and keys, at any depth."""
        return json.loads(self._defused(dumped(value)))

    def _defused(self, content: str) -> str:
        """Break the model's control tokens where they stand in a message.

        Otherwise a user, or a document, could close its own turn and speak as the system.
        """
        if self._marks is None:
            return content
        return self._marks.sub(lambda mark: f"{mark[0][0]} {mark[0][1:]}", content)


def _marks_of(vocabulary: Vocabulary, template: str) -> re.Pattern[str] | None:
    marks = {
        vocabulary.text(token)
        for token in range(vocabulary.size)
        if vocabulary.is_mark(token, template)
    }
    # one character cannot be broken
    usable = sorted((mark for mark in marks if len(mark.strip()) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, usable))) if usable else None
